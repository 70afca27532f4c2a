// Something that happens some time from now, if nothing makes it needless.
#ifndef TBBTHUMBS_PIPELINE_GRACE_TIMER_H_
#define TBBTHUMBS_PIPELINE_GRACE_TIMER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace tbbthumbs {

// Calls a function once, when the time given has passed. Starts a thread with the first Start, none before.
// Thread-safe, but for construction and destruction.
class GraceTimer {
 public:
  using Clock = std::chrono::steady_clock;

  // `on_end` must not destroy the timer, nor throw.
  explicit GraceTimer(std::function<void()> on_end);
  // It is not called from then on; one that is running is waited for.
  ~GraceTimer();
  GraceTimer(const GraceTimer&) = delete;
  GraceTimer& operator=(const GraceTimer&) = delete;

  // Calls it in `grace`, on a thread of the timer's own; if it has been started already, at the earlier of the two
  // times. At once, in this thread, where no other can be started.
  void Start(std::chrono::nanoseconds grace);

 private:
  void Run(const std::stop_token& stop);

  const std::function<void()> on_end_;
  std::mutex mutex_;  // guards all below: Start comes from any thread
  std::condition_variable_any earlier_;
  Clock::time_point end_ = Clock::time_point::max();
  bool started_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_GRACE_TIMER_H_
