#include "bench/io/event_loop.h"

#include <liburing.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace tbbthumbs::bench {
namespace {

// Requests handed over at once; more are handed over in several goes.
constexpr unsigned kEntries = 256;

// The system does in threads of its own what it can't begin without waiting (looking up, opening): 4 per CPU, unless
// told otherwise, which is few where each waits for a network.
constexpr unsigned kSystemThreads = 128;

struct Operation {
  int code;
  const char* name;
};
constexpr std::array<Operation, 9> kOperations = {{{IORING_OP_READ, "read"},
                                                   {IORING_OP_WRITE, "write"},
                                                   {IORING_OP_OPENAT, "openat"},
                                                   {IORING_OP_STATX, "statx"},
                                                   {IORING_OP_CLOSE, "close"},
                                                   {IORING_OP_TIMEOUT, "timeout"},
                                                   {IORING_OP_RENAMEAT, "renameat"},
                                                   {IORING_OP_UNLINKAT, "unlinkat"},
                                                   {IORING_OP_NOP, "nop"}}};

tl::unexpected<Error> Unusable(const std::string& why) { return Fail(ErrorCode::kUnsupported, "io_uring: " + why); }

thread_local EventLoop* current_loop = nullptr;

}  // namespace

void EventLoop::CloseRing::operator()(io_uring* ring) const {
  io_uring_queue_exit(ring);
  delete ring;
}

Result<EventLoop::Ring> EventLoop::MakeRing() {
  auto memory = std::make_unique<io_uring>();
  // The kernel need not interrupt this thread to tell of an end (since 6.1), or not with a signal's work (5.19).
  const std::array<unsigned, 3> flags = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                                         IORING_SETUP_COOP_TASKRUN, 0};
  int error = -EINVAL;
  for (size_t i = 0; i < flags.size() && error == -EINVAL; ++i) {
    error = io_uring_queue_init(kEntries, memory.get(), flags[i]);
  }
  if (error != 0) return Unusable(std::generic_category().message(-error));
  Ring ring(memory.release());
  const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> probe(io_uring_get_probe_ring(ring.get()),
                                                                              &io_uring_free_probe);
  for (const Operation& operation : kOperations) {
    if (probe == nullptr || io_uring_opcode_supported(probe.get(), operation.code) == 0) {
      return Unusable(std::string("this kernel's has no ") + operation.name);
    }
  }
  std::array<unsigned, 2> threads = {kSystemThreads, 0};
  io_uring_register_iowq_max_workers(ring.get(), threads.data());  // slower without (before 5.15), not wrong
  return ring;
}

Result<std::unique_ptr<EventLoop>> EventLoop::Make() {
  auto ring = MakeRing();
  if (!ring) return tl::unexpected<Error>(std::move(ring.error()));
  const int wake_fd = eventfd(0, EFD_CLOEXEC);
  if (wake_fd < 0) return Unusable("eventfd: " + std::generic_category().message(errno));
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(*ring), wake_fd));
}

EventLoop::~EventLoop() { close(wake_fd_); }

EventLoop* EventLoop::Current() { return current_loop; }

void EventLoop::Spawn(std::function<void()> body) {
  fibers_.push_back(std::make_unique<Fiber>(std::move(body)));
  ready_.push_back(fibers_.back().get());
}

void EventLoop::Run(const std::function<void()>& on_wake) {
  WatchForWake();
  for (;;) {
    if (std::exchange(woken_, false)) {
      on_wake();
      WatchForWake();
    }
    RunReady();
    if (fibers_.empty()) break;
    if (!woken_) WaitForEnds();
  }
  // Nothing may be under way when the ring goes: a last wake ends the watch.
  Wake();
  while (pending_ > 0) WaitForEnds();
  woken_ = false;
}

void EventLoop::RunReady() {
  while (!ready_.empty()) {
    Fiber* const fiber = ready_.front();
    ready_.pop_front();
    current_loop = this;
    fiber->Resume();
    current_loop = nullptr;
    if (fiber->ended()) std::erase_if(fibers_, [&](const auto& other) { return other.get() == fiber; });
  }
}

void EventLoop::WaitForEnds() {
  const int result = io_uring_submit_and_wait(ring_.get(), 1);
  // The rest can't be (the ring is no ring), and would leave every fiber waiting for ever.
  if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY && result != -ENOMEM) std::abort();
  TakeEnds();
}

void EventLoop::TakeEnds() {
  unsigned head = 0;
  unsigned count = 0;
  io_uring_cqe* end = nullptr;
  io_uring_for_each_cqe(ring_.get(), head, end) {
    ++count;
    void* const data = io_uring_cqe_get_data(end);
    if (data == &wake_count_) {
      // In this order: what is told from now on wakes anew.
      wake_pending_ = false;
      woken_ = true;
    } else if (data != nullptr) {
      auto* const waiter = static_cast<Waiter*>(data);
      waiter->result = end->res;
      ready_.push_back(waiter->fiber);
    }
  }
  io_uring_cq_advance(ring_.get(), count);
  pending_ -= static_cast<int>(count);
}

void EventLoop::Wake() {
  if (wake_pending_.exchange(true)) return;
  const uint64_t one = 1;
  // It can't fail: the count is far from full.
  if (write(wake_fd_, &one, sizeof one) != sizeof one) std::abort();
}

void EventLoop::WatchForWake() {
  io_uring_sqe* const request = NewRequest();
  io_uring_prep_read(request, wake_fd_, &wake_count_, sizeof wake_count_, 0);
  io_uring_sqe_set_data(request, &wake_count_);
  ++pending_;
}

io_uring_sqe* EventLoop::NewRequest() {
  io_uring_sqe* request = io_uring_get_sqe(ring_.get());
  while (request == nullptr) {
    // Refused while too many ends wait to be taken.
    if (io_uring_submit(ring_.get()) < 0) TakeEnds();
    request = io_uring_get_sqe(ring_.get());
  }
  return request;
}

int EventLoop::Await(io_uring_sqe* request) {
  Waiter waiter{Fiber::Current()};
  io_uring_sqe_set_data(request, &waiter);
  ++pending_;
  Fiber::Suspend();
  return waiter.result;
}

void EventLoop::Forget(io_uring_sqe* request) {
  io_uring_sqe_set_data(request, nullptr);
  ++pending_;
}

void EventLoop::SleepUntil(std::chrono::steady_clock::time_point time) {
  // The steady clock is the kernel's CLOCK_MONOTONIC.
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  __kernel_timespec when{};
  when.tv_sec = seconds.count();
  when.tv_nsec = std::chrono::nanoseconds(since - seconds).count();
  io_uring_sqe* const request = NewRequest();
  io_uring_prep_timeout(request, &when, 0, IORING_TIMEOUT_ABS);
  Await(request);
}

void EventLoop::Park() { Fiber::Suspend(); }

}  // namespace tbbthumbs::bench
