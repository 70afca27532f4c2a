#include "pipeline/missing_disk.h"

#include <algorithm>
#include <cstddef>

namespace tbbthumbs {
namespace {

// Where systems mount disks by themselves, under names of the disks: these directories come and go with them.
bool IsForDisks(const std::string& directory) {
  if (directory == "/mnt" || directory == "/media" || directory == "/run/media") return true;
  const std::string parent = ParentDirectory(directory);
  return parent == "/media" || parent == "/run/media";
}

}  // namespace

std::string ParentDirectory(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<std::string> MissingDiskFinder::Find(const std::string& directory) {
  std::string missing;  // the highest directory that is not there; "": it is the file that is not
  std::string there = directory;
  while (there != "/") {
    const auto info = file_system_.Stat(there, true);
    if (info && info->kind == FileKind::kDirectory) break;
    if (!info && info.error().code != ErrorCode::kNotFound) return there;
    missing = there;
    there = ParentDirectory(there);
  }
  if (missing.empty()) return IsEmpty(there) ? std::optional(there) : std::nullopt;
  if (there == "/") return missing;
  // A link that points nowhere.
  const auto link = file_system_.Stat(missing, false);
  if (link && link->kind == FileKind::kLink) return missing;
  if (IsEmpty(there)) return there;
  return HoldsDisks(there) ? std::optional(missing) : std::nullopt;
}

MissingDiskFinder::Place& MissingDiskFinder::PlaceOf(const std::string& directory) {
  const auto [place, is_new] = places_.try_emplace(directory);
  if (is_new) {
    const auto listing = file_system_.List(directory);
    place->second.empty = !listing || listing->size() == 0;
  }
  return place->second;
}

bool MissingDiskFinder::IsEmpty(const std::string& directory) {
  return PlaceOf(directory).empty && !(emptied_ && emptied_(directory));
}

bool MissingDiskFinder::HoldsDisks(const std::string& directory) {
  Place& place = PlaceOf(directory);
  if (!place.holds_disks) place.holds_disks = IsPlaceForDisks(directory);
  return *place.holds_disks;
}

bool MissingDiskFinder::IsPlaceForDisks(const std::string& directory) {
  const auto own = file_system_.Stat(directory, true);
  const auto listing = file_system_.List(directory);
  if (!own || !listing) return true;
  // Its own disk is there.
  const auto above = file_system_.Stat(ParentDirectory(directory), true);
  const bool mounted = above && above->id.device != own->id.device;
  if (IsForDisks(directory) && !mounted) return true;
  for (size_t i = 0; i < listing->size(); ++i) {
    if (listing->kind(i) != FileKind::kDirectory && listing->kind(i) != FileKind::kUnknown) continue;
    const auto info = file_system_.Stat(JoinPath(directory, listing->name(i)), false);
    if (info && info->kind == FileKind::kDirectory && info->id.device != own->id.device) return true;
  }
  return false;
}

}  // namespace tbbthumbs
