// How long a run has been at work.
#ifndef TBBTHUMBS_PIPELINE_RUN_CLOCK_H_
#define TBBTHUMBS_PIPELINE_RUN_CLOCK_H_

#include <chrono>
#include <mutex>

namespace tbbthumbs {

// A stopwatch that can pause. Starts running. Thread-safe.
class RunClock {
 public:
  RunClock();

  void Pause();
  void Resume();
  bool paused() const;
  // Without the pauses.
  std::chrono::nanoseconds Elapsed() const;

 private:
  using Clock = std::chrono::steady_clock;
  std::chrono::nanoseconds ElapsedLocked() const;

  mutable std::mutex mutex_;           // guards all below
  std::chrono::nanoseconds before_{};  // of the stretches that have ended
  Clock::time_point since_;            // start of the running one
  bool paused_ = false;
};

// CPU time of the whole process so far, user and system.
std::chrono::nanoseconds ProcessCpuTime();

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_RUN_CLOCK_H_
