// Placeholders beside what the published encoders (npm's blurhash 2 and thumbhash 0.1) make of the same pixels, and
// through a whole run of the thumbnailer.
#include "codecs/placeholders.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "codecs/blurhash.h"
#include "codecs/thumbnail.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using testing::PngColor;
using testing::PngFixture;

struct Known {
  Size size;
  bool alpha;
  const char* blurhash;
  const char* thumbhash;
};

// Of PatternOf. The largest BlurHash frequency by magnitude, not the largest positive one, scales the others.
const Known kKnown[] = {
    {{1, 1}, false, R"(L00000fQfQfQfQfQfQfQfQfQfQfQ)", "AAgCBwAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    {{100, 1}, false, R"(L~GIlwNGRiRk~qNGRiRk~qNGRiRk)", "HAg6CYJ3d3eIiAiIsHgAhEc="},
    {{1, 100}, false, R"(T~GSS}~q~qADADADwJwJwJVuVuVu)", "Hvg9MRQIhnmIh4d3eHCICJc="},
    {{2, 3}, false, R"(T00S=yt.WAVqacj[Q+VqkCtop0ae)", "gvcFDQJ3CIN4fIiHiHfIB4iPePiI"},
    {{64, 48}, false, R"(L4H2f#BC0#6OKj5S5R9vE3MMIBH])", "3/cBBYISIEISITEjIhQiVAIBEwFB"},
    {{48, 64}, false, R"(T4H2i.F{5QAJ0%0}E39aE1RqMfH])", "3/cBDQIRMQAAMiEjIwFDNFMBJBFQ"},
    {{100, 100}, false, R"(L1HLo9NPJ5T0Oo5S5:5T9^5X9t9v)", "3/cBBwBRIVIgNDIzITIkRDVTA3giRwMB"},
    {{100, 37}, false, R"(L3HC4Z0:625ZcF9]9H9tH]HwMeM3)", "3/cBC4JAESJCMTIyUFQ1MKI="},
    {{13, 100}, false, R"(TBGlYO%gS1115kE%0#EMWUE4Vt+})", "3vcFCQR0MQZzUmIDd0BhBxI="},
    {{64, 48}, true, R"(L4H2f#BC0#6OKj5S5R9vE3MMIBH])", "3/eBBIAHMkESIiMCEgFCIQF1gnBnJyaXAg=="},
    {{48, 64}, true, R"(T4H2i.F{5QAJ0%0}E39aE1RqMfH])", "3/eBBAAHEwQRIhEyIQNBIgFkdICISEaHBA=="},
    {{100, 100}, true, R"(L1HLo9NPJ5T0Oo5S5:5T9^5X9t9v)", "3/eBBQAHYEMwNCQhNFEEgTVAUWCGtic2Vw=="},
    {{1, 1}, true, R"(L00000fQfQfQfQfQfQfQfQfQfQfQ)", "AAiCBQAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="},
    {{11, 6}, true, R"(L84M9lH;o#ohR2o#a|aeVrogayf6)", "DteFC4IooIezeJhpb5b2VmJ4YGmWhmY="},
};

// RGB or RGBA of a pattern in integers.
Raster PatternOf(Size size, bool alpha) {
  Raster raster{size, ColorModel::kRgb, alpha, SampleType::kU8, {}};
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int value = (x * x * (c + 3) + y * (c * 40 + 17) + x * y * (5 - c)) / 7;
        raster.pixels.push_back(static_cast<std::byte>(value % 256));
      }
      if (alpha) raster.pixels.push_back(static_cast<std::byte>((x * 13 + y * 29) % 256));
    }
  }
  return raster;
}

Raster Constant(Size size, std::initializer_list<int> pixel) {
  const bool alpha = pixel.size() % 2 == 0;
  Raster raster{size, pixel.size() < 3 ? ColorModel::kGray : ColorModel::kRgb, alpha, SampleType::kU8, {}};
  for (uint64_t i = 0; i < size.pixels(); ++i) {
    for (const int sample : pixel) raster.pixels.push_back(static_cast<std::byte>(sample));
  }
  return raster;
}

Placeholders Both(const Raster& raster, Rgb8 background = {}) {
  return MakePlaceholders(raster, {.blurhash = true, .thumbhash = true}, background);
}

TEST(Placeholders, AreThoseOfThePublishedEncoders) {
  for (const Known& known : kKnown) {
    SCOPED_TRACE(std::to_string(known.size.width) + " x " + std::to_string(known.size.height));
    const Raster raster = PatternOf(known.size, known.alpha);
    EXPECT_EQ(Both(raster).thumbhash, known.thumbhash);
    Raster colors = raster;  // the encoder in TypeScript looks at the colours of RGBA alone
    DropAlpha(colors);
    EXPECT_EQ(Both(colors).blurhash, known.blurhash);
  }
}

TEST(Placeholders, GrayIsAsTheSameInRgb) {
  Raster gray{{30, 20}, ColorModel::kGray, false, SampleType::kU8, {}};
  Raster rgb{{30, 20}, ColorModel::kRgb, false, SampleType::kU8, {}};
  for (int i = 0; i < 600; ++i) {
    gray.pixels.push_back(static_cast<std::byte>(i * i % 251));
    rgb.pixels.insert(rgb.pixels.end(), 3, gray.pixels.back());
  }
  EXPECT_EQ(Both(gray).blurhash, Both(rgb).blurhash);
  EXPECT_EQ(Both(gray).thumbhash, Both(rgb).thumbhash);
  EXPECT_EQ(Both(gray).average_color, Both(rgb).average_color);
}

TEST(Placeholders, BlurHashPutsTransparencyOnTheBackground) {
  const Raster half = Constant({8, 8}, {200, 100, 0, 0});
  EXPECT_EQ(Both(half, {10, 20, 30}).blurhash, Both(Constant({8, 8}, {10, 20, 30})).blurhash);
}

TEST(Placeholders, WhatDoesNotVaryHasNoFrequencies) {
  // 3 bytes of means without scales, 2 of shape, and zeros.
  EXPECT_EQ(Both(Constant({40, 30}, {200, 100, 50})).thumbhash, "HcsCBYAAAAAAAAAAAAAAAAAAAAAA");
}

TEST(Placeholders, TheAverageIsOfLightAndOpacity) {
  EXPECT_EQ(Both(Constant({3, 3}, {12, 34, 56})).average_color, (Rgb8{12, 34, 56}));
  EXPECT_EQ(Both(Constant({3, 3}, {77})).average_color, (Rgb8{77, 77, 77}));
  Raster halves = Constant({2, 1}, {0, 0, 0});
  for (size_t i = 3; i < 6; ++i) halves.pixels[i] = std::byte{255};
  EXPECT_EQ(Both(halves).average_color, (Rgb8{188, 188, 188}));  // half the light
  Raster hidden = Constant({2, 1}, {255, 0, 0, 255});
  hidden.pixels[5] = std::byte{255};
  hidden.pixels[7] = std::byte{0};
  EXPECT_EQ(Both(hidden).average_color, (Rgb8{255, 0, 0}));
  EXPECT_EQ(Both(Constant({2, 2}, {9, 9, 9, 0}), {1, 2, 3}).average_color, (Rgb8{1, 2, 3}));
}

Made Make(const std::vector<std::byte>& file, const std::vector<std::string>& sizes, bool wanted = true,
          OutputFormat format = OutputFormat::kJpeg) {
  SpecSet specs{.sizes = {}, .format = format};
  for (const std::string& size : sizes) specs.sizes.push_back(ParseSizeSpec(size).value());
  specs.placeholders = {.blurhash = wanted, .thumbhash = wanted};
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  auto made = MakeThumbnails(source, specs, {}, workspace);
  EXPECT_TRUE(made) << made.error().message;
  return made ? std::move(*made) : Made();
}

// Red on the left, blue on the right, as stored.
void PaintHalves(int x, int, uint8_t* s) {
  s[0] = x < 400 ? 230 : 20;
  s[1] = 40;
  s[2] = x < 400 ? 20 : 230;
}

double Distance(const Rgb8& a, const Rgb8& b) { return std::hypot(a.red - b.red, a.green - b.green, a.blue - b.blue); }

// Also of crops, stretched and padded ones, and of sizes that are smaller than what they need.
TEST(Placeholders, AreOfTheWholePictureWhateverSizesAreWanted) {
  const auto file = testing::MakeJpeg({.size = {800, 500}, .paint = PaintHalves});
  const Placeholders alone = *Make(file, {"256"}).placeholders;
  EXPECT_EQ(alone.blurhash.size(), 28u);
  for (const char* size : {"64", "100x100,fit=cover,gravity=west", "16", "40", "90!", "80x80,fit=pad", "800"}) {
    const Placeholders other = *Make(file, {size}).placeholders;
    EXPECT_EQ(other.blurhash[0], alone.blurhash[0]) << size;
    EXPECT_EQ(other.thumbhash.size(), alone.thumbhash.size()) << size;
    EXPECT_LT(Distance(other.average_color, alone.average_color), 3) << size;
  }
}

TEST(Placeholders, LeaveTheThumbnailsAsTheyAre) {
  const auto jpeg = testing::MakeJpeg({.size = {800, 500}, .paint = PaintHalves});
  for (const auto& sizes : {std::vector<std::string>{"256", "100", "40"}, {"16"}, {"90x90,fit=cover", "700"}}) {
    const Made with = Make(jpeg, sizes);
    const Made without = Make(jpeg, sizes, false);
    EXPECT_TRUE(with.placeholders);
    EXPECT_FALSE(without.placeholders);
    ASSERT_EQ(with.thumbnails.size(), sizes.size());
    for (size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(with.thumbnails[i].bytes, without.thumbnails[i].bytes);
  }
}

TEST(Placeholders, AreOfTheUprightPicture) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const auto file = testing::MakeJpeg(
        {.size = {800, 500}, .exif = testing::ExifWithOrientation(orientation), .paint = PaintHalves});
    const Placeholders placeholders = *Make(file, {"256"}).placeholders;
    const bool portrait = orientation > 4;
    // 'L' is 4 x 3 components, 'T' 3 x 4.
    EXPECT_EQ(placeholders.blurhash[0], portrait ? 'T' : 'L');
    const bool mirrored = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const Placeholders other =
        *Make(testing::MakeJpeg({.size = {800, 500}, .paint = PaintHalves}), {"256"}).placeholders;
    if (!portrait) {
      EXPECT_EQ(placeholders.blurhash.substr(6, 2) == other.blurhash.substr(6, 2), !mirrored);
    }
  }
}

TEST(Placeholders, EveryKindOfPictureHasThem) {
  for (const PngColor color : {PngColor::kGray, PngColor::kGrayAlpha, PngColor::kRgb, PngColor::kRgba}) {
    for (const int depth : {8, 16}) {
      PngFixture fixture{.size = {130, 90}, .color = color, .depth = depth};
      fixture.samples = testing::NoiseSamples(fixture);
      const auto made = Make(testing::MakePng(fixture), {"48", "30x30,fit=cover"}, true, OutputFormat::kAuto);
      ASSERT_TRUE(made.placeholders);
      EXPECT_EQ(made.placeholders->blurhash.size(), 28u);
      EXPECT_GE(made.placeholders->thumbhash.size(), 24u);
    }
  }
  testing::JpegFixture cmyk{.size = {400, 300}, .color = testing::JpegColor::kCmyk, .luma_sampling = {1, 1}};
  cmyk.paint = [](int, int, uint8_t* s) {
    s[0] = s[3] = 255;  // as Adobe stores it: full magenta and yellow
    s[1] = s[2] = 0;
  };
  const Rgb8 red = Make(testing::MakeJpeg(cmyk), {"256"}).placeholders->average_color;
  EXPECT_GT(red.red, red.green + 100);
}

TEST(Placeholders, TinyPicturesHaveThem) {
  for (const Size size : {Size{1, 1}, Size{100, 1}, Size{1, 3000}, Size{3000, 2}}) {
    PngFixture fixture{.size = size};
    fixture.samples = testing::NoiseSamples(fixture);
    const auto made = Make(testing::MakePng(fixture), {"256"});
    ASSERT_TRUE(made.placeholders);
    EXPECT_EQ(made.placeholders->blurhash.size(), 28u);
  }
}

}  // namespace
}  // namespace tbbthumbs
