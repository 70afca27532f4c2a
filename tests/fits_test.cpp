// Fits and gravities through a whole thumbnail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "codecs/smart_crop.h"
#include "codecs/thumbnail.h"
#include "codecs/thumbnail_layout.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"
#include "tests/support/thumbnail_pixels.h"

namespace tbbthumbs {
namespace {

using testing::Decoded;
using ::testing::HasSubstr;
using testing::MakeJpeg;
using testing::MakePng;
using testing::PngColor;
using testing::PngFixture;

SpecSet Specs(const std::vector<std::string>& sizes, OutputFormat format = OutputFormat::kPng) {
  SpecSet specs{.sizes = {}, .format = format};
  for (const std::string& size : sizes) specs.sizes.push_back(ParseSizeSpec(size).value());
  return specs;
}

std::vector<Encoded> Make(const std::vector<std::byte>& file, const SpecSet& specs) {
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  auto made = MakeThumbnails(source, specs, {}, workspace);
  EXPECT_TRUE(made) << made.error().message;
  return made ? std::move(made->thumbnails) : std::vector<Encoded>(specs.sizes.size());
}

std::vector<std::byte> Orient(PngFixture fixture, int orientation) {
  fixture.before_data.push_back({"eXIf", testing::ExifWithOrientation(orientation)});
  return MakePng(fixture);
}

PngFixture Noise(Size size, PngColor color = PngColor::kRgb) {
  PngFixture fixture{.size = size, .color = color};
  fixture.samples = testing::NoiseSamples(fixture);
  return fixture;
}

// The thumbnail that covers a box is the middle of the one that is as large as it takes, to the last bit.
TEST(Fits, CoverIsTheWholeCut) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const PngColor color : {PngColor::kRgb, PngColor::kGray, PngColor::kRgba}) {
      const std::vector<std::byte> file = Orient(Noise({300, 211}, color), orientation);
      for (const char* gravity : {"centre", "northwest", "east", "south"}) {
        const std::string box = "50x70";
        const auto made = Make(file, Specs({box + ",fit=cover,gravity=" + gravity}));
        const SizeSpec spec = ParseSizeSpec(box + ",fit=cover,gravity=" + gravity).value();
        const Layout layout = LayOut(orientation >= 5 ? Size{211, 300} : Size{300, 211}, spec);
        const std::string whole =
            std::to_string(layout.scaled.width) + "x" + std::to_string(layout.scaled.height) + "!";
        Raster expected = Decoded(Make(file, Specs({whole}))[0]);
        ASSERT_EQ(expected.size, layout.scaled);
        Crop(expected, layout.window);
        const Raster actual = Decoded(made[0]);
        EXPECT_EQ(actual.size, (Size{50, 70}));
        EXPECT_TRUE(actual.pixels == expected.pixels) << "orientation " << orientation << ", " << gravity;
      }
    }
  }
}

double MeanDifference(const Raster& a, const Raster& b) {
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  double sum = 0;
  for (size_t i = 0; i < std::min(a.pixels.size(), b.pixels.size()); ++i) {
    sum += std::abs(static_cast<int>(a.pixels[i]) - static_cast<int>(b.pixels[i]));
  }
  return sum / static_cast<double>(std::max<size_t>(1, a.pixels.size()));
}

// Through planes of Y, Cb and Cr, also where the window begins between two chroma samples.
TEST(Fits, JpegIsCutWhereItSaysWithItsColours) {
  const auto paint = [](int x, int y, uint8_t* rgb) {
    rgb[0] = static_cast<uint8_t>(128 + 100 * std::sin(x / 150.0));
    rgb[1] = static_cast<uint8_t>(128 + 100 * std::sin(y / 130.0));
    rgb[2] = static_cast<uint8_t>(128 + 100 * std::cos((x + y) / 210.0));
  };
  const auto file = MakeJpeg({.size = {1603, 1001}, .quality = 97, .paint = paint});
  for (const std::string box : {"100x100", "101x99", "99x33", "64x65", "33x97"}) {
    for (const char* gravity : {"centre", "northwest", "southeast"}) {
      SpecSet specs =
          Specs({box + ",fit=cover,gravity=" + gravity, box + ",fit=cover,gravity=" + gravity}, OutputFormat::kJpeg);
      specs.quality = 97;
      SpecSet exact = specs;
      exact.format = OutputFormat::kPng;
      const auto made = Make(file, specs);
      EXPECT_LT(MeanDifference(Decoded(made[0]), Decoded(Make(file, exact)[0])), 1.5) << box << " " << gravity;
      EXPECT_EQ(made[0].bytes, made[1].bytes);
    }
  }
}

TEST(Fits, FillStretches) {
  const auto file = MakePng(Noise({200, 100}));
  EXPECT_EQ(Make(file, Specs({"50x80,fit=fill"}))[0].size, (Size{50, 80}));
  EXPECT_EQ(Make(file, Specs({"50x180,fit=fill"}))[0].size, (Size{50, 100})) << "not enlarged";
  EXPECT_EQ(Make(file, Specs({"50x180!,enlarge=yes"}))[0].size, (Size{50, 180}));
}

TEST(Fits, PadSurroundsWithTheBackground) {
  const auto file = MakePng(Noise({200, 100}));
  SpecSet specs = Specs({"60,fit=pad,gravity=north", "60x30"});
  specs.background = {10, 200, 30};
  const auto made = Make(file, specs);
  Raster padded = Decoded(made[0]);
  ASSERT_EQ(padded.size, (Size{60, 60}));
  const auto last = padded.row(59);
  EXPECT_EQ(static_cast<int>(last[0]), 10);
  EXPECT_EQ(static_cast<int>(last[1]), 200);
  EXPECT_EQ(static_cast<int>(last[2]), 30);
  Crop(padded, {0, 0, {60, 30}});
  EXPECT_TRUE(padded.pixels == Decoded(made[1]).pixels);
}

TEST(Fits, PadAroundTransparencyIsOpaque) {
  PngFixture fixture{.size = {40, 20}, .color = PngColor::kRgba};
  for (int i = 0; i < 800; ++i) fixture.samples.insert(fixture.samples.end(), {1, 2, 3, 0});
  const Raster png = Decoded(Make(MakePng(fixture), Specs({"40,fit=pad"}))[0]);
  ASSERT_TRUE(png.alpha);
  EXPECT_EQ(static_cast<int>(png.row(0)[3]), 255);
  EXPECT_EQ(static_cast<int>(png.row(20)[3]), 0);
}

// What lies under transparency (black, often) does not darken the copy.
TEST(Fits, TheBlurredCopyHasTheColoursThatAreSeen) {
  PngFixture fixture{.size = {80, 40}, .color = PngColor::kRgba};
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 80; ++x) {
      const bool seen = (x / 10 + y / 10) % 2 == 0;
      fixture.samples.insert(fixture.samples.end(), {200, 160, 40, static_cast<uint16_t>(seen ? 255 : 0)});
    }
  }
  SpecSet specs = Specs({"80,fit=pad"});
  specs.blurred_border = true;
  const Raster png = Decoded(Make(MakePng(fixture), specs)[0]);
  ASSERT_EQ(png.size, (Size{80, 80}));
  ASSERT_TRUE(png.alpha);
  const auto border = png.row(4);
  size_t seen = 0;
  for (size_t i = 0; i < border.size(); i += 4) {
    if (static_cast<int>(border[i + 3]) < 50) continue;
    ++seen;
    EXPECT_NEAR(static_cast<int>(border[i]), 200, 6);
    EXPECT_NEAR(static_cast<int>(border[i + 1]), 160, 6);
    EXPECT_NEAR(static_cast<int>(border[i + 2]), 40, 6);
  }
  EXPECT_GT(seen, 40u);
}

TEST(Fits, AttentionFindsTheSubjectInEveryOrientation) {
  // A face on a wall, off the middle.
  PngFixture fixture{.size = {600, 200}};
  for (int y = 0; y < 200; ++y) {
    for (int x = 0; x < 600; ++x) {
      const bool face = (x - 480) * (x - 480) + (y - 100) * (y - 100) < 60 * 60;
      for (const int sample : face ? std::array{210, 150, 115} : std::array{120, 124, 128}) {
        fixture.samples.push_back(static_cast<uint16_t>(sample));
      }
    }
  }
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto made = Make(Orient(fixture, orientation), Specs({"50,fit=cover,gravity=attention", "50,fit=cover"}));
    const auto red = [](const Encoded& thumbnail) {
      double sum = 0;
      const Raster raster = Decoded(thumbnail);
      for (size_t i = 0; i < raster.pixels.size(); i += 3) sum += static_cast<int>(raster.pixels[i]);
      return sum / 2500;
    };
    EXPECT_EQ(made[0].size, (Size{50, 50}));
    // The disc covers 28 % of the square.
    EXPECT_NEAR(red(made[0]), 120 + 90 * 0.283, 3) << orientation;
    EXPECT_LT(red(made[1]), 130) << orientation;
  }
}

TEST(Fits, SmallPicturesAreEnlargedWhereThatIsWanted) {
  const auto png = MakePng(Noise({10, 7}));
  EXPECT_EQ(Make(png, Specs({"40"}))[0].size, (Size{10, 7}));
  EXPECT_EQ(Make(png, Specs({"40,enlarge=yes"}))[0].size, (Size{40, 28}));
  EXPECT_EQ(Make(png, Specs({"40<"}))[0].size, (Size{40, 28}));
  EXPECT_EQ(Make(png, Specs({"4<"}))[0].size, (Size{10, 7}));
  EXPECT_EQ(Make(png, Specs({"300%,enlarge=yes"}))[0].size, (Size{30, 21}));
  const auto jpeg = MakeJpeg({.size = {10, 7}});
  EXPECT_EQ(Make(jpeg, Specs({"40,enlarge=yes"}, OutputFormat::kJpeg))[0].size, (Size{40, 28}));
  EXPECT_EQ(Make(jpeg, Specs({"41x23,fit=cover,enlarge=yes"}, OutputFormat::kJpeg))[0].size, (Size{41, 23}));
}

TEST(Fits, ExtremeShapesCoverASquare) {
  for (const Size size : {Size{3000, 1}, Size{1, 3000}}) {
    const auto file = MakePng(Noise(size));
    for (const char* spec : {"64,fit=cover,enlarge=yes", "64,fit=cover,gravity=attention,enlarge=yes",
                             "64,fit=pad,enlarge=yes", "64,fit=fill,enlarge=yes"}) {
      EXPECT_EQ(Make(file, Specs({spec}))[0].size, (Size{64, 64})) << spec;
    }
    EXPECT_EQ(Make(file, Specs({"64,fit=cover"}))[0].size.pixels(), 64u) << "not enlarged";
  }
}

TEST(Fits, EachSizeHasItsOwnQuality) {
  const auto file = MakePng(Noise({200, 100}));
  const auto made = Make(file, Specs({"100", "100x,q=20", "100x50,q=95"}, OutputFormat::kJpeg));
  EXPECT_LT(2 * made[1].bytes.size(), made[0].bytes.size());
  EXPECT_GT(made[2].bytes.size(), made[0].bytes.size());
}

TEST(Fits, WhatWouldBeTooLargeIsRefused) {
  const auto file = MakePng(Noise({20, 10}));
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  const auto made = MakeThumbnails(source, Specs({"60000!,enlarge=yes"}), {}, workspace);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(made.error().message, HasSubstr("max-pixels"));
}

}  // namespace
}  // namespace tbbthumbs
