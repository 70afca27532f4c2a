// Threads that write thumbnails, where a storage answers slowly.
#ifndef TBBTHUMBS_PIPELINE_OUTPUT_THREADS_H_
#define TBBTHUMBS_PIPELINE_OUTPUT_THREADS_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "pipeline/item.h"
#include "pipeline/stages.h"

namespace tbbthumbs {

// Between the thumbnailer and the end of a run: many pictures are written and renamed at once, without a worker that
// waits for it; they are committed in the order in which they were put. Put is serial (one caller at a time).
class OutputThreads {
 public:
  // The stages must outlive it. Where not even one thread can be started std::system_error.
  OutputThreads(Stages& stages, int threads);
  // Waits until all is committed.
  ~OutputThreads();
  OutputThreads(const OutputThreads&) = delete;
  OutputThreads& operator=(const OutputThreads&) = delete;

  // Takes a group that the thumbnailer is through with. Waits while too many wait to be written.
  void Put(std::unique_ptr<ItemGroup> group);

 private:
  struct Entry {
    std::unique_ptr<ItemGroup> group;
    bool written = false;
  };

  void WriteLoop(int index);
  void CommitWritten(std::unique_lock<std::mutex>& lock);

  // Groups that may wait, beyond one for each thread.
  static constexpr size_t kMostWaiting = 64;

  Stages& stages_;
  const size_t most_waiting_;

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<Entry*> to_write_;
  std::deque<std::unique_ptr<Entry>> entries_;  // in order
  bool committing_ = false;                     // by one thread at a time
  bool closing_ = false;

  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_OUTPUT_THREADS_H_
