#include "bench/io/fiber.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <utility>

#ifdef __has_feature
#define TBBTHUMBS_HAS_FEATURE(feature) __has_feature(feature)
#else
#define TBBTHUMBS_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || TBBTHUMBS_HAS_FEATURE(address_sanitizer)
#define TBBTHUMBS_ASAN 1
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__) || TBBTHUMBS_HAS_FEATURE(thread_sanitizer)
#define TBBTHUMBS_TSAN 1
#include <sanitizer/tsan_interface.h>
#endif

namespace tbbthumbs::bench {
namespace {

thread_local Fiber* current = nullptr;

size_t GuardBytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

std::byte* MapStack() {
  const size_t bytes = GuardBytes() + Fiber::kStackBytes;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (mprotect(memory, GuardBytes(), PROT_NONE) != 0) {
    munmap(memory, bytes);
    throw std::bad_alloc();
  }
  return static_cast<std::byte*>(memory);
}

// Itanium C++ ABI, 2.2.2: a pointer and a count.
constexpr size_t kExceptionBytes = sizeof(void*) + sizeof(unsigned);

// Those of the thread for those `kept`, and the other way round.
void SwapExceptions(std::array<std::byte, 16>& kept) {
  static_assert(kExceptionBytes <= sizeof kept);
  std::array<std::byte, 16> now{};
  auto* const globals = reinterpret_cast<std::byte*>(abi::__cxa_get_globals());
  std::memcpy(now.data(), globals, kExceptionBytes);
  std::memcpy(globals, kept.data(), kExceptionBytes);
  kept = now;
}

// The sanitizers follow the stack pointer: they are told before and after each switch. `fake_stack` is kept by who is
// left, and null where it never comes back.
void BeforeSwitch([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* bottom,
                  [[maybe_unused]] size_t bytes, [[maybe_unused]] void* to_thread) {
#ifdef TBBTHUMBS_ASAN
  __sanitizer_start_switch_fiber(fake_stack, bottom, bytes);
#endif
#ifdef TBBTHUMBS_TSAN
  __tsan_switch_to_fiber(to_thread, 0);
#endif
}

void AfterSwitch([[maybe_unused]] void* fake_stack, [[maybe_unused]] const void** from_bottom,
                 [[maybe_unused]] size_t* from_bytes) {
#ifdef TBBTHUMBS_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, from_bottom, from_bytes);
#endif
}

}  // namespace

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)), memory_(MapStack()) {
  getcontext(&context_);
  context_.uc_stack.ss_sp = memory_ + GuardBytes();
  context_.uc_stack.ss_size = kStackBytes;
  context_.uc_link = nullptr;
  makecontext(&context_, &Fiber::Enter, 0);
#ifdef TBBTHUMBS_TSAN
  thread_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#ifdef TBBTHUMBS_TSAN
  __tsan_destroy_fiber(thread_fiber_);
#endif
  munmap(memory_, GuardBytes() + kStackBytes);
}

Fiber* Fiber::Current() { return current; }

void Fiber::Resume() {
#ifdef TBBTHUMBS_TSAN
  thread_resumer_ = __tsan_get_current_fiber();
#endif
  SwapExceptions(exceptions_);
  current = this;
  void* fake_stack = nullptr;
  BeforeSwitch(&fake_stack, memory_ + GuardBytes(), kStackBytes, thread_fiber_);
  swapcontext(&resumer_, &context_);
  AfterSwitch(fake_stack, nullptr, nullptr);
  current = nullptr;
  SwapExceptions(exceptions_);
}

void Fiber::Suspend() {
  Fiber& self = *current;
  void* fake_stack = nullptr;
  BeforeSwitch(&fake_stack, self.resumer_stack_.bottom, self.resumer_stack_.bytes, self.thread_resumer_);
  swapcontext(&self.context_, &self.resumer_);
  AfterSwitch(fake_stack, &self.resumer_stack_.bottom, &self.resumer_stack_.bytes);
}

void Fiber::Enter() {
  Fiber& self = *current;
  AfterSwitch(nullptr, &self.resumer_stack_.bottom, &self.resumer_stack_.bytes);
  self.body_();
  self.ended_ = true;
  BeforeSwitch(nullptr, self.resumer_stack_.bottom, self.resumer_stack_.bytes, self.thread_resumer_);
  setcontext(&self.resumer_);
}

}  // namespace tbbthumbs::bench
