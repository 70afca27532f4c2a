#include "bench/io/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/io/fiber.h"
#include "bench/io/fiber_queue.h"
#include "bench/io/slow_link.h"

namespace tbbthumbs::bench {
namespace {

using ::testing::ElementsAre;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

TEST(Fiber, IsLeftAndGoneOnWith) {
  std::vector<std::string> log;
  Fiber fiber([&] {
    log.emplace_back("begin");
    Fiber::Suspend();
    log.emplace_back("end");
  });
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(Fiber::Current(), nullptr);
  fiber.Resume();
  EXPECT_THAT(log, ElementsAre("begin"));
  EXPECT_FALSE(fiber.ended());
  EXPECT_EQ(Fiber::Current(), nullptr);
  fiber.Resume();
  EXPECT_THAT(log, ElementsAre("begin", "end"));
  EXPECT_TRUE(fiber.ended());
}

TEST(Fiber, KeepsItsLocals) {
  std::vector<int> sums(100);
  std::vector<std::unique_ptr<Fiber>> fibers;
  fibers.reserve(100);
  for (int f = 0; f < 100; ++f) {
    fibers.push_back(std::make_unique<Fiber>([&sums, f] {
      std::vector<int> mine;
      for (int i = 0; i < 10; ++i) {
        mine.push_back(f * i);
        Fiber::Suspend();
      }
      for (const int value : mine) sums[static_cast<size_t>(f)] += value;
    }));
  }
  for (int i = 0; i <= 10; ++i) {
    for (const auto& fiber : fibers) fiber->Resume();
  }
  for (int f = 0; f < 100; ++f) EXPECT_EQ(sums[static_cast<size_t>(f)], f * 45);
}

// The runtime keeps the exceptions being handled by thread: they must not get mixed.
TEST(Fiber, HandlesItsOwnExceptions) {
  std::vector<std::string> caught;
  const auto body = [&](const std::string& name) {
    try {
      try {
        throw std::runtime_error(name);
      } catch (const std::exception&) {
        Fiber::Suspend();
        throw;
      }
    } catch (const std::exception& error) {
      caught.emplace_back(error.what());
    }
  };
  Fiber first([&] { body("first"); });
  Fiber second([&] { body("second"); });
  first.Resume();
  second.Resume();
  first.Resume();
  second.Resume();
  EXPECT_THAT(caught, ElementsAre("first", "second"));
  EXPECT_EQ(std::uncaught_exceptions(), 0);
}

using FiberDeathTest = ::testing::Test;

int Deep(int depth) {
  volatile char frame[1024] = {};
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : Deep(depth - 1) + frame[0];
}

TEST(FiberDeathTest, EndsTheProgramWhereItsStackDoes) {
  EXPECT_DEATH(
      {
        int result = 0;
        Fiber fiber([&] { result = Deep(1000); });
        fiber.Resume();
      },
      "");
}

class EventLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = EventLoop::Make();
    if (!made) GTEST_SKIP() << made.error().message;
    loop_ = std::move(*made);
  }
  std::unique_ptr<EventLoop> loop_;
  const std::function<void()> no_news_ = [] {};
};

TEST_F(EventLoopTest, EndsWithItsFibers) {
  loop_->Run(no_news_);
  int count = 0;
  loop_->Spawn([&] {
    EXPECT_EQ(EventLoop::Current(), loop_.get());
    loop_->Spawn([&] { ++count; });
    ++count;
  });
  EXPECT_EQ(EventLoop::Current(), nullptr);
  loop_->Run(no_news_);
  EXPECT_EQ(count, 2);
  EXPECT_EQ(EventLoop::Current(), nullptr);
}

// By the order of what happens, whatever the machine has else to do: one after the other they would end as they began.
TEST_F(EventLoopTest, FibersSleepAtTheSameTime) {
  constexpr int kFibers = 20;
  const auto base = Clock::now() + milliseconds(100);
  std::vector<int> ended;
  int asleep = 0;
  for (int i = 0; i < kFibers; ++i) {
    loop_->Spawn([&, i] {
      const auto until = base + milliseconds(10) * (kFibers - i);
      ++asleep;
      loop_->SleepUntil(until);
      EXPECT_GE(Clock::now(), until);
      EXPECT_EQ(asleep, kFibers) << "one ended before all had begun";
      ended.push_back(i);
    });
  }
  loop_->Run(no_news_);
  ASSERT_EQ(ended.size(), size_t{kFibers});
  for (int i = 0; i < kFibers; ++i) EXPECT_EQ(ended[static_cast<size_t>(i)], kFibers - 1 - i);
}

TEST_F(EventLoopTest, TakesMoreThanFitIntoItsRings) {
  int count = 0;
  for (int i = 0; i < 2000; ++i) {
    loop_->Spawn([&] {
      loop_->SleepUntil(Clock::now() + milliseconds(20));
      ++count;
    });
  }
  loop_->Run(no_news_);
  EXPECT_EQ(count, 2000);
}

TEST_F(EventLoopTest, ASleepIntoThePastEndsAtOnce) {
  int ended = 0;
  for (const Clock::time_point past : {Clock::now() - milliseconds(5), Clock::time_point()}) {
    loop_->Spawn([&, past] {
      loop_->SleepUntil(past);
      ++ended;
    });
  }
  loop_->Run(no_news_);
  EXPECT_EQ(ended, 2);
}

TEST_F(EventLoopTest, IsWokenByOtherThreads) {
  constexpr int kNumbers = 2000;
  std::mutex mutex;
  std::vector<int> posted;
  FiberQueue<int> numbers(*loop_);
  std::vector<int> seen;
  loop_->Spawn([&] {
    while (const auto number = numbers.Pop()) seen.push_back(*number);
  });
  std::jthread poster([&] {
    for (int i = 0; i < kNumbers; ++i) {
      {
        const std::lock_guard lock(mutex);
        posted.push_back(i);
      }
      loop_->Wake();
      if (i % 100 == 0) std::this_thread::yield();
    }
  });
  loop_->Run([&] {
    std::vector<int> news;
    {
      const std::lock_guard lock(mutex);
      news.swap(posted);
    }
    for (const int number : news) numbers.Push(number);
    if (!news.empty() && news.back() == kNumbers - 1) numbers.Close();
  });
  ASSERT_EQ(seen.size(), size_t{kNumbers});
  for (int i = 0; i < kNumbers; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
}

TEST_F(EventLoopTest, AQueueEndsForAllWhoWait) {
  FiberQueue<int> queue(*loop_);
  int got = 0;
  int ends = 0;
  for (int i = 0; i < 3; ++i) {
    loop_->Spawn([&] {
      while (queue.Pop()) ++got;
      ++ends;
    });
  }
  loop_->Spawn([&] {
    for (int i = 0; i < 10; ++i) queue.Push(i);
    queue.Close();
  });
  loop_->Run(no_news_);
  EXPECT_EQ(got, 10);
  EXPECT_EQ(ends, 3);
}

TEST(SlowLink, AnswersComeALatencyLaterOverOneLine) {
  SlowLink link({milliseconds(5), 1000});  // a byte in a millisecond
  const auto begin = Clock::now();
  EXPECT_EQ(link.Answer(begin, 0), begin + milliseconds(5));
  EXPECT_EQ(link.Answer(begin, 10), begin + milliseconds(15));
  // The line is taken until 10 ms; but what has no bytes does not need it.
  EXPECT_EQ(link.Answer(begin, 10), begin + milliseconds(25));
  EXPECT_EQ(link.Answer(begin + milliseconds(1), 0), begin + milliseconds(6));
  // Free again.
  EXPECT_EQ(link.Answer(begin + milliseconds(40), 2), begin + milliseconds(47));
}

}  // namespace
}  // namespace tbbthumbs::bench
