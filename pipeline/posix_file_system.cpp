#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

#include "pipeline/file_system.h"
#include "pipeline/posix_file.h"
#include "pipeline/temporary_name.h"

namespace tbbthumbs {
namespace {

FileKind KindOfEntry(unsigned char type) {
  switch (type) {
    case DT_REG:
      return FileKind::kRegular;
    case DT_DIR:
      return FileKind::kDirectory;
    case DT_LNK:
      return FileKind::kLink;
    case DT_UNKNOWN:
      return FileKind::kUnknown;
    default:
      return FileKind::kOther;
  }
}

class PosixFile final : public ReadableFile {
 public:
  PosixFile(Descriptor fd, const FileInfo& info) : fd_(std::move(fd)), info_(info) {}

  const FileInfo& info() const override { return info_; }

  Result<FileInfo> LookUp() override { return LookUpOpen(fd_.get()); }

  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    return ReadFully(fd_.get(), offset, out);
  }

 private:
  Descriptor fd_;
  FileInfo info_;
};

Status WriteAll(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("writing");
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<FileInfo> Stat(const std::string& path, bool follow) override {
    struct stat status {};
    if ((follow ? stat(path.c_str(), &status) : lstat(path.c_str(), &status)) != 0) return FailErrno("looking up");
    return InfoOf(status);
  }

  Result<DirectoryListing> List(const std::string& path) override {
    DIR* stream = opendir(path.empty() ? "." : path.c_str());
    if (stream == nullptr) return FailErrno("opening the directory");
    const auto closer = [](DIR* open) { closedir(open); };
    const std::unique_ptr<DIR, decltype(closer)> closing(stream, closer);
    DirectoryListing listing;
    for (;;) {
      errno = 0;
      const dirent* entry = readdir(stream);
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") listing.Add(name, KindOfEntry(entry->d_type));
    }
    if (errno != 0) return FailErrno("reading the directory");
    return listing;
  }

  Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) override {
    // Non-blocking: a FIFO put in the file's place must not hold the reader.
    Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd.get() < 0) return FailErrno("opening");
    const auto info = LookUpOpen(fd.get());
    if (!info) return tl::unexpected<Error>(info.error());
    if (info->kind != FileKind::kRegular) return Fail(ErrorCode::kUnsupported, "not a regular file");
    return std::make_unique<PosixFile>(std::move(fd), *info);
  }

  Status CreateDirectories(const std::string& path) override {
    if (mkdir(path.c_str(), 0777) == 0) return {};
    const int code = errno;
    if (code == EEXIST) {
      const auto info = Stat(path, true);
      if (info && info->kind == FileKind::kDirectory) return {};
      return Fail(ErrorCode::kIo, "making the directory: a file of that name is in the way");
    }
    const size_t slash = path.find_last_of('/');
    if (code != ENOENT || slash == std::string::npos || slash == 0) return FailErrno("making the directory", code);
    if (Status status = CreateDirectories(path.substr(0, slash)); !status) return status;
    if (mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return {};
    return FailErrno("making the directory");
  }

  Result<FileInfo> WriteNew(const std::string& path, std::span<const std::byte> bytes) override {
    Descriptor fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (fd.get() < 0) return FailErrno("creating");
    Result<FileInfo> info = FileInfo{};
    if (Status status = WriteAll(fd.get(), bytes); !status) info = tl::unexpected<Error>(std::move(status.error()));
    // Here and not by its path: that would be one more question to a server.
    if (info) info = LookUpOpen(fd.get());
    if (info && fd.Close() != 0) info = FailErrno("closing");
    if (!info) unlink(path.c_str());
    return info;
  }

  Status Rename(const std::string& from, const std::string& to, bool replace) override {
    const unsigned flags = replace ? 0 : RENAME_NOREPLACE;
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return {};
    if (errno == EINVAL && !replace) return LinkAndRemove(from, to);
    if (errno != EXDEV) return FailErrno("renaming");
    const std::string beside = to.substr(0, to.find_last_of('/') + 1) + PartName(part_names_.Next());
    if (Status status = Copy(from, beside); !status) return status;
    if (renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, to.c_str(), flags) != 0) {
      const int code = errno;
      unlink(beside.c_str());
      return FailErrno("renaming", code);
    }
    unlink(from.c_str());
    return {};
  }

  Status Link(const std::string& from, const std::string& to) override {
    if (link(from.c_str(), to.c_str()) == 0) return {};
    const bool never = errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP;
    return never ? Fail(ErrorCode::kUnsupported, "linking: no links here") : FailErrno("linking");
  }

  Status Remove(const std::string& path) override {
    if (remove(path.c_str()) != 0) return FailErrno("removing");
    return {};
  }

 private:
  // Where the file system cannot rename without replacing.
  Status LinkAndRemove(const std::string& from, const std::string& to) {
    if (link(from.c_str(), to.c_str()) != 0) return FailErrno("linking");
    unlink(from.c_str());
    return {};
  }

  Status Copy(const std::string& from, const std::string& to) {
    auto file = Open(from);
    if (!file) return tl::unexpected<Error>(std::move(file.error()));
    std::vector<std::byte> bytes(static_cast<size_t>((*file)->info().bytes));
    auto count = (*file)->ReadAt(0, bytes);
    if (!count) return tl::unexpected<Error>(std::move(count.error()));
    bytes.resize(*count);
    if (const auto written = WriteNew(to, bytes); !written) return tl::unexpected<Error>(written.error());
    const auto modified = (*file)->info().modified;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(modified);
    const timespec time{static_cast<time_t>(seconds.count()), static_cast<long>((modified - seconds).count())};
    const std::array<timespec, 2> times{time, time};
    if (utimensat(AT_FDCWD, to.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) == 0) return {};
    const int code = errno;
    unlink(to.c_str());
    return FailErrno("setting the time", code);
  }

  TemporaryNames part_names_;
};

}  // namespace

FileSystem& RealFileSystem() {
  static PosixFileSystem file_system;
  return file_system;
}

}  // namespace tbbthumbs
