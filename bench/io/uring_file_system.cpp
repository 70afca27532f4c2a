#include "bench/io/uring_file_system.h"

#include <fcntl.h>
#include <liburing.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

#include "bench/io/event_loop.h"
#include "pipeline/posix_file.h"

namespace tbbthumbs::bench {
namespace {

// A request's length has 32 bits; the system itself moves at most 2 GiB less a page.
constexpr size_t kMostBytes = size_t{1} << 30;

// Asks again where the system only says that now is not the time. Negative: an error number.
template <class Prepare>
int Ask(EventLoop& loop, Prepare&& prepare) {
  for (;;) {
    io_uring_sqe* const request = loop.NewRequest();
    prepare(request);
    const int result = loop.Await(request);
    if (result != -EINTR && result != -EAGAIN) return result;
  }
}

FileInfo InfoOf(const struct statx& status) {
  FileInfo info;
  info.kind = KindOfMode(status.stx_mode);
  info.id = {makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino};
  info.bytes = status.stx_size;
  info.modified = std::chrono::seconds(status.stx_mtime.tv_sec) + std::chrono::nanoseconds(status.stx_mtime.tv_nsec);
  info.links = status.stx_nlink;
  return info;
}

Result<FileInfo> LookUp(EventLoop& loop, int directory_fd, const char* path, int flags) {
  struct statx status {};
  const int result = Ask(loop, [&](io_uring_sqe* request) {
    io_uring_prep_statx(request, directory_fd, path, flags, STATX_BASIC_STATS, &status);
  });
  if (result < 0) return FailErrno("looking up", -result);
  return InfoOf(status);
}

int OpenAt(EventLoop& loop, const std::string& path, int flags, mode_t mode) {
  return Ask(loop, [&](io_uring_sqe* request) { io_uring_prep_openat(request, AT_FDCWD, path.c_str(), flags, mode); });
}

int Unlink(EventLoop& loop, const std::string& path, int flags) {
  return Ask(loop, [&](io_uring_sqe* request) { io_uring_prep_unlink(request, path.c_str(), flags); });
}

class UringFile final : public ReadableFile {
 public:
  UringFile(Descriptor fd, const FileInfo& info) : fd_(std::move(fd)), info_(info) {}

  // Nobody asks whether that worked: no need to wait for it.
  ~UringFile() override {
    EventLoop* const loop = EventLoop::Current();
    if (loop == nullptr) return;
    io_uring_sqe* const request = loop->NewRequest();
    io_uring_prep_close(request, fd_.Release());
    loop->Forget(request);
  }

  const FileInfo& info() const override { return info_; }

  Result<FileInfo> LookUp() override {
    EventLoop* const loop = EventLoop::Current();
    if (loop == nullptr) return LookUpOpen(fd_.get());
    struct statx status {};
    const int result = Ask(*loop, [&](io_uring_sqe* request) {
      io_uring_prep_statx(request, fd_.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status);
    });
    if (result < 0) return FailRead(-result);
    return InfoOf(status);
  }

  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    EventLoop* const loop = EventLoop::Current();
    if (loop == nullptr) return ReadFully(fd_.get(), offset, out);
    size_t done = 0;
    while (done < out.size()) {
      const int count = Ask(*loop, [&](io_uring_sqe* request) {
        io_uring_prep_read(request, fd_.get(), out.data() + done,
                           static_cast<unsigned>(std::min(out.size() - done, kMostBytes)), offset + done);
      });
      if (count < 0) return FailRead(-count);
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    return done;
  }

 private:
  Descriptor fd_;
  FileInfo info_;
};

Status WriteAll(EventLoop& loop, int fd, std::span<const std::byte> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const int count = Ask(loop, [&](io_uring_sqe* request) {
      io_uring_prep_write(request, fd, bytes.data() + done,
                          static_cast<unsigned>(std::min(bytes.size() - done, kMostBytes)), done);
    });
    if (count < 0) return FailErrno("writing", -count);
    done += static_cast<size_t>(count);
  }
  return {};
}

}  // namespace

Result<FileInfo> UringFileSystem::Stat(const std::string& path, bool follow) {
  EventLoop* const loop = EventLoop::Current();
  if (loop == nullptr) return base_.Stat(path, follow);
  return LookUp(*loop, AT_FDCWD, path.c_str(), follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

Result<DirectoryListing> UringFileSystem::List(const std::string& path) { return base_.List(path); }

Result<std::unique_ptr<ReadableFile>> UringFileSystem::Open(const std::string& path) {
  EventLoop* const loop = EventLoop::Current();
  if (loop == nullptr) return base_.Open(path);
  // Non-blocking: a FIFO put in the file's place must not hold a thread of the system.
  Descriptor fd(OpenAt(*loop, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0));
  if (fd.get() < 0) return FailErrno("opening", -fd.get());
  const auto info = LookUp(*loop, fd.get(), "", AT_EMPTY_PATH);
  if (!info) return tl::unexpected<Error>(info.error());
  if (info->kind != FileKind::kRegular) return Fail(ErrorCode::kUnsupported, "not a regular file");
  // From here on it may wait: some file systems would end each read of a non-blocking file with EAGAIN.
  fcntl(fd.get(), F_SETFL, 0);
  return std::make_unique<UringFile>(std::move(fd), *info);
}

Status UringFileSystem::CreateDirectories(const std::string& path) { return base_.CreateDirectories(path); }

Result<FileInfo> UringFileSystem::WriteNew(const std::string& path, std::span<const std::byte> bytes) {
  EventLoop* const loop = EventLoop::Current();
  if (loop == nullptr) return base_.WriteNew(path, bytes);
  Descriptor fd(OpenAt(*loop, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (fd.get() < 0) return FailErrno("creating", -fd.get());
  Result<FileInfo> info = FileInfo{};
  if (Status status = WriteAll(*loop, fd.get(), bytes); !status)
    info = tl::unexpected<Error>(std::move(status.error()));
  if (info) info = LookUp(*loop, fd.get(), "", AT_EMPTY_PATH);
  io_uring_sqe* const request = loop->NewRequest();
  io_uring_prep_close(request, fd.Release());
  const int closed = loop->Await(request);
  if (info && closed < 0) info = FailErrno("closing", -closed);
  if (!info) Unlink(*loop, path, 0);
  return info;
}

Status UringFileSystem::Rename(const std::string& from, const std::string& to, bool replace) {
  EventLoop* const loop = EventLoop::Current();
  if (loop == nullptr) return base_.Rename(from, to, replace);
  const int result = Ask(*loop, [&](io_uring_sqe* request) {
    io_uring_prep_renameat(request, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), replace ? 0 : RENAME_NOREPLACE);
  });
  if (result == -EXDEV || (result == -EINVAL && !replace)) return base_.Rename(from, to, replace);
  if (result < 0) return FailErrno("renaming", -result);
  return {};
}

Status UringFileSystem::Remove(const std::string& path) {
  EventLoop* const loop = EventLoop::Current();
  if (loop == nullptr) return base_.Remove(path);
  int result = Unlink(*loop, path, 0);
  if (result == -EISDIR) result = Unlink(*loop, path, AT_REMOVEDIR);
  if (result < 0) return FailErrno("removing", -result);
  return {};
}

}  // namespace tbbthumbs::bench
