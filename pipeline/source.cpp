#include "pipeline/source.h"

#include <string>
#include <system_error>
#include <utility>

#include "pipeline/thread_name.h"

namespace tbbthumbs {

Source::Source(Stages& stages, int io_threads) : stages_(stages) {
  for (int i = 0; i < io_threads; ++i) {
    try {
      threads_.emplace_back([this, i] { ReadLoop(i); });
    } catch (const std::system_error&) {
      // Fewer are slower, not wrong.
      if (threads_.empty()) throw;
      break;
    }
  }
}

Source::~Source() { Stop(); }

void Source::ReadLoop(int index) {
  NameThisThread("tbbt-read-" + std::to_string(index));
  while (std::unique_ptr<Item> item = TakeInput()) {
    const size_t bytes = stages_.reader().LookUp(*item);
    // Every item, also an ended one: the next ones wait for its claim.
    item->claim = stages_.budget().Claim(item->seq, bytes);
    if (stopped()) return;
    stages_.reader().Fetch(*item, bytes);
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    const uint64_t seq = item->seq;
    // The window bounds it: a slot is free.
    waiting_[seq % kWindow] = std::move(item);
    if (seq == next_) ready_.notify_all();
  }
}

std::unique_ptr<Item> Source::TakeInput() {
  const std::lock_guard taking(take_mutex_);
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return stopped_ || all_taken_ || taken_ < next_ + kWindow; });
    if (stopped_ || all_taken_) return nullptr;
  }
  std::unique_ptr<Item> item = stages_.items().Next();
  const std::lock_guard lock(mutex_);
  if (!item) {
    all_taken_ = true;
    failure_ = stages_.items().failure();
    ready_.notify_all();
    room_.notify_all();
    return nullptr;
  }
  ++taken_;
  return item;
}

std::unique_ptr<Item> Source::Next() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] {
    return stopped_ || (!paused_ && (waiting_[next_ % kWindow] != nullptr || (all_taken_ && next_ == taken_)));
  });
  if (stopped_) return nullptr;
  std::unique_ptr<Item> item = std::move(waiting_[next_ % kWindow]);
  if (item != nullptr) ++next_;
  lock.unlock();
  room_.notify_one();
  return item;
}

void Source::Pause() {
  const std::lock_guard lock(mutex_);
  paused_ = true;
}

void Source::Resume() {
  {
    const std::lock_guard lock(mutex_);
    paused_ = false;
  }
  ready_.notify_all();
}

void Source::Stop() {
  stages_.inputs().Stop();
  stages_.budget().Stop();
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  ready_.notify_all();
  room_.notify_all();
}

bool Source::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

uint64_t Source::dropped() const {
  const std::lock_guard lock(mutex_);
  return stopped_ ? taken_ - next_ : 0;
}

std::optional<uint64_t> Source::total() const {
  const std::lock_guard lock(mutex_);
  return all_taken_ ? std::optional(taken_) : std::nullopt;
}

std::optional<Error> Source::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace tbbthumbs
