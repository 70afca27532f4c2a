// Without any queue: each thread carries its pictures from the file to the thumbnail's name.
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include "bench/strategies/driving.h"
#include "bench/strategies/strategies.h"

namespace tbbthumbs::bench {
namespace {

// Threads that end by themselves and are joined soon after, so that their stacks do not pile up.
class PassingThreads {
 public:
  explicit PassingThreads(int at_once) : slots_(at_once) {}
  ~PassingThreads() {
    for (std::thread& thread : threads_) thread.join();
  }
  PassingThreads(const PassingThreads&) = delete;
  PassingThreads& operator=(const PassingThreads&) = delete;

  // Waits for a slot, then runs `f` on a thread of its own.
  template <class F>
  void Run(F f) {
    slots_.acquire();
    JoinEnded();
    const auto place = threads_.emplace(threads_.end());
    try {
      *place = std::thread([this, place, f = std::move(f)]() mutable {
        f();
        {
          const std::lock_guard lock(mutex_);
          ended_.push_back(place);
        }
        slots_.release();
      });
    } catch (...) {
      threads_.erase(place);
      throw;
    }
  }

 private:
  using Place = std::list<std::thread>::iterator;

  void JoinEnded() {
    std::vector<Place> ended;
    {
      const std::lock_guard lock(mutex_);
      ended.swap(ended_);
    }
    for (const Place place : ended) {
      place->join();
      threads_.erase(place);
    }
  }

  std::counting_semaphore<> slots_;
  std::list<std::thread> threads_;  // of Run's thread
  std::mutex mutex_;                // guards ended_: the threads announce their own ends
  std::vector<Place> ended_;
};

}  // namespace

Status RunSequential(Stages& stages, const Knobs&, Usage&) {
  return Guarded([&] {
    while (const std::unique_ptr<Item> item = stages.items().Next()) {
      ReadHere(stages, *item);
      Work(stages, *item);
      stages.publisher().Commit(*item);
    }
  });
}

Status RunThreadPerPicture(Stages& stages, const Knobs& knobs, Usage&) {
  return Guarded([&] {
    Committer committer(stages);
    PassingThreads threads(knobs.threads);
    while (std::unique_ptr<Item> item = stages.items().Next()) {
      threads.Run([&stages, &committer, item = std::move(item)] {
        ReadHere(stages, *item);
        Work(stages, *item);
        committer.Commit(*item);
      });
    }
  });
}

Status RunStaticSplit(Stages& stages, const Knobs& knobs, Usage&) {
  return Guarded([&] {
    const std::vector<std::unique_ptr<Item>> items = ListAll(stages);
    Committer committer(stages);
    const auto shares = static_cast<size_t>(knobs.threads);
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < shares; ++i) {
      threads.emplace_back([&, i] {
        for (size_t k = items.size() * i / shares; k < items.size() * (i + 1) / shares; ++k) {
          ReadHere(stages, *items[k]);
          Work(stages, *items[k]);
          committer.Commit(*items[k]);
        }
      });
    }
  });
}

}  // namespace tbbthumbs::bench
