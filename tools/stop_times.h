// How soon a run has to end after a signal, by the memory that the system has to take back from it.
#ifndef TBBTHUMBS_TOOLS_STOP_TIMES_H_
#define TBBTHUMBS_TOOLS_STOP_TIMES_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>
#include <thread>

namespace tbbthumbs::tool {

// What a process holds of its own, in bytes.
struct HeldMemory {
  uint64_t small_pages = 0;
  uint64_t huge_pages = 0;
};

// As /proc/PID/smaps_rollup (proc(5)) tells it; zeros where `text` is none.
HeldMemory ParseHeldMemory(std::string_view text);
// Of this process; zeros where the system doesn't tell. Takes milliseconds for each gigabyte in small pages.
HeldMemory ReadHeldMemory();

// Counted from the signal.
struct StopTimes {
  // Pictures being worked on may be finished for so long.
  std::chrono::milliseconds grace;
  // This late the process ends, whatever holds it (an encoder, a disk that does not answer, a reader of the records who
  // does not read).
  std::chrono::milliseconds patience;
};

// A process that ends is there until the system has taken back its memory: all of that is to be over after a second.
StopTimes TimesToStop(const HeldMemory& held);

// Keeps the times of a stop while it goes on. What is held is measured on a thread of its own: to ask the system waits
// for threads that are giving memory back, and whoever watches over the end must wait for nobody. Thread-safe, but for
// construction and destruction.
class StopPacer {
 public:
  // `on_grace` is told how long the grace is from then on: at once at the start, and again where it becomes shorter. It
  // is called by Start and by the pacer's thread; only its shortest end counts. `measure` is called by the thread
  // alone.
  explicit StopPacer(std::function<void(std::chrono::milliseconds grace)> on_grace,
                     std::function<HeldMemory()> measure = ReadHeldMemory);
  ~StopPacer();
  StopPacer(const StopPacer&) = delete;
  StopPacer& operator=(const StopPacer&) = delete;

  // At the signal, once.
  void Start();
  // From the signal on, as it looks now. Waits for nothing.
  std::chrono::milliseconds patience() const { return patience_; }

 private:
  void Run(const std::stop_token& stop);
  void Pace(const std::stop_token& stop);

  const std::function<void(std::chrono::milliseconds grace)> on_grace_;
  const std::function<HeldMemory()> measure_;
  std::chrono::steady_clock::time_point start_;  // set before there is a thread
  std::atomic<std::chrono::milliseconds> patience_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_STOP_TIMES_H_
