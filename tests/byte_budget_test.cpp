#include "pipeline/byte_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tbbthumbs {
namespace {

TEST(ByteBudget, HoldsNoMoreThanItsLimit) {
  ByteBudget budget(100);
  std::atomic<uint64_t> next{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (;;) {
        const uint64_t seq = next++;
        if (seq >= 2000) return;
        const ByteClaim claim = budget.Claim(seq, 1 + seq * 37 % 60);
        if (seq % 16 == 0) std::this_thread::yield();
      }
    });
  }
  threads.clear();
  EXPECT_LE(budget.peak(), 100u);
  EXPECT_GT(budget.peak(), 50u);
}

TEST(ByteBudget, AdmitsOneOfAnySizeWhenNothingIsHeld) {
  ByteBudget budget(10);
  const ByteClaim claim = budget.Claim(0, 1'000'000);
  EXPECT_EQ(budget.peak(), 1'000'000u);
}

TEST(ByteBudget, WhatIsWorkedOnLeavesRoomForTheNext) {
  ByteBudget budget(10);
  std::vector<ByteClaim> at_work;
  for (uint64_t worker = 0; worker < 4; ++worker) {
    EXPECT_TRUE(budget.HasRoom(9));
    at_work.push_back(budget.Claim(worker, 9));
    EXPECT_FALSE(budget.HasRoom(9));
    at_work.back().BeginWork();
  }
  EXPECT_EQ(budget.peak(), 36u);
  at_work.clear();
  const ByteClaim next = budget.Claim(4, 20);
  EXPECT_FALSE(budget.HasRoom(1));
  EXPECT_EQ(budget.peak(), 36u);
}

TEST(ByteBudget, TellsWhetherThereIsRoom) {
  ByteBudget budget(100);
  EXPECT_TRUE(budget.HasRoom(1000));
  const ByteClaim claim = budget.Charge(60);
  EXPECT_TRUE(budget.HasRoom(40));
  EXPECT_FALSE(budget.HasRoom(41));
  EXPECT_TRUE(budget.HasRoom(0));
}

TEST(ByteBudget, ClaimsAreMadeInOrder) {
  ByteBudget budget(100);
  std::atomic<bool> second_claimed{false};
  std::jthread second([&] {
    const ByteClaim claim = budget.Claim(1, 1);
    second_claimed = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(second_claimed);
  const ByteClaim first = budget.Claim(0, 1);
  second.join();
  EXPECT_TRUE(second_claimed);
}

TEST(ByteBudget, WaitsForReleaseAndEndsOnStop) {
  ByteBudget budget(10);
  ByteClaim first = budget.Claim(0, 8);
  std::atomic<int> claimed{0};
  std::jthread second([&] {
    const ByteClaim claim = budget.Claim(1, 8);
    ++claimed;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(claimed, 0);
  first.Release();
  second.join();
  EXPECT_EQ(claimed, 1);

  ByteClaim held = budget.Claim(2, 8);
  std::jthread third([&] { const ByteClaim claim = budget.Claim(3, 8); });
  budget.Stop();
  third.join();
}

TEST(ByteBudget, HoldsNoMoreThanItsSecondLimit) {
  // Enough of the first, so that the second decides.
  ByteBudget budget(1000, 100);
  std::atomic<uint64_t> next{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (;;) {
        const uint64_t seq = next++;
        if (seq >= 2000) return;
        ByteClaim claim = budget.Claim(seq, 1 + seq % 5, 1, seq * 37 % 90);
        claim.BeginWork();
        if (seq % 16 == 0) std::this_thread::yield();
      }
    });
  }
  threads.clear();
  EXPECT_LE(budget.peak(), 100u);
  EXPECT_GT(budget.peak(), 60u);
}

TEST(ByteBudget, WhatIsWorkedOnStaysHeldForTheSecondLimit) {
  ByteBudget budget(10, 100);
  ByteClaim first = budget.Claim(0, 10, 1, 60);
  first.BeginWork();
  // The file waits no more, but there is no room for work.
  EXPECT_TRUE(budget.HasRoom(10));
  std::atomic<bool> admitted{false};
  std::jthread second([&] {
    const ByteClaim claim = budget.Claim(1, 10, 1, 60);
    admitted = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(admitted);
  // What is left of it is its thumbnail.
  first.ShrinkTo(30);
  second.join();
  EXPECT_EQ(budget.peak(), 100u);
}

TEST(ByteBudget, BothLimitsMustHaveRoom) {
  ByteBudget budget(10, 100);
  const ByteClaim waiting = budget.Claim(0, 8);
  std::atomic<bool> admitted{false};
  std::jthread second([&] {
    const ByteClaim claim = budget.Claim(1, 8, 1, 1);
    admitted = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(admitted);
  budget.Stop();
}

TEST(ByteBudget, OneOfAnySizeIsAdmittedWhereNothingIsHeld) {
  ByteBudget budget(10, 100);
  {
    const ByteClaim giant = budget.Claim(0, 5, 1, 5000);
    EXPECT_EQ(budget.peak(), 5005u);
  }
  // Those that had ended need no room, whatever is held.
  const ByteClaim second_giant = budget.Claim(1, 5, 1, 5000);
  const ByteClaim nothing = budget.Claim(2, 0, 7);
  EXPECT_EQ(budget.peak(), 5005u);
}

}  // namespace
}  // namespace tbbthumbs
