// A directory seen again through a disk that answers slowly, for programs that know nothing of it: a FUSE mount.
#ifndef TBBTHUMBS_BENCH_IO_FUSE_MOUNT_H_
#define TBBTHUMBS_BENCH_IO_FUSE_MOUNT_H_

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "bench/io/slow_link.h"
#include "codecs/error.h"

namespace tbbthumbs::bench {

// One round trip each: a stat of a file, opening or making one, listing a directory, each read or write of up to 1 MiB
// (of which longer ones are made), whose bytes share one line; renaming, linking, removing, making a directory. Going
// through directories and names that are not there cost nothing. The kernel keeps neither a file's bytes nor its size
// and times; the disk below caches as it does.
//
// It is served by a child process, this program run again, so that it can be begun at any time, also with threads.
class FuseMount {
 public:
  enum class Access { kReadOnly, kReadAndWrite };
  // The most requests of a kind that were under way at once.
  struct Counts {
    int reading = 0;
    int writing = 0;  // and making files
    int naming = 0;   // renaming and linking
  };

  // Runs `program` kServeSlowCommand ..., whose main must call ServeSlow, and waits until the mount answers.
  // `mountpoint`: an empty directory. Errors: kUnsupported: FUSE can't be mounted here: "/dev/fuse: ..."; kIo.
  static Result<std::unique_ptr<FuseMount>> Mount(const std::filesystem::path& directory,
                                                  const std::filesystem::path& mountpoint, const LinkOptions& options,
                                                  const std::filesystem::path& program = "/proc/self/exe",
                                                  Access access = Access::kReadOnly);
  // Unmounts, also while files are open, and waits for the child; likewise the child does when this process ends in
  // any way.
  ~FuseMount();
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;

  pid_t server() const { return server_; }

  // Unmounts as the destructor does; zeros where the server did not end as it should.
  Counts Unmount();

 private:
  FuseMount(std::filesystem::path mountpoint, pid_t server, int to_server, int from_server)
      : mountpoint_(std::move(mountpoint)), server_(server), to_server_(to_server), from_server_(from_server) {}
  Status WaitUntilReady();

  const std::filesystem::path mountpoint_;
  const pid_t server_;
  bool mounted_ = true;
  const int to_server_;    // closed: it is to end
  const int from_server_;  // what it says
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_IO_FUSE_MOUNT_H_
