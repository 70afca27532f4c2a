#include "codecs/thumbnail_spec.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tbbthumbs {
namespace {

TEST(ParseSizeSpec, TheFourForms) {
  EXPECT_EQ(ParseSizeSpec("256"), (SizeSpec{256, 256}));
  EXPECT_EQ(ParseSizeSpec("256x"), (SizeSpec{256, 0}));
  EXPECT_EQ(ParseSizeSpec("x256"), (SizeSpec{0, 256}));
  EXPECT_EQ(ParseSizeSpec("320x240"), (SizeSpec{320, 240}));
  EXPECT_EQ(ParseSizeSpec("65500"), (SizeSpec{65500, 65500}));
}

TEST(ParseSizeSpec, RefusesAllElse) {
  for (const char* text :
       {"", "x", "0", "0x10", "10x0", "-5", "65501", "12a", "a", "1x2x3", " 5", "99999999999", "5X6"}) {
    const auto spec = ParseSizeSpec(text);
    ASSERT_FALSE(spec) << text;
    EXPECT_FALSE(spec.error().message.empty());
  }
}

TEST(ToString, ReadsBack) {
  for (const SizeSpec spec : {SizeSpec{256, 256}, SizeSpec{256, 0}, SizeSpec{0, 9}, SizeSpec{320, 240}}) {
    EXPECT_EQ(ParseSizeSpec(ToString(spec)), spec) << ToString(spec);
  }
}

TEST(SizeLabels, ABoxAndAWidthAreCalledAlikeUnlessBothAreWanted) {
  EXPECT_EQ(SizeLabels({{32, 32}, {64, 0}, {0, 64}, {320, 240}}),
            (std::vector<std::string>{"32", "64", "x64", "320x240"}));
  EXPECT_EQ(SizeLabels({{32, 32}, {32, 0}}), (std::vector<std::string>{"32", "32x"}));
  EXPECT_EQ(SizeLabels({{32, 0}, {32, 32}}), (std::vector<std::string>{"32", "32x32"}));
}

TEST(FitInside, RoundsToNearestAndOnlyShrinks) {
  EXPECT_EQ(FitInside({4000, 3000}, {256, 256}), (Size{256, 192}));
  EXPECT_EQ(FitInside({3000, 4000}, {256, 256}), (Size{192, 256}));
  EXPECT_EQ(FitInside({4000, 3000}, {256, 0}), (Size{256, 192}));
  EXPECT_EQ(FitInside({4000, 3000}, {0, 256}), (Size{341, 256}));
  EXPECT_EQ(FitInside({4000, 3000}, {100, 240}), (Size{100, 75}));
  EXPECT_EQ(FitInside({100, 80}, {256, 256}), (Size{100, 80}));
  EXPECT_EQ(FitInside({30000, 1}, {256, 256}), (Size{256, 1}));
  EXPECT_EQ(FitInside({1, 30000}, {256, 256}), (Size{1, 256}));
}

TEST(FitInside, TheLimitingSideIsAlwaysExact) {
  for (int width = 257; width < 6000; width += 61) {
    for (int height = 1; height < 6000; height += 97) {
      const Size size = FitInside({width, height}, {256, 256});
      EXPECT_EQ(std::max(size.width, size.height), 256) << width << " x " << height;
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
