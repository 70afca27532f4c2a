#include "pipeline/original_files.h"

#include <utility>

#include "pipeline/name_hash.h"

namespace tbbthumbs {
namespace {

NameOptions Mirrored() {
  NameOptions options;
  options.name_template = "{host}/{dir}/{stem}";
  return options;
}

// Whether scheme, host and path alone may not tell it from others.
bool HasMore(const Url& url) {
  const bool default_port = url.origin.ends_with(url.origin.starts_with("https:") ? ":443" : ":80");
  return !default_port || url.text.find('?') != std::string::npos;
}

}  // namespace

OriginalFiles::OriginalFiles(FileSystem& file_system, std::string directory)
    : file_system_(file_system),
      directory_(std::move(directory)),
      planner_(Mirrored()),
      temporary_(file_system, directory_) {}

std::string OriginalFiles::Plan(const Url& url, uint64_t seq) {
  InputFile file;
  file.path = url.text;
  file.url = std::make_shared<const Url>(url);
  file.named_as = url.path;
  const size_t slash = url.path.rfind('/') + 1;
  if (slash > 0) file.output_directory = url.path.substr(0, slash - 1);
  const size_t dot = url.path.rfind('.');
  const bool has_extension = dot != std::string::npos && dot > slash;
  if (HasMore(url) || !has_extension) {
    file.named_as.insert(has_extension ? dot : url.path.size(), "_" + ShortHex(HashOf(url.text)));
  }
  return JoinPath(directory_, planner_.PlanNewName(file, seq).path);
}

bool OriginalFiles::Has(const std::string& path) const {
  const auto info = file_system_.Stat(path, true);
  return info && info->kind == FileKind::kRegular;
}

Status OriginalFiles::Save(const std::string& path, std::span<const std::byte> bytes) {
  const auto file = temporary_.Write(bytes);
  if (!file) return tl::unexpected<Error>(file.error());
  Status status = file_system_.Rename(file->path, path, true);
  if (!status && status.error().code == ErrorCode::kNotFound) {
    status = MakeDirectoryWithin(file_system_, directory_, path.substr(0, path.rfind('/')));
    if (status) status = file_system_.Rename(file->path, path, true);
  }
  if (!status) static_cast<void>(file_system_.Remove(file->path));
  return status;
}

}  // namespace tbbthumbs
