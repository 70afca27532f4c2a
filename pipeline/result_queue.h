// Results on their way to a reader that takes its time.
#ifndef TBBTHUMBS_PIPELINE_RESULT_QUEUE_H_
#define TBBTHUMBS_PIPELINE_RESULT_QUEUE_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

#include "pipeline/run_summary.h"

namespace tbbthumbs {

// A bounded queue of one writer and any number of readers. Thread-safe.
class ResultQueue {
 public:
  explicit ResultQueue(size_t capacity) : capacity_(capacity) {}

  // Waits while the queue is full. After Close it does nothing.
  void Push(PictureResult result);
  // Waits for the next; nothing once the queue is closed and empty.
  std::optional<PictureResult> Pop();
  // No more is pushed. With `discard`, what waits is dropped too.
  void Close(bool discard);

 private:
  const size_t capacity_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<PictureResult> results_;
  bool closed_ = false;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_RESULT_QUEUE_H_
