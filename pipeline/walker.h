// The files below directories, in a fixed order, in little memory.
#ifndef TBBTHUMBS_PIPELINE_WALKER_H_
#define TBBTHUMBS_PIPELINE_WALKER_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/input_options.h"
#include "pipeline/tree_filter.h"

namespace tbbthumbs {

// Walks one directory tree depth first: the files of a directory by name, then its subdirectories by name. Holds the
// names of the directories on the way down only. Regular files (and links to them, where followed) are found; FIFOs,
// sockets, devices, and what the options leave out, are not. Not thread-safe.
class Walker {
 public:
  struct Found {
    std::string path;       // with the root in front
    std::string directory;  // of it, relative to the root: "" or "a/b"
  };

  // `file_system` and `options` must outlive it. Directories in `skip` are not entered. `include` and `exclude` are
  // those of the options.
  Walker(FileSystem& file_system, const InputOptions& options, std::string root, std::set<FileId> skip);
  // Likewise, but only what lies in the directory `only` (relative to the root), not what lies below it; nothing where
  // that is gone.
  Walker(FileSystem& file_system, const InputOptions& options, std::string root, std::set<FileId> skip,
         std::string only);

  // The next file, or nothing at the end. A directory that can't be read is passed over, with an error.
  std::optional<Found> Next();

  // What could not be read since the last call; messages begin with the path.
  std::vector<Error> TakeErrors() { return std::exchange(errors_, {}); }

 private:
  struct Level {
    std::string directory;  // relative to the root
    FileId id;
    DirectoryListing listing;
    size_t next_file = 0;
    size_t next_directory = 0;
  };

  // Of the one directory that is walked alone.
  void EnterOnly(std::string directory);
  void Enter(std::string directory);
  std::string FullPath(std::string_view relative) const;
  // As TreeFilter::KindOf, and nothing for hidden names.
  std::optional<FileKind> KindOf(const Level& level, size_t index);

  FileSystem& file_system_;
  const InputOptions& options_;
  const std::string root_;
  const std::set<FileId> skip_;
  const bool recursive_;
  const TreeFilter filter_;
  std::vector<Level> levels_;
  std::set<FileId> linked_;  // directories entered, kept only where links are followed
  std::vector<Error> errors_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_WALKER_H_
