// What the operating system's files are asked, by a directory and a name in it.
#ifndef TBBTHUMBS_PIPELINE_POSIX_PLACES_H_
#define TBBTHUMBS_PIPELINE_POSIX_PLACES_H_

#include <fcntl.h>

#include <cstddef>
#include <memory>
#include <span>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/posix_file.h"
#include "pipeline/temporary_name.h"

namespace tbbthumbs {

// As the system calls of the *at family take it: or any path, with AT_FDCWD.
struct FilePlace {
  int directory = AT_FDCWD;
  const char* name;
};

// How the files of FileSystem::Open and WriteNew are opened.
inline constexpr int kOpenToRead = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
inline constexpr int kCreateNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
// Less what the umask takes away.
inline constexpr mode_t kNewFileMode = 0666;

// All as the members of FileSystem of such names, with the same errors.
[[nodiscard]] Result<DirectoryListing> ListOpened(Descriptor fd);
[[nodiscard]] Result<std::unique_ptr<ReadableFile>> ReadOpened(Descriptor fd);
// On failure the file stays.
[[nodiscard]] Result<FileInfo> WriteOpened(Descriptor fd, std::span<const std::byte> bytes);
[[nodiscard]] Status LinkAt(FilePlace from, FilePlace to);
[[nodiscard]] Status RemoveAt(FilePlace place);
// `part_names`: for a copy beside `to`.
[[nodiscard]] Status RenameAt(FilePlace from, FilePlace to, bool replace, TemporaryNames& part_names);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_POSIX_PLACES_H_
