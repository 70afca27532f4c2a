// Whether files that are missing were removed, or lie on a disk that is not mounted now.
#ifndef TBBTHUMBS_PIPELINE_MISSING_DISK_H_
#define TBBTHUMBS_PIPELINE_MISSING_DISK_H_

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "pipeline/file_system.h"

namespace tbbthumbs {

// Judges by what is left of the way to a missing file. Where in doubt it says that a disk is missing. Looks at each
// directory once: what is mounted meanwhile, it does not see. Memory: about 100 bytes for each directory that something
// is missing from. Not thread-safe.
class MissingDiskFinder {
 public:
  // `file_system` must outlive it. `emptied`: whether an empty directory is known to have been emptied, so that no disk
  // belongs there; null where nothing is known.
  explicit MissingDiskFinder(FileSystem& file_system, std::function<bool(const std::string& directory)> emptied = {})
      : file_system_(file_system), emptied_(std::move(emptied)) {}

  // Of a file that was in `directory` (absolute) and is not there: where the disk may belong that it is on; nothing
  // where the file must have been removed.
  std::optional<std::string> Find(const std::string& directory);

 private:
  struct Place {
    bool empty = false;
    std::optional<bool> holds_disks;
  };

  Place& PlaceOf(const std::string& directory);
  // And it is not known why.
  bool IsEmpty(const std::string& directory);
  // Disks are mounted on directories in it.
  bool HoldsDisks(const std::string& directory);
  bool IsPlaceForDisks(const std::string& directory);

  FileSystem& file_system_;
  const std::function<bool(const std::string& directory)> emptied_;
  std::unordered_map<std::string, Place> places_;  // by directory
};

// The directory that the absolute `path` lies in; "/" for "/".
std::string ParentDirectory(const std::string& path);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_MISSING_DISK_H_
