#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "codecs/alpha_simd.h"
#include "codecs/box_shrink_simd.h"
#include "codecs/resample_scalar.h"
#include "codecs/resample_simd.h"
#include "tests/support/simd_targets.h"

namespace tbbthumbs {
namespace {

class ResampleKernels : public testing::SimdTargetTest {
 protected:
  template <class T>
  std::vector<T> Random(size_t count, int64_t low, int64_t high) {
    std::vector<T> values(count);
    std::uniform_int_distribution<int64_t> any(low, high);
    for (T& value : values) {
      // A third of them at the ends of the range.
      const int64_t drawn = any(random_);
      value = static_cast<T>(drawn % 3 != 0 ? drawn : drawn % 2 == 0 ? low : high);
    }
    return values;
  }

  // Weights as filters have them: the positive ones sum to at most 1.3, the negative ones to -0.3.
  std::vector<int16_t> Weights(int count) {
    std::vector<int16_t> weights(count);
    int left = 1 << kWeightBits;
    for (int i = 1; i < count; ++i) {
      weights[i] = static_cast<int16_t>(std::uniform_int_distribution<int>(-3000 / count, 18000 / count)(random_));
      left -= weights[i];
    }
    weights[0] = static_cast<int16_t>(left);
    return weights;
  }

  std::vector<float> FloatWeights(int count) {
    std::vector<float> weights(count);
    for (float& weight : weights)
      weight = std::uniform_real_distribution<float>(-0.2f, 1.0f)(random_) / static_cast<float>(count);
    return weights;
  }

  std::mt19937 random_{7};
};

template <class T>
std::vector<T> First(std::vector<T> values, size_t count) {
  values.resize(count);
  return values;
}

TEST_P(ResampleKernels, PairRows) {
  for (const size_t samples : {1u, 3u, 63u, 64u, 65u, 200u}) {
    const size_t room = PaddedSamples(samples);
    const auto even = Random<uint8_t>(room, 0, 255);
    const auto odd = Random<uint8_t>(room, 0, 255);
    std::vector<int16_t> expected(2 * room), actual(2 * room);
    scalar::PairRows(even.data(), odd.data(), samples, expected.data());
    simd::PairRows(even.data(), odd.data(), samples, actual.data());
    EXPECT_EQ(First(actual, 2 * samples), First(expected, 2 * samples)) << samples;
  }
}

TEST_P(ResampleKernels, WeightedRows8) {
  for (const size_t samples : {1u, 5u, 64u, 65u, 131u, 300u}) {
    for (const int pairs : {1, 2, 3, 7, 24}) {
      const size_t room = PaddedSamples(samples);
      std::vector<std::vector<int16_t>> rows(pairs);
      std::vector<const int16_t*> pointers;
      pointers.reserve(rows.size());
      for (auto& row : rows) pointers.push_back((row = Random<int16_t>(2 * room, 0, 255)).data());
      const auto weights = Weights(2 * pairs);
      std::vector<int16_t> expected(2 * room), actual(2 * room);
      const auto sums = [&](std::vector<int16_t>& out) {
        return std::vector<RowSum8>{{pointers, weights.data(), out.data()},
                                    {std::span(pointers).first(1), weights.data(), out.data() + room}};
      };
      scalar::WeightedRows(sums(expected), samples);
      simd::WeightedRows(sums(actual), samples);
      for (size_t begin : {size_t{0}, room}) {
        for (size_t x = begin; x < begin + samples; ++x) ASSERT_EQ(actual[x], expected[x]) << samples << ' ' << pairs;
      }
    }
  }
}

TEST_P(ResampleKernels, WeightedRows16) {
  for (const size_t samples : {1u, 5u, 64u, 65u, 131u, 300u}) {
    for (const int count : {1, 2, 3, 7, 24}) {
      const size_t room = PaddedSamples(samples);
      std::vector<std::vector<uint16_t>> rows(count);
      std::vector<const uint16_t*> pointers;
      pointers.reserve(rows.size());
      for (auto& row : rows) pointers.push_back((row = Random<uint16_t>(room, 0, 65535)).data());
      const auto weights = FloatWeights(count);
      std::vector<float> expected(room), actual(room);
      scalar::WeightedRows(std::vector<RowSum16>{{pointers, weights.data(), expected.data()}}, samples);
      simd::WeightedRows(std::vector<RowSum16>{{pointers, weights.data(), actual.data()}}, samples);
      ASSERT_EQ(First(actual, samples), First(expected, samples)) << samples << ' ' << count;
    }
  }
}

TEST_P(ResampleKernels, PlaceColumns) {
  for (int channels = 1; channels <= 4; ++channels) {
    for (const int width : {1, 2, 3, 8, 37}) {
      for (int rows = 1; rows <= kColumnSamples / channels; rows += 5) {
        const size_t stride = PaddedSamples(static_cast<size_t>(width) * channels + kRowStep);
        const auto source = Random<int16_t>(stride * rows, -5000, 20000);
        const Band<int16_t> band{source.data(), stride, rows, channels};
        std::vector<int16_t> expected((width + 1) / 2 * 2 * kColumnSamples), actual(expected.size());
        scalar::PlaceColumns(band, 0, width, expected.data());
        simd::PlaceColumns(band, 0, width, actual.data());
        for (int x = 0; x < width; ++x) {
          for (int k = 0; k < rows * channels; ++k) {
            const size_t at = static_cast<size_t>(x / 2) * 2 * kColumnSamples + 2 * k + x % 2;
            ASSERT_EQ(expected[at], source[k / channels * stride + x * channels + k % channels]);
            ASSERT_EQ(actual[at], expected[at]);
          }
        }
      }
    }
  }
}

TEST_P(ResampleKernels, WeightedColumns8) {
  const auto columns = Random<int16_t>(40 * kColumnSamples, -5000, 20000);
  std::vector<FilterTaps::Output> outputs;
  std::vector<int16_t> weights;
  for (const int count : {2, 4, 6, 14, 40}) {
    outputs.push_back({(40 - count) / 4 * 2, count, weights.size()});
    for (const int16_t weight : Weights(count)) weights.push_back(weight);
  }
  std::vector<uint8_t> expected(outputs.size() * kColumnSamples), actual(expected.size());
  scalar::WeightedColumns(columns.data(), outputs, weights.data(), expected.data());
  simd::WeightedColumns(columns.data(), outputs, weights.data(), actual.data());
  EXPECT_EQ(actual, expected);
}

TEST_P(ResampleKernels, WeightedColumns16) {
  const auto columns = Random<float>(40 * kColumnSamples, -20000, 80000);
  std::vector<FilterTaps::Output> outputs;
  std::vector<float> weights;
  for (const int count : {1, 2, 5, 14, 40}) {
    outputs.push_back({(40 - count) / 2, count, weights.size()});
    for (const float weight : FloatWeights(count)) weights.push_back(2 * weight);
  }
  std::vector<uint16_t> expected(outputs.size() * kColumnSamples), actual(expected.size());
  scalar::WeightedColumns(columns.data(), outputs, weights.data(), expected.data());
  simd::WeightedColumns(columns.data(), outputs, weights.data(), actual.data());
  EXPECT_EQ(actual, expected);
}

TEST_P(ResampleKernels, PlaceRows) {
  const auto columns = Random<uint8_t>(40 * kColumnSamples, 0, 255);
  for (const int count : {1, 15, 16, 17, 32, 40}) {
    for (int rows = 1; rows <= kColumnSamples; ++rows) {
      const size_t stride = count + 3;
      // What lies between the rows stays as it is.
      std::vector<uint8_t> actual(stride * rows, 7), expected(actual);
      for (int r = 0; r < rows; ++r) {
        for (int x = 0; x < count; ++x) expected[r * stride + x] = columns[x * kColumnSamples + r];
      }
      simd::PlaceRows(columns.data(), count, rows, actual.data(), stride);
      ASSERT_EQ(actual, expected) << count << " x " << rows;
    }
  }
}

TEST_P(ResampleKernels, AddRow) {
  for (const size_t samples : {1u, 17u, 64u, 100u, 256u}) {
    const size_t room = PaddedSamples(samples);
    std::vector<uint16_t> expected8(room, 9), actual8(room, 9);
    std::vector<uint32_t> expected16(room, 9), actual16(room, 9);
    for (int y = 0; y < kMaxBlockFactor; ++y) {
      const auto row8 = Random<uint8_t>(room, 0, 255);
      const auto row16 = Random<uint16_t>(room, 0, 65535);
      scalar::AddRow(row8.data(), y == 0, samples, expected8.data());
      simd::AddRow(row8.data(), y == 0, samples, actual8.data());
      scalar::AddRow(row16.data(), y == 0, samples, expected16.data());
      simd::AddRow(row16.data(), y == 0, samples, actual16.data());
    }
    EXPECT_EQ(First(actual8, samples), First(expected8, samples));
    EXPECT_EQ(First(actual16, samples), First(expected16, samples));
  }
}

template <class Sum, class Sample>
void ExpectSameMeans(const std::vector<Sum>& sums, const BlockRow& blocks) {
  const size_t room = PaddedSamples(static_cast<size_t>(blocks.width) * blocks.channels + kRowStep);
  std::vector<Sample> expected(room), actual(room);
  scalar::BlockMeans(sums.data(), blocks, expected.data());
  simd::BlockMeans(sums.data(), blocks, actual.data());
  const size_t out = static_cast<size_t>((blocks.width + blocks.factor - 1) / blocks.factor) * blocks.channels;
  EXPECT_EQ(First(actual, out), First(expected, out)) << blocks.factor << " x " << blocks.rows << ", "
                                                      << blocks.channels << " channels, " << sizeof(Sample) << " bytes";
}

TEST_P(ResampleKernels, BlockMeans) {
  for (int channels = 1; channels <= 4; ++channels) {
    for (const auto& [factor, rows] : {std::pair{1, 3},
                                       {2, 1},
                                       {2, 2},
                                       {3, 5},
                                       {7, 7},
                                       {11, 12},
                                       {15, 17},
                                       {16, 16},
                                       {16, 256},
                                       {17, 2},
                                       {90, 91},
                                       {91, 91},
                                       {256, 256}}) {
      // Several hundred samples of several blocks, the last one not whole.
      const BlockRow blocks{channels, std::max(4 * factor, 700) + factor / 2, factor, rows};
      const size_t room = PaddedSamples(static_cast<size_t>(blocks.width) * channels + kRowStep);
      // Sums of nearly equal samples, so that a mean of them is as often just above a half as just below.
      ExpectSameMeans<uint16_t, uint8_t>(Random<uint16_t>(room, 120 * rows, 121 * rows), blocks);
      ExpectSameMeans<uint16_t, uint8_t>(Random<uint16_t>(room, 0, 255 * rows), blocks);
      ExpectSameMeans<uint32_t, uint16_t>(Random<uint32_t>(room, 30000 * rows, 30001 * rows), blocks);
      ExpectSameMeans<uint32_t, uint16_t>(Random<uint32_t>(room, 0, int64_t{65535} * rows), blocks);
    }
  }
}

// Around every sum at which the rounded mean changes, for all blocks of up to 17 x 17 pixels.
TEST_P(ResampleKernels, BlockMeansRoundToNearest) {
  for (int block = 0; block < 17 * 17; ++block) {
    const int factor = block / 17 + 1;
    const int rows = block % 17 + 1;
    const int pixels = factor * rows;
    std::vector<uint16_t> sums(PaddedSamples(static_cast<size_t>(factor) * 4 + kRowStep));
    std::vector<uint8_t> means(PaddedSamples(4 + kRowStep));
    for (int i = 0; i < 3 * 255; ++i) {
      const int sum = std::max(0, i / 3 * pixels + pixels / 2 + i % 3 - 1);
      for (int x = 0; x < factor; ++x) sums[4 * x] = static_cast<uint16_t>((sum + x) / factor);
      simd::BlockMeans(sums.data(), {4, factor, factor, rows}, means.data());
      ASSERT_EQ(means[0], (2 * sum + pixels) / (2 * pixels)) << sum << " of " << pixels;
    }
  }
}

TEST_P(ResampleKernels, AlphaApart) {
  for (size_t pixels = 0; pixels < 70; ++pixels) {
    auto row = Random<uint8_t>(4 * pixels, 0, 255);
    std::vector<uint8_t> expected_rgb, expected_alpha;
    for (size_t i = 0; i < row.size(); ++i) (i % 4 == 3 ? expected_alpha : expected_rgb).push_back(row[i]);
    std::vector<uint8_t> rgb(3 * pixels + simd::kRgbSlack), alpha(pixels);
    simd::SplitRgba(row.data(), pixels, rgb.data(), alpha.data());
    EXPECT_EQ(First(rgb, 3 * pixels), expected_rgb);
    EXPECT_EQ(alpha, expected_alpha);

    for (size_t i = 3; i < row.size(); i += 4) row[i] = 255;
    rgb.assign(rgb.size(), 0);
    ASSERT_TRUE(simd::DropOpaqueAlpha(row.data(), pixels, rgb.data()));
    EXPECT_EQ(First(rgb, 3 * pixels), expected_rgb);
    for (size_t i = 3; i < row.size(); i += 4) {
      row[i] = 254;
      ASSERT_FALSE(simd::DropOpaqueAlpha(row.data(), pixels, rgb.data())) << "pixel " << i / 4 << " of " << pixels;
      row[i] = 255;
    }
  }
}

// All 65,536 products.
TEST_P(ResampleKernels, MultiplyRgba) {
  std::vector<uint8_t> row(256 * 4), out(row.size());
  for (int alpha = 0; alpha < 256; ++alpha) {
    for (int i = 0; i < 256; ++i) {
      for (int c = 0; c < 3; ++c) row[4 * i + c] = static_cast<uint8_t>(i + 85 * c);
      row[4 * i + 3] = static_cast<uint8_t>(alpha);
    }
    const size_t done = simd::MultiplyRgba(row.data(), 256, out.data());
    for (size_t i = 0; i < done; ++i) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(out[4 * i + c], (2 * row[4 * i + c] * alpha + 255) / 510);
      ASSERT_EQ(out[4 * i + 3], alpha);
    }
  }
  if (GetParam() < HWY_EMU128) {  // else there are no vectors, and none done is right
    EXPECT_LT(255u - simd::MultiplyRgba(row.data(), 255, out.data()), 8u);
  }
}

INSTANTIATE_TEST_SUITE_P(AllTargets, ResampleKernels, ::testing::ValuesIn(testing::SimdTargets()),
                         [](const auto& test) { return std::string(hwy::TargetName(test.param)); });

}  // namespace
}  // namespace tbbthumbs
