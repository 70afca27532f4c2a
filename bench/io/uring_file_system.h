// The operating system's files through an event loop.
#ifndef TBBTHUMBS_BENCH_IO_URING_FILE_SYSTEM_H_
#define TBBTHUMBS_BENCH_IO_URING_FILE_SYSTEM_H_

#include <memory>
#include <span>
#include <string>

#include "pipeline/file_system.h"

namespace tbbthumbs::bench {

// Does what RealFileSystem does, with the same errors in the same words. On a fiber of an EventLoop, looking up,
// opening, reading, writing, renaming and removing let the other fibers go on; on any other thread they go to `base`,
// and so do, always and without leaving the fiber, List and CreateDirectories (io_uring can't list; and directories are
// made while a mutex is held), and a rename across file systems. A file that was opened on a fiber may be read and
// closed on any thread.
class UringFileSystem final : public FileSystem {
 public:
  // `base`: RealFileSystem, or what shows the same files. It must outlive this.
  explicit UringFileSystem(FileSystem& base) : base_(base) {}

  Result<FileInfo> Stat(const std::string& path, bool follow) override;
  Result<DirectoryListing> List(const std::string& path) override;
  Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Result<FileInfo> WriteNew(const std::string& path, std::span<const std::byte> bytes) override;
  Status Rename(const std::string& from, const std::string& to, bool replace) override;
  Status Remove(const std::string& path) override;

 private:
  FileSystem& base_;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_IO_URING_FILE_SYSTEM_H_
