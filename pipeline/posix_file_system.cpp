#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "pipeline/file_system.h"
#include "pipeline/posix_file.h"
#include "pipeline/posix_places.h"
#include "pipeline/temporary_name.h"

namespace tbbthumbs {
namespace {

FilePlace PlaceOf(const std::string& path) { return {AT_FDCWD, path.c_str()}; }

class PosixFileSystem final : public FileSystem {
 public:
  Result<FileInfo> Stat(const std::string& path, bool follow) override {
    struct stat status {};
    if ((follow ? stat(path.c_str(), &status) : lstat(path.c_str(), &status)) != 0) return FailErrno("looking up");
    return InfoOf(status);
  }

  Result<DirectoryListing> List(const std::string& path) override {
    Descriptor fd(open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
    if (fd.get() < 0) return FailErrno("opening the directory");
    return ListOpened(std::move(fd));
  }

  Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) override {
    // Non-blocking: a FIFO put in the file's place must not hold the reader.
    Descriptor fd(open(path.c_str(), kOpenToRead));
    if (fd.get() < 0) return FailErrno("opening");
    return ReadOpened(std::move(fd));
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
    Descriptor fd(open(path.c_str(), kCreateNew, kNewFileMode));
    if (fd.get() < 0) return FailErrno("creating");
    auto info = WriteOpened(std::move(fd), bytes);
    if (!info) unlink(path.c_str());
    return info;
  }

  Status Rename(const std::string& from, const std::string& to, bool replace) override {
    return RenameAt(PlaceOf(from), PlaceOf(to), replace, part_names_);
  }

  Status Link(const std::string& from, const std::string& to) override { return LinkAt(PlaceOf(from), PlaceOf(to)); }

  Status Remove(const std::string& path) override { return RemoveAt(PlaceOf(path)); }

 private:
  TemporaryNames part_names_;
};

}  // namespace

FileSystem& RealFileSystem() {
  static PosixFileSystem file_system;
  return file_system;
}

}  // namespace tbbthumbs
