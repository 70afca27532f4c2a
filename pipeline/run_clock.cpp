#include "pipeline/run_clock.h"

#include <ctime>

namespace tbbthumbs {

RunClock::RunClock() : since_(Clock::now()) {}

std::chrono::nanoseconds RunClock::ElapsedLocked() const {
  return paused_ ? before_ : before_ + (Clock::now() - since_);
}

std::chrono::nanoseconds RunClock::Elapsed() const {
  const std::lock_guard lock(mutex_);
  return ElapsedLocked();
}

void RunClock::Pause() {
  const std::lock_guard lock(mutex_);
  before_ = ElapsedLocked();
  paused_ = true;
}

void RunClock::Resume() {
  const std::lock_guard lock(mutex_);
  if (paused_) since_ = Clock::now();
  paused_ = false;
}

bool RunClock::paused() const {
  const std::lock_guard lock(mutex_);
  return paused_;
}

std::chrono::nanoseconds ProcessCpuTime() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace tbbthumbs
