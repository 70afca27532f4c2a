#include "pipeline/posix_places.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// Where the file system cannot rename without replacing.
Status LinkAndRemove(FilePlace from, FilePlace to) {
  if (linkat(from.directory, from.name, to.directory, to.name, 0) != 0) return FailErrno("linking");
  unlinkat(from.directory, from.name, 0);
  return {};
}

Status Copy(FilePlace from, FilePlace to) {
  Descriptor source(openat(from.directory, from.name, kOpenToRead | O_NOFOLLOW));
  if (source.get() < 0) return FailErrno("opening");
  const auto file = ReadOpened(std::move(source));
  if (!file) return tl::unexpected<Error>(file.error());
  std::vector<std::byte> bytes(static_cast<size_t>((*file)->info().bytes));
  const auto count = (*file)->ReadAt(0, bytes);
  if (!count) return tl::unexpected<Error>(count.error());
  bytes.resize(*count);
  Descriptor made(openat(to.directory, to.name, kCreateNew, kNewFileMode));
  if (made.get() < 0) return FailErrno("creating");
  if (const auto written = WriteOpened(std::move(made), bytes); !written) {
    unlinkat(to.directory, to.name, 0);
    return tl::unexpected<Error>(written.error());
  }
  const auto modified = (*file)->info().modified;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(modified);
  const timespec time{static_cast<time_t>(seconds.count()), static_cast<long>((modified - seconds).count())};
  const std::array<timespec, 2> times{time, time};
  if (utimensat(to.directory, to.name, times.data(), AT_SYMLINK_NOFOLLOW) == 0) return {};
  const int code = errno;
  unlinkat(to.directory, to.name, 0);
  return FailErrno("setting the time", code);
}

}  // namespace

Result<DirectoryListing> ListOpened(Descriptor fd) {
  DIR* stream = fdopendir(fd.get());
  if (stream == nullptr) return FailErrno("opening the directory");
  fd.Release();
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

Result<std::unique_ptr<ReadableFile>> ReadOpened(Descriptor fd) {
  const auto info = LookUpOpen(fd.get());
  if (!info) return tl::unexpected<Error>(info.error());
  if (info->kind != FileKind::kRegular) return Fail(ErrorCode::kUnsupported, "not a regular file");
  return std::make_unique<PosixFile>(std::move(fd), *info);
}

Result<FileInfo> WriteOpened(Descriptor fd, std::span<const std::byte> bytes) {
  Result<FileInfo> info = FileInfo{};
  if (Status status = WriteAll(fd.get(), bytes); !status) info = tl::unexpected<Error>(std::move(status.error()));
  // Here and not by its path: that would be one more question to a server.
  if (info) info = LookUpOpen(fd.get());
  if (info && fd.Close() != 0) info = FailErrno("closing");
  return info;
}

Status LinkAt(FilePlace from, FilePlace to) {
  if (linkat(from.directory, from.name, to.directory, to.name, 0) == 0) return {};
  const bool never = errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP;
  return never ? Fail(ErrorCode::kUnsupported, "linking: no links here") : FailErrno("linking");
}

Status RemoveAt(FilePlace place) {
  if (unlinkat(place.directory, place.name, 0) == 0) return {};
  if (errno == EISDIR && unlinkat(place.directory, place.name, AT_REMOVEDIR) == 0) return {};
  return FailErrno("removing");
}

Status RenameAt(FilePlace from, FilePlace to, bool replace, TemporaryNames& part_names) {
  const unsigned flags = replace ? 0 : RENAME_NOREPLACE;
  if (renameat2(from.directory, from.name, to.directory, to.name, flags) == 0) return {};
  if (errno == EINVAL && !replace) return LinkAndRemove(from, to);
  if (errno != EXDEV) return FailErrno("renaming");
  const std::string_view name = to.name;
  const std::string beside = std::string(name.substr(0, name.find_last_of('/') + 1)) + PartName(part_names.Next());
  const FilePlace part{to.directory, beside.c_str()};
  if (Status status = Copy(from, part); !status) return status;
  if (renameat2(part.directory, part.name, to.directory, to.name, flags) != 0) {
    const int code = errno;
    unlinkat(part.directory, part.name, 0);
    return FailErrno("renaming", code);
  }
  unlinkat(from.directory, from.name, 0);
  return {};
}

}  // namespace tbbthumbs
