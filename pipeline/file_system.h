// The operating system's files, behind one interface: so that tests can make them fail.
#ifndef TBBTHUMBS_PIPELINE_FILE_SYSTEM_H_
#define TBBTHUMBS_PIPELINE_FILE_SYSTEM_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"

namespace tbbthumbs {

enum class FileKind : uint8_t {
  kRegular,
  kDirectory,
  kLink,
  kOther,    // FIFOs, sockets, devices: never opened
  kUnknown,  // the directory does not say: Stat does
};

// Which file it is, whatever its name.
struct FileId {
  uint64_t device = 0;
  uint64_t inode = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
  friend bool operator<(const FileId& a, const FileId& b) {
    return a.device != b.device ? a.device < b.device : a.inode < b.inode;
  }
};

struct FileInfo {
  FileKind kind = FileKind::kRegular;
  FileId id;
  uint64_t bytes = 0;
  std::chrono::nanoseconds modified{};  // since 1970
  uint64_t links = 1;                   // names that it has
};

// The names in one directory, compactly: about 9 bytes a name beside its own length.
class DirectoryListing {
 public:
  void Add(std::string_view name, FileKind kind);
  // Bytewise by name.
  void Sort();

  size_t size() const { return entries_.size(); }
  std::string_view name(size_t i) const { return names_.data() + entries_[i].offset; }
  FileKind kind(size_t i) const { return entries_[i].kind; }

 private:
  struct Entry {
    uint32_t offset;
    FileKind kind;
  };
  std::vector<char> names_;  // each ended by '\0'
  std::vector<Entry> entries_;
};

// An open regular file. Used by one thread at a time; closes on destruction.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // As it was when it was opened.
  virtual const FileInfo& info() const = 0;
  // As it is now. Errors: kIo; kChanged, when a server no longer has it.
  [[nodiscard]] virtual Result<FileInfo> LookUp() = 0;
  // As ByteSource::ReadAt.
  [[nodiscard]] virtual Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) = 0;
};

// All members may be called from any thread. Errors of all: kNotFound, kIo, and those named; of those that write also
// kNoSpace. Messages name what failed, not the path.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // With `follow`, what a link points to, else the link itself.
  [[nodiscard]] virtual Result<FileInfo> Stat(const std::string& path, bool follow) = 0;
  // All names but "." and "..", unsorted.
  [[nodiscard]] virtual Result<DirectoryListing> List(const std::string& path) = 0;
  // kUnsupported: not a regular file.
  [[nodiscard]] virtual Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) = 0;
  // Makes the directory and those above it; fine when it is there.
  [[nodiscard]] virtual Status CreateDirectories(const std::string& path) = 0;
  // Makes a new file that holds `bytes`, and says what it is then; on failure none is left. kExists: there is one
  // already.
  [[nodiscard]] virtual Result<FileInfo> WriteNew(const std::string& path, std::span<const std::byte> bytes) = 0;
  // kExists: without `replace`, when `to` exists. Crosses file systems by copying beside `to` first. The
  // time of the file stays.
  [[nodiscard]] virtual Status Rename(const std::string& from, const std::string& to, bool replace) = 0;
  // A second name for a file. kExists: `to` exists. kUnsupported: not on this file system.
  [[nodiscard]] virtual Status Link(const std::string& /*from*/, const std::string& /*to*/) {
    return Fail(ErrorCode::kUnsupported, "no links");
  }
  // A file, or an empty directory.
  [[nodiscard]] virtual Status Remove(const std::string& path) = 0;
};

// The real one, POSIX. Lives as long as the program.
FileSystem& RealFileSystem();

// Of an output directory, or one whose files were renamed: where temporary files, journals and logs lie.
inline constexpr std::string_view kOwnDirectory = ".tbbthumbs";

// CreateDirectories for a directory with a part in a run: "output". kNoSpace, else kIo: the message names it.
[[nodiscard]] Status CreateNamedDirectory(FileSystem& file_system, std::string_view part, const std::string& path);

// `directory` and `name` with one '/' between them; `name` alone where `directory` is empty.
std::string JoinPath(std::string_view directory, std::string_view name);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_FILE_SYSTEM_H_
