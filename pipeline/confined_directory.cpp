#include "pipeline/confined_directory.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "pipeline/file_system.h"

namespace tbbthumbs {
namespace {

constexpr int kDirectory = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// To make directories that others remove.
constexpr int kMostAttempts = 10;

constexpr std::string_view kOfAnother = " belongs to another user, in a directory where everybody may write";

// Anywhere but in such a directory, whoever may write in it is trusted with it.
bool IsTrusted(const struct stat& file, const struct stat& directory) {
  const bool shared = (directory.st_mode & S_ISVTX) != 0 && (directory.st_mode & S_IWOTH) != 0;
  return !shared || file.st_uid == geteuid() || file.st_uid == directory.st_uid || file.st_uid == 0;
}

// Takes the first part off a path; "" at its end.
std::string TakePart(std::string_view& path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const size_t end = std::min(path.find('/'), path.size());
  std::string part(path.substr(0, end));
  path.remove_prefix(end);
  return part;
}

// Of a path without '/' at its end: the directory's path, "" where there is none, and the name.
std::pair<std::string, std::string> SplitPath(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

std::string WithoutSlashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

int OpenAt2(int root, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
  }
}

// Where the system has no openat2: before Linux 5.6, and in containers that forbid what they do not know. `path`: of
// directories alone; "" is `root` itself.
Descriptor WalkTo(int root, std::string_view path) {
  Descriptor at(openat(root, ".", kDirectory));
  for (std::string part = TakePart(path); !part.empty() && at.get() >= 0; part = TakePart(path)) {
    if (part == "..") {
      errno = EXDEV;
      return Descriptor(-1);
    }
    at = Descriptor(openat(at.get(), part.c_str(), kDirectory));
  }
  return at;
}

}  // namespace

ConfinedDirectory::ConfinedDirectory(std::string path)
    : path_(WithoutSlashes(std::move(path))), prefix_(path_.ends_with('/') ? path_ : path_ + "/") {}

std::optional<std::string_view> ConfinedDirectory::Below(std::string_view path) const {
  if (!path.starts_with(prefix_)) return std::nullopt;
  path.remove_prefix(prefix_.size());
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return path.empty() ? std::nullopt : std::optional(path);
}

Result<ConfinedDirectory::Root> ConfinedDirectory::Use() const {
  const std::lock_guard lock(mutex_);
  if (root_) return root_;
  Descriptor fd(open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return FailErrno("opening the directory");
  const Descriptor again(OpenAt2(fd.get(), ".", kDirectory, 0));
  has_openat2_ = again.get() >= 0;
  root_ = std::make_shared<const Descriptor>(std::move(fd));
  return root_;
}

void ConfinedDirectory::ForgetRemoved() {
  const std::lock_guard lock(mutex_);
  struct stat status {};
  if (root_ && (fstat(root_->get(), &status) != 0 || status.st_nlink == 0)) root_.reset();
}

std::optional<std::string> ConfinedDirectory::FindLink(int root, std::string_view relative) const {
  Descriptor at(openat(root, ".", kDirectory));
  std::string link = path_;
  for (std::string part = TakePart(relative); !part.empty(); part = TakePart(relative)) {
    struct stat status {};
    link = JoinPath(link, part);
    if (fstatat(at.get(), part.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    if (S_ISLNK(status.st_mode)) return link;
    at = Descriptor(openat(at.get(), part.c_str(), kDirectory));
  }
  return std::nullopt;
}

tl::unexpected<Error> ConfinedDirectory::FailAt(int root, std::string_view relative, std::string_view what,
                                                int code) const {
  if (code == ELOOP || code == EXDEV || code == ENOTDIR) {
    if (const auto link = FindLink(root, relative)) {
      return Fail(ErrorCode::kIo, *link + " is a symbolic link, and none is followed there");
    }
  }
  return FailErrno(what, code);
}

int ConfinedDirectory::OpenBelow(int root, const std::string& relative, int flags, mode_t mode) const {
  flags |= O_NOFOLLOW | O_CLOEXEC;
  if (has_openat2_) return OpenAt2(root, relative.c_str(), flags, mode);
  const auto [directory, name] = SplitPath(WithoutSlashes(relative));
  const Descriptor at = WalkTo(root, directory);
  return at.get() < 0 ? -1 : openat(at.get(), name.c_str(), flags, mode);
}

Result<Descriptor> ConfinedDirectory::Open(const std::string& relative, int flags, mode_t mode,
                                           std::string_view what) const {
  const auto root = Use();
  if (!root) return tl::unexpected<Error>(root.error());
  Descriptor fd(OpenBelow((*root)->get(), relative, flags, mode));
  if (fd.get() < 0) return FailAt((*root)->get(), relative, what, errno);
  return fd;
}

Result<ConfinedDirectory::Place> ConfinedDirectory::PlaceOf(const std::string& relative, std::string_view what) const {
  auto root = Use();
  if (!root) return tl::unexpected<Error>(root.error());
  auto [directory, name] = SplitPath(WithoutSlashes(relative));
  Descriptor own(-1);
  if (!directory.empty()) {
    auto opened = Open(directory, O_PATH | O_DIRECTORY, 0, what);
    if (!opened) return tl::unexpected<Error>(opened.error());
    own = std::move(*opened);
  }
  return Place(std::move(*root), std::move(own), std::move(name));
}

Status ConfinedDirectory::CreateDirectories(const std::string& relative) {
  Status status;
  for (int i = 0; i < kMostAttempts; ++i) {
    ForgetRemoved();
    const auto root = Use();
    if (!root) return tl::unexpected<Error>(root.error());
    status = MakeAll((*root)->get(), relative);
    if (status || status.error().code != ErrorCode::kNotFound) break;
  }
  return status;
}

Status ConfinedDirectory::MakeAll(int root, const std::string& relative) const {
  constexpr std::string_view kWhat = "making the directory";
  Descriptor at(openat(root, ".", kDirectory));
  if (at.get() < 0) return FailErrno(kWhat);
  std::string_view rest = relative;
  for (std::string part = TakePart(rest); !part.empty(); part = TakePart(rest)) {
    if (part == "..") return FailErrno(kWhat, EXDEV);
    Descriptor next(openat(at.get(), part.c_str(), kDirectory));
    if (next.get() < 0 && errno == ENOENT) {
      if (mkdirat(at.get(), part.c_str(), 0777) != 0 && errno != EEXIST) return FailErrno(kWhat);
      next = Descriptor(openat(at.get(), part.c_str(), kDirectory));
    }
    if (next.get() < 0 && (errno == ENOTDIR || errno == ELOOP)) {
      const auto made = std::string_view(relative).substr(0, relative.size() - rest.size());
      auto failed = FailAt(root, made, kWhat, errno);
      if (failed.value().code != ErrorCode::kNotFound) return failed;
      return Fail(ErrorCode::kIo, "making the directory: a file of that name is in the way");
    }
    if (next.get() < 0) return FailErrno(kWhat);
    if (part == kOwnDirectory) {
      if (Status status = CheckOwnerOf(next.get(), at.get()); !status) return status;
    }
    at = std::move(next);
  }
  return {};
}

// Its owner could exchange what is written into it before it has its name, or say in a journal what is to be pruned.
Status ConfinedDirectory::CheckOwnerOf(int own, int directory) const {
  struct stat above {};
  struct stat status {};
  if (fstat(directory, &above) != 0 || fstat(own, &status) != 0) return FailErrno("looking up its owner");
  if (IsTrusted(status, above)) return {};
  return Fail(ErrorCode::kIo, JoinPath(path_, kOwnDirectory) + std::string(kOfAnother));
}

Result<Descriptor> ConfinedDirectory::OpenOwn(const std::string& relative) const {
  constexpr std::string_view kWhat = "opening the directory";
  const auto root = Use();
  if (!root) return tl::unexpected<Error>(root.error());
  const auto own = Open(std::string(kOwnDirectory), O_PATH | O_DIRECTORY, 0, kWhat);
  if (!own) return tl::unexpected<Error>(own.error());
  if (Status status = CheckOwnerOf(own->get(), (*root)->get()); !status) return tl::unexpected<Error>(status.error());
  auto fd = Open(relative, O_RDONLY | O_DIRECTORY, 0, kWhat);
  return fd ? std::move(fd) : Open(relative, O_PATH | O_DIRECTORY, 0, kWhat);
}

Status CheckOwner(const std::string& path) {
  const std::string directory = path.find('/') == std::string::npos ? "." : path.substr(0, path.rfind('/') + 1);
  struct stat above {};
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0 || stat(directory.c_str(), &above) != 0) return {};
  return IsTrusted(file, above) ? Status() : Fail(ErrorCode::kIo, path + std::string(kOfAnother));
}

std::optional<OwnPath> FindOwnPath(const std::string& path) {
  const std::string own(kOwnDirectory);
  const size_t inner = path.rfind("/" + own + "/");
  if (inner != std::string::npos) return OwnPath{inner == 0 ? "/" : path.substr(0, inner), path.substr(inner + 1)};
  if (path.starts_with(own + "/")) return OwnPath{".", path};
  return std::nullopt;
}

}  // namespace tbbthumbs
