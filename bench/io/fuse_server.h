// The other end of a FuseMount.
#ifndef TBBTHUMBS_BENCH_IO_FUSE_SERVER_H_
#define TBBTHUMBS_BENCH_IO_FUSE_SERVER_H_

#include <span>
#include <string_view>

namespace tbbthumbs::bench {

inline constexpr std::string_view kServeSlowCommand = "serve-slow";
// What it writes to standard output, in a line, once the mount answers.
inline constexpr std::string_view kServerReady = "ready";

// For main: `program` kServeSlowCommand DIRECTORY MOUNTPOINT LATENCY_US BYTES_PER_SECOND ro|rw, of which `arguments`
// are the last five. In the end it says the numbers of FuseMount::Counts, in a line. Serves until standard input ends,
// on SIGINT, SIGTERM or SIGHUP, or when it is unmounted by others. Returns the exit code: 0, or 2 after a reason on
// standard error.
int ServeSlow(std::span<char* const> arguments);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_IO_FUSE_SERVER_H_
