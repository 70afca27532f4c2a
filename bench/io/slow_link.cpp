#include "bench/io/slow_link.h"

#include <algorithm>
#include <thread>

#include "bench/io/event_loop.h"

namespace tbbthumbs::bench {

SlowLink::Time SlowLink::Answer(Time begin, uint64_t bytes) {
  if (bytes == 0) return begin + options_.latency;
  const std::chrono::duration<double> going(static_cast<double>(bytes) / options_.bytes_per_second);
  const std::lock_guard lock(mutex_);
  free_ = std::max(free_, begin) + std::chrono::duration_cast<std::chrono::nanoseconds>(going);
  return free_ + options_.latency;
}

void WaitUntil(SlowLink::Time time) {
  if (EventLoop* const loop = EventLoop::Current(); loop != nullptr) {
    loop->SleepUntil(time);
  } else {
    std::this_thread::sleep_until(time);
  }
}

}  // namespace tbbthumbs::bench
