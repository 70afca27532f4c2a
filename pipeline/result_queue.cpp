#include "pipeline/result_queue.h"

#include <utility>

namespace tbbthumbs {

void ResultQueue::Push(PictureResult result) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || results_.size() < capacity_; });
    if (closed_) return;
    results_.push_back(std::move(result));
  }
  changed_.notify_all();
}

std::optional<PictureResult> ResultQueue::Pop() {
  std::optional<PictureResult> result;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !results_.empty(); });
    if (results_.empty()) return std::nullopt;
    result = std::move(results_.front());
    results_.pop_front();
  }
  changed_.notify_all();
  return result;
}

void ResultQueue::Close(bool discard) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (discard) results_.clear();
  }
  changed_.notify_all();
}

}  // namespace tbbthumbs
