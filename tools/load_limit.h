// Holding a run back while other programs need the machine.
#ifndef TBBTHUMBS_TOOLS_LOAD_LIMIT_H_
#define TBBTHUMBS_TOOLS_LOAD_LIMIT_H_

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace tbbthumbs::tool {

// How many threads of other programs run or wait for a CPU at this moment, on the whole machine. Unlike the load
// average it has no memory, and the threads of this process are left out, and those of `own`, its others. Nothing where
// /proc does not tell.
std::optional<double> LoadOfOthers(const std::vector<pid_t>& own = {});

// Decides, look by look, whether a run is to be held back. Not thread-safe.
class LoadGate {
 public:
  using Clock = std::chrono::steady_clock;

  // So long it holds back at a time: then a few pictures are made whatever the load, so that every run ends.
  static constexpr std::chrono::seconds kPatience{5};

  explicit LoadGate(double max_load) : max_load_(max_load) {}

  // `load`: at this moment, nothing if unknown (which holds nothing back); `done`: pictures that have ended. True:
  // start none until the next look.
  bool Look(std::optional<double> load, uint64_t done, Clock::time_point now);

  // The mean of about the last four looks.
  double load() const { return load_; }

 private:
  const double max_load_;
  bool looked_ = false;
  double load_ = 0;
  std::optional<Clock::time_point> held_since_;
  std::optional<uint64_t> let_through_;  // pictures that had ended when the next ones were let through
};

// A LoadGate with a thread that looks four times a second.
class LoadLimit {
 public:
  struct Functions {
    std::function<std::optional<double>()> load = [] { return LoadOfOthers(); };
    std::function<uint64_t()> done;  // pictures that have ended
    std::function<void()> pause;
    std::function<void()> resume;
    std::chrono::milliseconds interval{250};
  };

  // Takes the first look before it returns. The functions are called then, and from the thread; one call at a time.
  LoadLimit(double max_load, Functions functions);
  // What is held back then stays so.
  ~LoadLimit();
  LoadLimit(const LoadLimit&) = delete;
  LoadLimit& operator=(const LoadLimit&) = delete;

  // The load that the run is held back for; nothing while it is not. Any thread.
  std::optional<double> holding() const;

 private:
  void Look();

  const Functions functions_;
  LoadGate gate_;
  bool held_ = false;
  std::atomic<double> holding_ = -1;  // below 0: nothing is held back
  std::jthread thread_;               // last: it uses all of the above
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_LOAD_LIMIT_H_
