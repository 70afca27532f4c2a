// The hand-rolled pipeline: reader threads, n workers, a writer thread, bounded blocking queues between them, and a
// reorder buffer before the writer.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/strategies/blocking_queue.h"
#include "bench/strategies/driving.h"
#include "bench/strategies/strategies.h"
#include "pipeline/thread_name.h"

namespace tbbthumbs::bench {
namespace {

using Token = std::unique_ptr<Item>;

// Order: that of the queue from the readers to the workers.
//
// Nothing waits in a circle: a slot is taken before an input is, so inputs are taken by readers that can go on; bytes
// are claimed in input order and given back by workers; workers wait only for the queue to the writer, which has room
// for every slot; the writer waits for nothing but items.
template <class Order>
class Pipeline {
 public:
  Pipeline(Stages& stages, const Knobs& knobs)
      : stages_(stages),
        readers_left_(knobs.io_threads),
        workers_left_(knobs.threads),
        slots_(knobs.tokens),
        read_(static_cast<size_t>(knobs.tokens)),
        worked_(static_cast<size_t>(knobs.tokens)) {}

  void Run(const Knobs& knobs) {
    std::vector<std::jthread> threads;
    try {
      threads.emplace_back([this] { Write(); });
      for (int i = 0; i < knobs.threads; ++i) threads.emplace_back([this, i] { WorkOn(i); });
      for (int i = 0; i < knobs.io_threads; ++i) threads.emplace_back([this, i] { Read(i); });
    } catch (...) {
      // Those that run must come to their ends without the others.
      stages_.Stop();
      read_.Close();
      worked_.Close();
      throw;
    }
  }

 private:
  void Read(int index) {
    NameThisThread("bench-read-" + std::to_string(index));
    while (Token item = Take()) {
      const size_t bytes = stages_.LookUp(*item);
      item->claim = stages_.budget().Claim(item->seq, bytes);
      stages_.Fetch(*item, bytes);
      const uint64_t priority = item->result.bytes_in;
      read_.Put(std::move(item), priority);
    }
    if (Last(readers_left_)) read_.Close();
  }

  Token Take() {
    slots_.acquire();
    const std::lock_guard lock(mutex_);
    Token item = ended_ ? nullptr : stages_.items().Next();
    if (item == nullptr) {
      ended_ = true;
      slots_.release();
    }
    return item;
  }

  void WorkOn(int index) {
    NameThisThread("bench-work-" + std::to_string(index));
    while (std::optional<Token> item = read_.Get()) {
      Work(stages_, **item);
      worked_.Put(std::move(*item));
    }
    if (Last(workers_left_)) worked_.Close();
  }

  void Write() {
    NameThisThread("bench-write");
    ReorderBuffer early;
    while (std::optional<Token> item = worked_.Get()) {
      early.Put(std::move(*item));
      while (const Token next = early.Take()) {
        stages_.publisher().Commit(*next);
        slots_.release();
      }
    }
  }

  bool Last(int& left) {
    const std::lock_guard lock(mutex_);
    return --left == 0;
  }

  Stages& stages_;
  std::mutex mutex_;  // guards the next three; ItemStream::Next is serial
  bool ended_ = false;
  int readers_left_;
  int workers_left_;
  std::counting_semaphore<> slots_;  // pictures in flight
  BlockingQueue<Token, Order> read_;
  BlockingQueue<Token> worked_;
};

template <class Order>
Status RunPipeline(Stages& stages, const Knobs& knobs) {
  return Guarded([&] {
    Pipeline<Order> pipeline(stages, knobs);
    pipeline.Run(knobs);
  });
}

}  // namespace

Status RunStdPipeline(Stages& stages, const Knobs& knobs, Usage&) {
  return RunPipeline<FifoOrder<Token>>(stages, knobs);
}

Status RunPriorityQueue(Stages& stages, const Knobs& knobs, Usage&) {
  return RunPipeline<PriorityOrder<Token>>(stages, knobs);
}

}  // namespace tbbthumbs::bench
