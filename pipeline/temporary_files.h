// Files on their way into a directory tree.
#ifndef TBBTHUMBS_PIPELINE_TEMPORARY_FILES_H_
#define TBBTHUMBS_PIPELINE_TEMPORARY_FILES_H_

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/temporary_name.h"

namespace tbbthumbs {

// New files in ROOT/.tbbthumbs/tmp, from where they are renamed: under its name each is there whole or not at all.
// Thread-safe, but for RemoveStale (before the first Write) and RemoveDirectories (after the last).
class TemporaryFiles {
 public:
  // `root` exists; what lies below it is made with the first file. The file system must outlive it.
  TemporaryFiles(FileSystem& file_system, std::string root);

  struct File {
    std::string path;
    std::chrono::nanoseconds modified;  // since 1970
  };
  // `lane`: files of different lanes, from 0, lie in different directories: the system makes one file at a time in
  // each, which takes a round trip. -1: in that of all. Errors: as FileSystem::WriteNew.
  [[nodiscard]] Result<File> Write(std::span<const std::byte> bytes, int lane = -1);

  // Removes what other runs that died have left there (see IsAbandoned). Returns whether there was anything.
  bool RemoveStale();
  // Removes the directories where they are empty, ROOT/.tbbthumbs too.
  void RemoveDirectories();

  // Where the files of all lanes lie, or below.
  const std::string& directory() const { return directory_; }

 private:
  std::string DirectoryOf(int lane) const;
  Status MakeDirectoryOf(int lane);
  Status MakeDirectory(const std::string& directory);

  FileSystem& file_system_;
  const std::string root_;
  const std::string directory_;
  TemporaryNames names_;

  std::mutex mutex_;  // guards all below
  std::set<int> made_lanes_;
};

// Makes `directory`, which lies in `root`, and those above it; but not `root` itself: where that is gone, its disk may
// be. Errors: kNotFound: it is; those of FileSystem::CreateDirectories.
[[nodiscard]] Status MakeDirectoryWithin(FileSystem& file_system, const std::string& root,
                                         const std::string& directory);

// Removes the abandoned files in `directory`. `name_of`: the name in that of a file (see WriterOf), if it has one.
// Returns whether there were any.
bool RemoveAbandoned(FileSystem& file_system, const std::string& directory,
                     std::optional<std::string_view> (*name_of)(std::string_view file));

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_TEMPORARY_FILES_H_
