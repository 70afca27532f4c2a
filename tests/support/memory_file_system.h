// A file system in memory that fails when told to.
#ifndef TBBTHUMBS_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_H_
#define TBBTHUMBS_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/file_system.h"

namespace tbbthumbs::testing {

// Paths are absolute or relative to "", without links. Thread-safe.
class MemoryFileSystem final : public FileSystem {
 public:
  struct Node {
    FileKind kind = FileKind::kRegular;
    std::vector<std::byte> bytes;
    std::chrono::nanoseconds modified{};
    uint64_t device = 1;
    uint64_t inode = 0;
    std::string target;  // of a link
  };

  MemoryFileSystem() { AddDirectory(""); }

  // With the directories above it.
  void AddFile(const std::string& path, std::vector<std::byte> bytes = {}, std::chrono::nanoseconds modified = {});
  // Other bytes in the same file, also for who has it open.
  void Rewrite(const std::string& path, std::vector<std::byte> bytes, std::chrono::seconds modified);
  void AddDirectory(const std::string& path);
  void AddLink(const std::string& path, const std::string& target);
  void AddOther(const std::string& path);
  // A directory that a disk is mounted on: what is added below it lies on that.
  void AddMounted(const std::string& path);

  bool Exists(const std::string& path) const;
  std::vector<std::byte> Bytes(const std::string& path) const;
  // All regular files, by path.
  std::vector<std::string> Files() const;

  // Called first by every operation with its name ("Open", "WriteNew", ...; of open files "ReadAt" and "LookUp") and
  // path; an Error makes it fail.
  std::function<std::optional<Error>(const std::string& operation, const std::string& path)> on_call;

  Result<FileInfo> Stat(const std::string& path, bool follow) override;
  Result<DirectoryListing> List(const std::string& path) override;
  Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Result<FileInfo> WriteNew(const std::string& path, std::span<const std::byte> bytes) override;
  Status Rename(const std::string& from, const std::string& to, bool replace) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;

 private:
  class OpenFile;

  Node& Add(const std::string& path, FileKind kind);
  const Node* Find(const std::string& path, bool follow) const;
  Status Call(const std::string& operation, const std::string& path) const;

  mutable std::mutex mutex_;  // guards all below
  std::map<std::string, Node> nodes_;
  uint64_t next_device_ = 2;
  uint64_t next_inode_ = 1;
  std::chrono::nanoseconds now_ = std::chrono::hours(1'000'000);
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_H_
