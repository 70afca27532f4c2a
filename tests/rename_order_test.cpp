#include "pipeline/rename_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

namespace tbbthumbs {
namespace {

std::string AsideOf(const RenameStep& step) { return step.from + "~"; }

std::vector<std::string> Texts(const std::vector<RenameStep>& steps) {
  std::vector<std::string> texts;
  texts.reserve(steps.size());
  for (const RenameStep& step : steps) texts.push_back(step.from + ">" + step.to);
  return texts;
}

std::vector<std::string> Order(std::vector<RenameStep> moves) { return Texts(OrderRenames(std::move(moves), AsideOf)); }

TEST(OrderRenames, WhoWaitsForANameComesAfterTheOneThatHasIt) {
  EXPECT_THAT(Order({{"a", "b"}, {"b", "c"}, {"x", "y"}}), ::testing::ElementsAre("b>c", "a>b", "x>y"));
}

TEST(OrderRenames, CyclesGoByANameInBetween) {
  EXPECT_THAT(Order({{"a", "b"}, {"b", "a"}}), ::testing::ElementsAre("a>a~", "b>a", "a~>b"));
  EXPECT_THAT(Order({{"a", "b"}, {"b", "c"}, {"c", "a"}}), ::testing::ElementsAre("a>a~", "c>a", "b>c", "a~>b"));
}

TEST(OrderRenames, NothingIsReplacedAndAllArriveWhateverThePlan) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    const int count = 1 + static_cast<int>(random() % 12);
    std::vector<int> targets(static_cast<size_t>(count + 3));
    std::iota(targets.begin(), targets.end(), 0);
    std::shuffle(targets.begin(), targets.end(), random);
    std::vector<RenameStep> moves;
    std::map<std::string, std::string> files;  // name -> what it is
    std::map<std::string, std::string> wanted;
    for (int i = 0; i < count; ++i) {
      const std::string from = std::to_string(i);
      const std::string to = std::to_string(targets[static_cast<size_t>(i)]);
      files[from] = "file " + from;
      wanted[to] = "file " + from;
      if (from != to) moves.push_back({from, to});
    }
    const size_t move_count = moves.size();
    const auto steps = OrderRenames(std::move(moves), AsideOf);
    EXPECT_LE(steps.size(), move_count + move_count / 2);
    for (const RenameStep& step : steps) {
      ASSERT_TRUE(files.contains(step.from));
      ASSERT_FALSE(files.contains(step.to)) << step.from << " > " << step.to;
      files[step.to] = files[step.from];
      files.erase(step.from);
    }
    EXPECT_EQ(files, wanted);
  }
}

}  // namespace
}  // namespace tbbthumbs
