#include "codecs/color.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

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

using Matrix = std::array<std::array<double, 3>, 3>;
using Vector = std::array<double, 3>;

Vector Times(const Matrix& m, const Vector& v) {
  Vector out{};
  for (size_t i = 0; i < 3; ++i) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return out;
}

Matrix Inverse(const Matrix& m) {
  Matrix out{};
  double determinant = 0;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      const size_t a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
      out[i][j] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
    }
    determinant += m[0][i] * out[i][0];
  }
  for (auto& row : out) {
    for (double& value : row) value /= determinant;
  }
  return out;
}

// From linear RGB of these primaries to XYZ.
Matrix ToXyz(const Chromaticities& xy) {
  Matrix m{};
  for (size_t c = 0; c < 3; ++c) {
    const double x = xy[2 + 2 * c], y = xy[3 + 2 * c];
    m[0][c] = x / y;
    m[1][c] = 1;
    m[2][c] = (1 - x - y) / y;
  }
  const Vector white{xy[0] / xy[1], 1, (1 - xy[0] - xy[1]) / xy[1]};
  const Vector scale = Times(Inverse(m), white);
  for (auto& row : m) {
    for (size_t c = 0; c < 3; ++c) row[c] *= scale[c];
  }
  return m;
}

double Decode(double x, double gamma) {
  if (gamma > 0) return std::pow(x, gamma);
  return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
}

double Encode(double y) {
  y = std::clamp(y, 0.0, 1.0);
  return y <= 0.0031308 ? 12.92 * y : 1.055 * std::pow(y, 1 / 2.4) - 0.055;
}

// The sRGB of a colour of other primaries of the same white.
Vector ToSrgbByFormula(const Chromaticities& primaries, double gamma, const Vector& rgb) {
  const Vector linear{Decode(rgb[0], gamma), Decode(rgb[1], gamma), Decode(rgb[2], gamma)};
  const Vector out = Times(Inverse(ToXyz(kSrgbPrimaries)), Times(ToXyz(primaries), linear));
  return {Encode(out[0]), Encode(out[1]), Encode(out[2])};
}

Raster Row(ColorModel color, bool alpha, SampleType sample, const std::vector<int>& samples) {
  Raster raster{.size = {0, 1}, .color = color, .alpha = alpha, .sample = sample, .pixels = {}};
  raster.size.width = static_cast<int>(samples.size()) / raster.channels();
  raster.pixels.resize(samples.size() * SampleBytes(sample));
  for (size_t i = 0; i < samples.size(); ++i) {
    if (sample == SampleType::kU8) {
      raster.u8()[i] = static_cast<uint8_t>(samples[i]);
    } else {
      raster.u16()[i] = static_cast<uint16_t>(samples[i]);
    }
  }
  return raster;
}

std::vector<int> Samples(const Raster& raster) {
  if (raster.sample == SampleType::kU8) return {raster.u8().begin(), raster.u8().end()};
  return {raster.u16().begin(), raster.u16().end()};
}

// A grid over the RGB cube, finer near black.
std::vector<int> Cube(int max, bool alpha) {
  std::vector<int> samples;
  const auto levels = {0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 1.0};
  for (const double r : levels) {
    for (const double g : levels) {
      for (const double b : levels) {
        for (const double level : {r, g, b}) samples.push_back(static_cast<int>(level * max));
        if (alpha) samples.push_back(static_cast<int>(samples.size()) * 37 & max);
      }
    }
  }
  return samples;
}

class ColorTest : public ::testing::Test {
 protected:
  bool Convert(Raster& raster, const ColorProfile& profile) {
    const Result<bool> usable = transforms_.Convert(raster, profile, {});
    EXPECT_TRUE(usable.has_value());
    return usable.value_or(false);
  }

  // The largest difference from the formula over the cube, in samples.
  double CubeError(const ColorProfile& profile, const Chromaticities& primaries, double gamma, SampleType sample,
                   bool alpha) {
    const int max = sample == SampleType::kU8 ? 255 : 65535;
    const std::vector<int> before = Cube(max, alpha);
    Raster raster = Row(ColorModel::kRgb, alpha, sample, before);
    EXPECT_TRUE(Convert(raster, profile));
    const std::vector<int> after = Samples(raster);
    const size_t channels = alpha ? 4 : 3;
    double worst = 0;
    for (size_t i = 0; i < before.size(); i += channels) {
      const Vector in{1.0 * before[i] / max, 1.0 * before[i + 1] / max, 1.0 * before[i + 2] / max};
      const Vector expected = ToSrgbByFormula(primaries, gamma, in);
      for (size_t c = 0; c < 3; ++c) worst = std::max(worst, std::abs(expected[c] * max - after[i + c]));
      if (alpha) {
        EXPECT_EQ(before[i + 3], after[i + 3]);
      }
    }
    return worst;
  }

  ColorTransforms transforms_;
};

TEST_F(ColorTest, NothingSaidChangesNothing) {
  for (const ColorModel model : {ColorModel::kGray, ColorModel::kRgb}) {
    Raster raster = Row(model, true, SampleType::kU8, {1, 2, 3, 4, 5, 6, 7, 8});
    EXPECT_TRUE(Convert(raster, {}));
    EXPECT_EQ(Samples(raster), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  }
}

TEST_F(ColorTest, ProfilesLikeSrgbChangeNothing) {
  // Primaries as rounded by hand, and a white point as measured by another, are still sRGB.
  const Chromaticities rough{0.3128, 0.3291, 0.6402, 0.3298, 0.3001, 0.5999, 0.1501, 0.0602};
  for (const ColorProfile& profile : {ColorProfile(IccProfile{RgbIcc(kSrgbPrimaries, 0)}),
                                      ColorProfile(IccProfile{RgbIcc(rough, 0)}), ColorProfile(ParametricProfile{})}) {
    for (const SampleType sample : {SampleType::kU8, SampleType::kU16}) {
      const std::vector<int> before = Cube(255, true);
      Raster raster = Row(ColorModel::kRgb, true, sample, before);
      EXPECT_TRUE(Convert(raster, profile));
      EXPECT_EQ(Samples(raster), before);
    }
  }
}

TEST_F(ColorTest, OtherSpacesAreConvertedByTheFormula) {
  struct Space {
    const char* name;
    Chromaticities primaries;
    double gamma;
  };
  for (const Space& space : {Space{"Display P3", kP3Primaries, 0}, Space{"Adobe RGB", kAdobePrimaries, 2.19921875},
                             Space{"sRGB with gamma 2.2", kSrgbPrimaries, 2.2}, Space{"linear", kSrgbPrimaries, 1.0}}) {
    SCOPED_TRACE(space.name);
    const ColorProfile icc = IccProfile{RgbIcc(space.primaries, space.gamma)};
    ParametricProfile said{.chromaticities = space.primaries};
    if (space.gamma > 0) {
      said.curve = ParametricProfile::Curve::kGamma;
      said.gamma = space.gamma;
    }
    for (const ColorProfile& profile : {icc, ColorProfile(said)}) {
      for (const bool alpha : {false, true}) {
        EXPECT_LE(CubeError(profile, space.primaries, space.gamma, SampleType::kU8, alpha), 2.0);
        EXPECT_LE(CubeError(profile, space.primaries, space.gamma, SampleType::kU16, alpha), 80.0);
      }
    }
  }
}

TEST_F(ColorTest, WideSpacesAreNotTakenForSrgb) {
  for (const Chromaticities& primaries : {kP3Primaries, kAdobePrimaries, kProPhotoPrimaries}) {
    Raster raster = Row(ColorModel::kRgb, false, SampleType::kU8, {128, 200, 60});
    EXPECT_TRUE(Convert(raster, IccProfile{RgbIcc(primaries, 0)}));
    EXPECT_NE(Samples(raster), (std::vector<int>{128, 200, 60}));
  }
}

TEST_F(ColorTest, Bt709CurveDecodesTheCamera) {
  ParametricProfile said;
  said.curve = ParametricProfile::Curve::kBt709;
  Raster raster = Row(ColorModel::kRgb, false, SampleType::kU16, {10000, 10000, 10000, 40000, 40000, 40000});
  EXPECT_TRUE(Convert(raster, said));
  const auto expected = [](double sample) {
    const double x = sample / 65535;
    return 65535 * Encode(x < 0.081 ? x / 4.5 : std::pow((x + 0.099) / 1.099, 1 / 0.45));
  };
  EXPECT_NEAR(Samples(raster)[0], expected(10000), 40);
  EXPECT_NEAR(Samples(raster)[3], expected(40000), 40);
}

TEST_F(ColorTest, GrayStaysGray) {
  std::vector<int> all;
  for (int i = 0; i < 256; ++i) all.push_back(i);
  for (const double gamma : {1.0, 1.8, 2.2}) {
    const ColorProfile icc = IccProfile{GrayIcc(gamma)};
    const ColorProfile said = ParametricProfile{.curve = ParametricProfile::Curve::kGamma, .gamma = gamma};
    for (const ColorProfile& profile : {icc, said}) {
      Raster raster = Row(ColorModel::kGray, false, SampleType::kU8, all);
      EXPECT_TRUE(Convert(raster, profile));
      EXPECT_EQ(raster.color, ColorModel::kGray);
      for (int i = 0; i < 256; ++i) {
        EXPECT_NEAR(Samples(raster)[static_cast<size_t>(i)], 255 * Encode(std::pow(i / 255.0, gamma)), 1.0)
            << i << " gamma " << gamma;
      }
    }
  }
  Raster raster = Row(ColorModel::kGray, true, SampleType::kU16, {32768, 77});
  EXPECT_TRUE(Convert(raster, IccProfile{GrayIcc(1.0)}));
  EXPECT_NEAR(Samples(raster)[0], 65535 * Encode(0.5), 60);
  EXPECT_EQ(Samples(raster)[1], 77);
}

TEST_F(ColorTest, GrayLikeSrgbChangesNothing) {
  std::vector<int> all;
  for (int i = 0; i < 256; ++i) all.push_back(i);
  Raster raster = Row(ColorModel::kGray, false, SampleType::kU8, all);
  EXPECT_TRUE(Convert(raster, IccProfile{GrayIcc(0)}));
  EXPECT_EQ(Samples(raster), all);
}

TEST_F(ColorTest, CmykWithoutAProfile) {
  Raster raster = Row(ColorModel::kCmyk, false, SampleType::kU8,
                      {0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255, 255});
  EXPECT_TRUE(Convert(raster, {}));
  EXPECT_EQ(raster.color, ColorModel::kRgb);
  EXPECT_EQ(raster.size, (Size{6, 1}));
  EXPECT_EQ(Samples(raster),
            (std::vector<int>{255, 255, 255, 0, 255, 255, 255, 0, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0}));

  std::vector<int> inks;
  for (int c = 0; c < 256; ++c) {
    for (int k = 0; k < 256; ++k) inks.insert(inks.end(), {c, 255 - c, 77, k});
  }
  Raster grid = Row(ColorModel::kCmyk, false, SampleType::kU8, inks);
  EXPECT_TRUE(Convert(grid, {}));
  for (size_t i = 0; i < grid.pixels.size() / 3; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      const double ink = inks[4 * i + c] / 255.0;
      const double black = inks[4 * i + 3] / 255.0;
      ASSERT_EQ(grid.u8()[3 * i + c], std::lround(255 * (1 - std::min(1.0, ink * (1 - black) + black))));
    }
  }
}

TEST_F(ColorTest, CmykOf16BitsAndWithAlpha) {
  Raster raster = Row(ColorModel::kCmyk, true, SampleType::kU16, {0, 65535, 32768, 32768, 1234});
  EXPECT_TRUE(Convert(raster, {}));
  EXPECT_TRUE(raster.alpha);
  const auto half = static_cast<int>(std::lround(32767.0 * 32767.0 / 65535));
  EXPECT_EQ(Samples(raster), (std::vector<int>{32767, 0, half, 1234}));
}

TEST_F(ColorTest, CmykWithAProfile) {
  const ColorProfile profile = IccProfile{testing::SwappedCmykIcc()};
  const std::vector<int> inks = {0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255};
  // Cyan takes away green here: the formula would say red. The first pixel says that 0 is paper.
  const std::vector<int> expected = {255, 255, 255, 255, 0, 255, 0, 255, 255, 255, 255, 0, 0, 0, 0};
  for (const int depth : {1, 257}) {
    const SampleType sample = depth == 1 ? SampleType::kU8 : SampleType::kU16;
    std::vector<int> scaled = inks;
    for (int& ink : scaled) ink *= depth;
    Raster raster = Row(ColorModel::kCmyk, false, sample, scaled);
    EXPECT_TRUE(Convert(raster, profile));
    EXPECT_EQ(raster.color, ColorModel::kRgb);
    const std::vector<int> got = Samples(raster);
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i] * depth, 3 * depth) << i;
  }
}

TEST_F(ColorTest, ProfilesForOtherModelsAreIgnored) {
  const ColorProfile rgb = IccProfile{RgbIcc(kAdobePrimaries, 2.2)};
  const ColorProfile gray = IccProfile{GrayIcc(1.0)};
  const ColorProfile cmyk = IccProfile{testing::SwappedCmykIcc()};
  const ColorProfile link = IccProfile{testing::LinkIcc()};
  for (const ColorProfile& profile : {gray, cmyk, link}) {
    Raster raster = Row(ColorModel::kRgb, false, SampleType::kU8, {10, 100, 200});
    EXPECT_FALSE(Convert(raster, profile));
    EXPECT_EQ(Samples(raster), (std::vector<int>{10, 100, 200}));
  }
  for (const ColorProfile& profile : {rgb, cmyk}) {
    Raster raster = Row(ColorModel::kGray, false, SampleType::kU8, {10, 100});
    EXPECT_FALSE(Convert(raster, profile));
    EXPECT_EQ(Samples(raster), (std::vector<int>{10, 100}));
  }
  for (const ColorProfile& profile : {rgb, gray, ColorProfile(ParametricProfile{})}) {
    Raster raster = Row(ColorModel::kCmyk, false, SampleType::kU8, {255, 0, 0, 0});
    EXPECT_FALSE(Convert(raster, profile));
    EXPECT_EQ(raster.color, ColorModel::kRgb) << "the formula applies";
    EXPECT_EQ(Samples(raster), (std::vector<int>{0, 255, 255}));
  }
}

TEST_F(ColorTest, BrokenProfilesAreIgnored) {
  const std::vector<std::byte> whole = RgbIcc(kAdobePrimaries, 2.2);
  std::vector<std::vector<std::byte>> broken = {{}, std::vector<std::byte>(200, std::byte{0x41})};
  for (size_t length = 1; length < 128; length += 9) {
    broken.emplace_back(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
  }
  std::vector<std::byte> huge = whole;
  huge.resize((4 << 20) + 1);
  broken.push_back(huge);
  for (const auto& bytes : broken) {
    Raster raster = Row(ColorModel::kRgb, false, SampleType::kU8, {10, 100, 200});
    EXPECT_FALSE(Convert(raster, IccProfile{bytes})) << bytes.size();
    EXPECT_EQ(Samples(raster), (std::vector<int>{10, 100, 200}));
  }
  const ParametricProfile flat{.chromaticities = {0.3, 0.3, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}};
  Raster raster = Row(ColorModel::kRgb, false, SampleType::kU8, {10, 100, 200});
  EXPECT_FALSE(Convert(raster, flat));
  EXPECT_EQ(Samples(raster), (std::vector<int>{10, 100, 200}));
}

TEST_F(ColorTest, TellsWithoutAPictureWhatItWouldLeaveAlone) {
  const auto fate = [&](const ColorProfile& profile, ColorSpace space = ColorSpace::kSrgb) {
    const Result<RgbFate> told = transforms_.FateOfRgb(profile, {space, Intent::kPerceptual});
    EXPECT_TRUE(told);
    return std::pair(told->usable, told->kept);
  };
  const ColorProfile srgb = IccProfile{RgbIcc(kSrgbPrimaries, 0)};
  const ColorProfile p3 = IccProfile{RgbIcc(kP3Primaries, 0)};
  const ColorProfile broken = IccProfile{std::vector<std::byte>(200)};
  for (const ColorProfile& profile : {ColorProfile(), srgb, ColorProfile(ParametricProfile{})}) {
    EXPECT_EQ(fate(profile), std::pair(true, true));
    EXPECT_EQ(fate(profile, ColorSpace::kDisplayP3), std::pair(true, false));
    EXPECT_EQ(fate(profile, ColorSpace::kKeep), std::pair(true, true));
  }
  EXPECT_EQ(fate(p3), std::pair(true, false));
  EXPECT_EQ(fate(p3, ColorSpace::kDisplayP3), std::pair(true, true));
  EXPECT_EQ(fate(p3, ColorSpace::kKeep), std::pair(true, true));
  EXPECT_EQ(fate(IccProfile{RgbIcc(kSrgbPrimaries, 1.8)}), std::pair(true, false));
  for (const ColorProfile& profile : {broken, ColorProfile(IccProfile{GrayIcc(2.2)})}) {
    EXPECT_EQ(fate(profile), std::pair(false, true));
    EXPECT_EQ(fate(profile, ColorSpace::kDisplayP3), std::pair(false, false)) << "sRGB becomes P3";
    EXPECT_EQ(fate(profile, ColorSpace::kKeep), std::pair(false, true));
  }
}

TEST_F(ColorTest, DamagedProfilesNeverCrash) {
  for (const std::vector<std::byte>& whole : {RgbIcc(kAdobePrimaries, 2.2), GrayIcc(1.8), testing::SwappedCmykIcc()}) {
    const size_t head = std::min<size_t>(whole.size(), 700);
    for (size_t at = 0; at < head; at += 3) {
      std::vector<std::byte> damaged = whole;
      damaged[at] ^= static_cast<std::byte>(0x81 + at % 7);
      for (const ColorModel model : {ColorModel::kGray, ColorModel::kRgb, ColorModel::kCmyk}) {
        Raster raster = Row(model, false, SampleType::kU8, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
        // Whole tables are built only for the model that fits; that is slow enough for a few of them.
        if (model == ColorModel::kCmyk && at % 30 != 0) continue;
        (void)Convert(raster, IccProfile{damaged});
        EXPECT_EQ(raster.size, (Size{static_cast<int>(12 / ColorChannels(model)), 1}));
      }
    }
  }
}

TEST_F(ColorTest, MoreProfilesThanAreKept) {
  // Comes round three times to each of 20 profiles, with 16 kept.
  std::vector<std::vector<int>> first;
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < 20; ++i) {
      Raster raster = Row(ColorModel::kRgb, false, SampleType::kU8, {10, 100, 200});
      EXPECT_TRUE(Convert(raster, IccProfile{RgbIcc(kSrgbPrimaries, 1.0 + 0.05 * static_cast<double>(i))}));
      if (round == 0) first.push_back(Samples(raster));
      EXPECT_EQ(Samples(raster), first[i]);
    }
  }
  EXPECT_NE(first[0], first[19]);
}

TEST_F(ColorTest, LayoutsOfOneProfileDoNotMix) {
  const ColorProfile profile = IccProfile{RgbIcc(kAdobePrimaries, 2.2)};
  for (int round = 0; round < 2; ++round) {
    Raster plain = Row(ColorModel::kRgb, false, SampleType::kU8, {10, 100, 200});
    Raster alpha = Row(ColorModel::kRgb, true, SampleType::kU8, {10, 100, 200, 3});
    Raster wide = Row(ColorModel::kRgb, false, SampleType::kU16, {2570, 25700, 51400});
    EXPECT_TRUE(Convert(plain, profile) && Convert(alpha, profile) && Convert(wide, profile));
    for (size_t c = 0; c < 3; ++c) {
      EXPECT_EQ(Samples(plain)[c], Samples(alpha)[c]);
      EXPECT_NEAR(Samples(plain)[c] * 257, Samples(wide)[c], 257);
    }
    EXPECT_EQ(Samples(alpha)[3], 3);
  }
}

}  // namespace
}  // namespace tbbthumbs
