#include "bench/strategy.h"

#include <algorithm>

#include "bench/strategies/async_io.h"
#include "bench/strategies/strategies.h"

namespace tbbthumbs::bench {
namespace {

constexpr Strategy kStrategies[] = {
    {.name = "sequential",
     .description = "one thread, one picture after the other",
     .in_order = true,
     .run = RunSequential},
    {.name = "thread-per-picture",
     .description = "a std::thread for each, a semaphore on how many run",
     .run = RunThreadPerPicture},
    {.name = "static-split", .description = "each std::thread its fixed share of the list", .run = RunStaticSplit},
    {.name = "async-futures",
     .description = "a pool of threads, futures collected as they complete",
     .uses_tokens = true,
     .run = RunAsyncFutures},
    {.name = "std-pipeline",
     .description = "by hand: readers, workers and a writer with bounded queues",
     .in_order = true,
     .uses_tokens = true,
     .uses_io_threads = true,
     .run = RunStdPipeline},
    {.name = "priority-queue",
     .description = "std-pipeline with the largest of the files read first",
     .in_order = true,
     .uses_tokens = true,
     .uses_io_threads = true,
     .run = RunPriorityQueue},
    {.name = "std-par", .description = "std::for_each(std::execution::par) over the list", .run = RunStdPar},
    {.name = "tbb-for-each", .description = "tbb::parallel_for_each over the list", .run = RunTbbForEach},
    {.name = "tbb-flow-graph",
     .description = "a oneTBB flow graph with a limiter and a sequencer",
     .in_order = true,
     .uses_tokens = true,
     .uses_io_threads = true,
     .run = RunTbbFlowGraph},
    {.name = "tbb-pipeline",
     .description = "tbbthumbs itself: tbb::parallel_pipeline, reading ahead",
     .in_order = true,
     .uses_tokens = true,
     .uses_io_threads = true,
     .run = RunTbbPipeline},
    {.name = "process-pool",
     .description = "worker processes, the list split by bytes beforehand",
     .in_order = true,
     .run = RunProcessPool},
    {.name = "async-io",
     .description = "an event loop on io_uring for files, a pool that computes",
     .in_order = true,
     .uses_tokens = true,
     .run = [](Stages& stages, const Knobs& knobs, Usage&) { return RunAsyncIo(stages, knobs); },
     .wrap = WrapForAsyncIo,
     .check = CheckAsyncIo},
};

}  // namespace

std::span<const Strategy> Strategies() { return kStrategies; }

const Strategy* FindStrategy(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kStrategies), std::end(kStrategies), [&](const Strategy& s) { return s.name == name; });
  return found == std::end(kStrategies) ? nullptr : found;
}

}  // namespace tbbthumbs::bench
