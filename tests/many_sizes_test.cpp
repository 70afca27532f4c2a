// Many thumbnails of one picture beside each made alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "codecs/thumbnail.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using testing::PngColor;
using testing::PngFixture;

constexpr Size kSize{603, 451};

std::vector<Encoded> Make(const std::vector<std::byte>& file, const SpecSet& specs) {
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  auto made = MakeThumbnails(source, specs, {}, workspace);
  EXPECT_TRUE(made) << made.error().message;
  return made ? std::move(made->thumbnails) : std::vector<Encoded>(specs.sizes.size());
}

testing::CollectingSink Decoded(const Encoded& thumbnail) {
  MemorySource source{std::span<const std::byte>(thumbnail.bytes)};
  auto decoder = OpenDecoder(source, {});
  EXPECT_TRUE(decoder);
  testing::CollectingSink sink;
  Workspace workspace;
  const DecodeRequest request{.at_least = thumbnail.size, .decoder = DecoderChoice::kReference};
  EXPECT_TRUE((*decoder)->Decode(request, sink, workspace, Watch(DecodeLimits(), {})));
  return sink;
}

// 0 to 1: slopes, waves that grow finer to the right, and a sharp edge.
double Paint(int x, int y, int channel) {
  const double u = 1.0 * x / kSize.width;
  const double v = 1.0 * y / kSize.height;
  const double waves = .5 + .5 * std::sin((20 + 60 * u) * u + 9 * channel * v);
  const double edge = u + v > 1 ? .25 : 0;
  return std::clamp(.2 * u + .45 * waves + .1 * v + edge, 0.0, 1.0);
}

// A disc with a soft edge.
double Opacity(int x, int y) {
  const double radius = std::hypot(x - kSize.width / 2.0, y - kSize.height / 2.0);
  return std::clamp((200 - radius) / 30, 0.0, 1.0);
}

PngFixture Png(PngColor color, int depth = 8) {
  PngFixture fixture{.size = kSize, .color = color, .depth = depth};
  const int channels = testing::PngChannels(color);
  const bool alpha = color == PngColor::kRgba || color == PngColor::kGrayAlpha;
  for (int y = 0; y < kSize.height; ++y) {
    for (int x = 0; x < kSize.width; ++x) {
      for (int c = 0; c < channels; ++c) {
        const double value = alpha && c == channels - 1 ? Opacity(x, y) : Paint(x, y, c);
        fixture.samples.push_back(static_cast<uint16_t>(std::lround(value * ((1 << depth) - 1))));
      }
    }
  }
  return fixture;
}

testing::JpegFixture Jpeg(testing::JpegColor color) {
  testing::JpegFixture fixture{.size = kSize, .color = color};
  const int channels = color == testing::JpegColor::kGray ? 1 : color == testing::JpegColor::kCmyk ? 4 : 3;
  fixture.paint = [channels](int x, int y, uint8_t* s) {
    for (int c = 0; c < channels; ++c) s[c] = static_cast<uint8_t>(std::lround(255 * Paint(x, y, c)));
  };
  return fixture;
}

struct Difference {
  double mean = 0;
  int largest = 0;
};

// Colours count as much as they can be seen.
std::vector<int> Visible(const testing::CollectingSink& picture) {
  std::vector<int> samples;
  const auto channels = static_cast<size_t>(picture.format.planes[0].channels);
  for (size_t i = 0; i < picture.bytes.size(); ++i) {
    const int sample = static_cast<int>(picture.bytes[i]);
    const bool colour = picture.format.alpha && i % channels != channels - 1;
    samples.push_back(colour ? sample * static_cast<int>(picture.bytes[i / channels * channels + channels - 1]) / 255
                             : sample);
  }
  return samples;
}

Difference Compare(const testing::CollectingSink& a, const testing::CollectingSink& b) {
  const std::vector<int> one = Visible(a);
  const std::vector<int> other = Visible(b);
  EXPECT_EQ(one.size(), other.size());
  Difference difference;
  for (size_t i = 0; i < std::min(one.size(), other.size()); ++i) {
    difference.mean += 1.0 * std::abs(one[i] - other[i]) / static_cast<double>(one.size());
    difference.largest = std::max(difference.largest, std::abs(one[i] - other[i]));
  }
  return difference;
}

struct Bounds {
  double mean = 0;
  int largest = 0;
};

// All sizes at once beside each alone. Much of the difference is not of the sizes between: small ones alone are made of
// plain averages (BoxShrink), and are farther from the whole picture's Lanczos3.
void ExpectClose(const std::vector<std::byte>& file, SpecSet specs, const Bounds& bounds) {
  specs.sizes.clear();
  for (const char* size : {"300", "230", "150", "100", "75", "40", "20", "90x90,fit=cover",
                           "70x110,fit=cover,gravity=east", "60x80,fit=fill", "120x120,fit=pad"}) {
    specs.sizes.push_back(ParseSizeSpec(size).value());
  }
  const std::vector<Encoded> all = Make(file, specs);
  double worst_mean = 0;
  int worst = 0;
  for (size_t i = 0; i < specs.sizes.size(); ++i) {
    SpecSet one = specs;
    one.sizes = {specs.sizes[i]};
    const std::vector<Encoded> alone = Make(file, one);
    ASSERT_EQ(all[i].size, alone[0].size);
    ASSERT_EQ(all[i].format, alone[0].format);
    const Difference difference = Compare(Decoded(all[i]), Decoded(alone[0]));
    EXPECT_LE(difference.mean, bounds.mean) << ToString(specs.sizes[i]);
    EXPECT_LE(difference.largest, bounds.largest) << ToString(specs.sizes[i]);
    worst_mean = std::max(worst_mean, difference.mean);
    worst = std::max(worst, difference.largest);
  }
  EXPECT_GT(worst_mean, bounds.mean / 4) << "the bound is slack";
  EXPECT_GT(worst, bounds.largest / 4) << "the bound is slack";
}

const SpecSet kPng{.format = OutputFormat::kPng};

TEST(ManySizes, RgbIsAsMadeAlone) { ExpectClose(MakePng(Png(PngColor::kRgb)), kPng, {1, 8}); }

TEST(ManySizes, EveryKernel) {
  for (const Kernel kernel : {Kernel::kCatmullRom, Kernel::kMitchell, Kernel::kArea}) {
    SCOPED_TRACE(static_cast<int>(kernel));
    SpecSet specs = kPng;
    specs.kernel = kernel;
    ExpectClose(MakePng(Png(PngColor::kRgb)), specs, {1, 8});
  }
}

TEST(ManySizes, GrayIsAsMadeAlone) { ExpectClose(MakePng(Png(PngColor::kGray)), kPng, {1, 8}); }

TEST(ManySizes, AlphaIsAsMadeAlone) {
  ExpectClose(MakePng(Png(PngColor::kRgba)), kPng, {.4, 6});
  ExpectClose(MakePng(Png(PngColor::kGrayAlpha)), kPng, {.4, 6});
}

TEST(ManySizes, SixteenBitsAreAsMadeAlone) {
  ExpectClose(MakePng(Png(PngColor::kRgb, 16)), kPng, {1, 8});
  ExpectClose(MakePng(Png(PngColor::kRgba, 16)), kPng, {.4, 6});
}

TEST(ManySizes, EveryOrientationIsAsMadeAlone) {
  for (int orientation = 2; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    PngFixture fixture = Png(PngColor::kRgb);
    fixture.before_data.push_back({"eXIf", testing::ExifWithOrientation(orientation)});
    ExpectClose(MakePng(fixture), kPng, {1, 8});
  }
}

// A JPEG is decoded at the scale that the largest size needs: smaller ones alone are made of fewer samples.
TEST(ManySizes, JpegIsAsMadeAlone) {
  for (const auto color : {testing::JpegColor::kYcc, testing::JpegColor::kGray, testing::JpegColor::kCmyk}) {
    SCOPED_TRACE(static_cast<int>(color));
    ExpectClose(MakeJpeg(Jpeg(color)), kPng, {2, 20});
  }
}

// Here planes go all the way from the file to the thumbnail.
TEST(ManySizes, PlanesAreAsMadeAlone) {
  const auto file = MakeJpeg(Jpeg(testing::JpegColor::kYcc));
  ExpectClose(file, SpecSet{.quality = 100, .chroma = Chroma::k420}, {1.5, 30});
  ExpectClose(file, SpecSet{.quality = 100, .chroma = Chroma::k444}, {2, 30});
}

TEST(ManySizes, TheLargestIsMadeOfTheDecodedPicture) {
  for (const auto& file : {MakePng(Png(PngColor::kRgba)), MakeJpeg(Jpeg(testing::JpegColor::kYcc))}) {
    const std::vector<Encoded> several = Make(file, SpecSet{.sizes = {{100, 100}, {200, 200}, {50, 50}}});
    EXPECT_EQ(several[1].bytes, Make(file, SpecSet{.sizes = {{200, 200}}})[0].bytes);
  }
}

// Pictures that are smaller than all sizes are as they are in all of them.
TEST(ManySizes, WhatIsNotResizedIsTheSameInAll) {
  const auto file = MakePng(Png(PngColor::kRgba));
  const std::vector<Encoded> several =
      Make(file, SpecSet{.sizes = {{700, 700}, {900, 900}, {800, 800}}, .format = OutputFormat::kPng});
  EXPECT_EQ(several[0].bytes, several[1].bytes);
  EXPECT_EQ(several[0].bytes, several[2].bytes);
}

}  // namespace
}  // namespace tbbthumbs
