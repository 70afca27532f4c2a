#include "pipeline/body_budget.h"

#include <algorithm>

namespace tbbthumbs {

std::shared_ptr<BodyBudget> BodyBudget::Make(size_t limit, bool in_order) {
  return std::shared_ptr<BodyBudget>(new BodyBudget(limit, in_order));
}

bool BodyBudget::Claim::GrowTo(size_t bytes, bool may_exceed) {
  if (bytes <= bytes_) return true;
  const std::lock_guard lock(budget_->mutex_);
  const size_t more = bytes - bytes_;
  const bool fits = budget_->held_ <= budget_->limit_ && more <= budget_->limit_ - budget_->held_;
  if (!fits && !may_exceed) {
    budget_->refused_ = true;
    return false;
  }
  budget_->held_ += more;
  budget_->peak_ = std::max(budget_->peak_, budget_->held_);
  bytes_ = bytes;
  return true;
}

void BodyBudget::Claim::Finish(size_t bytes) {
  const size_t unused = bytes_ - std::min(bytes, bytes_);
  {
    const std::lock_guard lock(budget_->mutex_);
    budget_->whole_.insert(seq_);  // may throw
    whole_ = true;
    bytes_ -= unused;
    budget_->held_whole_ += bytes_;
  }
  budget_->Give(seq_, unused, false);
}

void BodyBudget::Claim::Release() {
  if (budget_ == nullptr) return;
  const std::shared_ptr<BodyBudget> budget = std::move(budget_);
  budget->Give(seq_, std::exchange(bytes_, 0), whole_);
}

void BodyBudget::Give(uint64_t seq, size_t bytes, bool whole) {
  const std::lock_guard lock(mutex_);
  held_ -= bytes;
  if (whole) {
    held_whole_ -= bytes;
    whole_.erase(seq);
  }
  // Under the lock: so that OnRoom can promise what it does.
  if (std::exchange(refused_, false) && on_room_) on_room_();
}

bool BodyBudget::MayExceed(uint64_t seq) {
  const std::lock_guard lock(mutex_);
  const bool may = whole_.empty() || (in_order_ && *whole_.begin() > seq);
  refused_ |= !may;
  return may;
}

bool BodyBudget::FitsBesideWhole(size_t bytes) {
  const std::lock_guard lock(mutex_);
  const bool fits = held_whole_ <= limit_ && bytes <= limit_ - held_whole_;
  refused_ |= !fits;
  return fits;
}

void BodyBudget::OnRoom(std::function<void()> on_room) {
  const std::lock_guard lock(mutex_);
  on_room_ = std::move(on_room);
}

size_t BodyBudget::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

size_t BodyBudget::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

}  // namespace tbbthumbs
