#include "pipeline/grace_timer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <vector>

namespace tbbthumbs {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(GraceTimer, CallsOnceTheTimeHasPassed) {
  std::promise<GraceTimer::Clock::time_point> called;
  GraceTimer timer([&] { called.set_value(GraceTimer::Clock::now()); });
  const auto begin = GraceTimer::Clock::now();
  timer.Start(milliseconds(30));
  EXPECT_GE(called.get_future().get() - begin, milliseconds(30));
}

TEST(GraceTimer, TheEarlierEndCounts) {
  for (const auto& [first, second] : {std::pair<nanoseconds, nanoseconds>{hours(1), milliseconds(1)},
                                      {milliseconds(1), hours(1)},
                                      {nanoseconds::max(), nanoseconds(-1)},
                                      {nanoseconds::min(), nanoseconds::max()}}) {
    std::promise<void> called;
    GraceTimer timer([&] { called.set_value(); });
    timer.Start(first);
    timer.Start(second);
    EXPECT_EQ(called.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
  }
}

TEST(GraceTimer, CallsNothingThatHasBecomeNeedless) {
  bool called = false;
  {
    const GraceTimer never_started([&] { called = true; });
  }
  {
    GraceTimer timer([&] { called = true; });
    timer.Start(hours(1));
    timer.Start(nanoseconds::max());
  }
  EXPECT_FALSE(called);
}

TEST(GraceTimer, CallsOnlyOnce) {
  std::atomic<int> calls = 0;
  {
    std::optional<GraceTimer> timer;
    timer.emplace([&] { ++calls; });
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&timer, i] {
        for (int k = 20; k > 0; --k) timer->Start(milliseconds(k + i));
      });
    }
    threads.clear();
    while (calls == 0) std::this_thread::sleep_for(milliseconds(1));
    timer->Start(milliseconds(0));
    timer->Start(nanoseconds::min());
  }
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace tbbthumbs
