#include "pipeline/byte_budget.h"

#include <algorithm>

namespace tbbthumbs {

void ByteClaim::Release() {
  if (budget_ != nullptr) budget_->Release(bytes_);
  budget_ = nullptr;
  bytes_ = 0;
}

ByteClaim ByteBudget::Claim(uint64_t seq, size_t bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    if (stopped_) return true;
    return seq == next_seq_ && (bytes == 0 || held_ == 0 || (held_ <= limit_ && bytes <= limit_ - held_));
  });
  if (stopped_) return {};
  ++next_seq_;
  held_ += bytes;
  peak_ = std::max(peak_, held_);
  lock.unlock();
  changed_.notify_all();
  return {this, bytes};
}

void ByteBudget::Release(size_t bytes) {
  if (bytes == 0) return;
  {
    const std::lock_guard lock(mutex_);
    held_ -= bytes;
  }
  changed_.notify_all();
}

void ByteBudget::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

size_t ByteBudget::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

}  // namespace tbbthumbs
