#include "tools/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <utility>

namespace tbbthumbs::tool {
namespace {

// How often it is asked how much patience is left.
constexpr int kAskMilliseconds = 50;

bool IsIgnored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

SignalWatcher::SignalWatcher(SignalActions actions) : actions_(std::move(actions)) {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!IsIgnored(signal)) sigaddset(&watched, signal);
  }
  pthread_sigmask(SIG_BLOCK, &watched, &previous_mask_);
  signal_fd_ = signalfd(-1, &watched, SFD_CLOEXEC);
  quit_fd_ = eventfd(0, EFD_CLOEXEC);
  try {
    if (signal_fd_ >= 0 && quit_fd_ >= 0) thread_ = std::thread([this] { Watch(); });
  } catch (const std::exception&) {
    // As below.
  }
  // Where it can't watch, signals end the process at once, as they do without a watcher.
  if (!thread_.joinable()) pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

SignalWatcher::~SignalWatcher() {
  const uint64_t one = 1;
  while (write(quit_fd_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  if (thread_.joinable()) thread_.join();
  for (const int fd : {signal_fd_, quit_fd_}) {
    if (fd >= 0) close(fd);
  }
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

int SignalWatcher::MillisecondsLeft() const {
  if (received_ == 0 || !actions_.patience) return -1;
  const std::chrono::milliseconds patience = actions_.patience();
  const auto passed = std::chrono::steady_clock::now() - first_;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(patience - passed);
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
}

void SignalWatcher::Watch() {
  pthread_setname_np(pthread_self(), "signals");
  for (;;) {
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {quit_fd_, POLLIN, 0}};
    const int left = MillisecondsLeft();
    if (poll(fds, 2, std::min(left, kAskMilliseconds)) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) return;
    if (left == 0) {
      actions_.on_late();
      _exit(actions_.exit_code(received_));
    }
    signalfd_siginfo info{};
    if (fds[0].revents == 0 || read(signal_fd_, &info, sizeof info) != sizeof info) continue;
    const int signal = static_cast<int>(info.ssi_signo);
    if (actions_.repeats_are_one && signal == received_ && signal != SIGINT) continue;
    if (received_ != 0) {
      actions_.on_exit();
      _exit(actions_.exit_code(signal));
    }
    first_ = std::chrono::steady_clock::now();
    received_ = signal;
    actions_.on_stop();
  }
}

}  // namespace tbbthumbs::tool
