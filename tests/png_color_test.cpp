// What PNG chunks say about colour and orientation.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <variant>
#include <vector>

#include "codecs/color_profile.h"
#include "tests/support/icc_fixture.h"
#include "tests/support/png_decoding.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using testing::BigEndian;
using testing::DecodePng;
using testing::MakePng;
using testing::PngChunk;
using testing::PngColor;
using testing::PngFixture;
using Curve = ParametricProfile::Curve;

PngChunk Cicp(uint32_t primaries, uint32_t transfer, uint32_t matrix = 0, uint32_t full_range = 1) {
  return {"cICP", BigEndian({primaries, transfer, matrix, full_range}, 1)};
}
PngChunk Srgb() { return {"sRGB", BigEndian({0}, 1)}; }
PngChunk Gama(uint32_t times_100000) { return {"gAMA", BigEndian({times_100000}, 4)}; }
PngChunk Chrm(uint32_t red_x = 64000) {
  return {"cHRM", BigEndian({31270, 32900, red_x, 33000, 30000, 60000, 15000, 6000}, 4)};
}
PngChunk Iccp(const std::vector<std::byte>& icc) {
  PngChunk chunk{"iCCP", {std::byte{'x'}, std::byte{0}, std::byte{0}}};
  const std::vector<std::byte> packed = testing::Deflate(icc);
  chunk.data.insert(chunk.data.end(), packed.begin(), packed.end());
  return chunk;
}

ImageInfo InfoOf(const std::vector<PngChunk>& chunks, PngColor color = PngColor::kRgb) {
  PngFixture fixture{.size = {4, 4}, .color = color};
  fixture.samples = NoiseSamples(fixture);
  fixture.before_palette = chunks;
  const auto outcome = DecodePng(MakePng(fixture));
  EXPECT_TRUE(outcome.report.has_value()) << outcome.report.error().message;
  return outcome.info;
}

ColorProfile ProfileOf(const std::vector<PngChunk>& chunks) { return InfoOf(chunks).profile; }

bool SaysNothing(const ColorProfile& profile) { return std::holds_alternative<std::monostate>(profile); }

TEST(PngColorChunks, NoneMeansSrgb) { EXPECT_TRUE(SaysNothing(ProfileOf({}))); }

TEST(PngColorChunks, CicpNamesPrimariesAndCurve) {
  struct Case {
    uint32_t primaries, transfer;
    double red_x;
    Curve curve;
    double gamma;
  };
  for (const Case& c :
       {Case{1, 13, 0.64, Curve::kSrgb, 0}, Case{12, 13, 0.68, Curve::kSrgb, 0}, Case{9, 1, 0.708, Curve::kBt709, 0},
        Case{9, 14, 0.708, Curve::kBt709, 0}, Case{1, 4, 0.64, Curve::kGamma, 2.2},
        Case{1, 5, 0.64, Curve::kGamma, 2.8}, Case{9, 8, 0.708, Curve::kGamma, 1.0}}) {
    const ColorProfile profile = ProfileOf({Cicp(c.primaries, c.transfer)});
    const auto* said = std::get_if<ParametricProfile>(&profile);
    ASSERT_NE(said, nullptr) << c.primaries << " " << c.transfer;
    EXPECT_EQ(said->chromaticities[2], c.red_x);
    EXPECT_EQ(said->curve, c.curve);
    if (c.curve == Curve::kGamma) {
      EXPECT_EQ(said->gamma, c.gamma);
    }
  }
}

TEST(PngColorChunks, CicpOfHighDynamicRangeIsTakenAsSrgb) {
  const PngChunk icc = Iccp(testing::RgbIcc(testing::kP3Primaries, 0));
  EXPECT_TRUE(SaysNothing(ProfileOf({Cicp(9, 16), icc})));
  EXPECT_TRUE(SaysNothing(ProfileOf({Cicp(9, 18), icc})));
}

TEST(PngColorChunks, CicpThatMakesNoSenseHereLeavesItToTheNext) {
  const PngChunk icc = Iccp(testing::RgbIcc(testing::kP3Primaries, 0));
  for (const PngChunk& cicp :
       {Cicp(2, 13), Cicp(1, 2), Cicp(1, 13, 1), Cicp(1, 13, 0, 0), PngChunk{"cICP", BigEndian({1, 13, 0}, 1)}}) {
    EXPECT_TRUE(std::holds_alternative<IccProfile>(ProfileOf({cicp, icc})));
  }
}

TEST(PngColorChunks, TheFirstThatAppliesWins) {
  const std::vector<std::byte> p3 = testing::RgbIcc(testing::kP3Primaries, 0);
  const ColorProfile all = ProfileOf({Cicp(9, 13), Iccp(p3), Gama(100'000), Chrm()});
  ASSERT_TRUE(std::holds_alternative<ParametricProfile>(all));
  EXPECT_EQ(std::get<ParametricProfile>(all).chromaticities[2], 0.708);

  const ColorProfile icc = ProfileOf({Iccp(p3), Gama(100'000), Chrm()});
  ASSERT_TRUE(std::holds_alternative<IccProfile>(icc));
  EXPECT_EQ(std::get<IccProfile>(icc).bytes, p3);

  EXPECT_TRUE(SaysNothing(ProfileOf({Srgb(), Gama(45455), Chrm()})));
  EXPECT_TRUE(SaysNothing(ProfileOf({Srgb(), Gama(100'000)})));
}

TEST(PngColorChunks, GammaNearTheUsualOneSaysNothing) {
  EXPECT_TRUE(SaysNothing(ProfileOf({Gama(45455)})));
  EXPECT_TRUE(SaysNothing(ProfileOf({Gama(45455), Chrm()})));
  EXPECT_TRUE(SaysNothing(ProfileOf({Gama(47700)}))) << "4.9 % more";
  EXPECT_FALSE(SaysNothing(ProfileOf({Gama(47800)}))) << "5.2 % more";
  EXPECT_FALSE(SaysNothing(ProfileOf({Gama(43000)}))) << "5.4 % less";
}

TEST(PngColorChunks, GammaWithAndWithoutPrimaries) {
  const ColorProfile linear = ProfileOf({Gama(100'000)});
  const auto* said = std::get_if<ParametricProfile>(&linear);
  ASSERT_NE(said, nullptr);
  EXPECT_EQ(said->curve, Curve::kGamma);
  EXPECT_DOUBLE_EQ(said->gamma, 1.0);
  EXPECT_EQ(said->chromaticities, ParametricProfile().chromaticities);

  const ColorProfile wide = ProfileOf({Gama(55556), Chrm(66000)});
  said = std::get_if<ParametricProfile>(&wide);
  ASSERT_NE(said, nullptr);
  EXPECT_NEAR(said->gamma, 1.8, 1e-4);
  EXPECT_NEAR(said->chromaticities[2], 0.66, 1e-6);
}

TEST(PngColorChunks, AbsurdGammaSaysNothing) {
  for (const uint32_t gamma : {0u, 1u, 9'000u, 1'100'000u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    EXPECT_TRUE(SaysNothing(ProfileOf({Gama(gamma)}))) << gamma;
  }
}

// A TIFF block of orientation alone.
std::vector<std::byte> Exif(uint32_t orientation) {
  std::vector<std::byte> tiff = {std::byte{'M'}, std::byte{'M'}};
  for (const auto& part : {BigEndian({42, 0, 8, 1, 0x0112, 3, 0, 1, orientation, 0, 0, 0}, 2)}) {
    tiff.insert(tiff.end(), part.begin(), part.end());
  }
  return tiff;
}

int OrientationOf(const std::vector<PngChunk>& before, const std::vector<PngChunk>& after,
                  size_t chunk_bytes = 1 << 20) {
  PngFixture fixture{.size = {40, 40}, .color = PngColor::kRgb};
  fixture.samples = NoiseSamples(fixture);
  fixture.before_data = before;
  fixture.after_data = after;
  fixture.chunk_bytes = chunk_bytes;
  return DecodePng(MakePng(fixture)).info.orientation;
}

TEST(PngExif, GivesTheOrientation) {
  for (uint32_t orientation = 1; orientation <= 8; ++orientation) {
    const PngChunk chunk{"eXIf", Exif(orientation)};
    EXPECT_EQ(OrientationOf({chunk}, {}), static_cast<int>(orientation));
    EXPECT_EQ(OrientationOf({}, {chunk}), static_cast<int>(orientation)) << "behind the image data";
    EXPECT_EQ(OrientationOf({}, {chunk}, 7), static_cast<int>(orientation)) << "in many pieces";
  }
  EXPECT_EQ(OrientationOf({{"eXIf", Exif(3)}}, {{"eXIf", Exif(6)}}), 3);
}

TEST(PngExif, DamageMeansUpright) {
  EXPECT_EQ(OrientationOf({{"eXIf", Exif(6), true}}, {}), 1);
  EXPECT_EQ(OrientationOf({}, {{"eXIf", Exif(6), true}}), 1);
  EXPECT_EQ(OrientationOf({}, {{"eXIf", {}}}), 1);
  EXPECT_EQ(OrientationOf({}, {{"eXIf", std::vector<std::byte>(100'000)}}), 1);
  EXPECT_EQ(OrientationOf({}, {{"IEND", {}}, {"eXIf", Exif(6)}}), 1) << "behind the end";
}

}  // namespace
}  // namespace tbbthumbs
