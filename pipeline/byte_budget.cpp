#include "pipeline/byte_budget.h"

#include <algorithm>

namespace tbbthumbs {

void ByteClaim::Release() {
  if (budget_ != nullptr) budget_->Release(bytes_, waiting_);
  budget_ = nullptr;
  bytes_ = 0;
  waiting_ = 0;
}

void ByteClaim::BeginWork() {
  if (budget_ != nullptr) budget_->Release(0, std::exchange(waiting_, 0));
}

void ByteClaim::ShrinkTo(size_t bytes) {
  if (budget_ == nullptr || bytes >= bytes_) return;
  const size_t waiting = std::min(waiting_, bytes);
  budget_->Release(bytes_ - bytes, waiting_ - waiting);
  bytes_ = bytes;
  waiting_ = waiting;
}

ByteClaim ByteBudget::Claim(uint64_t seq, size_t bytes, uint64_t items, size_t working_bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    const bool its_turn = seq == next_seq_ || seq == kAnyTurn;
    return stopped_ || (its_turn && Fits(bytes) && FitsBeside(bytes + working_bytes));
  });
  if (stopped_) return {};
  next_seq_ += items;
  ByteClaim claim = TakeLocked(bytes, working_bytes);
  lock.unlock();
  changed_.notify_all();
  return claim;
}

ByteClaim ByteBudget::Charge(size_t bytes) {
  const std::lock_guard lock(mutex_);
  return TakeLocked(bytes, 0);
}

ByteClaim ByteBudget::TakeLocked(size_t bytes, size_t working_bytes) {
  held_ += bytes + working_bytes;
  waiting_ += bytes;
  peak_ = std::max(peak_, held_);
  return {this, bytes, working_bytes};
}

bool ByteBudget::HasRoom(size_t bytes) const {
  const std::lock_guard lock(mutex_);
  return Fits(bytes);
}

void ByteBudget::Release(size_t bytes, size_t waiting) {
  if (bytes == 0 && waiting == 0) return;
  {
    const std::lock_guard lock(mutex_);
    held_ -= bytes;
    waiting_ -= waiting;
  }
  const bool limited = held_limit_ != std::numeric_limits<size_t>::max();
  if (waiting > 0 || limited) changed_.notify_all();
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
