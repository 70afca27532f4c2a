#include "pipeline/inotify.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tbbthumbs {
namespace {

// IN_OPEN and IN_ACCESS would tell of our own reading. Files that have lost their name are nobody's business.
constexpr uint32_t kEvents = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM |
                             IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

constexpr size_t kBufferBytes = size_t{1} << 16;

}  // namespace

Inotify::Inotify(Descriptor descriptor) : descriptor_(std::move(descriptor)), buffer_(kBufferBytes) {}

Result<Inotify> Inotify::Open() {
  Descriptor descriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (descriptor.get() >= 0) return Inotify(std::move(descriptor));
  if (errno == EMFILE) {
    return Fail(ErrorCode::kIo,
                "too much is being watched by this user's programs: fs.inotify.max_user_instances or the limit of open "
                "files (ulimit -n) has to be raised");
  }
  return FailErrno("watching");
}

Result<std::optional<int>> Inotify::Watch(const std::string& path, bool follow) {
  const uint32_t mask = kEvents | (follow ? 0 : IN_DONT_FOLLOW);
  const int watch = inotify_add_watch(descriptor_.get(), path.c_str(), mask);
  if (watch >= 0) return watch;
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case ELOOP:
    case ENAMETOOLONG:
      return std::nullopt;
    case ENOSPC:
      return Fail(ErrorCode::kIo, "no more directories can be watched: fs.inotify.max_user_watches has to be raised");
    default:
      return FailErrno("watching");
  }
}

void Inotify::Unwatch(int watch) {
  // Fails where the directory is gone, and the watch with it.
  inotify_rm_watch(descriptor_.get(), watch);
}

Result<bool> Inotify::Read(const std::function<Status(const Event&)>& handle) {
  ssize_t count = 0;
  do {
    count = read(descriptor_.get(), buffer_.data(), buffer_.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) return false;
  if (count < 0) return FailErrno("reading what has changed");
  const std::string_view bytes(buffer_.data(), static_cast<size_t>(count));
  for (size_t at = 0; at < bytes.size();) {
    inotify_event header{};
    std::memcpy(&header, bytes.data() + at, sizeof(header));
    at += sizeof(header);
    // The name is filled up with zeros.
    const std::string_view name = bytes.substr(at, header.len);
    at += header.len;
    const Event event{header.wd, header.mask, header.cookie, name.substr(0, name.find('\0'))};
    if (Status status = handle(event); !status) return tl::unexpected<Error>(std::move(status.error()));
  }
  return count > 0;
}

}  // namespace tbbthumbs
