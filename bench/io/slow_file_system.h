// A disk that answers slowly, in front of one that does not.
#ifndef TBBTHUMBS_BENCH_IO_SLOW_FILE_SYSTEM_H_
#define TBBTHUMBS_BENCH_IO_SLOW_FILE_SYSTEM_H_

#include <memory>
#include <span>
#include <string>

#include "bench/io/slow_link.h"
#include "pipeline/file_system.h"

namespace tbbthumbs::bench {

struct SlowOptions {
  LinkOptions link;
  // Only paths that begin with it are slow, byte by byte: "/pictures", so that the output is not. Empty: all.
  std::string prefix;
  // Also what writes: WriteNew, Rename, Remove.
  bool writes = false;
};

// Passes every call on, and returns when a disk at the other end of a SlowLink would have answered, or later where
// `base` itself takes longer. A round trip each, failures among them: Stat, List, Open, each ReadAt (plus the bytes it
// read); with `writes` also Rename, Remove, and two for WriteNew (making, writing: plus the bytes). CreateDirectories
// is never slow: it is called while a mutex is held. Bytes read and written share one line.
//
// Who waits lets the other fibers of its event loop go on, or else sleeps. For the strategy `async-io` it stands in
// front of the UringFileSystem, not behind it.
class SlowFileSystem final : public FileSystem {
 public:
  // `base` must outlive it, and it the files that it opened.
  SlowFileSystem(FileSystem& base, SlowOptions options);

  Result<FileInfo> Stat(const std::string& path, bool follow) override;
  Result<DirectoryListing> List(const std::string& path) override;
  Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Result<FileInfo> WriteNew(const std::string& path, std::span<const std::byte> bytes) override;
  Status Rename(const std::string& from, const std::string& to, bool replace) override;
  Status Remove(const std::string& path) override;

 private:
  bool IsSlow(const std::string& path) const { return path.starts_with(options_.prefix); }
  bool WritesSlowly(const std::string& path) const { return options_.writes && IsSlow(path); }

  FileSystem& base_;
  const SlowOptions options_;
  SlowLink link_;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_IO_SLOW_FILE_SYSTEM_H_
