#include "pipeline/body_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace tbbthumbs {
namespace {

std::shared_ptr<BodyBudget> InOrder(size_t limit) { return BodyBudget::Make(limit, true); }
std::shared_ptr<BodyBudget> AsTheyCome(size_t limit) { return BodyBudget::Make(limit, false); }

// A body of that many bytes, over the limit if it must be.
BodyBudget::Claim Whole(BodyBudget& budget, uint64_t seq, size_t bytes) {
  BodyBudget::Claim claim = budget.Begin(seq);
  EXPECT_TRUE(claim.GrowTo(bytes, true));
  claim.Finish(bytes);
  return claim;
}

TEST(BodyBudget, KeepsToItsLimit) {
  const auto budget = InOrder(100);
  BodyBudget::Claim one = budget->Begin(0);
  BodyBudget::Claim other = budget->Begin(1);
  EXPECT_TRUE(one.GrowTo(60, false));
  EXPECT_FALSE(other.GrowTo(41, false));
  EXPECT_EQ(other.bytes(), 0U);
  EXPECT_TRUE(other.GrowTo(40, false));
  EXPECT_FALSE(one.GrowTo(61, false));
  EXPECT_EQ(one.bytes(), 60U);
  EXPECT_EQ(budget->held(), 100U);
  other.Release();
  EXPECT_TRUE(one.GrowTo(100, false));
  EXPECT_EQ(budget->held(), 100U);
}

TEST(BodyBudget, GrowsToNoLessThanItHas) {
  const auto budget = InOrder(100);
  BodyBudget::Claim claim = budget->Begin(0);
  EXPECT_TRUE(claim.GrowTo(100, false));
  EXPECT_TRUE(claim.GrowTo(30, false));
  EXPECT_EQ(claim.bytes(), 100U);
  EXPECT_EQ(budget->held(), 100U);
}

TEST(BodyBudget, GoesOverItWhereThatIsAllowed) {
  const auto budget = InOrder(100);
  BodyBudget::Claim large = budget->Begin(0);
  EXPECT_TRUE(large.GrowTo(1000, true));
  BodyBudget::Claim small = budget->Begin(1);
  EXPECT_FALSE(small.GrowTo(1, false)) << "not while another is over it";
  EXPECT_EQ(budget->held(), 1000U);
  large.Finish(1000);
  EXPECT_FALSE(small.GrowTo(1, false)) << "nor while that is worked on";
  large.Release();
  EXPECT_TRUE(small.GrowTo(1, false));
}

TEST(BodyBudget, CountsClaimsUntilTheyGo) {
  const auto budget = InOrder(100);
  {
    BodyBudget::Claim claim = budget->Begin(0);
    EXPECT_TRUE(claim.GrowTo(80, false));
    claim.Finish(50);
    EXPECT_EQ(claim.bytes(), 50U);
    EXPECT_EQ(budget->held(), 50U) << "what it does not need goes back";
    BodyBudget::Claim moved = std::move(claim);
    EXPECT_EQ(moved.bytes(), 50U);
    EXPECT_EQ(budget->held(), 50U);
    claim = BodyBudget::Claim();
    EXPECT_EQ(budget->held(), 50U);
    BodyBudget::Claim other = budget->Begin(1);
    EXPECT_TRUE(other.GrowTo(20, false));
    moved = std::move(other);
    EXPECT_EQ(budget->held(), 20U) << "what it had before went back";
  }
  EXPECT_EQ(budget->held(), 0U);
  EXPECT_EQ(budget->peak(), 80U);
}

TEST(BodyBudget, ReleasesOnce) {
  const auto budget = InOrder(100);
  BodyBudget::Claim claim = Whole(*budget, 0, 30);
  const BodyBudget::Claim other = Whole(*budget, 1, 30);
  claim.Release();
  claim.Release();
  EXPECT_EQ(budget->held(), 30U);
  EXPECT_EQ(claim.bytes(), 0U);
}

TEST(BodyBudget, LetsOnlyTheNextInTurnExceedInOrder) {
  const auto budget = InOrder(100);
  EXPECT_TRUE(budget->MayExceed(3));
  std::optional<BodyBudget::Claim> later = Whole(*budget, 5, 90);
  EXPECT_TRUE(budget->MayExceed(3)) << "whoever works on 5 waits for 3";
  std::optional<BodyBudget::Claim> earlier = Whole(*budget, 2, 10);
  EXPECT_FALSE(budget->MayExceed(3)) << "2 is worked on, and let go without 3";
  EXPECT_TRUE(budget->MayExceed(1));
  earlier.reset();
  EXPECT_TRUE(budget->MayExceed(3));
}

TEST(BodyBudget, LetsNoneExceedBesideWholeOnesElse) {
  const auto budget = AsTheyCome(100);
  EXPECT_TRUE(budget->MayExceed(3));
  std::optional<BodyBudget::Claim> later = Whole(*budget, 5, 1);
  EXPECT_FALSE(budget->MayExceed(3)) << "5 is worked on whatever becomes of 3";
  later.reset();
  EXPECT_TRUE(budget->MayExceed(3));
  BodyBudget::Claim growing = budget->Begin(6);
  EXPECT_TRUE(growing.GrowTo(100, false));
  EXPECT_TRUE(budget->MayExceed(3)) << "what is not whole does not count";
}

TEST(BodyBudget, SaysWhatFitsBesideWholeOnes) {
  const auto budget = InOrder(100);
  BodyBudget::Claim growing = budget->Begin(0);
  EXPECT_TRUE(growing.GrowTo(90, false));
  EXPECT_TRUE(budget->FitsBesideWhole(100));
  EXPECT_FALSE(budget->FitsBesideWhole(101));
  growing.Finish(90);
  EXPECT_TRUE(budget->FitsBesideWhole(10));
  EXPECT_FALSE(budget->FitsBesideWhole(11));
  BodyBudget::Claim large = Whole(*budget, 1, 1000);
  EXPECT_FALSE(budget->FitsBesideWhole(0));
  growing.Release();
  EXPECT_FALSE(budget->FitsBesideWhole(0));
  large.Release();
  EXPECT_TRUE(budget->FitsBesideWhole(100));
}

TEST(BodyBudget, TellsOnceOfRoomAfterANo) {
  const auto budget = InOrder(100);
  int told = 0;
  budget->OnRoom([&] { ++told; });
  const auto give_back = [&](uint64_t seq) { Whole(*budget, seq, 1).Release(); };
  BodyBudget::Claim full = budget->Begin(100);
  BodyBudget::Claim other = budget->Begin(101);

  give_back(0);
  EXPECT_EQ(told, 0) << "nobody has asked";
  EXPECT_TRUE(full.GrowTo(50, false));
  EXPECT_TRUE(budget->MayExceed(100));
  EXPECT_TRUE(budget->FitsBesideWhole(10));
  give_back(1);
  EXPECT_EQ(told, 0) << "nothing was refused";

  EXPECT_FALSE(other.GrowTo(51, false));
  EXPECT_FALSE(other.GrowTo(51, false));
  full.Release();
  EXPECT_EQ(told, 1);
  give_back(2);
  EXPECT_EQ(told, 1) << "nobody has asked again";

  const BodyBudget::Claim whole = Whole(*budget, 3, 1);
  EXPECT_FALSE(budget->MayExceed(102));
  give_back(4);
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(budget->FitsBesideWhole(100));
  give_back(5);
  EXPECT_EQ(told, 3);
}

TEST(BodyBudget, TellsWhenABodyNeedsLessThanItHad) {
  const auto budget = InOrder(100);
  int told = 0;
  budget->OnRoom([&] { ++told; });
  BodyBudget::Claim claim = budget->Begin(0);
  BodyBudget::Claim other = budget->Begin(1);
  EXPECT_TRUE(claim.GrowTo(100, false));
  EXPECT_FALSE(other.GrowTo(10, false));
  claim.Finish(90);
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(other.GrowTo(10, false));
}

TEST(BodyBudget, TellsNobodyAfterThat) {
  const auto budget = InOrder(1);
  int told = 0;
  budget->OnRoom([&] { ++told; });
  BodyBudget::Claim whole = Whole(*budget, 0, 1);
  EXPECT_FALSE(budget->MayExceed(1));
  budget->OnRoom(nullptr);
  whole.Release();
  EXPECT_EQ(told, 0);
}

TEST(BodyBudget, LivesAsLongAsItsClaims) {
  auto budget = InOrder(10);
  const std::weak_ptr<BodyBudget> seen = budget;
  std::optional<BodyBudget::Claim> claim = Whole(*budget, 0, 20);
  budget.reset();
  EXPECT_EQ(claim->bytes(), 20U);
  EXPECT_FALSE(seen.expired());
  claim.reset();
  EXPECT_TRUE(seen.expired());
}

TEST(BodyBudget, HasNoClaimByDefault) {
  BodyBudget::Claim claim;
  claim.Release();
  EXPECT_EQ(claim.bytes(), 0U);
}

// One thread fetches, as the fetcher does; others let go of what is whole, in any order. Everybody goes on to the end,
// and no more is held than the limit and one body.
class BodyBudgetStress : public ::testing::TestWithParam<bool> {};

TEST_P(BodyBudgetStress, MovesAlwaysAndHoldsNoMore) {
  constexpr size_t kLimit = 1000;
  constexpr size_t kLargest = 3000;
  constexpr uint64_t kBodies = 3000;
  const bool in_order = GetParam();
  const auto budget = BodyBudget::Make(kLimit, in_order);

  std::mutex mutex;
  std::condition_variable changed;
  bool room = false;
  bool over = false;
  std::vector<BodyBudget::Claim> whole;
  budget->OnRoom([&] {
    const std::lock_guard lock(mutex);
    room = true;
    changed.notify_all();
  });
  std::vector<std::thread> workers;
  workers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      for (;;) {
        BodyBudget::Claim claim;
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return over || !whole.empty(); });
        if (whole.empty()) return;
        claim = std::move(whole.back());
        whole.pop_back();
        lock.unlock();
        claim.Release();
      }
    });
  }
  struct Body {
    uint64_t seq;
    size_t size;
    BodyBudget::Claim claim;
  };
  std::minstd_rand random(1);
  std::uniform_int_distribution<size_t> sizes(1, kLargest);
  std::vector<Body> bodies;
  uint64_t next = 0;
  while (next < kBodies || !bodies.empty()) {
    while (next < kBodies && bodies.size() < 8) {
      const uint64_t seq = next++;
      bodies.push_back({seq, sizes(random), budget->Begin(seq)});
    }
    bool moved = false;
    for (size_t i = 0; i < bodies.size();) {
      Body& body = bodies[i];
      const size_t more = std::min(body.size, body.claim.bytes() + 100);
      if (!body.claim.GrowTo(more, i == 0 && budget->MayExceed(body.seq))) {
        ++i;
        continue;
      }
      moved = true;
      if (more < body.size) {
        ++i;
        continue;
      }
      body.claim.Finish(body.size);
      const std::lock_guard lock(mutex);
      whole.push_back(std::move(body.claim));
      bodies.erase(bodies.begin() + static_cast<std::ptrdiff_t>(i));
      changed.notify_all();
    }
    std::unique_lock lock(mutex);
    if (!moved) changed.wait(lock, [&] { return room; });
    room = false;
  }
  {
    const std::lock_guard lock(mutex);
    over = true;
  }
  changed.notify_all();
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(budget->held(), 0U);
  EXPECT_GT(budget->peak(), kLimit);
  EXPECT_LE(budget->peak(), kLimit + kLargest);
}

INSTANTIATE_TEST_SUITE_P(Orders, BodyBudgetStress, ::testing::Bool(),
                         [](const auto& order) { return order.param ? "InOrder" : "AsTheyCome"; });

}  // namespace
}  // namespace tbbthumbs
