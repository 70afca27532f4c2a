#include "codecs/jpeg_reduction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>
#include <vector>

#include "codecs/jpeg_session.h"
#include "tests/support/corpus.h"
#include "tests/support/jpeg_oracle.h"
#include "tests/support/jpeg_synthesis.h"
#include "tests/support/thinning.h"

namespace tbbthumbs {
namespace {

using testing::LibjpegsLuma;
using testing::OraclePlane;
using testing::SynthJpeg;
using testing::SynthRandom;

// A gray file of blocks that have DC coefficients only: a walk that comes by every part of 16 bits.
SynthJpeg DcWalk(uint16_t quant, SynthRandom& random) {
  SynthJpeg jpeg;
  jpeg.size = {8 * 512, 8 * 16};
  jpeg.quants[0].fill(1);
  jpeg.quants[0][0] = quant;
  jpeg.dc[0].counts[0] = 1;
  jpeg.dc[0].symbols[0] = 11;
  jpeg.ac[0].counts[0] = 1;
  testing::ScanWriter writer;
  for (int block = 0; block < 512 * 16; ++block) {
    writer.Put(0, 1);
    // Upwards at first, to all of the range, then anywhere.
    writer.Put(static_cast<uint32_t>(block < 4096 ? 1024 + random() % 1024 : random() % 2048), 11);
    writer.Put(0, 1);
  }
  jpeg.scan = writer.Take();
  return jpeg;
}

TEST(JpegReduction, ToOneSampleIsLibjpegTurbosEighthToTheLastBit) {
  SynthRandom random(1);
  for (const int quant : {1, 2, 3, 8, 16, 17, 99, 255, 256, 1000, 8191, 32767}) {
    const auto file = testing::Assemble(DcWalk(static_cast<uint16_t>(quant), random));
    const OraclePlane expected = LibjpegsLuma(file, 1);
    ASSERT_EQ(expected.samples.size(), 512U * 16);
    const auto coefficients = testing::ReadCoefficients(file);
    ASSERT_TRUE(coefficients);
    std::vector<int16_t> dc;
    for (int y = 0; y < 16; ++y) {
      for (int x = 0; x < 512; ++x) dc.push_back(coefficients->components[0].at(x, y, 0));
    }
    const auto [least, most] = std::ranges::minmax(dc);
    ASSERT_LT(least, -32'000);
    ASSERT_GT(most, 32'000);
    std::vector<uint8_t> samples(dc.size());
    ReduceTo1(dc, quant, samples.data());
    EXPECT_EQ(samples, expected.samples) << quant;
  }
}

// The means of the quarters of a block that has only the four lowest frequencies, by the definition of the inverse
// transform (T.81, A.3.3). Left to right, top to bottom.
std::array<double, 4> QuarterMeans(const std::array<double, 4>& dequantized) {
  const auto basis = [](int x, int u) {
    return u == 0 ? std::sqrt(0.5) : std::cos((2 * x + 1) * u * std::numbers::pi / 16);
  };
  std::array<double, 4> means{};
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      double sample = 0;
      for (int v = 0; v < 2; ++v) {
        for (int u = 0; u < 2; ++u) sample += dequantized[static_cast<size_t>(2 * v + u)] * basis(x, u) * basis(y, v);
      }
      means[static_cast<size_t>(y / 4 * 2 + x / 4)] += sample / 4 / 16;
    }
  }
  return means;
}

TEST(JpegReduction, ToFourSamplesAreTheMeansOfTheQuarters) {
  std::minstd_rand random(2);
  double worst = 0;
  int inside = 0;
  for (int round = 0; round < 200'000; round += testing::kThinning) {
    // From small coefficients to twice what a picture of 8 bits can have.
    const int range = 1 << (3 + round % 9);
    std::array<int16_t, 4> corner;
    std::array<int, 4> quant;
    std::array<double, 4> dequantized;
    for (size_t i = 0; i < 4; ++i) {
      quant[i] = 1 + static_cast<int>(random() % (round % 3 == 0 ? 1 : 16));
      const int value = static_cast<int>(random() % static_cast<unsigned>(2 * range)) - range;
      corner[i] = static_cast<int16_t>(value / quant[i]);
      dequantized[i] = corner[i] * quant[i];
    }
    std::array<uint8_t, 4> samples;
    ReduceTo2(corner, quant, samples.data(), samples.data() + 2);
    const std::array<double, 4> means = QuarterMeans(dequantized);
    for (size_t i = 0; i < 4; ++i) {
      const double expected = std::clamp(means[i] + 128, 0.0, 255.0);
      worst = std::max(worst, std::abs(samples[i] - expected));
      if (expected > 0 && expected < 255) ++inside;
    }
  }
  EXPECT_GT(inside * testing::kThinning, 100'000);
  // Half of rounding, and of the two constants, 12 bits each.
  EXPECT_LT(worst, 0.57);
  EXPECT_GT(worst, 0.49);
}

TEST(JpegReduction, CoefficientsOutOfAllRangeSaturate) {
  const std::array<int, 4> quant = {32767, 32767, 32767, 32767};
  constexpr std::array<int16_t, 2> kExtremes = {-32768, 32767};
  for (unsigned signs = 0; signs < 16; ++signs) {
    std::array<int16_t, 4> corner;
    for (size_t i = 0; i < 4; ++i) corner[i] = kExtremes[signs >> i & 1];
    std::array<uint8_t, 4> samples;
    ReduceTo2(corner, quant, samples.data(), samples.data() + 2);
    for (int i = 0; i < 4; ++i) {
      const auto sign = [&](int k) { return (signs >> k & 1) != 0 ? 1.0 : -1.0; };
      const double across = i % 2 == 0 ? 1 : -1;
      const double down = i < 2 ? 1 : -1;
      const double sum = sign(0) + 0.906127 * (across * sign(1) + down * sign(2)) + 0.821067 * across * down * sign(3);
      // Two of each sign nearly cancel: 17 or so is left.
      const int expected = std::abs(sum) < 0.1 ? (sum > 0 ? 145 : 111) : sum > 0 ? 255 : 0;
      EXPECT_EQ(samples[static_cast<size_t>(i)], expected) << signs << " " << i;
    }
  }
}

TEST(JpegReduction, RowsOfBlocksKeepTheirOrder) {
  const std::vector<int16_t> corners = {80, 0, 0, 0, 0, 80, 0, 0, 0, 0, 80, 0};
  uint8_t top[7];
  uint8_t bottom[7];
  top[6] = bottom[6] = 99;
  ReduceTo2(corners, {1, 1, 1, 1}, top, bottom);
  EXPECT_EQ(std::vector<uint8_t>(top, top + 7), (std::vector<uint8_t>{138, 138, 137, 119, 137, 137, 99}));
  EXPECT_EQ(std::vector<uint8_t>(bottom, bottom + 7), (std::vector<uint8_t>{138, 138, 137, 119, 119, 119, 99}));
}

// Photographs keep the brightness that libjpeg-turbo's own transform to 2 x 2 gives them.
TEST(JpegReduction, PhotographsAreAsBrightAsLibjpegTurbosQuarter) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no corpus of photographs here (set TBBTHUMBS_CORPUS)";
  int compared = 0;
  for (const testing::CorpusFile& file : testing::ListCorpus(*corpus, "photos-web")) {
    if (file.format != "jpeg") continue;
    const auto bytes = testing::ReadBytes(file.path);
    MemorySource source{std::span<const std::byte>(bytes)};
    JpegDecompressor jpeg(source);
    if (!jpeg.ReadHeader() || jpeg.info().jpeg_color_space != JCS_YCbCr) continue;
    const auto ours = testing::ReduceWithLibjpeg(bytes, {2, 2, 2});
    const OraclePlane libjpegs = LibjpegsLuma(bytes, 2);
    if (!ours || ours->planes[0].samples.size() != libjpegs.samples.size()) continue;
    double difference = 0;
    for (size_t i = 0; i < libjpegs.samples.size(); ++i) difference += ours->planes[0].samples[i] - libjpegs.samples[i];
    EXPECT_LT(std::abs(difference) / static_cast<double>(libjpegs.samples.size()), 0.25) << file.path;
    ++compared;
  }
  EXPECT_GT(compared, 20);
}

}  // namespace
}  // namespace tbbthumbs
