// One thread that waits for many operations of the system at once, with io_uring.
#ifndef TBBTHUMBS_BENCH_IO_EVENT_LOOP_H_
#define TBBTHUMBS_BENCH_IO_EVENT_LOOP_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "bench/io/fiber.h"
#include "codecs/error.h"

struct io_uring;
struct io_uring_sqe;

namespace tbbthumbs::bench {

// Fibers wait for the system by asking through NewRequest and Await; meanwhile the others go on. All members are of the
// thread that calls Run, but Wake.
class EventLoop {
 public:
  // Errors: kUnsupported: "io_uring: Operation not permitted", or what the kernel's lacks.
  static Result<std::unique_ptr<EventLoop>> Make();
  // All fibers have ended.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // A further fiber, which begins when the loop comes to it. `body` must not throw. Also on a fiber.
  void Spawn(std::function<void()> body);

  // Returns when all fibers have ended. `on_wake` is called, on no fiber, after one or more calls of Wake.
  void Run(const std::function<void()>& on_wake);

  // Any thread, also before Run; cheap where the loop has not yet come to an earlier call.
  void Wake();

  // The loop whose fiber is running on this thread; null where none is.
  static EventLoop* Current();

  // On a fiber:
  // To be filled by io_uring_prep_*, then given to Await or Forget before anything else is asked of the loop.
  io_uring_sqe* NewRequest();
  // Waits for its end. Returns the system's result, or the negative error number. What the request points to must live
  // so long.
  int Await(io_uring_sqe* request);
  // Does not wait, and nobody learns of its result. For a request that points to nothing.
  void Forget(io_uring_sqe* request);
  void SleepUntil(std::chrono::steady_clock::time_point time);
  // Waits for Unpark.
  void Park();

  // Goes on with a fiber that has parked itself; once for each Park.
  void Unpark(Fiber* fiber) { ready_.push_back(fiber); }

 private:
  // Where the result of a request goes.
  struct Waiter {
    Fiber* fiber = nullptr;
    int result = 0;
  };
  struct CloseRing {
    void operator()(io_uring* ring) const;
  };
  using Ring = std::unique_ptr<io_uring, CloseRing>;

  EventLoop(Ring ring, int wake_fd) : ring_(std::move(ring)), wake_fd_(wake_fd) {}
  static Result<Ring> MakeRing();

  void RunReady();
  // Hands over what was asked, and waits for at least one end.
  void WaitForEnds();
  void TakeEnds();
  void WatchForWake();

  const Ring ring_;
  const int wake_fd_;
  uint64_t wake_count_ = 0;  // written by the system
  std::atomic<bool> wake_pending_{false};
  bool woken_ = false;
  int pending_ = 0;  // requests without an end so far
  std::deque<Fiber*> ready_;
  std::vector<std::unique_ptr<Fiber>> fibers_;  // that have not ended
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_IO_EVENT_LOOP_H_
