#include "pipeline/absolute_path.h"

#include <filesystem>
#include <string_view>
#include <system_error>

namespace tbbthumbs {
namespace {

bool HasDotOrEmptyParts(std::string_view path) {
  return path.find("/.") != std::string_view::npos || path.find("//") != std::string_view::npos ||
         path.starts_with(".");
}

}  // namespace

std::string CurrentDirectory() {
  std::error_code error;
  std::string directory = std::filesystem::current_path(error).string();
  if (!directory.ends_with('/')) directory += '/';
  return directory;
}

std::string AbsolutePath(const std::string& directory, const std::string& path) {
  std::string absolute = path.starts_with('/') ? path : directory + path;
  if (HasDotOrEmptyParts(path)) absolute = std::filesystem::path(absolute).lexically_normal().string();
  return absolute;
}

}  // namespace tbbthumbs
