#include "pipeline/grace_timer.h"

#include <exception>
#include <stop_token>
#include <utility>

#include "pipeline/thread_name.h"

namespace tbbthumbs {

GraceTimer::GraceTimer(std::function<void()> on_end) : on_end_(std::move(on_end)) {}

GraceTimer::~GraceTimer() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void GraceTimer::Start(std::chrono::nanoseconds grace) {
  const Clock::time_point now = Clock::now();
  const Clock::time_point end = grace < Clock::time_point::max() - now ? now + grace : Clock::time_point::max();
  bool has_thread = true;
  {
    const std::lock_guard lock(mutex_);
    if (started_ && end >= end_) return;
    end_ = end;
    if (!std::exchange(started_, true)) {
      try {
        thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
      } catch (const std::exception&) {
        has_thread = false;
        end_ = Clock::time_point::min();  // no other start is earlier
      }
    }
  }
  if (has_thread) {
    earlier_.notify_all();
  } else {
    on_end_();
  }
}

void GraceTimer::Run(const std::stop_token& stop) {
  NameThisThread("tbbt-grace");
  {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested() && Clock::now() < end_) {
      const Clock::time_point end = end_;
      earlier_.wait_until(lock, stop, end, [&] { return end_ < end; });
    }
  }
  if (!stop.stop_requested()) on_end_();
}

}  // namespace tbbthumbs
