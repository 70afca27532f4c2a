// A function that can be left in its middle and gone on with later: it has a stack of its own.
#ifndef TBBTHUMBS_BENCH_IO_FIBER_H_
#define TBBTHUMBS_BENCH_IO_FIBER_H_

#include <ucontext.h>

#include <array>
#include <cstddef>
#include <functional>

namespace tbbthumbs::bench {

// Belongs to the thread that first resumes it. What is thread-local is shared with all other fibers of that thread, and
// so is every mutex it holds: a fiber must not suspend itself while holding one that another may want.
class Fiber {
 public:
  static constexpr size_t kStackBytes = size_t{256} << 10;  // of which only what is touched takes memory

  // `body` must not throw. Throws std::bad_alloc where there is no memory for the stack.
  explicit Fiber(std::function<void()> body);
  // It has not begun, or has ended.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Begins it or goes on with it; returns when it suspends itself or ends. Not on a fiber.
  void Resume();
  bool ended() const { return ended_; }

  // On a fiber: returns when it is resumed.
  static void Suspend();
  // The one that is running on this thread, or null.
  static Fiber* Current();

 private:
  static void Enter();

  // A stack as the address sanitizer knows it.
  struct Stack {
    const void* bottom = nullptr;
    size_t bytes = 0;
  };

  const std::function<void()> body_;
  std::byte* const memory_;  // the guard page, then the stack
  ucontext_t context_{};
  ucontext_t resumer_{};
  bool ended_ = false;
  // The C++ runtime's exceptions in flight, which it keeps by thread: those of the fiber while it does not run.
  std::array<std::byte, 16> exceptions_{};
  // Of the sanitizers.
  Stack resumer_stack_;
  void* thread_fiber_ = nullptr;
  void* thread_resumer_ = nullptr;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_IO_FIBER_H_
