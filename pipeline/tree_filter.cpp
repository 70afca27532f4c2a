#include "pipeline/tree_filter.h"

namespace tbbthumbs {

std::optional<FileKind> TreeFilter::KindOf(FileSystem& file_system, const std::string& path, FileKind listed) const {
  FileKind kind = listed;
  if (kind == FileKind::kLink && !options_.follow_links) return std::nullopt;
  if (kind == FileKind::kLink || kind == FileKind::kUnknown) {
    const auto info = file_system.Stat(path, options_.follow_links);
    // A dangling link, or gone since: nothing to take.
    if (!info || info->kind == FileKind::kLink) return std::nullopt;
    kind = info->kind;
  }
  if (kind == FileKind::kOther) return std::nullopt;
  return kind;
}

}  // namespace tbbthumbs
