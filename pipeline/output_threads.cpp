#include "pipeline/output_threads.h"

#include <string>
#include <system_error>
#include <utility>

#include "pipeline/thread_name.h"

namespace tbbthumbs {

OutputThreads::OutputThreads(Stages& stages, int threads)
    : stages_(stages), most_waiting_(kMostWaiting + static_cast<size_t>(threads)) {
  for (int i = 0; i < threads; ++i) {
    try {
      threads_.emplace_back([this, i] { WriteLoop(i); });
    } catch (const std::system_error&) {
      if (threads_.empty()) throw;
      break;
    }
  }
}

OutputThreads::~OutputThreads() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

void OutputThreads::Put(std::unique_ptr<ItemGroup> group) {
  auto entry = std::make_unique<Entry>();
  entry->group = std::move(group);
  entry->written = entry->group->to_work_on() == nullptr;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return entries_.size() < most_waiting_; });
  if (!entry->written) to_write_.push_back(entry.get());
  entries_.push_back(std::move(entry));
  if (to_write_.empty()) {
    CommitWritten(lock);
  } else {
    lock.unlock();
    changed_.notify_all();
  }
}

void OutputThreads::WriteLoop(int index) {
  NameThisThread("tbbt-write-" + std::to_string(index));
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return !to_write_.empty() || (closing_ && entries_.empty()); });
    if (to_write_.empty()) return;
    Entry* const entry = to_write_.front();
    to_write_.pop_front();
    lock.unlock();
    Item& item = *entry->group->to_work_on();
    stages_.publisher().Stage(item);
    stages_.publisher().Publish(item);
    lock.lock();
    entry->written = true;
    CommitWritten(lock);
  }
}

// Whoever finds the first one written commits it and those behind it; another meanwhile leaves that to it.
void OutputThreads::CommitWritten(std::unique_lock<std::mutex>& lock) {
  if (std::exchange(committing_, true)) return;
  while (!entries_.empty() && entries_.front()->written) {
    const std::unique_ptr<Entry> entry = std::move(entries_.front());
    entries_.pop_front();
    lock.unlock();
    stages_.Commit(*entry->group);
    lock.lock();
  }
  committing_ = false;
  changed_.notify_all();
}

}  // namespace tbbthumbs
