// The three stages as one oneTBB pipeline.
#ifndef TBBTHUMBS_PIPELINE_TASK_GRAPH_H_
#define TBBTHUMBS_PIPELINE_TASK_GRAPH_H_

#include "codecs/error.h"
#include "pipeline/source.h"
#include "pipeline/stages.h"

namespace tbbthumbs {

// The most threads a run may have: what tbb::global_control allows the process, by default the CPUs of its affinity.
int MaxTaskThreads();

// Pictures in flight for that many threads, where nobody says otherwise: 64 per thread, at least 64, at most 1024.
int DefaultTokens(int threads);

struct GraphOptions {
  int threads = 1;  // that work, the caller among them
  int tokens = 64;  // groups of items between the stages at once
  int writers = 0;  // threads outside the graph that write the thumbnails; 0: the workers do
};

// How many, for that many threads that read: none for up to two, as for storage that answers at once; 64 at most.
int WritersFor(int io_threads);

struct GraphEnd {
  Status status{};
  int threads = 1;  // that worked: fewer than GraphOptions::threads where no more could be started
};

// Drives the items of `source` through the other stages until the source ends. The threads are oneTBB's, as many of
// them as could be started at once when it begins; should the system refuse one after that, oneTBB ends the process.
// Throws nothing: what goes wrong is in the status, as kInternal and kOutOfMemory; what was in flight is then lost to
// the stages.
[[nodiscard]] GraphEnd RunTaskGraph(Source& source, Stages& stages, const GraphOptions& options);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_TASK_GRAPH_H_
