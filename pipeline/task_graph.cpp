#include "pipeline/task_graph.h"

#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/output_threads.h"
#include "pipeline/start_threads.h"
#include "pipeline/thread_name.h"

namespace tbbthumbs {
namespace {

// Threads that do what there is to do in an arena, beside the one that calls. Workers of oneTBB's own would end the
// process where the system refuses one; these are then fewer.
class Workers {
 public:
  // The arena must outlive it, and have a place for each.
  Workers(tbb::task_arena& arena, int wanted) : arena_(arena) {
    threads_ = StartThreads(wanted, Shortage::kLeaveSome, [this](int index) { Work(index); });
  }
  // When there is nothing to do any more.
  ~Workers() {
    std::vector<tbb::task_handle> waited_for;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      waited_for.swap(waited_for_);
    }
    waited_for.clear();
    threads_.clear();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int count() const { return static_cast<int>(threads_.size()); }

 private:
  // Waits for a task that is never run, and does others meanwhile.
  void Work(int index) {
    try {
      NameThisThread("tbbt-work-" + std::to_string(index + 1));
      arena_.execute([this] {
        tbb::task_group group;
        {
          const std::lock_guard lock(mutex_);
          if (ended_) return;
          waited_for_.push_back(group.defer([] {}));
        }
        group.wait();
      });
    } catch (const std::bad_alloc&) {
      // The others do its work.
    }
  }

  tbb::task_arena& arena_;
  std::mutex mutex_;  // guards both
  std::vector<tbb::task_handle> waited_for_;
  bool ended_ = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

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
    // All places are for threads that come by themselves.
    tbb::task_arena arena(options.threads, static_cast<unsigned>(options.threads));
    arena.initialize();
    const Workers workers(arena, options.threads - 1);
    end.threads = 1 + workers.count();
    arena.execute([&] {
      tbb::parallel_pipeline(
          static_cast<size_t>(options.tokens),
          tbb::make_filter<void, Token>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control& control) {
            Token group = source.Next();
            if (group == nullptr) control.stop();
            return group;
          }) & tbb::make_filter<Token, Token>(tbb::filter_mode::parallel, [&](Token group) {
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
