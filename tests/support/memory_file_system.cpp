#include "tests/support/memory_file_system.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tbbthumbs::testing {
namespace {

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string Tidy(const std::string& path) {
  std::string tidy = path == "." ? "" : path;
  while (tidy.size() > 1 && tidy.back() == '/') tidy.pop_back();
  return tidy;
}

class OpenFile final : public ReadableFile {
 public:
  OpenFile(FileInfo info, std::vector<std::byte> bytes) : info_(info), bytes_(std::move(bytes)) {}
  const FileInfo& info() const override { return info_; }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    if (offset >= bytes_.size()) return size_t{0};
    const size_t count = std::min(out.size(), bytes_.size() - static_cast<size_t>(offset));
    std::memcpy(out.data(), bytes_.data() + offset, count);
    return count;
  }

 private:
  FileInfo info_;
  std::vector<std::byte> bytes_;
};

}  // namespace

MemoryFileSystem::Node& MemoryFileSystem::Add(const std::string& path, FileKind kind) {
  if (!path.empty() && !nodes_.contains(ParentOf(path))) Add(ParentOf(path), FileKind::kDirectory);
  Node& node = nodes_[path];
  node.kind = kind;
  node.inode = next_inode_++;
  node.modified = now_;
  return node;
}

void MemoryFileSystem::AddFile(const std::string& path, std::vector<std::byte> bytes, std::chrono::seconds modified) {
  const std::lock_guard lock(mutex_);
  Node& node = Add(path, FileKind::kRegular);
  node.bytes = std::move(bytes);
  node.modified = modified;
}

void MemoryFileSystem::AddDirectory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Add(path, FileKind::kDirectory);
}

void MemoryFileSystem::AddLink(const std::string& path, const std::string& target) {
  const std::lock_guard lock(mutex_);
  Add(path, FileKind::kLink).target = target;
}

void MemoryFileSystem::AddOther(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Add(path, FileKind::kOther);
}

bool MemoryFileSystem::Exists(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return nodes_.contains(path);
}

std::vector<std::byte> MemoryFileSystem::Bytes(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto node = nodes_.find(path);
  return node == nodes_.end() ? std::vector<std::byte>() : node->second.bytes;
}

std::vector<std::string> MemoryFileSystem::Files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> files;
  for (const auto& [path, node] : nodes_) {
    if (node.kind == FileKind::kRegular) files.push_back(path);
  }
  return files;
}

Status MemoryFileSystem::Call(const std::string& operation, const std::string& path) const {
  if (!on_call) return {};
  if (std::optional<Error> error = on_call(operation, path)) return tl::unexpected<Error>(std::move(*error));
  return {};
}

// Links are resolved at every part of the path.
const MemoryFileSystem::Node* MemoryFileSystem::Find(const std::string& path, bool follow) const {
  std::string current = Tidy(path);
  for (int hops = 0; hops < 40; ++hops) {
    bool replaced = false;
    for (size_t end = 0; end != std::string::npos;) {
      end = current.find('/', end + 1);
      const auto part = nodes_.find(current.substr(0, end));
      if (part == nodes_.end() || part->second.kind != FileKind::kLink || (end == std::string::npos && !follow))
        continue;
      current = part->second.target + (end == std::string::npos ? "" : current.substr(end));
      replaced = true;
      break;
    }
    if (replaced) continue;
    const auto node = nodes_.find(current);
    return node == nodes_.end() ? nullptr : &node->second;
  }
  return nullptr;
}

Result<FileInfo> MemoryFileSystem::Stat(const std::string& path, bool follow) {
  if (Status status = Call("Stat", path); !status) return tl::unexpected<Error>(status.error());
  const std::lock_guard lock(mutex_);
  const Node* node = Find(path, follow);
  if (node == nullptr) return Fail(ErrorCode::kNotFound, "no such file");
  return FileInfo{node->kind, {1, node->inode}, node->bytes.size(), node->modified};
}

Result<DirectoryListing> MemoryFileSystem::List(const std::string& path) {
  if (Status status = Call("List", path); !status) return tl::unexpected<Error>(status.error());
  const std::lock_guard lock(mutex_);
  const Node* directory = Find(path, true);
  if (directory == nullptr || directory->kind != FileKind::kDirectory) {
    return Fail(ErrorCode::kNotFound, "no such directory");
  }
  std::string real;
  for (const auto& [name, node] : nodes_) {
    if (&node == directory) real = name;
  }
  DirectoryListing listing;
  // Backwards: nobody may rely on the order.
  for (auto it = nodes_.rbegin(); it != nodes_.rend(); ++it) {
    if (!it->first.empty() && ParentOf(it->first) == real && it->first != real) {
      listing.Add(it->first.substr(real.empty() ? 0 : real.size() + 1), it->second.kind);
    }
  }
  return listing;
}

Result<std::unique_ptr<ReadableFile>> MemoryFileSystem::Open(const std::string& path) {
  if (Status status = Call("Open", path); !status) return tl::unexpected<Error>(status.error());
  const auto info = Stat(path, true);
  if (!info) return tl::unexpected<Error>(info.error());
  const std::lock_guard lock(mutex_);
  return std::make_unique<OpenFile>(*info, Find(path, true)->bytes);
}

Status MemoryFileSystem::CreateDirectories(const std::string& path) {
  if (Status status = Call("CreateDirectories", path); !status) return status;
  const std::lock_guard lock(mutex_);
  const auto node = nodes_.find(path);
  if (node == nodes_.end()) {
    Add(path, FileKind::kDirectory);
  } else if (node->second.kind != FileKind::kDirectory) {
    return Fail(ErrorCode::kIo, "a file is in the way");
  }
  return {};
}

Status MemoryFileSystem::WriteNew(const std::string& path, std::span<const std::byte> bytes) {
  if (Status status = Call("WriteNew", path); !status) return status;
  const std::lock_guard lock(mutex_);
  if (nodes_.contains(path)) return Fail(ErrorCode::kExists, "exists");
  if (!nodes_.contains(ParentOf(path))) return Fail(ErrorCode::kNotFound, "no such directory");
  Add(path, FileKind::kRegular).bytes.assign(bytes.begin(), bytes.end());
  return {};
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to, bool replace) {
  if (Status status = Call("Rename", to); !status) return status;
  const std::lock_guard lock(mutex_);
  const auto node = nodes_.find(from);
  if (node == nodes_.end() || !nodes_.contains(ParentOf(to))) return Fail(ErrorCode::kNotFound, "no such file");
  const auto target = nodes_.find(to);
  if (target != nodes_.end()) {
    if (!replace) return Fail(ErrorCode::kExists, "exists");
    if (target->second.kind == FileKind::kDirectory) return Fail(ErrorCode::kIo, "is a directory");
  }
  nodes_[to] = node->second;
  nodes_.erase(from);
  return {};
}

Status MemoryFileSystem::Remove(const std::string& path) {
  if (Status status = Call("Remove", path); !status) return status;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, node] : nodes_) {
    if (!name.empty() && ParentOf(name) == path) return Fail(ErrorCode::kIo, "not empty");
  }
  return nodes_.erase(path) == 1 ? Status() : Fail(ErrorCode::kNotFound, "no such file");
}

}  // namespace tbbthumbs::testing
