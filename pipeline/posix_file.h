// What the real file system is made of, for other ways to ask the same of the operating system.
#ifndef TBBTHUMBS_PIPELINE_POSIX_FILE_H_
#define TBBTHUMBS_PIPELINE_POSIX_FILE_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "codecs/error.h"
#include "pipeline/file_system.h"

namespace tbbthumbs {

// The error number of a system call as an error of FileSystem; `what` says what was tried: "opening".
[[nodiscard]] tl::unexpected<Error> FailErrno(std::string_view what, int code = errno);

// A file descriptor, closed at the end.
class Descriptor {
 public:
  // None where `fd` is negative.
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return fd_; }
  int Release();
  // As close(2).
  int Close();

 private:
  int fd_;
};

FileKind KindOfMode(mode_t mode);

FileInfo InfoOf(const struct stat& status);

// As ReadableFile::LookUp.
[[nodiscard]] Result<FileInfo> LookUpOpen(int fd);

// A read or a look at an open file that failed: a server no longer has the file, or can't read it.
[[nodiscard]] tl::unexpected<Error> FailRead(int code = errno);

// Reads until `out` is full or the file ends. Errors: kIo, kChanged.
[[nodiscard]] Result<size_t> ReadFully(int fd, uint64_t offset, std::span<std::byte> out);

// Makes an empty file that everybody may write whom the umask lets, where none is: other than by opening it, which
// would drop this process's locks of it when it is closed. `directory` as in openat(2). Whoever then uses it finds out
// whether it is there.
void MakeEmptyFile(int directory, const std::string& path);

// Errors: kNoSpace, kIo.
[[nodiscard]] Status WriteAll(int fd, std::span<const std::byte> bytes);

// What a file below /proc or /sys says; "" where it can't be read: who it is about may end at any moment. (Streams
// throw then.)
[[nodiscard]] std::string ReadStatusFile(const std::string& path);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_POSIX_FILE_H_
