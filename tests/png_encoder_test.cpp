#include "codecs/png_encoder.h"

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cstring>

#include "codecs/png_decoder.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

Raster Picture(Size size, ColorModel color, bool alpha) {
  Raster raster{.size = size, .color = color, .alpha = alpha, .sample = SampleType::kU8, .pixels = {}};
  raster.pixels.resize(raster.row_bytes() * static_cast<size_t>(size.height));
  uint32_t noise = 1;
  for (size_t i = 0; i < raster.pixels.size(); ++i) {
    noise = noise * 1664525 + 1013904223;
    raster.pixels[i] = static_cast<std::byte>(i / 7 + (noise >> 29));
  }
  return raster;
}

// libpng's own way of reading a file at once, with libpng's own idea of the layout.
std::vector<std::byte> ReadWithSimplifiedApi(const std::vector<std::byte>& file, const Raster& like) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) return {};
  EXPECT_EQ(static_cast<int>(image.width), like.size.width);
  EXPECT_EQ(static_cast<int>(image.height), like.size.height);
  image.format =
      (like.color == ColorModel::kRgb ? PNG_FORMAT_FLAG_COLOR : 0u) | (like.alpha ? PNG_FORMAT_FLAG_ALPHA : 0u);
  std::vector<std::byte> pixels(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) == 0) return {};
  return pixels;
}

TEST(EncodePng, IsReadBackExactlyByLibpngAndByUs) {
  for (const ColorModel color : {ColorModel::kGray, ColorModel::kRgb}) {
    for (const bool alpha : {false, true}) {
      for (const Size size : {Size{1, 1}, Size{256, 171}, Size{3, 900}}) {
        const Raster raster = Picture(size, color, alpha);
        const auto file = EncodePng(raster);
        ASSERT_TRUE(file.has_value()) << file.error().message;
        EXPECT_EQ(ReadWithSimplifiedApi(*file, raster), raster.pixels);

        MemorySource source{std::span<const std::byte>(*file)};
        const DecodeLimits limits;
        auto decoder = OpenPng(source, limits);
        ASSERT_TRUE(decoder.has_value());
        testing::CollectingSink sink;
        Workspace workspace;
        const auto report = (*decoder)->Decode({.at_least = size, .strictness = Strictness::kStrict}, sink, workspace,
                                               Watch(limits, std::stop_token()));
        ASSERT_TRUE(report.has_value()) << report.error().message;
        EXPECT_EQ(sink.bytes, raster.pixels);
        EXPECT_EQ(sink.format.alpha, alpha);
        EXPECT_EQ(sink.format.color, color);
      }
    }
  }
}

TEST(EncodePng, WritesNothingButThePicture) {
  const auto file = EncodePng(Picture({200, 200}, ColorModel::kRgb, true));
  ASSERT_TRUE(file.has_value());
  for (const testing::PngChunk& chunk : testing::SplitChunks(*file)) {
    EXPECT_TRUE(chunk.type == "IHDR" || chunk.type == "IDAT" || chunk.type == "IEND") << chunk.type;
  }
}

TEST(EncodePng, ChoosesFiltersByRow) {
  // A smooth ramp compresses well only where rows are filtered.
  Raster ramp = Picture({256, 256}, ColorModel::kGray, false);
  for (int y = 0; y < 256; ++y) {
    for (int x = 0; x < 256; ++x) ramp.row(y)[static_cast<size_t>(x)] = static_cast<std::byte>((x * 3 + y * 5) / 4);
  }
  const auto file = EncodePng(ramp);
  ASSERT_TRUE(file.has_value());
  EXPECT_LT(file->size(), 2500u);
}

TEST(EncodePng, RefusesWhatItDoesNotTake) {
  Raster wide = Picture({2, 2}, ColorModel::kRgb, false);
  wide.sample = SampleType::kU16;
  wide.pixels.resize(24);
  Raster cmyk = Picture({2, 2}, ColorModel::kCmyk, false);
  Raster empty;
  Raster short_of_pixels = Picture({2, 2}, ColorModel::kRgb, false);
  short_of_pixels.pixels.pop_back();
  for (const Raster& raster : {wide, cmyk, empty, short_of_pixels}) {
    const auto file = EncodePng(raster);
    ASSERT_FALSE(file.has_value());
    EXPECT_EQ(file.error().code, ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace tbbthumbs
