// Thumbnails by way of a JPEG's own planes, beside those by way of RGB.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <string>
#include <vector>

#include "codecs/thumbnail.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/icc_fixture.h"
#include "tests/support/jpeg_fixture.h"

namespace tbbthumbs {
namespace {

using testing::CollectingSink;
using testing::JpegColor;
using testing::JpegFixture;
using testing::MakeJpeg;

constexpr std::array<int, 2> kSamplings[] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}, {4, 2}, {1, 4}, {3, 1}};

Result<Made> Make(const std::vector<std::byte>& jpeg, SpecSet specs, DecoderChoice decoder = DecoderChoice::kAuto) {
  specs.decoder = decoder;
  MemorySource source{std::span<const std::byte>(jpeg)};
  Workspace workspace;
  return MakeThumbnails(source, specs, {}, workspace);
}

SpecSet Specs(std::vector<SizeSpec> sizes, OutputFormat format = OutputFormat::kJpeg) {
  return {.sizes = std::move(sizes), .format = format, .quality = 98};
}

CollectingSink Pixels(const Encoded& encoded) {
  MemorySource source{std::span<const std::byte>(encoded.bytes)};
  Workspace workspace;
  CollectingSink sink;
  auto decoder = OpenDecoder(source, {});
  EXPECT_TRUE(decoder);
  EXPECT_TRUE((*decoder)->Decode({.at_least = encoded.size}, sink, workspace, Watch({}, {})));
  return sink;
}

// Whoever read it: our own readers deliver planes only.
bool IsPlanar(const Made& made) { return !made.decode.path.starts_with("libjpeg-turbo 1/"); }

// Waves of all colours, some pixels long in the thumbnails.
void Waves(int x, int y, uint8_t* s) {
  const auto wave = [](double phase) { return static_cast<uint8_t>(std::lround(128 + 90 * std::sin(phase))); };
  s[0] = wave(x / 17.0 + 1);
  s[1] = wave(y / 19.0 + 2);
  s[2] = wave((x + y) / 27.0 + 3);
}

struct Difference {
  double mean = 0;
  int largest = 0;
  std::array<double, 3> shift{};  // of the mean colour
};

Difference Between(const CollectingSink& a, const CollectingSink& b) {
  Difference difference;
  EXPECT_EQ(a.bytes.size(), b.bytes.size());
  for (size_t i = 0; i < std::min(a.bytes.size(), b.bytes.size()); ++i) {
    const int step = static_cast<int>(a.bytes[i]) - static_cast<int>(b.bytes[i]);
    difference.largest = std::max(difference.largest, std::abs(step));
    difference.mean += std::abs(step);
    difference.shift[i % 3] += step;
  }
  difference.mean /= static_cast<double>(a.bytes.size());
  for (double& shift : difference.shift) shift /= static_cast<double>(a.bytes.size()) / 3;
  return difference;
}

Difference FromReference(const std::vector<std::byte>& jpeg, const SpecSet& specs) {
  const auto planar = Make(jpeg, specs);
  const auto reference = Make(jpeg, specs, DecoderChoice::kReference);
  EXPECT_TRUE(planar && reference);
  if (!planar || !reference) return {.largest = 256};
  EXPECT_TRUE(IsPlanar(*planar)) << planar->decode.path;
  EXPECT_FALSE(IsPlanar(*reference)) << reference->decode.path;
  return Between(Pixels(planar->thumbnails[0]), Pixels(reference->thumbnails[0]));
}

// Beside a full decode of the same picture without subsampling: the planes may be nearer than the reference, which
// halves chroma in two steps and has it interpolated by the decoder, and hardly further.
TEST(JpegPlanar, IsAsNearToThePictureAsTheReference) {
  JpegFixture fixture{.size = {401, 303}, .luma_sampling = {1, 1}, .quality = 98, .paint = Waves};
  const std::vector<std::byte> whole = MakeJpeg(fixture);
  for (const int side : {25, 50, 97, 165, 401}) {
    // All sizes from a decode at full scale.
    const auto truth =
        Make(whole, Specs({{401, 401}, {side, side == 401 ? 0 : side}}, OutputFormat::kPng), DecoderChoice::kReference);
    ASSERT_TRUE(truth);
    const CollectingSink expected = Pixels(truth->thumbnails[1]);
    for (const auto& sampling : kSamplings) {
      fixture.luma_sampling = sampling;
      const std::vector<std::byte> jpeg = MakeJpeg(fixture);
      for (const OutputFormat format : {OutputFormat::kJpeg, OutputFormat::kPng}) {
        const auto planar = Make(jpeg, Specs({{side, side}}, format));
        const auto reference = Make(jpeg, Specs({{side, side}}, format), DecoderChoice::kReference);
        ASSERT_TRUE(planar && reference);
        ASSERT_TRUE(IsPlanar(*planar));
        const Difference ours = Between(Pixels(planar->thumbnails[0]), expected);
        const Difference theirs = Between(Pixels(reference->thumbnails[0]), expected);
        const std::string name = std::to_string(sampling[0]) + "x" + std::to_string(sampling[1]) + " at " +
                                 std::to_string(side) + (format == OutputFormat::kPng ? " PNG" : " JPEG");
        // Three planes rounded to whole steps before they become RGB: 0.4 in the mean.
        EXPECT_LT(ours.mean, theirs.mean + 0.45) << name;
        EXPECT_LE(ours.largest, theirs.largest + 4) << name;
      }
    }
  }
}

TEST(JpegPlanar, NoSizeShiftsThePictureOrColoursItsEdge) {
  for (const auto& sampling : {std::array{1, 1}, {2, 1}, {2, 2}}) {
    JpegFixture fixture{.size = {203, 187}, .luma_sampling = sampling, .quality = 98};
    // Strong ramps in colours that differ from what lies past the edge, if anything looked there.
    fixture.paint = [](int x, int y, uint8_t* s) {
      s[0] = static_cast<uint8_t>(30 + x);
      s[1] = static_cast<uint8_t>(230 - y);
      s[2] = static_cast<uint8_t>(40 + (x + y) / 2);
    };
    const std::vector<std::byte> jpeg = MakeJpeg(fixture);
    for (int side = 1; side <= 40; ++side) {
      for (const SizeSpec& size : {SizeSpec{side, 0}, SizeSpec{0, side}}) {
        const Difference difference = FromReference(jpeg, Specs({size}));
        // Of a few pixels each sees the last column of a plane, which is cut by the picture's edge, as a whole one; it
        // is a wider one where chroma is coarse.
        for (const double shift : difference.shift) ASSERT_LT(std::abs(shift), side < 4 ? 4 : 1) << side;
        ASSERT_LE(difference.largest, 10) << side;
      }
    }
  }
}

TEST(JpegPlanar, OneColourStaysOneColourToTheEdge) {
  JpegFixture fixture{.size = {199, 151}, .quality = 98};
  fixture.paint = [](int, int, uint8_t* s) {
    s[0] = 200;
    s[1] = 90;
    s[2] = 40;
  };
  const std::vector<std::byte> jpeg = MakeJpeg(fixture);
  for (int side = 1; side <= 40; ++side) {
    const auto made = Make(jpeg, Specs({{side, 0}}));
    ASSERT_TRUE(made);
    ASSERT_TRUE(IsPlanar(*made));
    const CollectingSink sink = Pixels(made->thumbnails[0]);
    for (size_t i = 0; i < sink.bytes.size(); ++i) {
      const int expected[] = {200, 90, 40};
      ASSERT_NEAR(static_cast<int>(sink.bytes[i]), expected[i % 3], 2) << side;
    }
  }
}

TEST(JpegPlanar, PicturesSmallerThanABlock) {
  for (int width = 1; width <= 18; ++width) {
    for (int height = 1; height <= 18; height += 3) {
      const std::vector<std::byte> jpeg = MakeJpeg({.size = {width, height}, .quality = 98, .paint = Waves});
      // Copied: luma and chroma are those of the file, where the reference interpolates chroma and halves it again.
      const Difference again = FromReference(jpeg, Specs({{256, 256}}));
      for (const double shift : again.shift) ASSERT_LT(std::abs(shift), 1) << width << "x" << height;
      const Difference copy = FromReference(MakeJpeg({.size = {width, height}, .luma_sampling = {1, 1}, .quality = 98}),
                                            Specs({{256, 256}}, OutputFormat::kPng));
      ASSERT_EQ(copy.largest, 0) << width << "x" << height;
    }
  }
}

TEST(JpegPlanar, SeveralSizesFromOneDecodeAreThoseOfTheirOwnScale) {
  const std::vector<std::byte> jpeg = MakeJpeg({.size = {1601, 1203}, .quality = 98});
  const SpecSet specs = Specs({{380, 380}, {101, 0}, {0, 33}, {0, 9}});
  const auto made = Make(jpeg, specs);
  const auto reference = Make(jpeg, specs, DecoderChoice::kReference);
  ASSERT_TRUE(made && reference);
  EXPECT_EQ(made->decode.path, "libjpeg-turbo planar 1/2");
  EXPECT_EQ(reference->decode.path, "libjpeg-turbo 1/2");
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_EQ(made->thumbnails[i].size, reference->thumbnails[i].size);
    const Difference difference = Between(Pixels(made->thumbnails[i]), Pixels(reference->thumbnails[i]));
    EXPECT_LT(difference.mean, 1) << i;
    EXPECT_LE(difference.largest, 8) << i;
  }
}

TEST(JpegPlanar, WhatIsNoYccIsAsItWas) {
  for (const JpegColor color : {JpegColor::kGray, JpegColor::kRgb, JpegColor::kCmyk, JpegColor::kYcck}) {
    const std::vector<std::byte> jpeg = MakeJpeg({.size = {400, 300}, .color = color, .luma_sampling = {1, 1}});
    const auto made = Make(jpeg, Specs({{90, 90}}));
    const auto reference = Make(jpeg, Specs({{90, 90}}), DecoderChoice::kReference);
    ASSERT_TRUE(made && reference);
    EXPECT_EQ(made->decode.path, reference->decode.path);
    EXPECT_EQ(made->thumbnails[0].bytes, reference->thumbnails[0].bytes);
  }
}

TEST(JpegPlanar, TurnedAndProfiledPicturesJoinTheOrdinaryPath) {
  JpegFixture fixture{.size = {400, 301}, .quality = 98, .paint = Waves};
  fixture.icc = testing::RgbIcc(testing::kAdobePrimaries, 2.2);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    fixture.exif = testing::ExifWithOrientation(orientation);
    SpecSet specs = Specs({{99, 99}});
    specs.chroma = Chroma::k420;
    const Difference difference = FromReference(MakeJpeg(fixture), specs);
    EXPECT_LT(difference.mean, 1.2) << orientation;  // the profile spreads colours
    EXPECT_LE(difference.largest, 10) << orientation;
    // Chroma as it was stored, against what libjpeg-turbo interpolates of it: no encoder smooths the difference.
    specs.chroma = Chroma::k444;
    const Difference full = FromReference(MakeJpeg(fixture), specs);
    EXPECT_LT(full.mean, 1.5) << orientation;
    EXPECT_LE(full.largest, 24) << orientation;
  }
}

TEST(JpegPlanar, AProfileLikeSrgbCostsNothing) {
  JpegFixture fixture{.size = {400, 300}, .paint = Waves};
  const auto plain = Make(MakeJpeg(fixture), Specs({{99, 99}}));
  fixture.icc = testing::RgbIcc(testing::kSrgbPrimaries, 0);
  const auto profiled = Make(MakeJpeg(fixture), Specs({{99, 99}}));
  fixture.icc = testing::RgbIcc(testing::kP3Primaries, 0);
  const auto wide = Make(MakeJpeg(fixture), Specs({{99, 99}}));
  ASSERT_TRUE(plain && profiled && wide);
  EXPECT_EQ(plain->thumbnails[0].bytes, profiled->thumbnails[0].bytes);
  EXPECT_NE(plain->thumbnails[0].bytes, wide->thumbnails[0].bytes);
}

TEST(JpegPlanar, AnUnusableProfileStillFailsTheStrict) {
  SpecSet specs = Specs({{99, 99}});
  const std::vector<std::byte> jpeg = MakeJpeg({.size = {400, 300}, .icc = std::vector<std::byte>(300)});
  EXPECT_TRUE(Make(jpeg, specs));
  specs.strictness = Strictness::kStrict;
  const auto made = Make(jpeg, specs);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "the colour profile is unusable");
}

// Bits of the scan data are flipped, or it is cut: whatever libjpeg warns of, the thumbnail and the error are those of
// the reference; where it warns of nothing, the planes were used.
TEST(JpegPlanar, ADamagedFileGivesWhatTheReferenceGives) {
  unsigned random = 5;
  int salvaged = 0, failed = 0, planar = 0;
  for (int variant = 0; variant < 4; ++variant) {
    JpegFixture fixture{.size = {160, 120}, .quality = 80, .paint = Waves};
    fixture.progressive = variant == 1;
    fixture.several_scans = variant == 2;
    fixture.restart_rows = variant == 3 ? 1 : 0;
    const std::vector<std::byte> whole = MakeJpeg(fixture);
    const size_t start = testing::ScanStart(whole);
    for (int round = 0; round < 150; ++round) {
      std::vector<std::byte> jpeg = whole;
      random = random * 1664525 + 1013904223;
      const size_t at = start + (random >> 8) % (jpeg.size() - start);
      if (round % 3 == 0) {
        jpeg.resize(at);
      } else {
        jpeg[at] ^= static_cast<std::byte>(1U << (random & 7));
      }
      for (const Strictness strictness : {Strictness::kSalvage, Strictness::kFailTruncated, Strictness::kStrict}) {
        SpecSet specs = Specs({{33, 0}, {0, 20}});
        specs.strictness = strictness;
        const auto made = Make(jpeg, specs);
        const auto reference = Make(jpeg, specs, DecoderChoice::kReference);
        ASSERT_EQ(made.has_value(), reference.has_value()) << variant << ", round " << round;
        if (!made) {
          ++failed;
          EXPECT_EQ(made.error().code, reference.error().code);
          EXPECT_EQ(made.error().message, reference.error().message);
          continue;
        }
        EXPECT_EQ(made->decode.salvaged(), reference->decode.salvaged());
        if (IsPlanar(*made)) {
          ++planar;
          EXPECT_FALSE(reference->decode.salvaged());
          continue;
        }
        ++salvaged;
        EXPECT_EQ(made->decode.path, reference->decode.path);
        for (size_t i = 0; i < 2; ++i) EXPECT_EQ(made->thumbnails[i].bytes, reference->thumbnails[i].bytes);
      }
    }
  }
  EXPECT_GT(salvaged, 100);
  EXPECT_GT(failed, 100);
  EXPECT_GT(planar, 30);
}

}  // namespace
}  // namespace tbbthumbs
