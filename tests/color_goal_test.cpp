// Colour spaces other than sRGB, intents, and the profiles that say so.
#include <gtest/gtest.h>
#include <lcms2.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "codecs/color.h"
#include "codecs/decoder.h"
#include "tests/support/corpus.h"
#include "tests/support/icc_fixture.h"

namespace tbbthumbs {
namespace {

using testing::Chromaticities;
using testing::GrayIcc;
using testing::kAdobePrimaries;
using testing::kP3Primaries;
using testing::kProPhotoPrimaries;
using testing::kSrgbPrimaries;
using testing::RgbIcc;

using Colors = std::vector<std::array<double, 3>>;  // 0..255

constexpr ColorGoal kP3{ColorSpace::kDisplayP3, Intent::kPerceptual};
constexpr ColorGoal kKept{ColorSpace::kKeep, Intent::kPerceptual};

Raster Pixels(ColorModel model, SampleType sample, const std::vector<int>& samples) {
  Raster raster{.size = {0, 1}, .color = model, .alpha = false, .sample = sample, .pixels = {}};
  raster.size.width = static_cast<int>(samples.size()) / raster.channels();
  raster.pixels.resize(samples.size() * SampleBytes(sample));
  for (size_t i = 0; i < samples.size(); ++i) {
    if (sample == SampleType::kU8) {
      raster.u8()[i] = static_cast<uint8_t>(samples[i]);
    } else {
      raster.u16()[i] = static_cast<uint16_t>(samples[i] * 257);
    }
  }
  return raster;
}

// In steps of 8 bits, three a pixel: gray ones thrice.
std::vector<double> Values(const Raster& raster) {
  std::vector<double> values;
  const size_t count = static_cast<size_t>(raster.size.width) * static_cast<size_t>(raster.channels());
  for (size_t i = 0; i < count; ++i) {
    const double value = raster.sample == SampleType::kU8 ? raster.u8()[i] : raster.u16()[i] / 257.0;
    values.insert(values.end(), raster.color == ColorModel::kGray ? 3 : 1, value);
  }
  return values;
}

std::vector<double> Flat(const Colors& colors) {
  std::vector<double> flat;
  for (const auto& color : colors) flat.insert(flat.end(), color.begin(), color.end());
  return flat;
}

class ColorGoalTest : public ::testing::Test {
 protected:
  std::vector<double> Convert(ColorModel model, SampleType sample, const std::vector<int>& samples,
                              const ColorProfile& profile, const ColorGoal& goal) {
    Raster raster = Pixels(model, sample, samples);
    EXPECT_TRUE(transforms_.Convert(raster, profile, goal).value_or(false));
    return Values(raster);
  }

  void ExpectNear(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], std::clamp(expected[i], 0.0, 255.0), tolerance) << "sample " << i;
    }
  }

  std::vector<std::byte> IccOf(ColorModel model, const ColorProfile& profile, const ColorGoal& goal, bool always) {
    const Result<OutputProfile> made = transforms_.ProfileOf(model, profile, goal, always);
    EXPECT_TRUE(made);
    return {made->icc.begin(), made->icc.end()};
  }

  ColorTransforms transforms_;
};

// Values of transicc, which comes with littleCMS: transicc -n -i*sRGB -oDisplayP3.icc.
TEST_F(ColorGoalTest, SrgbBecomesDisplayP3) {
  const std::vector<int> srgb = {255, 0, 0, 0, 255, 0, 0, 0, 255, 128, 128, 128, 200, 40, 90};
  const std::vector<double> p3 =
      Flat({{234.0, 51.1, 35.3}, {116.9, 251.2, 76.1}, {0, 0, 244.7}, {128, 128, 128}, {183.9, 56.1, 90.9}});
  for (const SampleType sample : {SampleType::kU8, SampleType::kU16}) {
    for (const ColorProfile& profile :
         {ColorProfile(), ColorProfile(ParametricProfile{}), ColorProfile(IccProfile{RgbIcc(kSrgbPrimaries, 0)})}) {
      ExpectNear(Convert(ColorModel::kRgb, sample, srgb, profile, kP3), p3, 1.0);
    }
  }
}

TEST_F(ColorGoalTest, DisplayP3StaysAsItIs) {
  const std::vector<int> any = {255, 0, 0, 12, 200, 77};
  for (const SampleType sample : {SampleType::kU8, SampleType::kU16}) {
    const auto got = Convert(ColorModel::kRgb, sample, any, IccProfile{RgbIcc(kP3Primaries, 0)}, kP3);
    EXPECT_EQ(got, std::vector<double>(any.begin(), any.end()));
  }
  EXPECT_NE(Convert(ColorModel::kRgb, SampleType::kU8, any, IccProfile{RgbIcc(kP3Primaries, 2.2)}, kP3),
            std::vector<double>(any.begin(), any.end()));
}

TEST_F(ColorGoalTest, WideColoursSurviveInDisplayP3) {
  // A red that sRGB does not have: clipped there, not here.
  const ColorProfile wide = IccProfile{RgbIcc(kProPhotoPrimaries, 1.8)};
  const std::vector<int> red = {180, 60, 60};
  const auto srgb = Convert(ColorModel::kRgb, SampleType::kU16, red, wide, {});
  const auto p3 = Convert(ColorModel::kRgb, SampleType::kU16, red, wide, kP3);
  EXPECT_LT(srgb[1], 5);
  EXPECT_GT(p3[1], 10);
}

TEST_F(ColorGoalTest, InksBecomeDisplayP3WithAndWithoutProfile) {
  const std::vector<int> inks = {0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255};
  // By the formula cyan is (0, 255, 255), by the profile (255, 0, 255).
  ExpectNear(Convert(ColorModel::kCmyk, SampleType::kU8, inks, {}, kP3),
             Flat({{255, 255, 255}, {116.9, 251.2, 253.1}, {0, 0, 0}}), 2);
  ExpectNear(Convert(ColorModel::kCmyk, SampleType::kU8, inks, IccProfile{testing::SwappedCmykIcc()}, kP3),
             Flat({{255, 255, 255}, {234.0, 51.1, 246.7}, {0, 0, 0}}), 4);
}

TEST_F(ColorGoalTest, UnusableProfilesMeanSrgbInDisplayP3Too) {
  std::vector<std::byte> huge((4 << 20) + 1);
  for (const auto& bytes : {std::vector<std::byte>(200), huge, GrayIcc(2.2)}) {
    Raster raster = Pixels(ColorModel::kRgb, SampleType::kU8, {255, 0, 0});
    EXPECT_FALSE(transforms_.Convert(raster, IccProfile{bytes}, kP3).value());
    ExpectNear(Values(raster), {234.0, 51.1, 35.3}, 1);
  }
}

TEST_F(ColorGoalTest, GrayOfDisplayP3IsThatOfSrgb) {
  const std::vector<int> all = {0, 1, 40, 128, 255};
  const ColorProfile gray = IccProfile{GrayIcc(1.8)};
  EXPECT_EQ(Convert(ColorModel::kGray, SampleType::kU8, all, gray, kP3),
            Convert(ColorModel::kGray, SampleType::kU8, all, gray, {}));
  EXPECT_TRUE(IccOf(ColorModel::kGray, gray, kP3, false).empty());
}

TEST_F(ColorGoalTest, KeepingChangesNothingButInks) {
  const std::vector<int> any = {3, 200, 90, 255, 0, 17};
  for (const ColorProfile& profile : {ColorProfile(IccProfile{RgbIcc(kAdobePrimaries, 2.2)}),
                                      ColorProfile(ParametricProfile{.chromaticities = kP3Primaries}),
                                      ColorProfile(IccProfile{RgbIcc(kSrgbPrimaries, 0)})}) {
    EXPECT_EQ(Convert(ColorModel::kRgb, SampleType::kU8, any, profile, kKept),
              std::vector<double>(any.begin(), any.end()));
  }
  const std::vector<int> gray = {3, 200};
  EXPECT_EQ(Convert(ColorModel::kGray, SampleType::kU8, gray, IccProfile{GrayIcc(1.0)}, kKept),
            (std::vector<double>{3, 3, 3, 200, 200, 200}));
  const ColorProfile press = IccProfile{testing::SwappedCmykIcc()};
  EXPECT_EQ(Convert(ColorModel::kCmyk, SampleType::kU8, {255, 0, 0, 0}, press, kKept),
            Convert(ColorModel::kCmyk, SampleType::kU8, {255, 0, 0, 0}, press, {}));
}

// Black is a quarter of the way to white by the colorimetric table: 64 of 255.
TEST_F(ColorGoalTest, IntentsAreTables) {
  const ColorProfile screen = IccProfile{testing::PaleScreenIcc()};
  const auto shown = [&](int sample, Intent intent) {
    return Convert(ColorModel::kRgb, SampleType::kU8, {sample, sample, sample}, screen, {ColorSpace::kSrgb, intent})[1];
  };
  EXPECT_NEAR(shown(0, Intent::kPerceptual), 0, 1);
  EXPECT_NEAR(shown(128, Intent::kPerceptual), 128, 2);
  EXPECT_NEAR(shown(0, Intent::kRelative), 0, 2) << "by black-point compensation";
  EXPECT_NEAR(shown(255, Intent::kRelative), 255, 1);
  EXPECT_GT(shown(128, Intent::kRelative), 140);
  EXPECT_NEAR(shown(0, Intent::kAbsolute), 64, 2);
  EXPECT_NEAR(shown(0, Intent::kSaturation), 0, 1) << "has no table of its own";
}

// That profiles say what pixels are: lcms reads them back.
TEST_F(ColorGoalTest, EmbeddedProfilesAreTrue) {
  const auto colorants = [](const std::vector<std::byte>& icc) {
    cmsHPROFILE profile = cmsOpenProfileFromMem(icc.data(), static_cast<cmsUInt32Number>(icc.size()));
    EXPECT_NE(profile, nullptr);
    const auto* red = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, cmsSigRedColorantTag));
    const std::array<double, 2> xy = red == nullptr ? std::array{0.0, 0.0} : std::array{red->X, red->Y};
    cmsCloseProfile(profile);
    return xy;
  };
  const auto p3 = IccOf(ColorModel::kRgb, {}, kP3, false);
  EXPECT_LT(p3.size(), 600u);
  EXPECT_NEAR(colorants(p3)[0], 0.5151, 1e-3);
  EXPECT_NEAR(colorants(p3)[1], 0.2412, 1e-3);
  ColorTransforms others;
  const auto same = others.ProfileOf(ColorModel::kRgb, {}, kP3, false).value().icc;
  EXPECT_TRUE(std::equal(p3.begin(), p3.end(), same.begin(), same.end())) << "always the same bytes";
  // A date that does not tell when it was made.
  EXPECT_EQ(std::vector<std::byte>(p3.begin() + 24, p3.begin() + 28),
            (std::vector<std::byte>{std::byte{7}, std::byte{0xD0}, std::byte{0}, std::byte{1}}));
  const auto srgb = IccOf(ColorModel::kRgb, {}, {}, true);
  EXPECT_NEAR(colorants(srgb)[0], 0.4361, 1e-3);
  EXPECT_TRUE(IccOf(ColorModel::kRgb, {}, {}, false).empty());

  // What a PNG says in numbers is said in a profile, and means the same.
  const ParametricProfile said{
      .chromaticities = kAdobePrimaries, .curve = ParametricProfile::Curve::kGamma, .gamma = 1.8};
  const ColorProfile again = IccProfile{IccOf(ColorModel::kRgb, said, kKept, false)};
  const std::vector<int> any = {3, 200, 90, 255, 0, 17, 128, 128, 128};
  ExpectNear(Convert(ColorModel::kRgb, SampleType::kU16, any, again, {}),
             Convert(ColorModel::kRgb, SampleType::kU16, any, said, {}), 0.1);
  const ColorProfile gray = IccProfile{IccOf(ColorModel::kGray, said, kKept, false)};
  ExpectNear(Convert(ColorModel::kGray, SampleType::kU16, any, gray, {}),
             Convert(ColorModel::kGray, SampleType::kU16, any, said, {}), 0.1);
}

TEST_F(ColorGoalTest, OwnProfilesAreKeptToTheByte) {
  const std::vector<std::byte> adobe = RgbIcc(kAdobePrimaries, 2.2);
  const std::vector<std::byte> srgb = RgbIcc(kSrgbPrimaries, 0);
  EXPECT_EQ(IccOf(ColorModel::kRgb, IccProfile{adobe}, kKept, false), adobe);
  EXPECT_TRUE(IccOf(ColorModel::kRgb, IccProfile{srgb}, kKept, false).empty());
  EXPECT_EQ(IccOf(ColorModel::kRgb, IccProfile{srgb}, kKept, true), srgb);
  EXPECT_TRUE(IccOf(ColorModel::kRgb, IccProfile{std::vector<std::byte>(200)}, kKept, false).empty());
  EXPECT_TRUE(IccOf(ColorModel::kRgb, IccProfile{GrayIcc(1)}, kKept, false).empty());
  EXPECT_FALSE(IccOf(ColorModel::kRgb, {}, kKept, true).empty());
  EXPECT_FALSE(transforms_.ProfileOf(ColorModel::kRgb, IccProfile{adobe}, kKept, false).value().srgb);
  EXPECT_TRUE(transforms_.ProfileOf(ColorModel::kRgb, IccProfile{adobe}, {}, false).value().srgb);
}

TEST_F(ColorGoalTest, BackgroundsComeInThePicturesColours) {
  const ColorProfile linear = IccProfile{RgbIcc(kSrgbPrimaries, 1.0)};
  const auto in = [&](Rgb8 color, ColorModel model, const ColorProfile& profile, const ColorGoal& goal) {
    const Rgb8 got = transforms_.FromSrgb(color, model, profile, goal).value();
    return std::array<int, 3>{got.red, got.green, got.blue};
  };
  using Triple = std::array<int, 3>;
  const Rgb8 gray{188, 188, 188};
  EXPECT_EQ(in(gray, ColorModel::kRgb, linear, {}), (Triple{188, 188, 188}));
  EXPECT_NEAR(in(gray, ColorModel::kRgb, linear, kKept)[1], 128, 1);
  EXPECT_NEAR(in(gray, ColorModel::kGray, IccProfile{GrayIcc(1.0)}, kKept)[2], 128, 1);
  EXPECT_EQ(in(gray, ColorModel::kGray, {}, kP3), (Triple{188, 188, 188}));
  EXPECT_NEAR(in({255, 0, 0}, ColorModel::kRgb, linear, kP3)[1], 51, 1);
  EXPECT_NEAR(in({255, 0, 0}, ColorModel::kGray, {}, kP3)[1], 51, 1) << "a gray picture becomes RGB on it";
  for (const ColorGoal& goal : {ColorGoal{}, kP3, kKept}) {
    EXPECT_EQ(in({255, 255, 255}, ColorModel::kRgb, linear, goal), (Triple{255, 255, 255}));
  }
}

struct Recorded {
  const char* file;
  std::vector<int> samples;  // of gray, or of RGB
  Colors perceptual;
  Colors relative;  // empty: the same
};

// Profiles of real pictures; values of transicc -n -oSRGB -t0, and -t1 -b.
TEST_F(ColorGoalTest, ProfilesOfTheCorpusMeanWhatLittleCmsSays) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no corpus of real pictures here (set TBBTHUMBS_CORPUS)";
  const std::vector<int> rgb = {200, 40, 90, 30, 180, 120, 64, 64, 64, 250, 220, 30};
  const std::vector<int> gray = {16, 64, 128, 230};
  const std::vector<Recorded> all = {
      // Adobe RGB, ProPhoto, Display P3, Corbis RGB, linear BT.2020, P3 of cinemas
      {"conformance/bep_imagemeta/images__utf8-in-ztxt.png",
       rgb,
       {{232.7, 35.2, 91.1}, {0, 181.5, 117.3}, {61.8, 61.8, 61.8}, {255, 221.0, 0}},
       {}},
      {"conformance/lovell_sharp/fixtures__prophoto.png",
       rgb,
       {{255, 0, 113.6}, {0, 211.1, 128.3}, {81.3, 81.3, 81.3}, {255, 221.0, 0}},
       {}},
      {"photos-big/camera/exifr__iptc-mess.jpg",
       rgb,
       {{218.2, 0, 88.7}, {0, 183.3, 114.6}, {64.0, 64.0, 64.0}, {255, 218.6, 0}},
       {}},
      {"conformance/haraldk_TwelveMonkeys/jpeg__cmm-exception-corbis-rgb.jpg",
       rgb,
       {{214.1, 30.6, 112.7}, {0, 196.1, 138.2}, {81.3, 81.3, 81.3}, {252.1, 225.8, 65.6}},
       {}},
      {"conformance/debian_libjxl-testdata/Nikon-D300-12bit_2020_g1_dt.png",
       rgb,
       {{255, 78.4, 162.7}, {0, 228.7, 179.5}, {137.2, 137.2, 137.2}, {255, 237.9, 45.7}},
       {}},
      {"conformance/davidbyttow_govips/resources__jpg-24bit-icc-smpte.jpg",
       rgb,
       {{205.5, 0, 70.9}, {0, 173.8, 98.2}, {46.1, 46.1, 46.1}, {254.3, 214.1, 0}},
       {}},
      // Tables: sRGB with a perceptual rendering, sYCC, BT.2020 with PQ
      {"conformance/immich-app_test-assets/gps-position__thompson-springs.jpg",
       rgb,
       {{200.4, 25.9, 83.9}, {0, 153.3, 97.6}, {63.9, 63.9, 63.9}, {255, 212.8, 0}},
       {{200, 40, 90}, {30, 180, 120}, {64, 64, 64}, {250, 220, 30}}},
      {"conformance/KDE_gwenview/cms__Upper_Right.jpg",
       rgb,
       {{146.7, 255, 44.1}, {18.8, 17.8, 122.2}, {0, 131.7, 0}, {112.6, 255, 255}},
       {{142.0, 255, 0}, {0, 0, 115.3}, {0, 125.8, 0}, {104.6, 255, 255}}},
      {"conformance/discord_lilliput/data__hdr-ohmama.png",
       rgb,
       {{255, 0, 28.2}, {0, 252.7, 66.2}, {40.5, 40.5, 40.5}, {255, 255, 0}},
       {{255, 0, 33.0}, {0, 252.7, 68.1}, {43.9, 43.9, 43.9}, {255, 255, 0}}},
      // Dot gain of 20 %, gray gamma 2.2
      {"conformance/thumbor_thumbor/images__grayscale-icc.jpg",
       gray,
       {{22.2, 22.2, 22.2}, {84.9, 84.9, 84.9}, {149.3, 149.3, 149.3}, {235.6, 235.6, 235.6}},
       {}},
      {"conformance/lovell_sharp/fixtures__concert.jpg",
       gray,
       {{7.5, 7.5, 7.5}, {61.8, 61.8, 61.8}, {129.0, 129.0, 129.0}, {230.7, 230.7, 230.7}},
       {}},
  };
  for (const Recorded& recorded : all) {
    SCOPED_TRACE(recorded.file);
    MemorySource source(testing::ReadBytes(*corpus / recorded.file));
    const auto decoder = OpenDecoder(source, {});
    ASSERT_TRUE(decoder);
    const ImageInfo& info = (*decoder)->info();
    const auto converted = [&](Intent intent) {
      return Convert(info.color, SampleType::kU16, recorded.samples, info.profile, {ColorSpace::kSrgb, intent});
    };
    ExpectNear(converted(Intent::kPerceptual), Flat(recorded.perceptual), 0.3);
    ExpectNear(converted(Intent::kRelative), Flat(recorded.relative.empty() ? recorded.perceptual : recorded.relative),
               0.3);
  }
}

}  // namespace
}  // namespace tbbthumbs
