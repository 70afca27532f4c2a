#include "codecs/jpeg_scale.h"

#include <gtest/gtest.h>

namespace tbbthumbs {
namespace {

TEST(ChooseDctScale, FollowsTheRatio) {
  // Ratios 14, 7 and 3.5 are the borders.
  EXPECT_EQ(ChooseDctScale({1400, 1400}, {100, 100}), 1);
  EXPECT_EQ(ChooseDctScale({1399, 1399}, {100, 100}), 2);
  EXPECT_EQ(ChooseDctScale({700, 700}, {100, 100}), 2);
  EXPECT_EQ(ChooseDctScale({699, 699}, {100, 100}), 4);
  EXPECT_EQ(ChooseDctScale({350, 350}, {100, 100}), 4);
  EXPECT_EQ(ChooseDctScale({349, 349}, {100, 100}), 8);
  EXPECT_EQ(ChooseDctScale({100, 100}, {100, 100}), 8);
}

TEST(ChooseDctScale, TheSideThatShrinksLeastDecides) {
  EXPECT_EQ(ChooseDctScale({4000, 3000}, {256, 192}), 1);
  EXPECT_EQ(ChooseDctScale({4000, 100}, {256, 6}), 1);
  EXPECT_EQ(ChooseDctScale({4000, 100}, {256, 50}), 8);
}

TEST(ChooseDctScale, LargeSidesDoNotOverflow) { EXPECT_EQ(ChooseDctScale({65500, 65500}, {65500, 65500}), 8); }

TEST(ChooseDctScale, AlwaysLeavesEnough) {
  for (int full = 8; full < 4000; full += 7) {
    for (int target = 1; target <= full; target += 13) {
      const int scale = ChooseDctScale({full, full}, {target, target});
      if (scale < 8) {
        EXPECT_GE(full * scale / 8.0, target * 1.75) << full << " to " << target;
      }
      if (scale > 1) {
        EXPECT_LT(full * scale / 16.0, target * 1.75) << full << " to " << target;
      }
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
