// Thumbnails resampled in linear light.
#include "codecs/linear_light.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "codecs/thumbnail.h"
#include "codecs/thumbnail_layout.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/icc_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"
#include "tests/support/thumbnail_pixels.h"

namespace tbbthumbs {
namespace {

using testing::Decoded;
using testing::JpegColor;
using testing::JpegFixture;
using testing::MakeJpeg;
using testing::MakePng;
using testing::PngColor;
using testing::PngFixture;
using ::testing::StartsWith;

SpecSet Linear(const std::vector<std::string>& sizes, OutputFormat format = OutputFormat::kPng) {
  SpecSet specs{.sizes = {}, .linear = true, .format = format, .quality = 98};
  for (const std::string& size : sizes) specs.sizes.push_back(ParseSizeSpec(size).value());
  return specs;
}

Made Make(const std::vector<std::byte>& file, const SpecSet& specs) {
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  auto made = MakeThumbnails(source, specs, {}, workspace);
  EXPECT_TRUE(made) << made.error().message;
  if (made) return std::move(*made);
  Made none;
  none.thumbnails.resize(specs.sizes.size());
  return none;
}

Made Make(const std::vector<std::byte>& file, SpecSet specs, DecoderChoice decoder) {
  specs.decoder = decoder;
  return Make(file, specs);
}

Raster Pixels(const std::vector<std::byte>& file, const SpecSet& specs) {
  return Decoded(Make(file, specs).thumbnails[0]);
}

// The smallest and the largest of some channels of all pixels.
std::pair<int, int> Range(const Raster& raster, int first, int count) {
  int low = 255, high = 0;
  for (size_t i = 0; i < raster.pixels.size(); ++i) {
    const int channel = static_cast<int>(i) % raster.channels();
    if (channel < first || channel >= first + count) continue;
    low = std::min(low, static_cast<int>(raster.u8()[i]));
    high = std::max(high, static_cast<int>(raster.u8()[i]));
  }
  return {low, high};
}

// All colours of all pixels.
void ExpectColours(const Raster& raster, int value, int tolerance, const std::string& name) {
  const auto [low, high] = Range(raster, 0, ColorChannels(raster.color));
  EXPECT_GE(low, value - tolerance) << name;
  EXPECT_LE(high, value + tolerance) << name;
}

// Of whole blocks of a board: another kernel weighs black and white differently at the edges.
SpecSet Areas(const std::string& size, OutputFormat format = OutputFormat::kPng) {
  SpecSet specs = Linear({size}, format);
  specs.kernel = Kernel::kArea;
  return specs;
}

// Half of the light is 188 in sRGB.
constexpr int kHalfLight = 188;
constexpr int kHalfSample = 128;

// One pixel black, one white.
PngFixture Board(PngColor color, int depth) {
  PngFixture fixture{.size = {96, 96}, .color = color, .depth = depth};
  const auto max = static_cast<uint16_t>((1 << depth) - 1);
  const int channels = testing::PngChannels(color);
  const bool alpha = color == PngColor::kGrayAlpha || color == PngColor::kRgba;
  for (int i = 0; i < 96 * 96; ++i) {
    const bool white = (i % 96 + i / 96) % 2 == 1;
    for (int c = 0; c < channels; ++c) {
      const bool opaque = alpha && c == channels - 1;
      fixture.samples.push_back(white || opaque ? max : uint16_t{0});
    }
  }
  return fixture;
}

TEST(LinearLight, ABoardBecomesHalfOfTheLight) {
  for (const PngColor color : {PngColor::kGray, PngColor::kRgb, PngColor::kGrayAlpha, PngColor::kRgba}) {
    for (const int depth : {8, 16}) {
      const auto file = MakePng(Board(color, depth));
      const std::string name = std::to_string(static_cast<int>(color)) + " of " + std::to_string(depth);
      for (const char* size : {"24", "48", "6"}) {  // the last by way of averages
        SpecSet specs = Areas(size);
        ExpectColours(Pixels(file, specs), kHalfLight, 1, name);
        specs.linear = false;
        ExpectColours(Pixels(file, specs), kHalfSample, 1, name);
      }
    }
  }
}

TEST(LinearLight, ABoardOfAPaletteOrFewBits) {
  PngFixture palette = Board(PngColor::kGray, 8);
  palette.color = PngColor::kPalette;
  palette.palette = {{0, 0, 0}, {255, 255, 255}};
  for (uint16_t& sample : palette.samples) sample = sample > 0 ? 1 : 0;
  ExpectColours(Pixels(MakePng(palette), Areas("24")), kHalfLight, 1, "palette");
  ExpectColours(Pixels(MakePng(Board(PngColor::kGray, 1)), Areas("24")), kHalfLight, 1, "one bit");
}

void PaintBoard(int channels, int x, int y, uint8_t* sample) {
  for (int c = 0; c < channels; ++c) sample[c] = (x + y) % 2 == 1 ? 255 : 0;
}

TEST(LinearLight, ABoardInJpeg) {
  for (const JpegColor color : {JpegColor::kGray, JpegColor::kYcc, JpegColor::kRgb}) {
    const int channels = color == JpegColor::kGray ? 1 : 3;
    JpegFixture fixture{.size = {96, 96}, .color = color, .luma_sampling = {1, 1}, .quality = 100};
    fixture.paint = [channels](int x, int y, uint8_t* s) { PaintBoard(channels, x, y, s); };
    const auto file = MakeJpeg(fixture);
    for (const DecoderChoice decoder :
         {DecoderChoice::kAuto, DecoderChoice::kScalar, DecoderChoice::kTurbo, DecoderChoice::kReference}) {
      for (const OutputFormat format : {OutputFormat::kPng, OutputFormat::kJpeg}) {
        SpecSet specs = Areas("48", format);
        specs.decoder = decoder;
        ExpectColours(Pixels(file, specs), kHalfLight, 2, "linear");
        specs.linear = false;
        ExpectColours(Pixels(file, specs), kHalfSample, 2, "plain");
      }
    }
  }
}

TEST(LinearLight, ABoardOfInk) {
  JpegFixture fixture{.size = {96, 96}, .color = JpegColor::kCmyk, .luma_sampling = {1, 1}, .quality = 100};
  // Adobe's files hold 255 - ink. Black alone, then the three colours alone.
  for (const bool black : {true, false}) {
    fixture.paint = [black](int x, int y, uint8_t* s) {
      for (int c = 0; c < 4; ++c) s[c] = (x + y) % 2 == 1 && (c == 3) == black ? 0 : 255;
    };
    ExpectColours(Pixels(MakeJpeg(fixture), Areas("48")), kHalfLight, 2, black ? "black" : "colours");
  }
}

// Whatever a profile's curve is, half of the light is half of the light in sRGB. Any other curve on the way would show:
// sRGB's makes 223 of a linear picture.
TEST(LinearLight, TheCurveIsThePicturesOwn) {
  for (const double gamma : {1.0, 1.4, 2.2, 3.0}) {
    const std::string name = std::to_string(gamma);
    JpegFixture rgb{.size = {96, 96}, .quality = 100, .icc = testing::RgbIcc(testing::kAdobePrimaries, gamma)};
    rgb.paint = [](int x, int y, uint8_t* s) { PaintBoard(3, x, y, s); };
    for (const DecoderChoice decoder : {DecoderChoice::kAuto, DecoderChoice::kReference}) {
      ExpectColours(Decoded(Make(MakeJpeg(rgb), Areas("48"), decoder).thumbnails[0]), kHalfLight, 2, name);
    }
    JpegFixture gray{.size = {96, 96}, .color = JpegColor::kGray, .quality = 100, .icc = testing::GrayIcc(gamma)};
    gray.paint = [](int x, int y, uint8_t* s) { PaintBoard(1, x, y, s); };
    ExpectColours(Pixels(MakeJpeg(gray), Areas("48")), kHalfLight, 2, name + " gray");
    for (const int depth : {8, 16}) {
      PngFixture png = Board(PngColor::kRgba, depth);
      png.before_palette = {{"gAMA", testing::BigEndian({static_cast<uint32_t>(100000 / gamma)}, 4)}};
      ExpectColours(Pixels(MakePng(png), Areas("48")), kHalfLight, 1, name + " gAMA");
    }
  }
}

TEST(LinearLight, AlphaIsNoLight) {
  for (const int depth : {8, 16}) {
    const auto max = static_cast<uint16_t>((1 << depth) - 1);
    // Opaque white and transparent black; opaque black and half-transparent white.
    for (const bool half : {false, true}) {
      PngFixture fixture{.size = {64, 64}, .color = PngColor::kRgba, .depth = depth};
      for (int i = 0; i < 64 * 64; ++i) {
        const bool white = (i % 64 + i / 64) % 2 == 1;
        const uint16_t color = white ? max : uint16_t{0};
        const auto alpha = static_cast<uint16_t>(half ? (white ? max / 2 + 1 : max) : color);
        fixture.samples.insert(fixture.samples.end(), {color, color, color, alpha});
      }
      const Raster made = Pixels(MakePng(fixture), Areas("16"));
      // A PNG without colours is written as gray and alpha.
      const auto [low, high] = Range(made, made.channels() - 1, 1);
      EXPECT_NEAR(low, half ? 192 : 128, 1);
      EXPECT_NEAR(high, half ? 192 : 128, 1);
      // A third of what is seen is white: sRGB's 155.8.
      ExpectColours(made, half ? 156 : 255, 1, half ? "a third" : "white");
    }
  }
}

TEST(LinearLight, DarkGradientsKeepTheirSteps) {
  // Every dark value, each in a flat patch: nothing may change it.
  PngFixture fixture{.size = {256, 64}, .color = PngColor::kRgb};
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 256; ++x) {
      for (int c = 0; c < 3; ++c) fixture.samples.push_back(static_cast<uint16_t>(x / 16 + 16 * c * (y / 32)));
    }
  }
  SpecSet specs = Linear({"128x"});
  specs.kernel = Kernel::kArea;
  const Raster made = Pixels(MakePng(fixture), specs);
  ASSERT_EQ(made.size, (Size{128, 32}));
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 128; ++x) {
      for (int c = 0; c < 3; ++c) {
        ASSERT_EQ(static_cast<int>(made.row(y)[static_cast<size_t>(3 * x + c)]), x / 8 + 16 * c * (y / 16));
      }
    }
  }
}

double LightOfSample(int sample) { return SrgbLight(sample / 255.0); }
double SampleOfLight(double y) { return 255 * (y <= 0.0031308 ? 12.92 * y : 1.055 * std::pow(y, 1 / 2.4) - 0.055); }

TEST(LinearLight, AreasAreMeansOfLight) {
  for (const PngColor color : {PngColor::kGray, PngColor::kRgb}) {
    PngFixture fixture{.size = {80, 60}, .color = color};
    fixture.samples = testing::NoiseSamples(fixture);
    const auto channels = static_cast<size_t>(testing::PngChannels(color));
    SpecSet specs = Linear({"20x"});
    specs.kernel = Kernel::kArea;
    const Raster made = Pixels(MakePng(fixture), specs);
    ASSERT_EQ(made.size, (Size{20, 15}));
    ASSERT_EQ(static_cast<size_t>(made.channels()), channels);
    for (size_t y = 0; y < 15; ++y) {
      for (size_t i = 0; i < 20 * channels; ++i) {
        double sum = 0;
        for (size_t k = 0; k < 16; ++k) {
          const size_t x = 4 * (i / channels) + k % 4;
          sum += LightOfSample(fixture.samples[((4 * y + k / 4) * 80 + x) * channels + i % channels]);
        }
        ASSERT_NEAR(static_cast<int>(made.row(static_cast<int>(y))[i]), SampleOfLight(sum / 16), 0.6);
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

void Waves(int x, int y, uint8_t* s) {
  const auto wave = [](double phase) { return static_cast<uint8_t>(std::lround(128 + 110 * std::sin(phase))); };
  s[0] = wave(x / 37.0 + 1);
  s[1] = wave(y / 29.0 + 2);
  s[2] = wave((x + y) / 47.0 + 3);
}

// Y, Cb and Cr on their own grids, at every scale and sampling: beside a full decode of the same picture without
// subsampling they may be nearer than libjpeg's RGB, which repeats chroma where it is much coarser, and hardly further.
TEST(LinearLight, PlanesAreAsNearToThePictureAsTheReference) {
  JpegFixture fixture{.size = {1001, 603}, .luma_sampling = {1, 1}, .quality = 98};
  fixture.paint = Waves;
  const auto truth =
      Make(MakeJpeg(fixture), Linear({"1001", "500", "200", "101", "60", "31"}), DecoderChoice::kReference);
  for (const std::array<int, 2> sampling : {std::array{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}}) {
    for (const bool progressive : {false, true}) {
      fixture.luma_sampling = sampling;
      fixture.progressive = progressive;
      const auto file = MakeJpeg(fixture);
      for (size_t i = 1; i < truth.thumbnails.size(); ++i) {
        const Raster expected = Decoded(truth.thumbnails[i]);
        const std::string size = std::to_string(expected.size.width);
        const std::string name = std::to_string(sampling[0]) + "x" + std::to_string(sampling[1]) + " at " + size;
        const Made reference = Make(file, Linear({size}), DecoderChoice::kReference);
        EXPECT_THAT(reference.decode.path, StartsWith("libjpeg-turbo 1/"));
        const double theirs = MeanDifference(Decoded(reference.thumbnails[0]), expected);
        for (const DecoderChoice decoder : {DecoderChoice::kAuto, DecoderChoice::kTurbo}) {
          const Made planes = Make(file, Linear({size}), decoder);
          EXPECT_FALSE(planes.decode.path.starts_with("libjpeg-turbo 1/")) << planes.decode.path;
          const double ours = MeanDifference(Decoded(planes.thumbnails[0]), expected);
          // Planes rounded to whole steps cost up to 0.45; chroma of a quarter of the width, interpolated, is softer.
          EXPECT_LT(ours, theirs + (sampling[0] == 4 ? 1 : 0.6)) << name << " " << planes.decode.path;
        }
      }
    }
  }
}

TEST(LinearLight, LanesAndTheirScalarTwinsAgreeToTheBit) {
  JpegFixture fixture{.size = {2003, 1501}, .quality = 92};
  fixture.paint = Waves;
  const auto file = MakeJpeg(fixture);
  for (const char* size : {"60", "120"}) {
    const SpecSet specs = Linear({size}, OutputFormat::kJpeg);
    EXPECT_EQ(Make(file, specs).thumbnails[0].bytes, Make(file, specs, DecoderChoice::kScalar).thumbnails[0].bytes);
  }
}

// The decoder that is named is the one that the plain way has.
TEST(LinearLight, WhoDecodesIsTheSame) {
  JpegFixture fixture{.size = {2003, 1501}, .quality = 92};
  fixture.paint = Waves;
  const auto file = MakeJpeg(fixture);
  for (const char* size : {"60", "120", "300", "800"}) {
    SpecSet specs = Linear({size}, OutputFormat::kJpeg);
    const std::string path = Make(file, specs).decode.path;
    specs.linear = false;
    EXPECT_EQ(path, Make(file, specs).decode.path) << size;
  }
}

TEST(LinearLight, FitsAndOrientationsGoOn) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    JpegFixture fixture{.size = {300, 211}, .quality = 95, .exif = testing::ExifWithOrientation(orientation)};
    fixture.paint = Waves;
    const auto file = MakeJpeg(fixture);
    for (const char* gravity : {"centre", "northwest", "east"}) {
      const std::string text = std::string("50x70,fit=cover,gravity=") + gravity;
      const Layout layout = LayOut(orientation >= 5 ? Size{211, 300} : Size{300, 211}, ParseSizeSpec(text).value());
      const std::string whole = std::to_string(layout.scaled.width) + "x" + std::to_string(layout.scaled.height) + "!";
      const Raster expected = Pixels(file, Linear({whole}));
      const Raster actual = Pixels(file, Linear({text}));
      ASSERT_EQ(actual.size, (Size{50, 70}));
      for (int y = 0; y < 70; ++y) {
        const auto from = expected.row(y + layout.window.y).subspan(static_cast<size_t>(3 * layout.window.x), 150);
        ASSERT_TRUE(std::ranges::equal(actual.row(y), from)) << orientation << " " << gravity << " " << y;
      }
    }
    EXPECT_EQ(Pixels(file, Linear({"64,fit=pad"})).size, (Size{64, 64}));
    EXPECT_EQ(Pixels(file, Linear({"40x40,fit=cover,gravity=attention"})).size, (Size{40, 40}));
  }
}

// The smaller ones are made of the largest, in linear light.
TEST(LinearLight, SeveralSizesAreNearlyThoseOfEachAlone) {
  PngFixture fixture{.size = {300, 200}, .color = PngColor::kRgba};
  fixture.samples = testing::NoiseSamples(fixture);
  const auto file = MakePng(fixture);
  const Made all = Make(file, Linear({"100", "50x50,fit=cover", "20"}, OutputFormat::kAuto));
  EXPECT_EQ(all.thumbnails[0].format, OutputFormat::kPng);
  EXPECT_EQ(all.thumbnails[0].bytes, Make(file, Linear({"100"}, OutputFormat::kAuto)).thumbnails[0].bytes);
  for (const size_t i : {1, 2}) {
    const char* const size = i == 1 ? "50x50,fit=cover" : "20";
    const Raster several = Decoded(all.thumbnails[i]);
    const Raster alone = Decoded(Make(file, Linear({size}, OutputFormat::kAuto)).thumbnails[0]);
    ASSERT_EQ(several.size, alone.size);
    double difference = 0;
    for (size_t k = 0; k < alone.pixels.size(); ++k) difference += std::abs(several.u8()[k] - alone.u8()[k]);
    EXPECT_LT(difference / static_cast<double>(alone.pixels.size()), 3) << size;
  }
}

TEST(LinearLight, OpaqueAlphaIsLeftOut) {
  const auto file = MakePng(Board(PngColor::kRgba, 8));
  EXPECT_EQ(Make(file, Linear({"24"}, OutputFormat::kAuto)).thumbnails[0].format, OutputFormat::kJpeg);
}

// A fast path that gave up in the middle of the file leaves it to libjpeg-turbo, with whatever comes of it.
TEST(LinearLight, WhatADamagedFileHoldsIsSalvaged) {
  JpegFixture fixture{.size = {1200, 900}, .quality = 90};
  fixture.paint = Waves;
  std::vector<std::byte> file = MakeJpeg(fixture);
  file.resize(file.size() * 2 / 3);
  SpecSet specs = Linear({"60"});
  specs.strictness = Strictness::kSalvage;
  const Made made = Make(file, specs);
  EXPECT_TRUE(made.decode.salvaged());
  EXPECT_EQ(made.thumbnails[0].bytes, Make(file, specs, DecoderChoice::kReference).thumbnails[0].bytes);
}

TEST(LinearLight, KeepsDecodersToTheirWord) {
  testing::CollectingSink sink;
  ColorCurves curves;
  const ColorProfile profile;
  LinearLight light(sink, profile, curves);
  RowFormat format;
  format.planes = {{4, 1, 3, 4, 1}};
  ASSERT_TRUE(light.Begin(format));
  const std::vector<std::byte> row(13);
  EXPECT_FALSE(light.Row(0, row));
  EXPECT_FALSE(light.Row(1, std::span(row).first(12)));
  EXPECT_TRUE(light.Row(0, std::span(row).first(12)));
  RowFormat wrong = format;
  wrong.color = ColorModel::kYcc;
  EXPECT_FALSE(light.Begin(wrong));
  wrong = format;
  wrong.alpha = true;
  EXPECT_FALSE(light.Begin(wrong)) << "alpha without a channel";
  wrong = {ColorModel::kCmyk, true, SampleType::kU8, {{4, 1, 4, 4, 1}}};
  EXPECT_FALSE(light.Begin(wrong));
}

}  // namespace
}  // namespace tbbthumbs
