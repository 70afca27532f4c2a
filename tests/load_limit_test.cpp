#include "tools/load_limit.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tbbthumbs::tool {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Looks four times a second, on a clock of its own.
class LoadGateTest : public ::testing::Test {
 protected:
  bool Look(std::optional<double> load) {
    now_ += milliseconds(250);
    return gate_.Look(load, done_, now_);
  }

  LoadGate gate_{2};
  uint64_t done_ = 0;
  LoadGate::Clock::time_point now_{seconds(100)};
};

TEST_F(LoadGateTest, HoldsBackAboveTheLimitOnly) {
  EXPECT_FALSE(Look(0));
  EXPECT_FALSE(Look(2));
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(Look(2)) << i;
  EXPECT_TRUE(Look(3));
}

TEST_F(LoadGateTest, TheFirstLookCountsInFull) {
  EXPECT_TRUE(Look(2.1));
  LoadGate idle(2);
  EXPECT_FALSE(idle.Look(2, 0, now_));
}

TEST_F(LoadGateTest, OneBusyMomentIsNotTheMean) {
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(Look(0));
  EXPECT_FALSE(Look(7));
  EXPECT_FALSE(Look(0));
  // Eight that stay are seen in two looks, and it takes about a second until they are forgotten.
  EXPECT_FALSE(Look(0));
  Look(8);
  EXPECT_TRUE(Look(8));
  EXPECT_NEAR(gate_.load(), 4.2, 0.2);
  int held = 0;
  while (Look(0)) ++held;
  EXPECT_GE(held, 1);
  EXPECT_LE(held, 4);
}

TEST_F(LoadGateTest, WhatIsUnknownHoldsNothingBack) {
  EXPECT_FALSE(Look(std::nullopt));
  EXPECT_TRUE(Look(5));
  EXPECT_FALSE(Look(std::nullopt));
}

TEST_F(LoadGateTest, SomethingIsLetThroughAgainAndAgain) {
  for (int round = 0; round < 3; ++round) {
    int held = 0;
    while (Look(9)) ++held;
    EXPECT_EQ(held, 20) << round;  // five seconds
    // Open until a picture has ended, however long that takes.
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(Look(9));
    ++done_;
    EXPECT_TRUE(Look(9));
    now_ -= milliseconds(250);
  }
}

TEST_F(LoadGateTest, PatienceBeginsAnewWithEachHold) {
  for (int i = 0; i < 19; ++i) EXPECT_TRUE(Look(3));
  while (Look(0)) {
  }
  for (int i = 0; i < 5; ++i) Look(3);
  for (int i = 0; i < 15; ++i) EXPECT_TRUE(Look(3)) << i;
}

TEST(LoadLimitTest, PausesAndResumesInTurn) {
  std::atomic<double> load = 5;
  std::atomic<int> looks = 0;
  std::string calls;  // of the thread, and read once that has ended
  const auto wait_for_look = [&] {
    for (const int before = looks; looks < before + 2;) std::this_thread::sleep_for(milliseconds(1));
  };
  {
    LoadLimit limit(1, {.load =
                            [&] {
                              ++looks;
                              return std::optional(load.load());
                            },
                        .done = [] { return uint64_t{0}; },
                        .pause = [&] { calls += 'p'; },
                        .resume = [&] { calls += 'r'; },
                        .interval = milliseconds(1)});
    // Before anything could begin.
    EXPECT_EQ(limit.holding(), 5);
    wait_for_look();
    load = 0;
    while (limit.holding()) wait_for_look();
    load = 3;
    while (!limit.holding()) wait_for_look();
    EXPECT_GT(*limit.holding(), 1);
  }
  ASSERT_GE(calls.size(), 3u);
  for (size_t i = 0; i < calls.size(); ++i) EXPECT_EQ(calls[i], i % 2 == 0 ? 'p' : 'r') << calls;
}

// Runs until it goes.
class BusyThreads {
 public:
  explicit BusyThreads(int count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([](const std::stop_token& stop) {
        setpriority(PRIO_PROCESS, 0, 19);  // of this thread: the test's own is not to wait for all others
        while (!stop.stop_requested()) {
        }
      });
    }
  }

 private:
  std::vector<std::jthread> threads_;
};

TEST(LoadOfOthersTest, OwnThreadsAreNotCounted) {
  constexpr int kBusy = 40;
  const BusyThreads busy(kBusy);
  double least = 1e9;
  for (int i = 0; i < 10; ++i) {
    const auto load = LoadOfOthers();
    ASSERT_TRUE(load);
    least = std::min(least, *load);
  }
  EXPECT_LT(least, kBusy);
}

TEST(LoadOfOthersTest, NorAreThoseOfItsOtherProcesses) {
  constexpr int kBusy = 40;
  std::vector<pid_t> own;
  for (int i = 0; i < kBusy; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      setpriority(PRIO_PROCESS, 0, 19);
      volatile bool ever = true;
      while (ever) {
      }
      _exit(0);
    }
    own.push_back(pid);
  }
  double least = 1e9;
  double least_of_all = 1e9;
  for (int i = 0; i < 10; ++i) {
    least = std::min(least, LoadOfOthers(own).value_or(1e9));
    least_of_all = std::min(least_of_all, LoadOfOthers().value_or(1e9));
  }
  for (const pid_t pid : own) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  EXPECT_LT(least, least_of_all - kBusy / 2.0);
}

}  // namespace
}  // namespace tbbthumbs::tool
