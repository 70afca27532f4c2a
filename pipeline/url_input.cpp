#include "pipeline/url_input.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "pipeline/file_system.h"

namespace tbbthumbs {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Of pictures, decoded or not.
constexpr std::array<std::string_view, 30> kExtensions = {
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "tif", "tiff", "bmp", "heic", "heif", "avif", "jxl",
    "jp2", "psd",  "ico", "svg",  "exr", "cr2",  "cr3", "nef",  "arw", "dng",  "orf", "rw2",  "raf",  "pef",  "srw"};

bool HasPictureExtension(std::string_view name) {
  const size_t dot = name.find_last_of("./");
  if (dot == std::string_view::npos || name[dot] != '.') return false;
  std::string extension(name.substr(dot + 1));
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

// The names of a path that mean something, with '/' between them.
std::string RelativeName(std::string_view path) {
  std::string relative;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    if (!name.empty() && name != "." && name != "..") relative = JoinPath(relative, name);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return relative;
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

InputFile UrlInput(std::string_view address) {
  InputFile file;
  auto url = ParseUrl(address);
  if (!url) {
    // What is no address may be anything, of any length.
    constexpr size_t kMostShown = 200;
    file.path = WithoutPassword(address).substr(0, kMostShown);
    file.error = std::move(url.error());
    return file;
  }
  file.url = std::make_shared<const Url>(std::move(*url));
  file.path = file.url->text;
  file.named_as = file.url->path;
  return file;
}

InputFile ListedUrlInput(std::string_view entry) {
  const size_t tab = std::min(entry.find('\t'), entry.size());
  InputFile file = UrlInput(Trimmed(entry.substr(0, tab)));
  std::string name = RelativeName(Trimmed(entry.substr(tab)));
  if (!name.empty()) {
    file.no_extension = !HasPictureExtension(name);
    file.named_as = std::move(name);
  }
  return file;
}

}  // namespace tbbthumbs
