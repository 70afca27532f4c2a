#include "pipeline/posix_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

namespace tbbthumbs {

tl::unexpected<Error> FailErrno(std::string_view what, int code) {
  const ErrorCode kind = code == ENOENT || code == ENOTDIR  ? ErrorCode::kNotFound
                         : code == EEXIST                   ? ErrorCode::kExists
                         : code == ENOMEM                   ? ErrorCode::kOutOfMemory
                         : code == ENOSPC || code == EDQUOT ? ErrorCode::kNoSpace
                                                            : ErrorCode::kIo;
  if (code == ENOENT) return Fail(kind, "no such file or directory");
  return Fail(kind, std::string(what) + ": " + std::generic_category().message(code));
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  const int fd = other.Release();
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
  return *this;
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

int Descriptor::Close() { return close(Release()); }

FileKind KindOfMode(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kRegular;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  if (S_ISLNK(mode)) return FileKind::kLink;
  return FileKind::kOther;
}

FileInfo InfoOf(const struct stat& status) {
  FileInfo info;
  info.kind = KindOfMode(status.st_mode);
  info.id = {static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino)};
  info.bytes = static_cast<uint64_t>(status.st_size);
  info.modified = std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  info.links = static_cast<uint64_t>(status.st_nlink);
  return info;
}

Result<FileInfo> LookUpOpen(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return FailRead();
  return InfoOf(status);
}

tl::unexpected<Error> FailRead(int code) {
  if (code == ESTALE) return Fail(ErrorCode::kChanged, "it vanished while it was read");
  return FailErrno("reading", code);
}

Result<size_t> ReadFully(int fd, uint64_t offset, std::span<std::byte> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailRead();
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

Status WriteAll(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("writing");
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

void MakeEmptyFile(int directory, const std::string& path) {
  static_cast<void>(mknodat(directory, path.c_str(), S_IFREG | 0666, 0));
}

std::string ReadStatusFile(const std::string& path) {
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return "";
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t count = read(fd.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return "";
    if (count == 0) return text;
    text.append(piece.data(), static_cast<size_t>(count));
  }
}

}  // namespace tbbthumbs
