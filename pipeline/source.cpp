#include "pipeline/source.h"

#include <algorithm>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "pipeline/start_threads.h"
#include "pipeline/thread_name.h"

namespace tbbthumbs {

Source::Source(Stages& stages, int io_threads) : stages_(stages), in_order_(stages.order() == WorkOrder::kList) {
  threads_ = StartThreads(io_threads, Shortage::kHalve, [this](int index) { ReadLoop(index); });
  if (threads_.empty()) threads_.push_back(StartThread([this] { ReadLoop(0); }));
}

Source::~Source() {
  Stop();
  // The fetcher's thread may be on its way here.
  std::unique_lock lock(mutex_);
  arrival_.wait(lock, [&] { return fetching_.empty(); });
}

void Source::ReadLoop(int index) {
  NameThisThread("tbbt-read-" + std::to_string(index));
  try {
    for (;;) {
      std::vector<std::unique_ptr<Item>> items = TakeInputs();
      if (items.empty() || !ReadAll(std::move(items))) return;
    }
  } catch (const std::bad_alloc&) {
    Abandon("no memory to take the inputs");
  } catch (const std::system_error&) {
    Abandon("no thread to receive what is fetched");
  }
}

// What was taken is lost to the run, which can't go on without.
void Source::Abandon(const char* why) {
  {
    const std::lock_guard lock(mutex_);
    failure_ = Error{ErrorCode::kOutOfMemory, why};
  }
  Stop();
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
  try {
    TakeUpTo(most, items);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    taken_ += items.size();
    throw;
  }
  const std::lock_guard lock(mutex_);
  if (items.empty()) {
    all_taken_ = true;
    failure_ = stages_.items().failure();
    ready_.notify_all();
    room_.notify_all();
  }
  taken_ += items.size();
  for (const std::unique_ptr<Item>& item : items) {
    if (item->file.url != nullptr) to_receive_.insert(item->seq);
  }
  return items;
}

void Source::TakeUpTo(size_t most, std::vector<std::unique_ptr<Item>>& items) {
  items.reserve(most);
  while (items.size() < most) {
    std::unique_ptr<Item> item = items.empty() ? stages_.items().Next() : stages_.items().NextAtOnce();
    if (!item) break;
    items.push_back(std::move(item));
  }
}

bool Source::ReadAll(std::vector<std::unique_ptr<Item>> items) {
  size_t ended = 0;
  stages_.reader().Recall(items);
  auto group = std::make_unique<ItemGroup>();
  const auto put_group = [&](size_t bytes) {
    if (group->items.empty()) return true;
    Item& last = *group->items.back();
    last.claim = stages_.budget().Claim(TurnOf(group->first_seq()), bytes, group->items.size(), last.working_bytes);
    if (stopped()) return false;
    stages_.Fetch(last, bytes);
    return Put(std::exchange(group, std::make_unique<ItemGroup>()));
  };
  for (std::unique_ptr<Item>& item : items) {
    const size_t bytes = stages_.LookUp(*item);
    if (item->file.url != nullptr && !item->ended) {
      if (!put_group(0) || !BeginFetch(std::move(item))) return false;
      continue;
    }
    if (item->file.url != nullptr) Forget(item->seq);
    if (item->ended) ++ended;
    const bool goes_on = item->ended && &item != &items.back();
    group->items.push_back(std::move(item));
    if (!goes_on && !put_group(bytes)) return false;
  }
  const std::lock_guard lock(mutex_);
  at_once_ = ended == items.size() ? std::min(2 * items.size(), kMostAtOnce) : 1;
  return true;
}

void Source::Forget(uint64_t seq) {
  {
    const std::lock_guard lock(mutex_);
    to_receive_.erase(seq);
  }
  // The next in turn may have been waiting for it.
  arrival_.notify_all();
}

bool Source::BeginFetch(std::unique_ptr<Item> item) {
  const uint64_t seq = item->seq;
  if (!stages_.limits_memory()) item->claim = stages_.budget().Claim(TurnOf(seq), 0);
  UrlRequest request = stages_.url_reader().RequestOf(*item);
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    if (!receiver_.joinable()) receiver_ = std::jthread([this] { ReceiveAll(); });
    fetching_.emplace(seq, Arrived{std::move(item), {}});
  }
  stages_.fetcher().Start(std::move(request), [this, seq](Fetched fetched) { Arrive(seq, std::move(fetched)); });
  return true;
}

void Source::Arrive(uint64_t seq, Fetched fetched) {
  const std::lock_guard lock(mutex_);
  // Its place in the map goes with it: nothing is allocated here.
  auto item = fetching_.extract(seq);
  if (!stopped_) {
    item.mapped().fetched = std::move(fetched);
    if (!stages_.receives_in_turn()) item.key() = arrivals_++;
    arrived_.insert(std::move(item));
  }
  // Under the lock: the destructor waits for the last.
  arrival_.notify_all();
}

bool Source::CanReceive() const {
  if (arrived_.empty()) return false;
  return !stages_.receives_in_turn() || arrived_.begin()->first == *to_receive_.begin();
}

void Source::ReceiveAll() {
  NameThisThread("tbbt-receive");
  try {
    while (ReceiveNext()) continue;
  } catch (const std::bad_alloc&) {
    Abandon("no memory to receive what was fetched");
  }
}

bool Source::ReceiveNext() {
  Arrived arrived;
  {
    std::unique_lock lock(mutex_);
    arrival_.wait(lock, [&] { return stopped_ || CanReceive(); });
    if (stopped_) return false;
    arrived = std::move(arrived_.extract(arrived_.begin()).mapped());
  }
  Item& item = *arrived.item;
  const uint64_t seq = item.seq;
  stages_.url_reader().Receive(item, std::move(arrived.fetched));
  if (stages_.limits_memory()) {
    item.claim = stages_.budget().Claim(TurnOf(seq), 0, 1, item.ended ? 0 : item.working_bytes);
  }
  Forget(seq);
  auto group = std::make_unique<ItemGroup>();
  group->items.push_back(std::move(arrived.item));
  return Put(std::move(group));
}

bool Source::Put(std::unique_ptr<ItemGroup> group) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  const uint64_t seq = group->first_seq();
  // The window bounds both: a slot is free.
  if (in_order_) {
    waiting_[seq % kWindow] = std::move(group);
  } else {
    come_.push_back(std::move(group));
  }
  if (HasNext()) ready_.notify_all();
  return true;
}

bool Source::HasNext() const { return in_order_ ? waiting_[next_ % kWindow] != nullptr : !come_.empty(); }

std::unique_ptr<ItemGroup> Source::Next() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] { return stopped_ || (!paused_ && (HasNext() || (all_taken_ && next_ == taken_))); });
  if (stopped_) return nullptr;
  std::unique_ptr<ItemGroup> group;
  if (in_order_) {
    group = std::move(waiting_[next_ % kWindow]);
  } else if (!come_.empty()) {
    group = std::move(come_.front());
    come_.pop_front();
  }
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
  arrival_.notify_all();
}

bool Source::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

uint64_t Source::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
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
