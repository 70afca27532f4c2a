// Threads that write thumbnails, where a storage answers slowly.
#ifndef TBBTHUMBS_PIPELINE_OUTPUT_THREADS_H_
#define TBBTHUMBS_PIPELINE_OUTPUT_THREADS_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "pipeline/item.h"
#include "pipeline/stages.h"

namespace tbbthumbs {

// Between the thumbnailer and the end of a run: many pictures are written and named at once, without a worker that
// waits for it; they are committed in the order in which they were put, by whichever thread finds them done. After
// Stages::Stop what nobody has begun to write ends as left. Nothing here waits for bytes of the budget: what waits here
// gives them back by and by, whoever waits for them.
//
// The system lets one thread at a time name a file in a directory, for a whole round trip: so no two threads do that in
// the same directory, and the others write meanwhile.
class OutputThreads {
 public:
  // The stages must outlive it. Where not even one thread can be started std::system_error.
  OutputThreads(Stages& stages, int threads);
  // Waits until all is committed.
  ~OutputThreads();
  OutputThreads(const OutputThreads&) = delete;
  OutputThreads& operator=(const OutputThreads&) = delete;

  // Takes a group that the thumbnailer is through with. Waits while too many wait to be written. Serial: one caller at
  // a time. Throws nothing.
  void Put(std::unique_ptr<ItemGroup> group);

  // Before Put, by the worker that made them: whether the group's thumbnails may wait in memory. Where too many do, the
  // worker is to stage them itself. Any thread.
  bool Admit(const ItemGroup& group);

  // Groups that may wait, beyond one for each thread.
  static constexpr size_t kMostWaiting = 256;
  // Of thumbnails that are not staged. One group is admitted whatever its size.
  static constexpr size_t kMostBytes = size_t{64} << 20;

 private:
  enum class State { kNew, kStaging, kStaged, kPublishing, kPublished, kDone };
  struct Entry {
    State state = State::kNew;
    std::unique_ptr<ItemGroup> group;
    std::string_view directory;  // of its first thumbnail, once it is staged
  };

  void WriteLoop(int index);
  // What to do next; null where there is nothing.
  Entry* FindWork();
  bool IsPublishedTo(std::string_view directory) const;
  void Stage(Entry& entry, int index, std::unique_lock<std::mutex>& lock);
  void Publish(Entry& entry, std::unique_lock<std::mutex>& lock);
  void CommitDone(std::unique_lock<std::mutex>& lock);
  Entry& At(uint64_t number) { return entries_[static_cast<size_t>(number % entries_.size())]; }
  const Entry& At(uint64_t number) const { return entries_[static_cast<size_t>(number % entries_.size())]; }

  Stages& stages_;
  std::atomic<size_t> bytes_ = 0;  // admitted and not staged

  std::mutex mutex_;              // guards all below
  std::condition_variable work_;  // there may be something to do for one of the threads, or nothing ever again
  std::condition_variable room_;
  std::vector<Entry> entries_;  // a ring: each by its number modulo the size
  uint64_t first_ = 0;          // not committed
  uint64_t next_ = 0;           // not staged; no number below it is kNew
  uint64_t end_ = 0;
  size_t staged_ = 0;        // that are kStaged
  bool committing_ = false;  // by one thread at a time
  bool closing_ = false;

  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_OUTPUT_THREADS_H_
