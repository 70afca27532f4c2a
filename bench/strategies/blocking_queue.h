// Bounded queues between threads.
#ifndef TBBTHUMBS_BENCH_STRATEGIES_BLOCKING_QUEUE_H_
#define TBBTHUMBS_BENCH_STRATEGIES_BLOCKING_QUEUE_H_

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace tbbthumbs::bench {

// First in, first out.
template <class T>
class FifoOrder {
 public:
  void Push(T value, uint64_t /*priority*/) { values_.push_back(std::move(value)); }
  T Pop() {
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  size_t size() const { return values_.size(); }

 private:
  std::deque<T> values_;
};

// The highest priority first; among equals the one that came first.
template <class T>
class PriorityOrder {
 public:
  void Push(T value, uint64_t priority) {
    heap_.push_back({priority, next_++, std::move(value)});
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }
  T Pop() {
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    T value = std::move(heap_.back().value);
    heap_.pop_back();
    return value;
  }
  size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    uint64_t priority;
    uint64_t number;
    T value;
  };
  static bool Later(const Entry& a, const Entry& b) {
    return a.priority != b.priority ? a.priority < b.priority : a.number > b.number;
  }
  std::vector<Entry> heap_;
  uint64_t next_ = 0;
};

// Any number of writers and readers. Thread-safe. T is movable.
template <class T, class Order = FifoOrder<T>>
class BlockingQueue {
 public:
  // At least 1.
  explicit BlockingQueue(size_t capacity) : capacity_(std::max<size_t>(capacity, 1)) {}

  // Waits while the queue is full. False, and `value` is lost, once it is closed.
  bool Put(T value, uint64_t priority = 0) {
    {
      std::unique_lock lock(mutex_);
      not_full_.wait(lock, [&] { return closed_ || values_.size() < capacity_; });
      if (closed_) return false;
      values_.Push(std::move(value), priority);
    }
    not_empty_.notify_one();
    return true;
  }

  // Waits while the queue is empty. Nothing once it is closed and empty.
  std::optional<T> Get() {
    std::optional<T> value;
    {
      std::unique_lock lock(mutex_);
      not_empty_.wait(lock, [&] { return closed_ || values_.size() > 0; });
      if (values_.size() == 0) return value;
      value = values_.Pop();
    }
    not_full_.notify_one();
    return value;
  }

  // No more is put; what is in it can still be had.
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_full_.notify_all();
    not_empty_.notify_all();
  }

  size_t capacity() const { return capacity_; }
  // True of the moment only.
  size_t size() const {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }
  bool empty() const { return size() == 0; }
  bool full() const { return size() >= capacity_; }

 private:
  const size_t capacity_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
  Order values_;
  bool closed_ = false;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_STRATEGIES_BLOCKING_QUEUE_H_
