#include "codecs/jpeg_scale.h"

#include <gtest/gtest.h>

namespace tbbthumbs {
namespace {

TEST(ChooseDctScale, FollowsTheRatio) {
  // Ratios 16, 8 and 4 are the borders.
  EXPECT_EQ(ChooseDctScale({1600, 1600}, {100, 100}), 1);
  EXPECT_EQ(ChooseDctScale({1599, 1599}, {100, 100}), 2);
  EXPECT_EQ(ChooseDctScale({800, 800}, {100, 100}), 2);
  EXPECT_EQ(ChooseDctScale({799, 799}, {100, 100}), 4);
  EXPECT_EQ(ChooseDctScale({400, 400}, {100, 100}), 4);
  EXPECT_EQ(ChooseDctScale({399, 399}, {100, 100}), 8);
  EXPECT_EQ(ChooseDctScale({100, 100}, {100, 100}), 8);
}

TEST(ChooseDctScale, TheSideThatShrinksLeastDecides) {
  EXPECT_EQ(ChooseDctScale({4096, 3072}, {256, 192}), 1);
  EXPECT_EQ(ChooseDctScale({4096, 100}, {256, 6}), 1);
  EXPECT_EQ(ChooseDctScale({4000, 100}, {256, 50}), 8);
}

TEST(ChooseDctScale, LargeSidesDoNotOverflow) { EXPECT_EQ(ChooseDctScale({65500, 65500}, {65500, 65500}), 8); }

TEST(ChooseDctScale, AlwaysLeavesEnough) {
  for (int full = 8; full < 4000; full += 7) {
    for (int target = 1; target <= full; target += 13) {
      const int scale = ChooseDctScale({full, full}, {target, target});
      if (scale < 8) {
        EXPECT_GE(full * scale / 8.0, target * 2.0) << full << " to " << target;
      }
      if (scale > 1) {
        EXPECT_LT(full * scale / 16.0, target * 2.0) << full << " to " << target;
      }
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
