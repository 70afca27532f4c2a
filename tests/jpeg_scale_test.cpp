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

TEST(ChooseDctScale, FastLeavesLess) {
  EXPECT_EQ(ChooseDctScale({1000, 1000}, {100, 100}, true), 1);
  EXPECT_EQ(ChooseDctScale({999, 999}, {100, 100}, true), 2);
  EXPECT_EQ(ChooseDctScale({500, 500}, {100, 100}, true), 2);
  EXPECT_EQ(ChooseDctScale({499, 499}, {100, 100}, true), 4);
  EXPECT_EQ(ChooseDctScale({250, 250}, {100, 100}, true), 4);
  EXPECT_EQ(ChooseDctScale({249, 249}, {100, 100}, true), 8);
}

TEST(ChooseDctScale, TheSideThatShrinksLeastDecides) {
  EXPECT_EQ(ChooseDctScale({4096, 3072}, {256, 192}), 1);
  EXPECT_EQ(ChooseDctScale({4096, 100}, {256, 6}), 1);
  EXPECT_EQ(ChooseDctScale({4000, 100}, {256, 50}), 8);
}

TEST(ChooseComponentScale, LooksAtTheComponentsOwnGrid) {
  const JpegSampling luma{2, 2, 2, 2}, quarter{1, 1, 2, 2}, columns{1, 1, 4, 1};
  EXPECT_EQ(ChooseComponentScale({1600, 1600}, luma, {100, 100}), 1);
  // Half the columns and rows for half the target; twice the scale for all of it, as far as there is one.
  EXPECT_EQ(ChooseComponentScale({1600, 1600}, quarter, {50, 50}), 1);
  EXPECT_EQ(ChooseComponentScale({1600, 1600}, quarter, {51, 50}), 2);
  EXPECT_EQ(ChooseComponentScale({1600, 1600}, quarter, {100, 100}), 2);
  EXPECT_EQ(ChooseComponentScale({300, 300}, quarter, {100, 100}), 8);
  EXPECT_EQ(ChooseComponentScale({1600, 1600}, columns, {50, 50}), 2);
  EXPECT_EQ(ChooseComponentScale({65500, 65500}, {1, 1, 3, 1}, {32750, 1}), 8);
}

TEST(ComponentPlane, CoversExactlyWhatThePictureDoes) {
  const JpegSampling luma{2, 2, 2, 2}, chroma{1, 1, 2, 2}, third{2, 1, 3, 1};
  const PlaneFormat fine = ComponentPlane({4001, 3000}, luma, 1);
  EXPECT_EQ(fine.width, 501);
  EXPECT_EQ(fine.height, 375);
  EXPECT_EQ(fine.extent_width, 500.125);
  EXPECT_EQ(fine.extent_height, 375);
  const PlaneFormat coarse = ComponentPlane({4001, 3000}, chroma, 1);
  EXPECT_EQ(coarse.width, 251);
  EXPECT_EQ(coarse.height, 188);
  EXPECT_EQ(coarse.extent_width, 250.0625);
  EXPECT_EQ(coarse.extent_height, 187.5);
  for (int side = 1; side < 300; ++side) {
    for (const int scale : {1, 2, 4, 8}) {
      const PlaneFormat plane = ComponentPlane({side, side}, third, scale);
      ASSERT_GT(plane.extent_width, plane.width - 1) << side;
      ASSERT_LE(plane.extent_width, plane.width) << side;
      ASSERT_EQ(plane.channels, 1);
    }
  }
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
