#include "codecs/raster.h"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>

namespace tbbthumbs {
namespace {

Raster Make(Size size, ColorModel color, bool alpha, std::initializer_list<int> samples) {
  Raster raster{.size = size, .color = color, .alpha = alpha, .sample = SampleType::kU8, .pixels = {}};
  for (const int sample : samples) raster.pixels.push_back(static_cast<std::byte>(sample));
  return raster;
}

Raster Make16(Size size, ColorModel color, bool alpha, std::initializer_list<int> samples) {
  Raster raster{.size = size, .color = color, .alpha = alpha, .sample = SampleType::kU16, .pixels = {}};
  raster.pixels.resize(samples.size() * 2);
  size_t i = 0;
  for (const int sample : samples) raster.u16()[i++] = static_cast<uint16_t>(sample);
  return raster;
}

std::vector<int> Samples(const Raster& raster) {
  if (raster.sample == SampleType::kU8) return {raster.u8().begin(), raster.u8().end()};
  return {raster.u16().begin(), raster.u16().end()};
}

TEST(ReduceToU8, RoundsEveryValueToNearest) {
  Raster raster{
      .size = {65536, 1}, .color = ColorModel::kGray, .alpha = false, .sample = SampleType::kU16, .pixels = {}};
  raster.pixels.resize(65536 * 2);
  for (size_t i = 0; i < 65536; ++i) raster.u16()[i] = static_cast<uint16_t>(i);
  ReduceToU8(raster);
  ASSERT_EQ(raster.sample, SampleType::kU8);
  ASSERT_EQ(raster.pixels.size(), 65536u);
  for (size_t i = 0; i < 65536; ++i) {
    ASSERT_EQ(raster.u8()[i], std::lround(static_cast<double>(i) / 257)) << i;
  }
}

TEST(ReduceToU8, Leaves8Bit) {
  Raster raster = Make({2, 1}, ColorModel::kGray, false, {7, 9});
  ReduceToU8(raster);
  EXPECT_EQ(Samples(raster), (std::vector<int>{7, 9}));
}

TEST(Flatten, MixesExactlyForEveryColourAndAlpha) {
  Raster raster{.size = {256, 256}, .color = ColorModel::kGray, .alpha = true, .sample = SampleType::kU8, .pixels = {}};
  for (int alpha = 0; alpha < 256; ++alpha) {
    for (int color = 0; color < 256; ++color) {
      raster.pixels.push_back(static_cast<std::byte>(color));
      raster.pixels.push_back(static_cast<std::byte>(alpha));
    }
  }
  Flatten(raster, {200, 200, 200});
  EXPECT_EQ(raster.color, ColorModel::kGray);
  EXPECT_FALSE(raster.alpha);
  for (int alpha = 0; alpha < 256; ++alpha) {
    for (int color = 0; color < 256; ++color) {
      const double exact = (color * alpha + 200.0 * (255 - alpha)) / 255;
      ASSERT_EQ(raster.u8()[static_cast<size_t>(alpha * 256 + color)], std::lround(exact)) << color << " " << alpha;
    }
  }
}

TEST(Flatten, RgbTakesEachChannelOfTheBackground) {
  Raster raster = Make({3, 1}, ColorModel::kRgb, true, {1, 2, 3, 0, 1, 2, 3, 255, 0, 100, 200, 51});
  Flatten(raster, {250, 100, 0});
  EXPECT_EQ(Samples(raster), (std::vector<int>{250, 100, 0, 1, 2, 3, 200, 100, 40}));
}

TEST(Flatten, GrayOnAColouredBackgroundBecomesRgb) {
  Raster raster = Make({2, 1}, ColorModel::kGray, true, {90, 255, 90, 0});
  Flatten(raster, {255, 0, 10});
  EXPECT_EQ(raster.color, ColorModel::kRgb);
  EXPECT_EQ(Samples(raster), (std::vector<int>{90, 90, 90, 255, 0, 10}));
}

TEST(Flatten, SixteenBitBackgroundSpansTheRange) {
  Raster raster = Make16({3, 1}, ColorModel::kGray, true, {1000, 0, 1000, 65535, 0, 32768});
  Flatten(raster, {255, 255, 255});
  EXPECT_EQ(Samples(raster), (std::vector<int>{65535, 1000, 32767}));
}

TEST(Flatten, LeavesOpaquePicturesAlone) {
  Raster raster = Make({1, 1}, ColorModel::kRgb, false, {1, 2, 3});
  Flatten(raster, {9, 9, 9});
  EXPECT_EQ(Samples(raster), (std::vector<int>{1, 2, 3}));
}

TEST(DropAlpha, KeepsColours) {
  Raster rgb = Make({2, 1}, ColorModel::kRgb, true, {1, 2, 3, 0, 4, 5, 6, 77});
  DropAlpha(rgb);
  EXPECT_FALSE(rgb.alpha);
  EXPECT_EQ(Samples(rgb), (std::vector<int>{1, 2, 3, 4, 5, 6}));
  Raster gray = Make16({2, 1}, ColorModel::kGray, true, {1000, 0, 2000, 5});
  DropAlpha(gray);
  EXPECT_EQ(Samples(gray), (std::vector<int>{1000, 2000}));
}

}  // namespace
}  // namespace tbbthumbs
