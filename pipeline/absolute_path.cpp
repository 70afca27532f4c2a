#include "pipeline/absolute_path.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace tbbthumbs {
namespace {

constexpr std::chrono::seconds kBelievedFor{1};

bool HasDotOrEmptyParts(std::string_view path) {
  return path.find("/.") != std::string_view::npos || path.find("//") != std::string_view::npos ||
         path.starts_with(".");
}

// Where the last ".." of an absolute path ends; 0 where there is none.
size_t EndOfLastParent(std::string_view path) {
  constexpr std::string_view kParent = "/..";
  for (size_t begin = path.rfind(kParent); begin != std::string_view::npos;) {
    const size_t end = begin + kParent.size();
    if (end == path.size() || path[end] == '/') return end;
    if (begin == 0) break;
    begin = path.rfind(kParent, begin - 1);
  }
  return 0;
}

// Without "." and empty parts.
std::string Tidied(std::string_view path) {
  std::string tidied = "/";
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") tidied.append(part).append(1, '/');
    begin = end + 1;
  }
  const bool names_directory = path.ends_with('/') || path.ends_with("/.");
  if (!names_directory && tidied.size() > 1) tidied.pop_back();
  return tidied;
}

// What a directory is called without links; remembers the last one.
class DirectoryResolver {
 public:
  // Empty where it can't be looked up.
  const std::string& Resolve(std::string_view path) {
    const auto now = std::chrono::steady_clock::now();
    if (path == path_ && now < believed_until_) return resolved_;
    path_ = path;
    std::error_code error;
    resolved_ = std::filesystem::canonical(path_, error).string();
    if (error) {
      resolved_.clear();
      path_.clear();
    }
    believed_until_ = now + kBelievedFor;
    return resolved_;
  }

 private:
  std::string path_;
  std::string resolved_;
  std::chrono::steady_clock::time_point believed_until_;
};

}  // namespace

std::string CurrentDirectory() {
  std::error_code error;
  std::string directory = std::filesystem::current_path(error).string();
  if (!directory.ends_with('/')) directory += '/';
  return directory;
}

std::string AbsolutePath(const std::string& directory, const std::string& path) {
  std::string absolute = path.starts_with('/') ? path : directory + path;
  if (!HasDotOrEmptyParts(path)) return absolute;
  if (const size_t end = EndOfLastParent(absolute); end > 0) {
    thread_local DirectoryResolver resolver;
    const std::string& resolved = resolver.Resolve(std::string_view(absolute).substr(0, end));
    if (!resolved.empty()) absolute = resolved + (end < absolute.size() ? absolute.substr(end) : "/");
  }
  return Tidied(absolute);
}

}  // namespace tbbthumbs
