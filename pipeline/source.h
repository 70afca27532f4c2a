// The first stage: items in input order, their files read ahead.
#ifndef TBBTHUMBS_PIPELINE_SOURCE_H_
#define TBBTHUMBS_PIPELINE_SOURCE_H_

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "pipeline/item.h"
#include "pipeline/stages.h"
#include "pipeline/url_fetcher.h"

namespace tbbthumbs {

// Reader threads take the inputs in order, give them their sequence numbers and names, and read them side by side, or
// have them fetched, which they do not wait for. Next hands them out in order, or as they have come (see WorkOrder),
// those that have ended already (up to date, no pictures) many at a time. Next is serial (one caller at a time); the
// rest from any thread.
class Source {
 public:
  // Starts the threads, or as many as the system gives. The stages must outlive it; it alone uses their items, reader
  // and budget. On failure to start any thread at all std::system_error.
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

  // Inputs taken, whatever has become of them.
  uint64_t taken() const;
  // That were started: at least one.
  int threads() const { return static_cast<int>(threads_.size()); }
  // The number of inputs, once the last has been taken.
  std::optional<uint64_t> total() const;
  // Why the inputs ended early.
  std::optional<Error> failure() const;

 private:
  void ReadLoop(int index);
  void Abandon(const char* why);
  // Items one after the other; none at the end and after Stop.
  std::vector<std::unique_ptr<Item>> TakeInputs();
  void TakeUpTo(size_t most, std::vector<std::unique_ptr<Item>>& items);
  // Looks up, and reads what is to be worked on. False after Stop.
  bool ReadAll(std::vector<std::unique_ptr<Item>> items);
  // Items that have ended, or one that has been read, are on their way. False after Stop.
  bool Put(std::unique_ptr<ItemGroup> group);
  // Has an item of an address fetched. False after Stop.
  bool BeginFetch(std::unique_ptr<Item> item);
  // It need not be, or has been received.
  void Forget(uint64_t seq);
  // It has been fetched, or not; by the fetcher's thread.
  void Arrive(uint64_t seq, Fetched fetched);
  // Receives what has arrived, until Stop.
  void ReceiveAll();
  bool ReceiveNext();
  bool CanReceive() const;
  bool HasNext() const;
  uint64_t TurnOf(uint64_t seq) const { return in_order_ ? seq : ByteBudget::kAnyTurn; }
  bool stopped() const;

  // Items that may be waiting to be handed out. Up-to-date files cost only a name here; bytes have their own budget.
  static constexpr uint64_t kWindow = 1024;
  // Items that one thread takes at once while all turn out to be ended: what it costs to hand them over is divided by
  // that. One by one as long as there is work, since a thread reads what it has taken one after the other.
  static constexpr size_t kMostAtOnce = 256;

  Stages& stages_;
  const bool in_order_;

  std::mutex take_mutex_;  // serialises ItemStream::Next

  mutable std::mutex mutex_;                                 // guards all below
  std::condition_variable ready_;                            // the next item has been read, or the end, a pause's end
  std::condition_variable room_;                             // the window has moved
  std::array<std::unique_ptr<ItemGroup>, kWindow> waiting_;  // in order: by the first sequence number modulo kWindow
  std::deque<std::unique_ptr<ItemGroup>> come_;              // else
  size_t at_once_ = 1;                                       // items to take next, by how the last turned out
  std::optional<Error> failure_;
  uint64_t taken_ = 0;
  uint64_t next_ = 0;
  uint64_t next_group_ = 0;
  bool all_taken_ = false;
  bool paused_ = false;
  bool stopped_ = false;

  struct Arrived {
    std::unique_ptr<Item> item;
    Fetched fetched;
  };
  std::condition_variable arrival_;       // something has arrived, or nothing is under way any more
  std::set<uint64_t> to_receive_;         // addresses that were taken and not yet received
  std::map<uint64_t, Arrived> fetching_;  // under way
  std::map<uint64_t, Arrived> arrived_;   // by their numbers, or as they have come
  uint64_t arrivals_ = 0;

  std::jthread receiver_;              // started with the first address
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_SOURCE_H_
