#include "pipeline/temporary_files.h"

#include <utility>

namespace tbbthumbs {
namespace {

// To make a directory that others remove, and a file in it.
constexpr int kMostAttempts = 10;

// Directories of lanes, in the temporary one.
constexpr std::string_view kLanePrefix = "lane";

}  // namespace

TemporaryFiles::TemporaryFiles(FileSystem& file_system, std::string root)
    : file_system_(file_system), root_(std::move(root)), directory_(JoinPath(JoinPath(root_, kOwnDirectory), "tmp")) {}

std::string TemporaryFiles::DirectoryOf(int lane) const {
  return lane < 0 ? directory_ : JoinPath(directory_, std::string(kLanePrefix) + std::to_string(lane));
}

Status TemporaryFiles::MakeDirectoryOf(int lane) {
  {
    const std::lock_guard lock(mutex_);
    if (made_lanes_.contains(lane)) return {};
  }
  Status status = MakeDirectoryWithin(file_system_, root_, DirectoryOf(lane));
  const std::lock_guard lock(mutex_);
  if (status) made_lanes_.insert(lane);
  return status;
}

Result<TemporaryFiles::File> TemporaryFiles::Write(std::span<const std::byte> bytes, int lane) {
  Status status = MakeDirectoryOf(lane);
  if (!status) return tl::unexpected<Error>(std::move(status.error()));
  const std::string directory = DirectoryOf(lane);
  std::string path = JoinPath(directory, names_.Next());
  auto info = file_system_.WriteNew(path, bytes);
  // Another run that ended has taken the directory away, since it was empty: as often as that happens.
  for (int i = 0; i < kMostAttempts && !info && info.error().code == ErrorCode::kNotFound; ++i) {
    if (!MakeDirectoryWithin(file_system_, root_, directory)) break;
    info = file_system_.WriteNew(path, bytes);
  }
  if (!info) return tl::unexpected<Error>(std::move(info.error()));
  return File{std::move(path), info->modified};
}

bool TemporaryFiles::RemoveStale() {
  const auto whole_name = [](std::string_view name) { return std::optional(name); };
  bool removed = RemoveAbandoned(file_system_, directory_, whole_name);
  const auto listing = file_system_.List(directory_);
  for (size_t i = 0; listing && i < listing->size(); ++i) {
    if (!listing->name(i).starts_with(kLanePrefix)) continue;
    const std::string lane = JoinPath(directory_, listing->name(i));
    removed |= RemoveAbandoned(file_system_, lane, whole_name);
    static_cast<void>(file_system_.Remove(lane));
  }
  return removed;
}

void TemporaryFiles::RemoveDirectories() {
  // A link in the place of one is somebody else's.
  const auto remove = [&](const std::string& directory) {
    const auto info = file_system_.Stat(directory, false);
    if (info && info->kind == FileKind::kDirectory) static_cast<void>(file_system_.Remove(directory));
  };
  // Another run may be at work in them: then they are not empty, and stay, or it makes them again.
  for (const int lane : made_lanes_) {
    if (lane >= 0) remove(DirectoryOf(lane));
  }
  remove(directory_);
  remove(JoinPath(root_, kOwnDirectory));
}

Status MakeDirectoryWithin(FileSystem& file_system, const std::string& root, const std::string& directory) {
  if (!file_system.Stat(root, true)) return Fail(ErrorCode::kNotFound, "it is gone");
  return file_system.CreateDirectories(directory);
}

bool RemoveAbandoned(FileSystem& file_system, const std::string& directory,
                     std::optional<std::string_view> (*name_of)(std::string_view file)) {
  const auto listing = file_system.List(directory);
  if (!listing) return false;
  bool removed = false;
  for (size_t i = 0; i < listing->size(); ++i) {
    const auto name = name_of(listing->name(i));
    if (!name) continue;
    const std::string path = JoinPath(directory, listing->name(i));
    const auto info = file_system.Stat(path, false);
    if (!info || info->kind != FileKind::kRegular || !IsAbandoned(*name, info->modified)) continue;
    static_cast<void>(file_system.Remove(path));
    removed = true;
  }
  return removed;
}

}  // namespace tbbthumbs
