#include "pipeline/source.h"

#include <algorithm>
#include <new>
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
  try {
    for (;;) {
      std::vector<std::unique_ptr<Item>> items = TakeInputs();
      if (items.empty() || !ReadAll(std::move(items))) return;
    }
  } catch (const std::bad_alloc&) {
    // What it had taken is lost to the run, which can't go on without.
    {
      const std::lock_guard lock(mutex_);
      failure_ = Error{ErrorCode::kOutOfMemory, "no memory to take the inputs"};
    }
    Stop();
  }
}

std::vector<std::unique_ptr<Item>> Source::TakeInputs() {
  std::vector<std::unique_ptr<Item>> items;
  const std::lock_guard taking(take_mutex_);
  size_t most = 0;
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return stopped_ || all_taken_ || taken_ < next_ + kWindow; });
    if (stopped_ || all_taken_) return items;
    most = static_cast<size_t>(std::min<uint64_t>(at_once_, next_ + kWindow - taken_));
  }
  items.reserve(most);
  while (items.size() < most) {
    std::unique_ptr<Item> item = items.empty() ? stages_.items().Next() : stages_.items().NextAtOnce();
    if (!item) break;
    items.push_back(std::move(item));
  }
  const std::lock_guard lock(mutex_);
  if (items.empty()) {
    all_taken_ = true;
    failure_ = stages_.items().failure();
    ready_.notify_all();
    room_.notify_all();
  }
  taken_ += items.size();
  return items;
}

bool Source::ReadAll(std::vector<std::unique_ptr<Item>> items) {
  size_t ended = 0;
  stages_.reader().Recall(items);
  auto group = std::make_unique<ItemGroup>();
  for (std::unique_ptr<Item>& item : items) {
    const size_t bytes = stages_.reader().LookUp(*item);
    group->items.push_back(std::move(item));
    Item& last = *group->items.back();
    if (last.ended) ++ended;
    if (last.ended && &item != &items.back()) continue;
    last.claim = stages_.budget().Claim(group->first_seq(), bytes, group->items.size(), last.working_bytes);
    if (stopped()) return false;
    stages_.reader().Fetch(last, bytes);
    if (!Put(std::exchange(group, std::make_unique<ItemGroup>()))) return false;
  }
  const std::lock_guard lock(mutex_);
  at_once_ = ended == items.size() ? std::min(2 * items.size(), kMostAtOnce) : 1;
  return true;
}

bool Source::Put(std::unique_ptr<ItemGroup> group) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  const uint64_t seq = group->first_seq();
  // The window bounds it: a slot is free.
  waiting_[seq % kWindow] = std::move(group);
  if (seq == next_) ready_.notify_all();
  return true;
}

std::unique_ptr<ItemGroup> Source::Next() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] {
    return stopped_ || (!paused_ && (waiting_[next_ % kWindow] != nullptr || (all_taken_ && next_ == taken_)));
  });
  if (stopped_) return nullptr;
  std::unique_ptr<ItemGroup> group = std::move(waiting_[next_ % kWindow]);
  if (group != nullptr) {
    next_ += group->items.size();
    group->number = next_group_++;
  }
  lock.unlock();
  room_.notify_one();
  return group;
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
  stages_.StopReading();
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
