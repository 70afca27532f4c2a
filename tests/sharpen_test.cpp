#include "codecs/sharpen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "codecs/thumbnail.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"
#include "tests/support/thumbnail_pixels.h"

namespace tbbthumbs {
namespace {

using testing::Decoded;
using testing::MakeJpeg;
using testing::MakePng;
using testing::PngColor;
using testing::PngFixture;

Raster Noise(Size size, ColorModel color, bool alpha, int low = 0, int high = 255) {
  Raster raster{size, color, alpha, SampleType::kU8, {}};
  raster.pixels.resize(raster.row_bytes() * static_cast<size_t>(size.height));
  uint32_t state = 3;
  for (uint8_t& sample : raster.u8()) {
    state = state * 1664525 + 1013904223;
    sample = static_cast<uint8_t>(low + static_cast<int>(state >> 24) * (high - low) / 255);
  }
  return raster;
}

double LumaOf(const Raster& raster, int x, int y) {
  const auto* pixel = raster.u8().data() + static_cast<size_t>((y * raster.size.width + x) * raster.channels());
  return raster.color == ColorModel::kGray ? pixel[0] : 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
}

// The unsharp mask written out, without rounding.
double Sharpened(const Raster& raster, int x, int y, int channel, double amount) {
  double sum = 0, weights = 0;
  for (int dy = -4; dy <= 4; ++dy) {
    for (int dx = -4; dx <= 4; ++dx) {
      const int at_x = std::clamp(x + dx, 0, raster.size.width - 1);
      const int at_y = std::clamp(y + dy, 0, raster.size.height - 1);
      double weight = std::exp(-(dx * dx + dy * dy) / (2 * 0.8 * 0.8));
      if (raster.alpha) {
        weight *= raster.u8()[static_cast<size_t>((at_y * raster.size.width + at_x + 1) * raster.channels() - 1)];
      }
      sum += weight * LumaOf(raster, at_x, at_y);
      weights += weight;
    }
  }
  const auto index = static_cast<size_t>((y * raster.size.width + x) * raster.channels() + channel);
  return std::clamp(raster.u8()[index] + amount * (LumaOf(raster, x, y) - sum / weights), 0.0, 255.0);
}

TEST(Sharpen, IsAnUnsharpMask) {
  for (const Size size : {Size{23, 17}, Size{1, 1}, Size{1, 9}, Size{40, 2}, Size{3, 3}}) {
    for (const ColorModel color : {ColorModel::kGray, ColorModel::kRgb}) {
      for (const bool alpha : {false, true}) {
        const Raster before = Noise(size, color, alpha, alpha ? 1 : 0);
        for (const double amount : {0.25, 1.0, 3.0}) {
          Raster after = before;
          Sharpen(after, amount);
          for (int i = 0; i < static_cast<int>(before.pixels.size()); ++i) {
            const int channel = i % before.channels();
            const int at = i / before.channels();
            const auto index = static_cast<size_t>(i);
            if (channel == ColorChannels(color)) {
              ASSERT_EQ(after.u8()[index], before.u8()[index]) << "alpha";
              continue;
            }
            // Weights and factors are rounded to 256ths.
            ASSERT_NEAR(after.u8()[index], Sharpened(before, at % size.width, at / size.width, channel, amount),
                        0.6 + amount);
          }
        }
      }
    }
  }
}

TEST(Sharpen, ByNothingIsNothing) {
  const Raster before = Noise({20, 20}, ColorModel::kRgb, true);
  Raster after = before;
  Sharpen(after, 0);
  EXPECT_EQ(after.pixels, before.pixels);
}

TEST(Sharpen, FlatPicturesStayAsTheyAre) {
  for (const int alpha : {1, 7, 128, 255}) {
    Raster raster{{9, 7}, ColorModel::kRgb, true, SampleType::kU8, {}};
    for (int i = 0; i < 63; ++i) {
      for (const int sample : {200, 31, 90, alpha}) raster.pixels.push_back(static_cast<std::byte>(sample));
    }
    const std::vector<std::byte> before = raster.pixels;
    Sharpen(raster, 10);
    EXPECT_EQ(raster.pixels, before) << alpha;
  }
}

TEST(Sharpen, ColoursDoNotShift) {
  const Raster before = Noise({30, 30}, ColorModel::kRgb, false, 100, 140);
  Raster after = before;
  Sharpen(after, 1);
  ASSERT_NE(after.pixels, before.pixels);
  for (size_t i = 0; i < before.pixels.size(); i += 3) {
    const int change = after.u8()[i] - before.u8()[i];
    EXPECT_EQ(after.u8()[i + 1] - before.u8()[i + 1], change);
    EXPECT_EQ(after.u8()[i + 2] - before.u8()[i + 2], change);
  }
}

TEST(Sharpen, WhatLiesUnderTransparencyShowsNowhere) {
  Raster one = Noise({24, 24}, ColorModel::kRgb, true);
  for (size_t i = 0; i < one.pixels.size(); i += 4) {
    if (i / 4 % 3 == 0) one.u8()[i + 3] = 0;
  }
  Raster other = one;
  for (size_t i = 0; i < one.pixels.size(); i += 4) {
    if (one.u8()[i + 3] == 0) std::fill_n(other.u8().begin() + static_cast<ptrdiff_t>(i), 3, uint8_t{255});
  }
  Sharpen(one, 2);
  Sharpen(other, 2);
  for (size_t i = 0; i < one.pixels.size(); ++i) {
    if (one.u8()[i / 4 * 4 + 3] == 0) continue;
    ASSERT_EQ(one.u8()[i], other.u8()[i]) << i;
  }
}

TEST(Sharpen, PlanesAreSharpenedInTheirLuma) {
  const Raster gray = Noise({31, 22}, ColorModel::kGray, false);
  YccPlanes planes = YccPlanes::Make(gray.size, ChromaHalved(gray.size));
  planes.planes[0] = gray.pixels;
  planes.planes[1].assign(planes.planes[1].size(), std::byte{90});
  const YccPlanes before = planes;
  Raster expected = gray;
  Sharpen(expected, 1.5);
  Sharpen(planes, 1.5);
  EXPECT_EQ(planes.planes[0], expected.pixels);
  EXPECT_EQ(planes.planes[1], before.planes[1]);
  EXPECT_EQ(planes.planes[2], before.planes[2]);
}

// Through a whole thumbnail.

Made Make(const std::vector<std::byte>& file, SpecSet specs, const std::vector<std::string>& sizes) {
  specs.sizes.clear();
  for (const std::string& size : sizes) specs.sizes.push_back(ParseSizeSpec(size).value());
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  auto made = MakeThumbnails(source, specs, {}, workspace);
  EXPECT_TRUE(made) << made.error().message;
  if (made) return std::move(*made);
  Made none;
  none.thumbnails.resize(sizes.size());
  return none;
}

std::vector<std::byte> NoisyPng(PngColor color) {
  PngFixture fixture{.size = {120, 80}, .color = color};
  fixture.samples = testing::NoiseSamples(fixture);
  return MakePng(fixture);
}

TEST(SharpenedThumbnail, IsTheThumbnailSharpened) {
  for (const PngColor color : {PngColor::kGray, PngColor::kRgb, PngColor::kRgba}) {
    for (const bool linear : {false, true}) {
      const auto file = NoisyPng(color);
      SpecSet specs{.linear = linear, .format = OutputFormat::kPng};
      Raster expected = Decoded(Make(file, specs, {"60"}).thumbnails[0]);
      Sharpen(expected, 0.75);
      specs.sharpen = 0.75;
      EXPECT_EQ(Decoded(Make(file, specs, {"60"}).thumbnails[0]).pixels, expected.pixels);
    }
  }
}

TEST(SharpenedThumbnail, ASizeHasItsOwnAmount) {
  const auto file = NoisyPng(PngColor::kRgb);
  SpecSet specs{.format = OutputFormat::kPng};
  const auto plain = Make(file, specs, {"60", "40"});
  specs.sharpen = 2;
  const auto all = Make(file, specs, {"60", "40"});
  const auto own = Make(file, specs, {"60,sharpen=0", "40,sharpen=2"});
  EXPECT_NE(all.thumbnails[0].bytes, plain.thumbnails[0].bytes);
  EXPECT_EQ(own.thumbnails[0].bytes, plain.thumbnails[0].bytes);
  EXPECT_EQ(own.thumbnails[1].bytes, all.thumbnails[1].bytes);
}

TEST(SharpenedThumbnail, ABorderIsNotSharpened) {
  const auto file = NoisyPng(PngColor::kRgb);
  SpecSet specs{.sharpen = 3, .format = OutputFormat::kPng, .background = {200, 10, 20}};
  const Raster inside = Decoded(Make(file, specs, {"60"}).thumbnails[0]);
  const Raster padded = Decoded(Make(file, specs, {"60,fit=pad"}).thumbnails[0]);
  ASSERT_EQ(inside.size, (Size{60, 40}));
  ASSERT_EQ(padded.size, (Size{60, 60}));
  for (int y = 0; y < 60; ++y) {
    const auto row = padded.row(y);
    if (y >= 10 && y < 50) {
      ASSERT_TRUE(std::ranges::equal(row, inside.row(y - 10)));
      continue;
    }
    for (size_t i = 0; i < row.size(); i += 3) {
      ASSERT_EQ(static_cast<int>(row[i]), 200);
      ASSERT_EQ(static_cast<int>(row[i + 1]), 10);
      ASSERT_EQ(static_cast<int>(row[i + 2]), 20);
    }
  }
}

// JPEG that stays Y, Cb and Cr all the way is sharpened there, and looks as if it had gone through RGB.
TEST(SharpenedThumbnail, PlanesStayPlanes) {
  const auto paint = [](int x, int y, uint8_t* rgb) {
    const int edges = (x / 40 + y / 50) % 2 * 60;
    rgb[0] = static_cast<uint8_t>(60 + edges + 50 * std::sin(x / 90.0));
    rgb[1] = static_cast<uint8_t>(70 + edges + 50 * std::sin(y / 80.0));
    rgb[2] = static_cast<uint8_t>(90 + edges);
  };
  const auto file = MakeJpeg({.size = {1203, 801}, .quality = 97, .paint = paint});
  SpecSet specs{.quality = 98};
  const Made plain = Make(file, specs, {"200"});
  specs.sharpen = 1;
  const Made planes = Make(file, specs, {"200"});
  specs.decoder = DecoderChoice::kReference;
  const Made rgb = Make(file, specs, {"200"});
  EXPECT_EQ(planes.decode.path, plain.decode.path);
  EXPECT_NE(planes.decode.path, rgb.decode.path);
  const Raster a = Decoded(planes.thumbnails[0]), b = Decoded(rgb.thumbnails[0]), c = Decoded(plain.thumbnails[0]);
  double difference = 0, from_plain = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    difference += std::abs(a.u8()[i] - b.u8()[i]);
    from_plain += std::abs(a.u8()[i] - c.u8()[i]);
  }
  EXPECT_LT(difference / static_cast<double>(a.pixels.size()), 1.2);
  EXPECT_GT(from_plain / static_cast<double>(a.pixels.size()), 3);
}

TEST(SharpenedThumbnail, AmountsOutOfRangeAreRefused) {
  const auto file = NoisyPng(PngColor::kGray);
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  for (const double amount : {-1.0, 10.1, std::nan("")}) {
    const auto made = MakeThumbnails(source, {.sharpen = amount}, {}, workspace);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
    SizeSpec size;
    size.sharpen = amount;
    EXPECT_FALSE(MakeThumbnails(source, {.sizes = {size}}, {}, workspace));
  }
}

}  // namespace
}  // namespace tbbthumbs
