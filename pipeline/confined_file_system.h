// The files in output directories, reached through no symbolic link.
#ifndef TBBTHUMBS_PIPELINE_CONFINED_FILE_SYSTEM_H_
#define TBBTHUMBS_PIPELINE_CONFINED_FILE_SYSTEM_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/confined_directory.h"
#include "pipeline/file_system.h"
#include "pipeline/posix_places.h"
#include "pipeline/temporary_name.h"

namespace tbbthumbs {

// As RealFileSystem, but that in the given directories each file lies where its path says, whatever others have put
// there or put there meanwhile: nothing outside is read, made, renamed or removed. A link in a path's last part is
// looked at, named and removed as itself. In addition to FileSystem's errors: kIo, a link is in the way, also where a
// file of such a path is not there.
class ConfinedFileSystem final : public FileSystem {
 public:
  // `base` is what all other paths, the directories' own among them, are asked of; it must outlive this.
  ConfinedFileSystem(FileSystem& base, const std::vector<std::string>& directories);

  Result<FileInfo> Stat(const std::string& path, bool follow) override;
  Result<DirectoryListing> List(const std::string& path) override;
  Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Result<FileInfo> WriteNew(const std::string& path, std::span<const std::byte> bytes) override;
  Status Rename(const std::string& from, const std::string& to, bool replace) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;

 private:
  struct Found {
    ConfinedDirectory* directory;
    std::string relative;
  };
  // Nothing: it is `base`'s.
  std::optional<Found> Find(const std::string& path) const;

  // Either may be of `base`, not both.
  template <class Act>
  Status ActOn(const std::string& from, const std::string& to, std::string_view what, Act&& act) const;

  FileSystem& base_;
  std::vector<std::unique_ptr<ConfinedDirectory>> directories_;  // what lies in another comes first
  TemporaryNames part_names_;
};

// Makes `root` and those above it as RealFileSystem does, then `directory`, which lies below, without following links.
[[nodiscard]] Status CreateDirectoriesBelow(const std::string& root, const std::string& directory);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_CONFINED_FILE_SYSTEM_H_
