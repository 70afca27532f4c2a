#include "codecs/png_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "codecs/png_filter_simd.h"
#include "tests/support/simd_targets.h"

namespace tbbthumbs {
namespace {

std::vector<uint8_t> Noise(size_t count, uint32_t seed) {
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}

// Few values, the extreme ones among them: ties between the predictions of Paeth's filter.
std::vector<uint8_t> Extremes(size_t count, uint32_t seed) {
  std::vector<uint8_t> bytes = Noise(count, seed);
  constexpr uint8_t kValues[] = {0, 1, 127, 128, 129, 254, 255, 255};
  for (uint8_t& byte : bytes) byte = kValues[byte % 8];
  return bytes;
}

// The rows again, from their filtered form, as the specification has it. Fails where a filter type is none.
std::vector<uint8_t> Unfilter(const std::vector<uint8_t>& filtered, const PngRows& rows) {
  std::vector<uint8_t> all(rows.row_bytes * rows.count);
  const auto at = [&](size_t y, size_t x, size_t up, size_t back) {
    return y < up || x < back ? 0 : all[(y - up) * rows.row_bytes + x - back];
  };
  for (size_t y = 0; y < rows.count; ++y) {
    const uint8_t* row = filtered.data() + y * (1 + rows.row_bytes);
    EXPECT_LT(row[0], kPngFilters);
    for (size_t x = 0; x < rows.row_bytes; ++x) {
      const int a = at(y, x, 0, rows.pixel_bytes);
      const int b = at(y, x, 1, 0);
      const int c = at(y, x, 1, rows.pixel_bytes);
      const int p = a + b - c;
      const int nearest = std::min({std::abs(p - a), std::abs(p - b), std::abs(p - c)});
      const int paeth = nearest == std::abs(p - a) ? a : nearest == std::abs(p - b) ? b : c;
      const int predictions[] = {0, a, b, (a + b) / 2, paeth};
      all[y * rows.row_bytes + x] = static_cast<uint8_t>(row[1 + x] + predictions[row[0] % kPngFilters]);
    }
  }
  return all;
}

std::vector<uint8_t> Filter(const PngRows& rows, PngFiltering filtering) {
  PngFilterScratch scratch;
  std::vector<uint8_t> out(rows.filtered_bytes(), 0xAA);
  FilterRows(rows, filtering, scratch, out);
  return out;
}

class PngFilterTest : public testing::SimdTargetTest {};

TEST_P(PngFilterTest, VectorsEqualTheScalarReference) {
  constexpr size_t kBefore = 32;
  for (const size_t row_bytes : {1, 2, 15, 16, 31, 32, 33, 63, 64, 65, 255, 256, 257, 768, 1000, 2309}) {
    for (const size_t pixel_bytes : {1, 2, 3, 4, 6, 8}) {
      for (const bool extreme : {false, true}) {
        const auto fill = extreme ? Extremes : Noise;
        // Noise before and behind the rows too: what is there must be used, or left alone, by both alike.
        const auto row = fill(kBefore + row_bytes + simd::kFilterSlack, 1);
        const auto above = fill(kBefore + row_bytes + simd::kFilterSlack, 2);
        std::vector<std::vector<uint8_t>> out(2 * kPngFilters, std::vector<uint8_t>(row_bytes + simd::kFilterSlack));
        FilteredRow expected;
        FilteredRow actual;
        for (size_t filter = 0; filter < kPngFilters; ++filter) {
          expected.bytes[filter] = out[filter].data();
          actual.bytes[filter] = out[kPngFilters + filter].data();
        }
        FilterRowScalar(row.data() + kBefore, above.data() + kBefore, row_bytes, pixel_bytes, expected);
        if (!simd::FilterRow(row.data() + kBefore, above.data() + kBefore, row_bytes, pixel_bytes, actual)) {
          GTEST_SKIP() << "no vectors";
        }
        SCOPED_TRACE(std::to_string(row_bytes) + " bytes, pixels of " + std::to_string(pixel_bytes));
        EXPECT_EQ(actual.costs, expected.costs);
        for (size_t filter = 1; filter < kPngFilters; ++filter) {
          EXPECT_TRUE(std::equal(out[filter].begin(), out[filter].begin() + static_cast<std::ptrdiff_t>(row_bytes),
                                 out[kPngFilters + filter].begin()))
              << "filter " << filter;
        }
      }
    }
  }
}

TEST_P(PngFilterTest, EveryFilteringIsUndoneByTheSpecification) {
  PngFilterScratch scratch;
  for (const size_t pixel_bytes : {1, 2, 3, 4}) {
    for (const size_t width : {1, 7, 11, 64, 171}) {
      for (const size_t height : {1, 2, 37}) {
        const auto bytes = Extremes(width * pixel_bytes * height, 3);
        const PngRows rows{bytes.data(), width * pixel_bytes, height, pixel_bytes};
        for (int filtering = 0; filtering < kPngFilterings; ++filtering) {
          std::vector<uint8_t> out(rows.filtered_bytes(), 0xAA);
          FilterRows(rows, static_cast<PngFiltering>(filtering), scratch, out);
          EXPECT_EQ(Unfilter(out, rows), bytes) << filtering << ": " << width << " x " << height;
          for (size_t y = 0; filtering < static_cast<int>(kPngFilters) && y < height; ++y) {
            EXPECT_EQ(out[y * (1 + rows.row_bytes)], filtering);
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, PngFilterTest, ::testing::ValuesIn(testing::SimdTargets()));

TEST(PngFilter, CostsAreBitsOfMagnitudes) {
  const uint8_t row[] = {0, 1, 255, 2, 254, 3, 4, 127, 129, 128};
  const uint8_t margin_and_row[] = {0, row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9]};
  const uint8_t above[11] = {};
  std::array<std::array<uint8_t, 16>, kPngFilters> out{};
  FilteredRow filtered;
  for (size_t filter = 0; filter < kPngFilters; ++filter) filtered.bytes[filter] = out[filter].data();
  FilterRowScalar(margin_and_row + 1, above + 1, 10, 1, filtered);
  EXPECT_EQ(filtered.costs[0], 0u + 1 + 1 + 2 + 2 + 2 + 3 + 7 + 7 + 8);
  EXPECT_EQ(filtered.costs[2], filtered.costs[0]);  // below a row of zeros
}

// One row below a row of zeros, with what the measures say of it worked out by hand.
TEST(PngFilter, MeasuresChooseByWhatTheySay) {
  // Multiples of 3: a constant difference to the left.
  std::vector<uint8_t> ramp(100);
  for (size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<uint8_t>(3 * i);
  const PngRows row{ramp.data(), ramp.size(), 1, 1};
  for (const PngFiltering filtering : {PngFiltering::kAdaptive, PngFiltering::kLeastSum, PngFiltering::kFewestPairs}) {
    EXPECT_EQ(Filter(row, filtering)[0], 1);  // Paeth's is the same here: the first of equals
  }
  // The same row again: nothing is left of it.
  std::vector<uint8_t> twice = Noise(50, 9);
  twice.insert(twice.end(), twice.begin(), twice.end());
  const PngRows rows{twice.data(), 50, 2, 1};
  for (const PngFiltering filtering : {PngFiltering::kAdaptive, PngFiltering::kLeastSum, PngFiltering::kFewestPairs}) {
    EXPECT_EQ(Filter(rows, filtering)[51], 2);
  }
  // Alternating 0 and 100 are two pairs of bytes as they are, and smaller in sum than their differences.
  std::vector<uint8_t> stripes(99);
  for (size_t i = 1; i < stripes.size(); i += 2) stripes[i] = 100;
  const PngRows striped{stripes.data(), stripes.size(), 1, 1};
  for (const PngFiltering filtering : {PngFiltering::kAdaptive, PngFiltering::kLeastSum, PngFiltering::kFewestPairs}) {
    EXPECT_EQ(Filter(striped, filtering)[0], 0);
  }
}

TEST(PngFilter, ScratchOfOtherPicturesChangesNothing) {
  const auto wide = Noise(4000, 4);
  const auto narrow = Noise(90, 5);
  const PngRows rows{narrow.data(), 9, 10, 3};
  PngFilterScratch scratch;
  std::vector<uint8_t> first(rows.filtered_bytes());
  FilterRows(rows, PngFiltering::kPaeth, scratch, first);
  std::vector<uint8_t> large(4002);
  FilterRows({wide.data(), 2000, 2, 4}, PngFiltering::kAdaptive, scratch, large);
  std::vector<uint8_t> second(rows.filtered_bytes());
  FilterRows(rows, PngFiltering::kPaeth, scratch, second);
  EXPECT_EQ(first, second);
}

TEST(FilterRows, AStopIsSeenBeforeTheFirstRow) {
  std::stop_source stop;
  const Watch watch({.cpu_deadline = {}}, stop.get_token());
  const std::vector<uint8_t> pixels(300, 9);
  const PngRows rows{pixels.data(), 100, 3, 1};
  for (const PngFiltering filtering : {PngFiltering::kNone, PngFiltering::kAdaptive}) {
    PngFilterScratch scratch;
    std::vector<uint8_t> out(rows.filtered_bytes(), 77);
    EXPECT_TRUE(FilterRows(rows, filtering, scratch, out, &watch).has_value());
    EXPECT_NE(out[0], 77);
  }
  stop.request_stop();
  for (const PngFiltering filtering : {PngFiltering::kNone, PngFiltering::kAdaptive}) {
    PngFilterScratch scratch;
    std::vector<uint8_t> out(rows.filtered_bytes(), 77);
    const Status status = FilterRows(rows, filtering, scratch, out, &watch);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, ErrorCode::kStopped);
    EXPECT_EQ(out, std::vector<uint8_t>(rows.filtered_bytes(), 77));
  }
}

}  // namespace
}  // namespace tbbthumbs
