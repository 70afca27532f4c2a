// A pool that gives a future for each picture, and one thread that takes them as they complete.
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/strategies/blocking_queue.h"
#include "bench/strategies/driving.h"
#include "bench/strategies/strategies.h"

namespace tbbthumbs::bench {
namespace {

using Task = std::packaged_task<std::unique_ptr<Item>()>;

// A number of threads that run tasks in the order given, and tell when each has ended. Both queues have room for all of
// a caller that never has more than `capacity` under way.
class Pool {
 public:
  Pool(int threads, size_t capacity) : tasks_(capacity), completed_(capacity) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] {
        while (std::optional<Job> job = tasks_.Get()) {
          job->task();
          completed_.Put(job->key);
        }
      });
    }
  }
  ~Pool() { tasks_.Close(); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // The future is ready before NextCompleted gives its key.
  std::future<std::unique_ptr<Item>> Submit(uint64_t key, Task task) {
    auto future = task.get_future();
    tasks_.Put({key, std::move(task)});
    return future;
  }

  // The key of one that has ended, in the order in which they end; waits for it.
  uint64_t NextCompleted() { return *completed_.Get(); }
  bool any_completed() const { return !completed_.empty(); }

 private:
  struct Job {
    uint64_t key;
    Task task;
  };
  BlockingQueue<Job> tasks_;
  BlockingQueue<uint64_t> completed_;
  std::vector<std::jthread> threads_;  // last: they use the queues
};

}  // namespace

Status RunAsyncFutures(Stages& stages, const Knobs& knobs, Usage&) {
  return Guarded([&] {
    const auto at_once = static_cast<size_t>(knobs.tokens);
    std::unordered_map<uint64_t, std::future<std::unique_ptr<Item>>> pending;
    Pool pool(knobs.threads, at_once);
    const auto collect_one = [&] {
      const auto done = pending.find(pool.NextCompleted());
      stages.publisher().Commit(*done->second.get());
      pending.erase(done);
    };
    while (std::unique_ptr<Item> next = stages.items().Next()) {
      if (pending.size() == at_once) collect_one();
      const uint64_t seq = next->seq;
      auto future = pool.Submit(seq, Task([&stages, item = std::move(next)]() mutable {
                                  ReadHere(stages, *item);
                                  Work(stages, *item);
                                  return std::move(item);
                                }));
      pending.emplace(seq, std::move(future));
      while (pool.any_completed()) collect_one();
    }
    while (!pending.empty()) collect_one();
  });
}

}  // namespace tbbthumbs::bench
