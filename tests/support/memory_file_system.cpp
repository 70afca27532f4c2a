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
  std::string tidy = path == "." || path == "/" ? "" : path;
  while (tidy.size() > 1 && tidy.back() == '/') tidy.pop_back();
  return tidy;
}

}  // namespace

// Shows what is in the file; once it is gone, what was in it.
class MemoryFileSystem::OpenFile final : public ReadableFile {
 public:
  OpenFile(MemoryFileSystem& files, std::string path, FileInfo info, std::vector<std::byte> bytes)
      : files_(files), path_(std::move(path)), info_(info), last_(info), bytes_(std::move(bytes)) {}

  const FileInfo& info() const override { return info_; }

  Result<FileInfo> LookUp() override {
    if (Status status = files_.Call("LookUp", path_); !status) return tl::unexpected<Error>(status.error());
    Update();
    return last_;
  }

  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    if (Status status = files_.Call("ReadAt", path_); !status) return tl::unexpected<Error>(status.error());
    Update();
    if (offset >= bytes_.size()) return size_t{0};
    const size_t count = std::min(out.size(), bytes_.size() - static_cast<size_t>(offset));
    std::memcpy(out.data(), bytes_.data() + offset, count);
    return count;
  }

 private:
  void Update() {
    const std::lock_guard lock(files_.mutex_);
    const Node* node = files_.Find(path_, true);
    if (node == nullptr || node->inode != info_.id.inode) {
      last_.links = 0;
      return;
    }
    last_.bytes = node->bytes.size();
    last_.modified = node->modified;
    bytes_ = node->bytes;
  }

  MemoryFileSystem& files_;
  const std::string path_;
  const FileInfo info_;
  FileInfo last_;
  std::vector<std::byte> bytes_;
};

MemoryFileSystem::Node& MemoryFileSystem::Add(const std::string& path, FileKind kind) {
  if (!path.empty() && !nodes_.contains(ParentOf(path))) Add(ParentOf(path), FileKind::kDirectory);
  Node& node = nodes_[path];
  node.kind = kind;
  if (!path.empty()) node.device = nodes_[ParentOf(path)].device;
  node.inode = next_inode_++;
  node.modified = now_;
  return node;
}

void MemoryFileSystem::AddFile(const std::string& path, std::vector<std::byte> bytes,
                               std::chrono::nanoseconds modified) {
  const std::lock_guard lock(mutex_);
  Node& node = Add(path, FileKind::kRegular);
  node.bytes = std::move(bytes);
  node.modified = modified;
}

void MemoryFileSystem::Rewrite(const std::string& path, std::vector<std::byte> bytes, std::chrono::seconds modified) {
  const std::lock_guard lock(mutex_);
  Node& node = nodes_.at(path);
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

void MemoryFileSystem::AddMounted(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Add(path, FileKind::kDirectory).device = next_device_++;
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
  return FileInfo{node->kind, {node->device, node->inode}, node->bytes.size(), node->modified};
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
  return std::make_unique<OpenFile>(*this, path, *info, Find(path, true)->bytes);
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

Result<FileInfo> MemoryFileSystem::WriteNew(const std::string& path, std::span<const std::byte> bytes) {
  if (Status status = Call("WriteNew", path); !status) return tl::unexpected<Error>(std::move(status.error()));
  const std::lock_guard lock(mutex_);
  if (nodes_.contains(path)) return Fail(ErrorCode::kExists, "exists");
  if (!nodes_.contains(ParentOf(path))) return Fail(ErrorCode::kNotFound, "no such directory");
  Node& node = Add(path, FileKind::kRegular);
  node.bytes.assign(bytes.begin(), bytes.end());
  return FileInfo{node.kind, {node.device, node.inode}, node.bytes.size(), node.modified};
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

Status MemoryFileSystem::Link(const std::string& from, const std::string& to) {
  if (Status status = Call("Link", to); !status) return status;
  const std::lock_guard lock(mutex_);
  const auto node = nodes_.find(from);
  if (node == nodes_.end() || !nodes_.contains(ParentOf(to))) return Fail(ErrorCode::kNotFound, "no such file");
  if (nodes_.contains(to)) return Fail(ErrorCode::kExists, "exists");
  nodes_[to] = node->second;
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
