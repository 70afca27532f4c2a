// The first stage: items in input order, their files read ahead.
#ifndef TBBTHUMBS_PIPELINE_SOURCE_H_
#define TBBTHUMBS_PIPELINE_SOURCE_H_

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "pipeline/item.h"
#include "pipeline/stages.h"

namespace tbbthumbs {

// Reader threads take the inputs in order, give them their sequence numbers and names, and read them side by side; Next
// hands them out in order, those that have ended already (up to date, no pictures) many at a time. Next is serial (one
// caller at a time); the rest from any thread.
class Source {
 public:
  // Starts the threads. The stages must outlive it; it alone uses their items, reader and budget. On failure to start
  // any thread at all std::system_error.
  Source(Stages& stages, int io_threads);
  // Stops and joins.
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // The next items, waiting for them; null at the end, and at once after Stop.
  std::unique_ptr<ItemGroup> Next();

  void Pause();
  void Resume();
  // Ends the stream; what has been read ahead is dropped.
  void Stop();

  // Inputs taken but never handed out, because of Stop.
  uint64_t dropped() const;
  // The number of inputs, once the last has been taken.
  std::optional<uint64_t> total() const;
  // Why the inputs ended early.
  std::optional<Error> failure() const;

 private:
  void ReadLoop(int index);
  // Items one after the other; none at the end and after Stop.
  std::vector<std::unique_ptr<Item>> TakeInputs();
  // Looks up, and reads what is to be worked on. False after Stop.
  bool ReadAll(std::vector<std::unique_ptr<Item>> items);
  bool Put(std::unique_ptr<ItemGroup> group);
  bool stopped() const;

  // Items that may be waiting to be handed out. Up-to-date files cost only a name here; bytes have their own budget.
  static constexpr uint64_t kWindow = 1024;
  // Items that one thread takes at once while all turn out to be ended: what it costs to hand them over is divided by
  // that. One by one as long as there is work, since a thread reads what it has taken one after the other.
  static constexpr size_t kMostAtOnce = 256;

  Stages& stages_;

  std::mutex take_mutex_;  // serialises ItemStream::Next

  mutable std::mutex mutex_;                                 // guards all below
  std::condition_variable ready_;                            // the next item has been read, or the end, a pause's end
  std::condition_variable room_;                             // the window has moved
  std::array<std::unique_ptr<ItemGroup>, kWindow> waiting_;  // by the first sequence number modulo kWindow
  size_t at_once_ = 1;                                       // items to take next, by how the last turned out
  std::optional<Error> failure_;
  uint64_t taken_ = 0;
  uint64_t next_ = 0;
  uint64_t next_group_ = 0;
  bool all_taken_ = false;
  bool paused_ = false;
  bool stopped_ = false;

  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_SOURCE_H_
