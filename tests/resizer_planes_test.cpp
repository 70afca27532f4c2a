// The resizer on ColorModel::kYcc.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "codecs/resizer.h"

namespace tbbthumbs {
namespace {

// A plane whose samples are a function of where their centres lie in the picture, in pixels.
struct Plane {
  PlaneFormat format;
  std::function<double(double x, double y)> value;
};

// Three planes of a picture of that size, each on a grid `coarse[i]` times as coarse as the pixels.
std::vector<Plane> Planes(Size size, const std::array<Size, 3>& coarse,
                          const std::array<std::function<double(double, double)>, 3>& values) {
  std::vector<Plane> planes;
  for (size_t i = 0; i < 3; ++i) {
    const double width = 1.0 * size.width / coarse[i].width, height = 1.0 * size.height / coarse[i].height;
    planes.push_back({{static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(height)), 1, width, height},
                      [=](double x, double y) { return values[i](x * coarse[i].width, y * coarse[i].height); }});
  }
  return planes;
}

RowFormat FormatOf(const std::vector<Plane>& planes) {
  RowFormat format;
  format.color = ColorModel::kYcc;
  for (const Plane& plane : planes) format.planes.push_back(plane.format);
  return format;
}

std::vector<std::byte> RowOf(const Plane& plane, int y) {
  std::vector<std::byte> row;
  for (int x = 0; x < plane.format.width; ++x) {
    row.push_back(static_cast<std::byte>(std::lround(plane.value(x + 0.5, y + 0.5))));
  }
  return row;
}

// All rows of the last plane first, so that no order between planes is taken for granted.
void Deliver(const std::vector<Plane>& planes, Resizer& resizer) {
  ASSERT_TRUE(resizer.Begin(FormatOf(planes)));
  for (size_t i = planes.size(); i-- > 0;) {
    for (int y = 0; y < planes[i].format.height; ++y) {
      ASSERT_TRUE(resizer.Row(static_cast<int>(i), RowOf(planes[i], y)));
    }
  }
  ASSERT_TRUE(resizer.End());
}

YccPlanes Halved(const std::vector<Plane>& planes, Size target) {
  TapCache taps;
  Resizer resizer(target, Kernel::kLanczos3, taps, YccResult::kHalvedChroma);
  Deliver(planes, resizer);
  auto taken = resizer.TakePlanes();
  EXPECT_TRUE(taken);
  EXPECT_TRUE(resizer.Take().pixels.empty());
  return taken ? *taken : YccPlanes{};
}

Raster Whole(const std::vector<Plane>& planes, Size target) {
  TapCache taps;
  Resizer resizer(target, Kernel::kLanczos3, taps);
  Deliver(planes, resizer);
  EXPECT_FALSE(resizer.TakePlanes());
  return resizer.Take();
}

int At(const YccPlanes& planes, int plane, int x, int y) {
  const int width = plane == 0 ? planes.size.width : planes.chroma_size.width;
  return static_cast<int>(planes.planes[plane][static_cast<size_t>(y) * width + x]);
}

const auto kFlat = [](double level) { return [level](double, double) { return level; }; };

TEST(ResizerPlanes, ConstantStaysConstant) {
  for (const Size size : {Size{640, 480}, {101, 75}, {33, 1}}) {
    const auto planes = Planes(size, {Size{1, 1}, Size{2, 2}, Size{4, 1}}, {kFlat(200), kFlat(90), kFlat(150)});
    for (int side = 1; side <= std::min(40, size.width); ++side) {
      const Size target{side, std::max(1, side * size.height / size.width)};
      const YccPlanes halved = Halved(planes, target);
      ASSERT_EQ(halved.chroma_size, ChromaHalved(target));
      for (const std::byte sample : halved.planes[0]) ASSERT_EQ(static_cast<int>(sample), 200);
      for (const std::byte sample : halved.planes[1]) ASSERT_EQ(static_cast<int>(sample), 90);
      for (const std::byte sample : halved.planes[2]) ASSERT_EQ(static_cast<int>(sample), 150);
    }
  }
}

// Chroma sample i is centred on the border between the pixels 2 i and 2 i + 1, whatever grid it came on.
TEST(ResizerPlanes, HalvedChromaLiesAsJfifSaysWithOddSidesToo) {
  const Size size{240, 180};
  // A quarter off whole steps on every grid. Averaging and the result round by up to a half each: less than 1.3, where
  // a shift by half a pixel would be 2.1 or more.
  constexpr double kRounding = 1.3;
  const auto across = [](double x, double) { return 10.25 + x; };
  const auto down = [](double, double y) { return 20.25 + y; };
  for (const auto& coarse : {std::array{Size{1, 1}, Size{1, 1}, Size{1, 1}},
                             {Size{1, 1}, Size{2, 2}, Size{2, 2}},
                             {Size{1, 1}, Size{2, 1}, Size{2, 1}},
                             {Size{2, 2}, Size{4, 4}, Size{1, 4}}}) {
    const auto planes = Planes(size, coarse, {across, across, down});
    for (const Size target : {Size{40, 30}, {41, 31}, {43, 32}, {57, 43}}) {
      const YccPlanes halved = Halved(planes, target);
      const double pixel_x = 1.0 * size.width / target.width, pixel_y = 1.0 * size.height / target.height;
      for (int x = 4; x < target.width - 4; ++x) {
        EXPECT_NEAR(At(halved, 0, x, 8), across((x + 0.5) * pixel_x, 0), kRounding) << x;
      }
      for (int x = 3; x < halved.chroma_size.width - 3; ++x) {
        EXPECT_NEAR(At(halved, 1, x, 8), across((2 * x + 1) * pixel_x, 0), kRounding) << x << " of " << target.width;
      }
      for (int y = 3; y < halved.chroma_size.height - 3; ++y) {
        EXPECT_NEAR(At(halved, 2, 8, y), down(0, (2 * y + 1) * pixel_y), kRounding) << y << " of " << target.height;
      }
      // At the edge half of the filter is left: it may lean inwards by half a sample, and not further.
      const int last = halved.chroma_size.width - 1;
      EXPECT_NEAR(At(halved, 1, last, 8), across(std::min(2.0 * last + 1, target.width - 0.5) * pixel_x, 0),
                  pixel_x / 2);
    }
  }
}

TEST(ResizerPlanes, AWholePictureIsItsPlanesConverted) {
  const auto planes = Planes({321, 241}, {Size{1, 1}, Size{2, 2}, Size{2, 2}},
                             {[](double x, double y) { return 128 + 100 * std::sin(x / 9 + y / 13); },
                              [](double x, double) { return 128 + 90 * std::sin(x / 17); },
                              [](double, double y) { return 128 + 90 * std::cos(y / 15); }});
  const Size target{75, 57};
  const Raster rgb = Whole(planes, target);
  ASSERT_EQ(rgb.color, ColorModel::kRgb);
  ASSERT_EQ(rgb.size, target);
  YccPlanes expected = YccPlanes::Make(target, target);
  for (size_t i = 0; i < 3; ++i) {
    TapCache taps;
    Resizer resizer(target, Kernel::kLanczos3, taps);
    RowFormat format;
    format.color = ColorModel::kGray;
    format.planes = {planes[i].format};
    ASSERT_TRUE(resizer.Begin(format));
    for (int y = 0; y < planes[i].format.height; ++y) ASSERT_TRUE(resizer.Row(0, RowOf(planes[i], y)));
    ASSERT_TRUE(resizer.End());
    expected.planes[i] = resizer.Take().pixels;
  }
  EXPECT_EQ(rgb.pixels, YccToRgb(expected).pixels);
}

TEST(ResizerPlanes, WhatHasItsSizeAlreadyIsCopied) {
  const auto wave = [](double x, double y) { return std::round(128 + 100 * std::sin(x * 3 + y * 5)); };
  for (const Size size : {Size{40, 30}, {41, 31}}) {
    const auto planes = Planes(size, {Size{1, 1}, Size{2, 2}, Size{2, 2}}, {wave, wave, wave});
    const YccPlanes halved = Halved(planes, size);
    for (size_t i = 0; i < 3; ++i) {
      std::vector<std::byte> expected;
      for (int y = 0; y < planes[i].format.height; ++y) {
        const auto row = RowOf(planes[i], y);
        expected.insert(expected.end(), row.begin(), row.end());
      }
      EXPECT_EQ(halved.planes[i], expected) << i;
    }
  }
}

TEST(ResizerPlanes, ASecondPictureOfAnotherModelReplacesTheFirst) {
  TapCache taps;
  Resizer resizer({16, 16}, Kernel::kLanczos3, taps, YccResult::kHalvedChroma);
  const auto planes = Planes({64, 64}, {Size{1, 1}, Size{2, 2}, Size{2, 2}}, {kFlat(10), kFlat(20), kFlat(30)});
  ASSERT_TRUE(resizer.Begin(FormatOf(planes)));
  ASSERT_TRUE(resizer.Row(0, RowOf(planes[0], 0)));
  RowFormat rgb;
  rgb.planes = {{2, 1, 3, 2, 1}};
  ASSERT_TRUE(resizer.Begin(rgb));
  ASSERT_TRUE(resizer.Row(0, std::vector<std::byte>(6, std::byte{77})));
  ASSERT_TRUE(resizer.End());
  EXPECT_FALSE(resizer.TakePlanes());
  const Raster raster = resizer.Take();
  EXPECT_EQ(raster.pixels, std::vector<std::byte>(16 * 16 * 3, std::byte{77}));
}

TEST(ResizerPlanes, RefusesWhatIsNoYccPicture) {
  TapCache taps;
  Resizer resizer({16, 16}, Kernel::kLanczos3, taps);
  const RowFormat good = FormatOf(Planes({64, 64}, {Size{1, 1}, Size{2, 2}, Size{2, 2}}, {}));
  ASSERT_TRUE(resizer.Begin(good));
  RowFormat two = good;
  two.planes.pop_back();
  RowFormat wide = good;
  wide.sample = SampleType::kU16;
  RowFormat interleaved = good;
  interleaved.planes = {{64, 64, 3, 64, 64}};
  RowFormat alpha = good;
  alpha.alpha = true;
  alpha.planes.push_back(alpha.planes[0]);
  for (const RowFormat& bad : {two, wide, interleaved, alpha}) {
    const Status status = resizer.Begin(bad);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace tbbthumbs
