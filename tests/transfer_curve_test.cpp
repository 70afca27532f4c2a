#include "codecs/transfer_curve.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "codecs/color_curves.h"
#include "tests/support/icc_fixture.h"

namespace tbbthumbs {
namespace {

TEST(TransferCurve, EverySampleComesBack) {
  const TransferCurve curve = MakeTransferCurve(SrgbLight, SampleType::kU8).value();
  ASSERT_EQ(curve.to_linear.size(), 256u);
  ASSERT_EQ(curve.from_linear.size(), 65536u);
  EXPECT_EQ(curve.to_linear[0], 0);
  EXPECT_EQ(curve.to_linear[1], 20);
  EXPECT_EQ(curve.to_linear[255], 65535);
  for (size_t v = 0; v < 256; ++v) EXPECT_EQ(curve.from_linear[curve.to_linear[v]], v);
}

TEST(TransferCurve, LightIsTheNearestSample) {
  const TransferCurve curve = MakeTransferCurve(SrgbLight, SampleType::kU8).value();
  EXPECT_EQ(curve.from_linear[32768], 188);
  for (int level = 0; level < 65536; ++level) {
    const double y = level / 65535.0;
    const double sample = y <= 0.0031308 ? 12.92 * y : 1.055 * std::pow(y, 1 / 2.4) - 0.055;
    ASSERT_LE(std::abs(curve.from_linear[static_cast<size_t>(level)] - 255 * sample), 0.5001) << level;
  }
}

TEST(TransferCurve, WideSamplesComeBackToAStepOfLight) {
  const TransferCurve curve = MakeTransferCurve(SrgbLight, SampleType::kU16).value();
  ASSERT_EQ(curve.to_linear.size(), 65536u);
  for (int v = 0; v < 65536; ++v) {
    const int back = curve.from_linear[curve.to_linear[static_cast<size_t>(v)]];
    ASSERT_LE(std::abs(back - v), 7) << v;  // half a step of light at black is 6.5 of these
  }
}

// So that no library's last bit decides about one of ours.
TEST(TransferCurve, NoNumberIsNearlyBetweenTwo) {
  for (const int max : {255, 65535}) {
    for (int v = 0; v <= max; ++v) {
      const double light = 65535 * SrgbLight(static_cast<double>(v) / max);
      ASSERT_GT(std::abs(light - std::floor(light) - 0.5), 1e-9) << v;
    }
  }
}

TEST(TransferCurve, OddCurvesAreRefused) {
  const auto refused = [](const LightFunction& light) {
    return !MakeTransferCurve(light, SampleType::kU8).has_value();
  };
  EXPECT_TRUE(refused([](double x) { return 1 - x; }));
  EXPECT_TRUE(refused([](double) { return 0.5; }));
  EXPECT_TRUE(refused([](double x) { return x / 3; }));
  EXPECT_TRUE(refused([](double) { return std::numeric_limits<double>::quiet_NaN(); }));
  EXPECT_TRUE(refused([](double x) { return x < 0.5 ? 2 * x : 2 * x - 1; }));
  EXPECT_FALSE(refused([](double x) { return x * 2 - 0.5; })) << "cut at both ends";
  EXPECT_FALSE(refused([](double x) { return x; }));
}

TEST(TransferCurve, InkIsTheOtherWayRound) {
  const TransferCurve light = MakeTransferCurve(SrgbLight, SampleType::kU8).value();
  const TransferCurve ink = OfInk(light);
  for (size_t v = 0; v < 256; ++v) {
    EXPECT_EQ(ink.to_linear[v], light.to_linear[255 - v]);
    EXPECT_EQ(ink.from_linear[ink.to_linear[v]], v);
  }
}

uint16_t MiddleOf(const ColorProfile& profile, ColorModel model = ColorModel::kRgb, size_t channel = 0) {
  ColorCurves curves;
  return curves.Get(profile, model, SampleType::kU8).channels[channel]->to_linear[128];
}

uint16_t GammaMiddle(double gamma) { return static_cast<uint16_t>(65535 * std::pow(128 / 255.0, gamma) + 0.5); }

constexpr uint16_t kSrgbMiddle = 14146;  // 65535 * 0.21586

TEST(ColorCurves, AreThoseOfTheProfile) {
  for (const double gamma : {1.0, 1.8, 2.2, 3.0}) {
    EXPECT_NEAR(MiddleOf(IccProfile{testing::RgbIcc(testing::kAdobePrimaries, gamma)}), GammaMiddle(gamma), 8);
    EXPECT_NEAR(MiddleOf(IccProfile{testing::GrayIcc(gamma)}, ColorModel::kGray), GammaMiddle(gamma), 8);
    ParametricProfile said;
    said.curve = ParametricProfile::Curve::kGamma;
    said.gamma = gamma;
    EXPECT_NEAR(MiddleOf(said), GammaMiddle(gamma), 8);
    EXPECT_NEAR(MiddleOf(said, ColorModel::kGray), GammaMiddle(gamma), 8);
  }
  const ColorProfile three = IccProfile{testing::RgbIcc(testing::kSrgbPrimaries, {1.0, 2.0, 3.0})};
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(MiddleOf(three, ColorModel::kRgb, c), GammaMiddle(static_cast<double>(c + 1)), 8);
  }
}

TEST(ColorCurves, AreThoseOfSrgbWhereNothingBetterIsSaid) {
  EXPECT_EQ(MiddleOf({}), kSrgbMiddle);
  EXPECT_EQ(MiddleOf({}, ColorModel::kGray), kSrgbMiddle);
  EXPECT_EQ(MiddleOf(IccProfile{testing::RgbIcc(testing::kSrgbPrimaries, 0)}), kSrgbMiddle);
  EXPECT_EQ(MiddleOf(IccProfile{testing::LinkIcc()}), kSrgbMiddle);
  EXPECT_EQ(MiddleOf(IccProfile{{std::byte{1}, std::byte{2}}}), kSrgbMiddle);
  EXPECT_EQ(MiddleOf(IccProfile{testing::RgbIcc(testing::kSrgbPrimaries, 1)}, ColorModel::kGray), kSrgbMiddle)
      << "made for another model";
  EXPECT_EQ(MiddleOf(IccProfile{testing::SwappedCmykIcc()}, ColorModel::kCmyk),
            MakeTransferCurve(SrgbLight, SampleType::kU8)->to_linear[127]);
}

TEST(ColorCurves, AreKeptApart) {
  ColorCurves curves;
  const ColorProfile one = IccProfile{testing::RgbIcc(testing::kP3Primaries, 1.0)};
  const ColorProfile two = IccProfile{testing::RgbIcc(testing::kP3Primaries, 2.0)};
  for (int round = 0; round < 3; ++round) {
    for (int other = 0; other < 10; ++other) {  // more than are kept
      ParametricProfile said;
      said.curve = ParametricProfile::Curve::kGamma;
      said.gamma = 2 + other / 10.0;
      curves.Get(said, ColorModel::kRgb, SampleType::kU8);
      EXPECT_NEAR(curves.Get(one, ColorModel::kRgb, SampleType::kU8).channels[0]->to_linear[128], GammaMiddle(1), 8);
      EXPECT_NEAR(curves.Get(two, ColorModel::kRgb, SampleType::kU8).channels[2]->to_linear[128], GammaMiddle(2), 8);
      EXPECT_EQ(curves.Get(two, ColorModel::kRgb, SampleType::kU16).channels[2]->to_linear.size(), 65536u);
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
