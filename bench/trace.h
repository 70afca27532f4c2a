// One run as a timeline that browsers show.
#ifndef TBBTHUMBS_BENCH_TRACE_H_
#define TBBTHUMBS_BENCH_TRACE_H_

#include <string>

#include "bench/one_run.h"

namespace tbbthumbs::bench {

// Trace Event Format of Chrome's about:tracing, which Perfetto reads too: an event for each stage of each picture, a
// row for each thread. Times in microseconds since the run's begin. File names that are no UTF-8 have U+FFFD for the
// bytes that are not.
std::string ChromeTrace(const RunRecord& record, const RunRequest& request);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_TRACE_H_
