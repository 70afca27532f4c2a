#include "codecs/filter_taps.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <tuple>

namespace tbbthumbs {
namespace {

constexpr Kernel kKernels[] = {Kernel::kLanczos3, Kernel::kMitchell, Kernel::kCatmullRom, Kernel::kArea};
constexpr int kOne = 1 << kWeightBits;

std::span<const int16_t> IntegersOf(const FilterTaps& taps, int output) {
  return std::span(taps.integers).subspan(taps.outputs[output].offset, taps.outputs[output].count);
}
std::span<const float> FloatsOf(const FilterTaps& taps, int output) {
  return std::span(taps.floats).subspan(taps.outputs[output].offset, taps.outputs[output].count);
}

// The source coordinate that the weights of an output centre on, in samples: the first sample's centre is 0.5.
double Centroid(const FilterTaps& taps, int output) {
  double sum = 0;
  const auto weights = IntegersOf(taps, output);
  for (size_t i = 0; i < weights.size(); ++i)
    sum += weights[i] * (taps.outputs[output].first + static_cast<double>(i) + 0.5);
  return sum / kOne;
}

TEST(FilterTaps, IntegersSumToOneAndLieInThePicture) {
  for (const Kernel kernel : kKernels) {
    for (int samples = 1; samples < 70; samples += 3) {
      for (int out = 1; out < 90; out += 2) {
        for (const double cut : {0.0, 0.25, 0.999}) {
          const FilterTaps taps =
              MakeFilterTaps({samples - cut, samples, out, kernel, TapLayout::kPairs, out - cut / 2});
          ASSERT_EQ(taps.outputs.size(), static_cast<size_t>(out));
          for (int i = 0; i < out; ++i) {
            const auto weights = IntegersOf(taps, i);
            ASSERT_EQ(std::accumulate(weights.begin(), weights.end(), 0), kOne) << samples << " to " << out;
            const FilterTaps::Output& output = taps.outputs[i];
            ASSERT_EQ(output.first % 2, 0);
            ASSERT_EQ(output.count % 2, 0);
            ASSERT_GT(output.count, 0);
            ASSERT_GE(output.first, 0);
            ASSERT_LE(output.first + output.count, samples + samples % 2);
            if (output.first + output.count > samples) {
              ASSERT_EQ(weights.back(), 0);
            }
          }
        }
      }
    }
  }
}

TEST(FilterTaps, FloatsSumToOneAndLieInThePicture) {
  for (const Kernel kernel : kKernels) {
    for (const auto& [samples, out] : {std::pair{1, 1}, {1, 9}, {7, 3}, {1000, 256}, {501, 500}, {64, 100}}) {
      const FilterTaps taps = MakeFilterTaps({samples - 0.125, samples, out, kernel, TapLayout::kSingles});
      for (int i = 0; i < out; ++i) {
        const auto weights = FloatsOf(taps, i);
        EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1, 1e-6);
        EXPECT_GE(taps.outputs[i].first, 0);
        EXPECT_LE(taps.outputs[i].first + taps.outputs[i].count, samples);
      }
    }
  }
}

TEST(FilterTaps, CopyIsTheIdentity) {
  for (const Kernel kernel : kKernels) {
    const FilterTaps pairs = MakeFilterTaps({33, 33, 33, kernel, TapLayout::kPairs});
    const FilterTaps singles = MakeFilterTaps({33, 33, 33, kernel, TapLayout::kSingles});
    for (int i = 0; i < 33; ++i) {
      EXPECT_EQ(pairs.outputs[i].count, 2);
      EXPECT_EQ(IntegersOf(pairs, i)[i % 2], kOne);
      EXPECT_EQ(singles.outputs[i].first, i);
      EXPECT_EQ(singles.outputs[i].count, 1);
      EXPECT_EQ(FloatsOf(singles, i)[0], 1.0f);
    }
  }
}

// Almost a copy, and not one: 7.5 of 8 samples have to become 8.
TEST(FilterTaps, FractionalExtentIsNoCopy) {
  const FilterTaps taps = MakeFilterTaps({7.5, 8, 8, Kernel::kLanczos3, TapLayout::kPairs});
  EXPECT_GT(taps.outputs[3].count, 2);
}

// What is wanted of the halves of an odd number of pixels equals the first outputs of a filter for twice the picture,
// which ends with a whole sample.
TEST(FilterTaps, ACutOutputIsCentredAsIfThePictureWentOn) {
  for (const Kernel kernel : kKernels) {
    for (const auto& [samples, out] : {std::pair{1000, 51}, {501, 40}, {64, 23}, {20, 19}}) {
      const FilterTaps cut = MakeFilterTaps({samples + 0.0, samples, out, kernel, TapLayout::kPairs, out - 0.5});
      const FilterTaps twice = MakeFilterTaps({2.0 * samples, 2 * samples, 2 * out - 1, kernel, TapLayout::kPairs});
      int whole = 0;
      while (whole < out && cut.outputs[whole].first + cut.outputs[whole].count + 1 < samples) {
        ASSERT_EQ(cut.outputs[whole].first, twice.outputs[whole].first);
        const auto weights = IntegersOf(cut, whole);
        const auto expected = IntegersOf(twice, whole);
        ASSERT_TRUE(std::equal(weights.begin(), weights.end(), expected.begin(), expected.end())) << whole;
        ++whole;
      }
      EXPECT_GE(whole, out - 7);
      EXPECT_LT(whole, out);
      // The last one is centred on the picture's edge, and leans inwards only as far as half of the kernel does.
      EXPECT_GT(Centroid(cut, out - 1), samples - 0.6 * samples / out);
    }
  }
}

TEST(FilterTaps, ACutPictureIsCopiedToo) {
  for (const Kernel kernel : kKernels) {
    const FilterTaps taps = MakeFilterTaps({2.5, 3, 3, kernel, TapLayout::kSingles, 2.5});
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(taps.outputs[i].first, i);
      EXPECT_EQ(taps.outputs[i].count, 1);
    }
    EXPECT_GT(MakeFilterTaps({3, 3, 3, kernel, TapLayout::kSingles, 2.5}).floats.size(), 3u);
  }
}

TEST(FilterTaps, MirrorImages) {
  for (const Kernel kernel : kKernels) {
    for (const auto& [samples, out] : {std::pair{1000, 255}, {1001, 256}, {100, 33}, {10, 31}, {5, 2}, {9, 4}}) {
      const FilterTaps taps = MakeFilterTaps({samples + 0.0, samples, out, kernel, TapLayout::kSingles});
      for (int i = 0; i < out; ++i) {
        const auto weights = FloatsOf(taps, i);
        const auto twin = FloatsOf(taps, out - 1 - i);
        ASSERT_EQ(weights.size(), twin.size());
        EXPECT_TRUE(std::equal(weights.begin(), weights.end(), twin.rbegin()));
        EXPECT_EQ(taps.outputs[i].first + taps.outputs[i].count, samples - taps.outputs[out - 1 - i].first);
      }
    }
  }
}

TEST(FilterTaps, CentredOnTheExactPosition) {
  for (const Kernel kernel : kKernels) {
    for (const double extent : {500.0, 500.125, 500.875, 501.0}) {
      const int out = 100;
      const FilterTaps taps = MakeFilterTaps({extent, static_cast<int>(std::ceil(extent)), out, kernel, {}});
      for (int i = 3; i < out - 3; ++i) {  // away from the edges, where a cut filter leans inwards
        EXPECT_NEAR(Centroid(taps, i), (i + 0.5) * extent / out, 0.02);
      }
    }
  }
}

TEST(FilterTaps, LanczosIsItsFormula) {
  const int samples = 300, out = 71;
  const double ratio = static_cast<double>(samples) / out;
  const FilterTaps taps = MakeFilterTaps({300, samples, out, Kernel::kLanczos3, TapLayout::kSingles});
  const auto sinc = [](double x) { return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); };
  for (int i = 0; i < out; ++i) {
    const auto lanczos = [&](int k) {
      const double x = (k + 0.5 - (i + 0.5) * ratio) / ratio;
      return std::abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
    };
    double sum = 0;
    for (int k = 0; k < samples; ++k) sum += lanczos(k);
    const FilterTaps::Output& output = taps.outputs[i];
    for (int k = 0; k < output.count; ++k) EXPECT_NEAR(FloatsOf(taps, i)[k], lanczos(output.first + k) / sum, 1e-7);
  }
}

// Known values at distance 0 and 1: Catmull-Rom interpolates (1 and 0), Mitchell blurs (8/9 and 1/18).
TEST(FilterTaps, CubicsAtTheSamples) {
  // Three outputs of nine samples each: the middle one is centred on sample 13, one third of the distances apart.
  const FilterTaps catmull_rom = MakeFilterTaps({27, 27, 3, Kernel::kCatmullRom, TapLayout::kSingles});
  const FilterTaps mitchell = MakeFilterTaps({27, 27, 3, Kernel::kMitchell, TapLayout::kSingles});
  const auto at = [](const FilterTaps& taps, int sample) { return FloatsOf(taps, 1)[sample - taps.outputs[1].first]; };
  EXPECT_NEAR(at(catmull_rom, 22) / at(catmull_rom, 13), 0, 1e-6);
  EXPECT_NEAR(at(mitchell, 22) / at(mitchell, 13), 1.0 / 16, 1e-6);
}

TEST(FilterTaps, AreaWeighsWhatIsCovered) {
  const FilterTaps taps = MakeFilterTaps({5, 5, 2, Kernel::kArea, TapLayout::kSingles});
  const auto weights = FloatsOf(taps, 0);
  ASSERT_EQ(weights.size(), 3u);
  EXPECT_FLOAT_EQ(weights[0], 0.4f);
  EXPECT_FLOAT_EQ(weights[1], 0.4f);
  EXPECT_FLOAT_EQ(weights[2], 0.2f);
}

TEST(TapCache, KeepsTheLastUsed) {
  TapCache cache;
  const auto first = cache.Get({100, 100, 20, Kernel::kLanczos3, TapLayout::kPairs});
  for (int out = 21; out < 51; ++out) {
    (void)cache.Get({100, 100, out, Kernel::kLanczos3, TapLayout::kPairs});
    EXPECT_EQ(cache.Get({100, 100, 20, Kernel::kLanczos3, TapLayout::kPairs}), first);
  }
  EXPECT_NE(cache.Get({100, 100, 20, Kernel::kLanczos3, TapLayout::kSingles}), first);
  EXPECT_NE(cache.Get({100, 100, 20, Kernel::kMitchell, TapLayout::kPairs}), first);
  EXPECT_NE(cache.Get({99.5, 100, 20, Kernel::kLanczos3, TapLayout::kPairs}), first);
  EXPECT_NE(cache.Get({100, 100, 20, Kernel::kLanczos3, TapLayout::kPairs, 40}), first);
  EXPECT_NE(cache.Get({100, 100, 20, Kernel::kLanczos3, TapLayout::kPairs, 0, 0.5}), first);
  for (int out = 51; out < 120; ++out) (void)cache.Get({100, 100, out, Kernel::kLanczos3, TapLayout::kPairs});
  const auto again = cache.Get({100, 100, 20, Kernel::kLanczos3, TapLayout::kPairs});
  EXPECT_NE(again, first);
  EXPECT_EQ(again->integers, first->integers);  // the filter in use outlived its place
}

// A window of the outputs has the weights that these have among all, to the last bit.
TEST(FilterTaps, WindowsArePartsOfTheWhole) {
  for (const TapLayout layout : {TapLayout::kPairs, TapLayout::kSingles}) {
    for (const auto& [extent, samples, whole] :
         {std::tuple{300.0, 300, 71}, {300.0, 300, 72}, {299.5, 300, 71}, {40.0, 40, 90}, {64.0, 64, 64}}) {
      const FilterTaps all = MakeFilterTaps({extent, samples, whole, Kernel::kLanczos3, layout});
      for (const int begin : {0, 1, 20, whole / 2, whole - 9}) {
        const FilterTaps part =
            MakeFilterTaps({extent, samples, 9, Kernel::kLanczos3, layout, whole + 0.0, begin + 0.0});
        ASSERT_EQ(part.outputs.size(), 9u);
        for (size_t i = 0; i < 9; ++i) {
          const auto& expected = all.outputs[begin + i];
          const auto& actual = part.outputs[i];
          ASSERT_EQ(actual.first, expected.first);
          ASSERT_EQ(actual.count, expected.count);
          for (int k = 0; k < actual.count; ++k) {
            if (layout == TapLayout::kPairs) {
              ASSERT_EQ(part.integers[actual.offset + k], all.integers[expected.offset + k]);
            } else {
              ASSERT_EQ(part.floats[actual.offset + k], all.floats[expected.offset + k]);
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
