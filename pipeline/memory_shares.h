// What a limit on memory leaves to whom.
#ifndef TBBTHUMBS_PIPELINE_MEMORY_SHARES_H_
#define TBBTHUMBS_PIPELINE_MEMORY_SHARES_H_

#include <cstddef>
#include <cstdint>

#include "pipeline/job.h"

namespace tbbthumbs {

// In bytes.
struct MemoryShares {
  size_t read_ahead = 0;      // of files that wait for a worker, and of one file at most
  size_t kept_by_worker = 0;  // from picture to picture
  bool limited = false;
  size_t pictures = 0;  // of all that are read ahead or worked on; without a limit the most there can be
  // Of what is fetched from the web, beside all of these: see UrlLimits.
  size_t bodies = 0;
  uint64_t largest_body = 0;
};

// JobOptions::threads is the number that will work.
MemoryShares ShareMemory(const JobOptions& options);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_MEMORY_SHARES_H_
