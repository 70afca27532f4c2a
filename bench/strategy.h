// The ways of using threads that are compared.
#ifndef TBBTHUMBS_BENCH_STRATEGY_H_
#define TBBTHUMBS_BENCH_STRATEGY_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/stages.h"

namespace tbbthumbs::bench {

struct Knobs {
  int threads = 1;
  // Pictures in flight at once, or the length of its queues; strategies whose pictures never wait have no use for it.
  int tokens = 64;
  // Threads that read ahead; strategies whose workers read for themselves have no use for them.
  int io_threads = 2;
};

// What a strategy used beside this process.
struct Usage {
  // Of all child processes together.
  size_t children_peak_rss_bytes = 0;
  size_t children_peak_held_bytes = 0;
  int children_peak_at_once = 0;
};

// One way to drive the three stages of the product to their end. All make the same thumbnails and the same counts.
struct Strategy {
  std::string_view name;
  std::string_view description;  // one sentence
  bool in_order = false;         // publishes in input order
  bool uses_tokens = false;
  bool uses_io_threads = false;
  // Returns when every input has been published. Errors: of starting threads or processes; a bad picture is none.
  // Throws nothing.
  Status (*run)(Stages& stages, const Knobs& knobs, Usage& usage) = nullptr;
  // A file system that the stages are to be made with instead of `base`, which outlives it; null: `base` itself.
  std::unique_ptr<FileSystem> (*wrap)(FileSystem& base) = nullptr;
  // Whether it can run on this machine, and why not; null: always.
  Status (*check)() = nullptr;
};

std::span<const Strategy> Strategies();

// nullptr where there is none of that name.
const Strategy* FindStrategy(std::string_view name);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_STRATEGY_H_
