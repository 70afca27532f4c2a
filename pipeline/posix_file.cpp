#include "pipeline/posix_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

namespace tbbthumbs {

tl::unexpected<Error> FailErrno(std::string_view what, int code) {
  const ErrorCode kind = code == ENOENT || code == ENOTDIR ? ErrorCode::kNotFound
                         : code == EEXIST                  ? ErrorCode::kExists
                         : code == ENOMEM                  ? ErrorCode::kOutOfMemory
                                                           : ErrorCode::kIo;
  if (code == ENOENT) return Fail(kind, "no such file or directory");
  return Fail(kind, std::string(what) + ": " + std::generic_category().message(code));
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

int Descriptor::Close() { return close(Release()); }

FileKind KindOfMode(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kRegular;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  if (S_ISLNK(mode)) return FileKind::kLink;
  return FileKind::kOther;
}

Result<size_t> ReadFully(int fd, uint64_t offset, std::span<std::byte> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("reading");
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

}  // namespace tbbthumbs
