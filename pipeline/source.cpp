#include "pipeline/source.h"

#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "pipeline/thread_name.h"

namespace tbbthumbs {

Source::Source(InputStream& inputs, OutputNames& names, const FileReader& reader, ByteBudget& budget, int io_threads)
    : inputs_(inputs), names_(names), reader_(reader), budget_(budget) {
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
    reader_.Read(*item);
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
  std::unique_ptr<Item> item;
  std::optional<Error> failure;
  try {
    if (std::optional<InputFile> file = inputs_.Next()) {
      item = std::make_unique<Item>();
      item->name = names_.Plan(*file);
      item->result.input = file->path;
      item->file = std::move(*file);
    }
  } catch (const std::bad_alloc&) {
    item.reset();
    failure = Error{ErrorCode::kOutOfMemory, "no memory to list the inputs"};
  }
  const std::lock_guard lock(mutex_);
  if (!item) {
    all_taken_ = true;
    failure_ = std::move(failure);
    ready_.notify_all();
    room_.notify_all();
    return nullptr;
  }
  item->seq = item->result.seq = taken_++;
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
  inputs_.Stop();
  budget_.Stop();
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  ready_.notify_all();
  room_.notify_all();
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
