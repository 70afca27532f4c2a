// One thread that reads and writes, through io_uring, and a pool that computes.
#ifndef TBBTHUMBS_BENCH_STRATEGIES_ASYNC_IO_H_
#define TBBTHUMBS_BENCH_STRATEGIES_ASYNC_IO_H_

#include <memory>

#include "bench/strategy.h"
#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/stages.h"

namespace tbbthumbs::bench {

// The stages that read and write run on fibers of the calling thread's event loop, and wait for files without holding
// it up where the stages have been made with a file system of WrapForAsyncIo, and for servers in any case.
// `knobs.threads` further threads compute; one more lists the inputs, since io_uring can't. At most `knobs.tokens`
// pictures are between listing and publishing, of which at most kReadsAtOnce are being read; a read begins only while
// the budget has room for it. Published in input order.
Status RunAsyncIo(Stages& stages, const Knobs& knobs);

inline constexpr int kReadsAtOnce = 128;
inline constexpr int kWritesAtOnce = 32;

std::unique_ptr<FileSystem> WrapForAsyncIo(FileSystem& base);

// As EventLoop::Make.
Status CheckAsyncIo();

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_STRATEGIES_ASYNC_IO_H_
