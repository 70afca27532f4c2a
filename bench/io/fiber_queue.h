#ifndef TBBTHUMBS_BENCH_IO_FIBER_QUEUE_H_
#define TBBTHUMBS_BENCH_IO_FIBER_QUEUE_H_

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "bench/io/event_loop.h"

namespace tbbthumbs::bench {

// First in, first out, without bound. All members on the loop's thread, Pop on one of its fibers.
template <class T>
class FiberQueue {
 public:
  // `loop` must outlive it.
  explicit FiberQueue(EventLoop& loop) : loop_(loop) {}

  void Push(T value) {
    values_.push_back(std::move(value));
    WakeOne();
  }
  // No more is pushed.
  void Close() {
    closed_ = true;
    while (!waiting_.empty()) WakeOne();
  }
  // Waits for one; nothing once it is closed and empty.
  std::optional<T> Pop() {
    while (values_.empty() && !closed_) {
      waiting_.push_back(Fiber::Current());
      loop_.Park();
    }
    if (values_.empty()) return std::nullopt;
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

 private:
  void WakeOne() {
    if (waiting_.empty()) return;
    // The one that came last: its stack is still in the caches.
    loop_.Unpark(waiting_.back());
    waiting_.pop_back();
  }

  EventLoop& loop_;
  std::deque<T> values_;
  std::vector<Fiber*> waiting_;
  bool closed_ = false;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_IO_FIBER_QUEUE_H_
