#include "pipeline/task_graph.h"

#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "pipeline/output_threads.h"
#include "pipeline/start_threads.h"
#include "pipeline/thread_name.h"

namespace tbbthumbs {
namespace {

// oneTBB ends the process where the system refuses it a thread (its limits of processes or memory): so it is tried how
// many there can be beside the caller. They end at once; oneTBB's own are made in their place.
int StartableThreads(int wanted) {
  return static_cast<int>(StartThreads(wanted, Shortage::kLeaveSome, [](int /*index*/) {}).size());
}

// Names a worker with its first picture. (An observer of the arena would name them when they come, but oneTBB 2021.8
// sometimes leaks it at the end of the process.)
void NameWorker() {
  thread_local bool named = false;
  if (std::exchange(named, true)) return;
  const int index = tbb::this_task_arena::current_thread_index();
  if (index > 0) NameThisThread("tbbt-work-" + std::to_string(index));
}

void StartWriters(Stages& stages, int writers, std::optional<OutputThreads>& output) {
  try {
    if (writers > 0) output.emplace(stages, writers);
  } catch (const std::system_error&) {
    // The workers write.
  }
}

}  // namespace

int MaxTaskThreads() {
  return static_cast<int>(tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
}

int WritersFor(int io_threads) {
  constexpr int kMost = 64;
  return io_threads > 2 ? std::min(io_threads, kMost) : 0;
}

int DefaultTokens(int threads) { return std::clamp(64 * threads, 64, 1024); }

// No filter body throws and nothing cancels the context: either would leak every item that waits between the stages. A
// stop ends the source; what is in flight flows out.
GraphEnd RunTaskGraph(Source& source, Stages& stages, const GraphOptions& options) {
  using Token = std::unique_ptr<ItemGroup>;
  GraphEnd end;
  try {
    std::optional<OutputThreads> output;
    StartWriters(stages, options.writers, output);
    end.threads = 1 + StartableThreads(options.threads - 1);
    tbb::task_arena arena(end.threads);
    arena.execute([&] {
      tbb::parallel_pipeline(
          static_cast<size_t>(options.tokens),
          tbb::make_filter<void, Token>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control& control) {
            Token group = source.Next();
            if (group == nullptr) control.stop();
            return group;
          }) & tbb::make_filter<Token, Token>(tbb::filter_mode::parallel, [&](Token group) {
            NameWorker();
            stages.Process(*group);
            if (!output || !output->Admit(*group)) stages.Stage(*group);
            return group;
          }) & tbb::make_filter<Token, void>(tbb::filter_mode::serial_in_order, [&](Token group) {
            if (output) {
              output->Put(std::move(group));
            } else {
              stages.Commit(*group);
            }
          }));
    });
  } catch (const std::bad_alloc&) {
    end.status = Fail(ErrorCode::kOutOfMemory, "no memory to run the task graph");
  } catch (const std::exception& error) {
    end.status = Fail(ErrorCode::kInternal, std::string("the task graph: ") + error.what());
  }
  return end;
}

}  // namespace tbbthumbs
