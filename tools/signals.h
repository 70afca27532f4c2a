#ifndef TBBTHUMBS_TOOLS_SIGNALS_H_
#define TBBTHUMBS_TOOLS_SIGNALS_H_

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace tbbthumbs::tool {

// Takes SIGINT, SIGTERM and SIGHUP while it lives, on a thread of its own, so that what is done about them may lock and
// allocate. The first one calls `on_stop`; the second calls `on_exit` and ends the process at once. Signals that were
// ignored when the process began (nohup, a shell's `&`) stay ignored. Make it before any other thread: threads inherit
// the mask that keeps the signals for it.
class SignalWatcher {
 public:
  SignalWatcher(std::function<void()> on_stop, std::function<void()> on_exit);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  // The first signal that came; 0: none yet. Any thread.
  int received() const { return received_; }

 private:
  void Watch();

  std::function<void()> on_stop_;
  std::function<void()> on_exit_;
  std::atomic<int> received_ = 0;
  sigset_t previous_mask_{};
  int signal_fd_ = -1;
  int quit_fd_ = -1;
  std::thread thread_;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_SIGNALS_H_
