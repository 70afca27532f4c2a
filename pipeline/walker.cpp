#include "pipeline/walker.h"

#include <utility>

namespace tbbthumbs {

Walker::Walker(FileSystem& file_system, const InputOptions& options, std::string root, std::set<FileId> skip)
    : file_system_(file_system),
      options_(options),
      root_(std::move(root)),
      skip_(std::move(skip)),
      recursive_(options.recursive),
      filter_(options) {
  Enter("");
}

Walker::Walker(FileSystem& file_system, const InputOptions& options, std::string root, std::set<FileId> skip,
               std::string only)
    : file_system_(file_system),
      options_(options),
      root_(std::move(root)),
      skip_(std::move(skip)),
      recursive_(false),
      filter_(options) {
  EnterOnly(std::move(only));
}

std::string Walker::FullPath(std::string_view relative) const {
  // "./a" for files below ".", but "a" reads better.
  if (root_ == ".") return relative.empty() ? root_ : std::string(relative);
  return JoinPath(root_, relative);
}

void Walker::EnterOnly(std::string directory) {
  // What is a link now is not what was found there.
  const auto info = file_system_.Stat(FullPath(directory), directory.empty() || options_.follow_links);
  const bool gone = info ? info->kind != FileKind::kDirectory : info.error().code == ErrorCode::kNotFound;
  if (!gone) Enter(std::move(directory));
}

void Walker::Enter(std::string directory) {
  const std::string path = FullPath(directory);
  const auto info = file_system_.Stat(path, true);
  if (!info) {
    errors_.push_back({info.error().code, path + ": " + info.error().message});
    return;
  }
  if (skip_.contains(info->id)) return;
  if (options_.follow_links && !linked_.insert(info->id).second) return;
  auto listing = file_system_.List(path);
  if (!listing) {
    errors_.push_back({listing.error().code, path + ": " + listing.error().message});
    return;
  }
  listing->Sort();
  levels_.push_back({std::move(directory), info->id, std::move(*listing), 0, 0});
}

std::optional<FileKind> Walker::KindOf(const Level& level, size_t index) {
  const std::string_view name = level.listing.name(index);
  if (!filter_.TakesName(name)) return std::nullopt;
  const FileKind kind = level.listing.kind(index);
  // Nearly all: without making their paths.
  if (kind == FileKind::kRegular || kind == FileKind::kDirectory) return kind;
  return filter_.KindOf(file_system_, FullPath(JoinPath(level.directory, name)), kind);
}

std::optional<Walker::Found> Walker::Next() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    while (level.next_file < level.listing.size()) {
      const size_t index = level.next_file++;
      if (KindOf(level, index) != FileKind::kRegular) continue;
      const std::string relative = JoinPath(level.directory, level.listing.name(index));
      if (filter_.TakesFile(relative)) return Found{FullPath(relative), level.directory};
    }
    bool entered = false;
    while (recursive_ && !entered && level.next_directory < level.listing.size()) {
      const size_t index = level.next_directory++;
      if (level.listing.kind(index) == FileKind::kRegular || KindOf(level, index) != FileKind::kDirectory) continue;
      std::string relative = JoinPath(level.directory, level.listing.name(index));
      if (!filter_.EntersDirectory(relative)) continue;
      const size_t depth = levels_.size();
      Enter(std::move(relative));  // `level` may have moved from here on
      entered = levels_.size() > depth;
    }
    if (!entered) levels_.pop_back();
  }
  return std::nullopt;
}

}  // namespace tbbthumbs
