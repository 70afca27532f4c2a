#ifndef TBBTHUMBS_TOOLS_SIGNALS_H_
#define TBBTHUMBS_TOOLS_SIGNALS_H_

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include "tools/exit_codes.h"

namespace tbbthumbs::tool {

// What is done about signals: all on the watcher's own thread.
struct SignalActions {
  std::function<void()> on_stop{};  // at the first one
  std::function<void()> on_exit{};  // at the second one, which then ends the process at once
  // Where the watcher still lives so long after the first one, it calls `on_late` and ends the process. Asked again and
  // again from the first one on; must not wait for anything. Empty: never.
  std::function<std::chrono::milliseconds()> patience{};
  std::function<void()> on_late{};
  // With which exit code: of the signal.
  std::function<int(int signal)> exit_code = ExitCodeOfSignal;
  // The same signal again, other than SIGINT, is no second one: schedulers send it to a job and to each of its
  // processes.
  bool repeats_are_one = false;
};

// Takes SIGINT, SIGTERM and SIGHUP while it lives, on a thread of its own, so that what is done about them may lock and
// allocate. Signals that were ignored when the process began (nohup, a shell's `&`) stay ignored. Make it before any
// other thread: threads inherit the mask that keeps the signals for it.
class SignalWatcher {
 public:
  explicit SignalWatcher(SignalActions actions);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  // The first signal that came; 0: none yet. Any thread.
  int received() const { return received_; }

 private:
  void Watch();
  // Until the end, as it looks now; -1 while nothing ends.
  int MillisecondsLeft() const;

  const SignalActions actions_;
  std::chrono::steady_clock::time_point first_;  // when the first signal came; of Watch alone
  std::atomic<int> received_ = 0;
  sigset_t previous_mask_{};
  int signal_fd_ = -1;
  int quit_fd_ = -1;
  std::thread thread_;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_SIGNALS_H_
