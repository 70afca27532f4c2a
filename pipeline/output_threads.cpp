#include "pipeline/output_threads.h"

#include <string>
#include <utility>

#include "pipeline/start_threads.h"
#include "pipeline/thread_name.h"

namespace tbbthumbs {
namespace {

std::string_view DirectoryOf(const Item& item) {
  if (item.result.outputs.empty()) return {};
  const std::string_view path = item.result.outputs.front().path.native();
  return path.substr(0, path.find_last_of('/') + 1);
}

size_t ThumbnailBytes(const Item& item) {
  size_t bytes = 0;
  for (const Encoded& thumbnail : item.thumbnails) bytes += thumbnail.bytes.size();
  return bytes;
}

}  // namespace

OutputThreads::OutputThreads(Stages& stages, int threads)
    : stages_(stages), entries_(kMostWaiting + static_cast<size_t>(threads)) {
  threads_ = StartThreads(threads, Shortage::kHalve, [this](int index) { WriteLoop(index); });
  if (threads_.empty()) threads_.push_back(StartThread([this] { WriteLoop(0); }));
}

OutputThreads::~OutputThreads() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_.notify_all();
  threads_.clear();
}

bool OutputThreads::Admit(const ItemGroup& group) {
  const Item* item = group.to_work_on();
  if (item == nullptr) return true;
  const size_t bytes = ThumbnailBytes(*item);
  const size_t before = bytes_.fetch_add(bytes);
  if (before == 0 || before + bytes <= kMostBytes) return true;
  bytes_ -= bytes;
  return false;
}

void OutputThreads::Put(std::unique_ptr<ItemGroup> group) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return end_ - first_ < entries_.size(); });
  Entry& entry = At(end_++);
  entry.group = std::move(group);
  if (entry.group->to_work_on() != nullptr) {
    entry.state = State::kNew;
    lock.unlock();
    work_.notify_one();
  } else {
    entry.state = State::kDone;
    CommitDone(lock);
  }
}

void OutputThreads::WriteLoop(int index) {
  NameThisThread("tbbt-write-" + std::to_string(index));
  std::unique_lock lock(mutex_);
  for (;;) {
    Entry* entry = nullptr;
    work_.wait(lock, [&] {
      entry = FindWork();
      return entry != nullptr || (closing_ && first_ == end_);
    });
    if (entry == nullptr) return;
    if (entry->state == State::kNew) {
      Stage(*entry, index, lock);
    } else {
      Publish(*entry, lock);
    }
  }
}

// What is staged goes first: the sooner it is done, the sooner there is room.
OutputThreads::Entry* OutputThreads::FindWork() {
  if (staged_ > 0) {
    for (uint64_t number = first_; number < next_; ++number) {
      Entry& entry = At(number);
      if (entry.state == State::kStaged && !IsPublishedTo(entry.directory)) return &entry;
    }
  }
  while (next_ < end_ && At(next_).state != State::kNew) ++next_;
  return next_ < end_ ? &At(next_) : nullptr;
}

bool OutputThreads::IsPublishedTo(std::string_view directory) const {
  for (uint64_t number = first_; number < next_; ++number) {
    if (At(number).state == State::kPublishing && At(number).directory == directory) return true;
  }
  return false;
}

void OutputThreads::Stage(Entry& entry, int index, std::unique_lock<std::mutex>& lock) {
  entry.state = State::kStaging;
  ++next_;
  Item& item = *entry.group->to_work_on();
  lock.unlock();
  // None where a worker has staged them.
  const size_t bytes = ThumbnailBytes(item);
  if (stages_.stopping()) {
    stages_.publisher().RemoveStaged(item);
    item.Fail({ErrorCode::kStopped, "stopped"});
  }
  stages_.publisher().Stage(item, index);
  bytes_ -= bytes;
  lock.lock();
  if (item.ended) {
    entry.state = State::kDone;
    CommitDone(lock);
  } else {
    entry.state = State::kStaged;
    entry.directory = DirectoryOf(item);
    ++staged_;
  }
}

void OutputThreads::Publish(Entry& entry, std::unique_lock<std::mutex>& lock) {
  entry.state = State::kPublishing;
  --staged_;
  Item& item = *entry.group->to_work_on();
  lock.unlock();
  stages_.publisher().Publish(item, Naming::kLink);
  lock.lock();
  entry.state = State::kPublished;
  // Another may go on in the directory.
  if (staged_ > 0) work_.notify_one();
  lock.unlock();
  stages_.publisher().RemoveStaged(item);
  lock.lock();
  entry.state = State::kDone;
  CommitDone(lock);
}

// Whoever finds the first one done commits it and those behind it; another meanwhile leaves that to it.
void OutputThreads::CommitDone(std::unique_lock<std::mutex>& lock) {
  if (std::exchange(committing_, true)) return;
  while (first_ < end_ && At(first_).state == State::kDone) {
    const std::unique_ptr<ItemGroup> group = std::move(At(first_).group);
    ++first_;
    if (next_ < first_) next_ = first_;
    lock.unlock();
    room_.notify_one();
    stages_.Commit(*group);
    lock.lock();
  }
  committing_ = false;
  if (closing_ && first_ == end_) work_.notify_all();
}

}  // namespace tbbthumbs
