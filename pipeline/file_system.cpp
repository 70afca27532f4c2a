#include "pipeline/file_system.h"

#include <algorithm>

namespace tbbthumbs {

void DirectoryListing::Add(std::string_view name, FileKind kind) {
  entries_.push_back({static_cast<uint32_t>(names_.size()), kind});
  names_.insert(names_.end(), name.begin(), name.end());
  names_.push_back('\0');
}

void DirectoryListing::Sort() {
  std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
    return std::string_view(names_.data() + a.offset) < std::string_view(names_.data() + b.offset);
  });
}

Status CreateNamedDirectory(FileSystem& file_system, std::string_view part, const std::string& path) {
  const Status made = file_system.CreateDirectories(path);
  if (made) return {};
  const ErrorCode code = made.error().code == ErrorCode::kNoSpace ? ErrorCode::kNoSpace : ErrorCode::kIo;
  return Fail(code, "the " + std::string(part) + " directory " + path + ": " + made.error().message);
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  path = directory;
  if (!directory.empty() && !name.empty() && directory.back() != '/') path += '/';
  path += name;
  return path;
}

}  // namespace tbbthumbs
