#include "codecs/png_reduction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;

Raster Make(Size size, ColorModel color, bool alpha, const std::vector<uint8_t>& samples) {
  Raster raster{.size = size, .color = color, .alpha = alpha, .sample = SampleType::kU8, .pixels = {}};
  raster.pixels.resize(raster.row_bytes() * static_cast<size_t>(size.height));
  EXPECT_EQ(raster.pixels.size(), samples.size());
  std::copy(samples.begin(), samples.end(), raster.u8().begin());
  return raster;
}

Raster Gray(const std::vector<uint8_t>& samples) {
  return Make({static_cast<int>(samples.size()), 1}, ColorModel::kGray, false, samples);
}

PngStorage Layout(PngColorType color, int depth) { return {color, depth}; }

// `count` different colours, each in several places.
Raster ManyColors(size_t count, bool alpha) {
  std::vector<uint8_t> samples;
  for (size_t i = 0; i < 3 * count; ++i) {
    const size_t color = i * 7 % count;
    samples.insert(samples.end(), {static_cast<uint8_t>(color), static_cast<uint8_t>(color >> 8), 9});
    if (alpha) samples.push_back(static_cast<uint8_t>(255 - color % 2));
  }
  return Make({static_cast<int>(3 * count), 1}, ColorModel::kRgb, alpha, samples);
}

TEST(DirectStorage, LeavesOutWhatSaysNothing) {
  const Size two{2, 1};
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kRgb, false, {1, 2, 3, 4, 4, 4})), Layout(PngColorType::kRgb, 8));
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kRgb, false, {1, 1, 1, 4, 4, 4})), Layout(PngColorType::kGray, 8));
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kRgb, true, {1, 2, 3, 255, 4, 4, 4, 255})),
            Layout(PngColorType::kRgb, 8));
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kRgb, true, {1, 2, 3, 255, 4, 4, 4, 254})),
            Layout(PngColorType::kRgba, 8));
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kRgb, true, {1, 1, 1, 255, 4, 4, 4, 0})),
            Layout(PngColorType::kGrayAlpha, 8));
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kRgb, true, {1, 1, 1, 255, 4, 4, 4, 255})),
            Layout(PngColorType::kGray, 8));
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kGray, true, {1, 255, 4, 255})), Layout(PngColorType::kGray, 8));
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kGray, true, {1, 255, 4, 128})), Layout(PngColorType::kGrayAlpha, 8));
  // Alpha that shows in the last pixel only, behind a colour in the first; and the other way round.
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kRgb, true, {1, 2, 3, 255, 4, 4, 4, 0})),
            Layout(PngColorType::kRgba, 8));
  EXPECT_EQ(DirectStorage(Make(two, ColorModel::kRgb, true, {4, 4, 4, 0, 1, 2, 3, 255})),
            Layout(PngColorType::kRgba, 8));
}

TEST(DirectStorage, TakesTheBitsThatGraysNeed) {
  EXPECT_EQ(DirectStorage(Gray({0, 255, 0})).depth, 1);
  EXPECT_EQ(DirectStorage(Gray({0})).depth, 1);
  EXPECT_EQ(DirectStorage(Gray({0, 85, 170, 255})).depth, 2);
  EXPECT_EQ(DirectStorage(Gray({85})).depth, 2);
  EXPECT_EQ(DirectStorage(Gray({0, 17, 255})).depth, 4);
  EXPECT_EQ(DirectStorage(Gray({0, 17, 18})).depth, 8);
  EXPECT_EQ(DirectStorage(Gray({1, 255})).depth, 8);
}

TEST(PngPalette, HoldsUpTo256Colors) {
  PngPalette palette;
  const std::pair<size_t, int> kDepths[] = {{1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 4}, {16, 4}, {17, 8}, {256, 8}};
  for (const bool alpha : {false, true}) {
    for (const auto& [count, depth] : kDepths) {
      ASSERT_TRUE(palette.Collect(ManyColors(count, alpha), PngPalette::kMaxColors)) << count;
      EXPECT_EQ(palette.colors().size(), count);
      EXPECT_EQ(palette.depth(), depth);
      EXPECT_EQ(palette.transparent(), alpha ? count / 2 : 0);
      for (size_t i = 0; i < count; ++i) EXPECT_EQ(palette.IndexOf(palette.colors()[i]), i);
    }
    EXPECT_FALSE(palette.Collect(ManyColors(257, alpha), PngPalette::kMaxColors));
    EXPECT_FALSE(palette.Collect(ManyColors(5000, alpha), PngPalette::kMaxColors));
    EXPECT_FALSE(palette.Collect(ManyColors(17, alpha), 16));
    EXPECT_TRUE(palette.Collect(ManyColors(16, alpha), 16));
  }
}

TEST(PngPalette, TransparentOnesComeFirstThenTheDark) {
  PngPalette palette;
  const Raster raster = Make({5, 1}, ColorModel::kRgb, true, {255, 255, 255, 255,  //
                                                              255, 0,   0,   255,  //
                                                              0,   255, 0,   254,  //
                                                              0,   0,   0,   0,    //
                                                              0,   0,   255, 255});
  ASSERT_TRUE(palette.Collect(raster, 256));
  EXPECT_THAT(palette.colors(), ElementsAre(0x00000000u, 0xFE00FF00u, 0xFFFF0000u, 0xFF0000FFu, 0xFFFFFFFFu));
  EXPECT_EQ(palette.transparent(), 2u);
}

// Nobody sees a difference between transparent ones, but they come back as they were.
TEST(PngPalette, TransparentColorsStayApart) {
  PngPalette palette;
  const Raster raster = Make({3, 1}, ColorModel::kRgb, true, {1, 2, 3, 0, 0, 0, 0, 0, 1, 2, 3, 0});
  ASSERT_TRUE(palette.Collect(raster, 256));
  EXPECT_EQ(palette.colors().size(), 2u);
}

TEST(PngPalette, ForgetsTheLastPicture) {
  PngPalette palette;
  ASSERT_TRUE(palette.Collect(ManyColors(200, true), 256));
  ASSERT_TRUE(palette.Collect(Gray({7, 7, 8}), 256));
  EXPECT_THAT(palette.colors(), ElementsAre(0xFF070707u, 0xFF080808u));
  EXPECT_EQ(palette.transparent(), 0u);
}

TEST(PackRows, PutsTheFirstPixelIntoTheHighestBits) {
  PngPalette palette;
  std::vector<uint8_t> rows;
  const Raster bits = Make({9, 2}, ColorModel::kGray, false,
                           {255, 0, 0, 0, 0, 0, 0, 255, 255,  //
                            0, 0, 0, 0, 0, 0, 0, 0, 255});
  PackRows(bits, Layout(PngColorType::kGray, 1), palette, rows);
  EXPECT_THAT(rows, ElementsAre(0x81, 0x80, 0x00, 0x80));
  EXPECT_EQ(Layout(PngColorType::kGray, 1).row_bytes(9), 2u);

  PackRows(Gray({0, 85, 170, 255, 85}), Layout(PngColorType::kGray, 2), palette, rows);
  EXPECT_THAT(rows, ElementsAre(0x1B, 0x40));
  PackRows(Gray({0, 17, 255}), Layout(PngColorType::kGray, 4), palette, rows);
  EXPECT_THAT(rows, ElementsAre(0x01, 0xF0));

  const Raster colors = Gray({10, 20, 30, 20, 10});
  ASSERT_TRUE(palette.Collect(colors, 256));
  PackRows(colors, Layout(PngColorType::kPalette, 2), palette, rows);
  EXPECT_THAT(rows, ElementsAre(0x19, 0x00));
  PackRows(colors, Layout(PngColorType::kPalette, 8), palette, rows);
  EXPECT_THAT(rows, ElementsAre(0, 1, 2, 1, 0));
}

TEST(PackRows, DropsChannels) {
  PngPalette palette;
  std::vector<uint8_t> rows;
  const Raster raster = Make({2, 1}, ColorModel::kRgb, true, {1, 2, 3, 4, 5, 6, 7, 8});
  PackRows(raster, Layout(PngColorType::kRgba, 8), palette, rows);
  EXPECT_THAT(rows, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  PackRows(raster, Layout(PngColorType::kRgb, 8), palette, rows);
  EXPECT_THAT(rows, ElementsAre(1, 2, 3, 5, 6, 7));
  PackRows(raster, Layout(PngColorType::kGrayAlpha, 8), palette, rows);
  EXPECT_THAT(rows, ElementsAre(1, 4, 5, 8));
  PackRows(raster, Layout(PngColorType::kGray, 8), palette, rows);
  EXPECT_THAT(rows, ElementsAre(1, 5));
}

}  // namespace
}  // namespace tbbthumbs
