#include "tools/stop_times.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "tools/signals.h"

namespace tbbthumbs::tool {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kGiga = uint64_t{1} << 30;

TEST(StopTimes, MemoryIsRead) {
  const HeldMemory held = ParseHeldMemory(
      "55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss:             2500 kB\nAnonymous:        2000 kB\n"
      "LazyFree:            0 kB\nAnonHugePages:    1500 kB\nShmemPmdMapped:      7 kB\n");
  EXPECT_EQ(held.small_pages, 500u << 10);
  EXPECT_EQ(held.huge_pages, 1500u << 10);
}

TEST(StopTimes, NoMemoryIsReadFromWhatIsNone) {
  for (const char* text : {"", "\n", "Anonymous", "Anonymous:", "Anonymous: x kB\nAnonHugePages: 9 kB\n",
                           "AnonHugePages: 100 kB\n", "xAnonymous: 5 kB"}) {
    const HeldMemory held = ParseHeldMemory(text);
    EXPECT_EQ(held.small_pages, 0u) << text;
    EXPECT_EQ(held.huge_pages, 0u) << text;
  }
}

TEST(StopTimes, OwnMemoryIsRead) {
  if (access("/proc/self/smaps_rollup", R_OK) != 0) GTEST_SKIP() << "the system does not tell";
  constexpr size_t kBytes = size_t{64} << 20;
  const HeldMemory before = ReadHeldMemory();
  const std::vector<char> block(kBytes, 1);
  const HeldMemory after = ReadHeldMemory();
  EXPECT_GT(before.small_pages + before.huge_pages, 0u);
  EXPECT_GT(after.small_pages + after.huge_pages, before.small_pages + before.huge_pages + kBytes / 2);
}

TEST(StopTimes, WhoHoldsMuchEndsSooner) {
  const StopTimes least = TimesToStop({});
  EXPECT_EQ(least.grace, milliseconds(500));
  EXPECT_EQ(least.patience, milliseconds(850));
  // Small pictures lose nothing.
  EXPECT_EQ(TimesToStop({.small_pages = kGiga / 2}).grace, milliseconds(500));
  // In huge pages much more comes to the same.
  EXPECT_EQ(TimesToStop({.huge_pages = 4 * kGiga}).grace, milliseconds(500));
  milliseconds last = least.patience;
  for (const uint64_t bytes : {kGiga / 2, kGiga, 2 * kGiga}) {
    const StopTimes times = TimesToStop({.small_pages = bytes});
    EXPECT_LT(times.patience, last);
    EXPECT_LT(times.grace, times.patience);
    EXPECT_GT(TimesToStop({.huge_pages = bytes}).patience, times.patience);
    last = times.patience;
  }
  for (const uint64_t bytes : {64 * kGiga, uint64_t{1} << 50}) {
    const StopTimes times = TimesToStop({.small_pages = bytes});
    EXPECT_LT(milliseconds(0), times.grace);
    EXPECT_LT(times.grace, times.patience);
    EXPECT_LT(times.patience, last);
  }
}

// In a process of its own, which ends with what `patience` says, or with 1.
template <class Patience>
int ExitCodeWith(Patience patience) {
  const pid_t child = fork();
  if (child == 0) {
    int asked = 0;
    const SignalWatcher signals({.on_stop = [] {},
                                 .on_exit = [] {},
                                 .patience = [&] { return patience(++asked); },
                                 .on_late =
                                     [&] {
                                       if (asked < 3) _exit(2);
                                     }});
    kill(getpid(), SIGTERM);
    for (int i = 0; i < 600; ++i) std::this_thread::sleep_for(milliseconds(100));
    _exit(1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Memory that grows after the signal brings the end nearer: patience is asked again.
TEST(SignalWatcher, PatienceMayEndSooner) {
  const auto patience = [](int asked) { return asked < 3 ? milliseconds(1'000'000) : milliseconds(0); };
  EXPECT_EQ(ExitCodeWith(patience), 128 + SIGTERM);
}

TEST(StopPacer, TheGraceBeginsWithTheSignal) {
  std::mutex mutex;
  std::vector<milliseconds> graces;
  const auto add = [&](milliseconds grace) {
    const std::lock_guard lock(mutex);
    graces.push_back(grace);
  };
  {
    StopPacer never(add);
    EXPECT_EQ(never.patience(), TimesToStop({}).patience);
  }
  EXPECT_TRUE(graces.empty());
  StopPacer pacer(add);
  pacer.Start();
  const std::lock_guard lock(mutex);
  ASSERT_FALSE(graces.empty());
  EXPECT_EQ(graces.front(), TimesToStop({}).grace);
}

// What comes to be held after the signal counts as well, and what is given back.
TEST(StopPacer, MemoryShortensGraceAndPatience) {
  std::atomic<uint64_t> held = 0;
  std::atomic<milliseconds> grace{milliseconds::max()};
  StopPacer pacer([&](milliseconds new_grace) { grace = new_grace; }, [&] { return HeldMemory{.small_pages = held}; });
  pacer.Start();
  const StopTimes none = TimesToStop({});
  EXPECT_EQ(grace.load(), none.grace);
  for (const uint64_t bytes : {2 * kGiga, 64 * kGiga}) {
    held = bytes;
    const StopTimes times = TimesToStop({.small_pages = bytes});
    while (pacer.patience() != times.patience || grace.load() > times.grace) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_GE(grace.load(), milliseconds(0));
  }
  held = 0;
  while (pacer.patience() != none.patience) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_LE(grace.load(), TimesToStop({.small_pages = 64 * kGiga}).grace) << "grace is not given twice";
}

}  // namespace
}  // namespace tbbthumbs::tool
