#include "pipeline/walker.h"

#include <utility>

namespace tbbthumbs {

Walker::Walker(FileSystem& file_system, const InputOptions& options, std::string root, std::set<FileId> skip)
    : file_system_(file_system),
      options_(options),
      root_(std::move(root)),
      skip_(std::move(skip)),
      include_(options.include),
      exclude_(options.exclude) {
  Enter("");
}

std::string Walker::FullPath(std::string_view relative) const {
  // "./a" for files below ".", but "a" reads better.
  if (root_ == ".") return relative.empty() ? root_ : std::string(relative);
  return JoinPath(root_, relative);
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
  if (!options_.hidden && name.starts_with('.')) return std::nullopt;
  FileKind kind = level.listing.kind(index);
  if (kind == FileKind::kLink && !options_.follow_links) return std::nullopt;
  if (kind == FileKind::kLink || kind == FileKind::kUnknown) {
    const auto info = file_system_.Stat(FullPath(JoinPath(level.directory, name)), options_.follow_links);
    // A dangling link, or gone since: nothing to take.
    if (!info || info->kind == FileKind::kLink) return std::nullopt;
    kind = info->kind;
  }
  if (kind == FileKind::kOther) return std::nullopt;
  return kind;
}

bool Walker::FileWanted(const std::string& relative) const {
  return (include_.empty() || include_.Matches(relative)) && !exclude_.Matches(relative);
}

std::optional<Walker::Found> Walker::Next() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    while (level.next_file < level.listing.size()) {
      const size_t index = level.next_file++;
      if (KindOf(level, index) != FileKind::kRegular) continue;
      const std::string relative = JoinPath(level.directory, level.listing.name(index));
      if (FileWanted(relative)) return Found{FullPath(relative), level.directory};
    }
    bool entered = false;
    while (options_.recursive && !entered && level.next_directory < level.listing.size()) {
      const size_t index = level.next_directory++;
      if (level.listing.kind(index) == FileKind::kRegular || KindOf(level, index) != FileKind::kDirectory) continue;
      std::string relative = JoinPath(level.directory, level.listing.name(index));
      if (exclude_.Matches(relative)) continue;
      const size_t depth = levels_.size();
      Enter(std::move(relative));  // `level` may have moved from here on
      entered = levels_.size() > depth;
    }
    if (!entered) levels_.pop_back();
  }
  return std::nullopt;
}

}  // namespace tbbthumbs
