// The row filters of PNG: plain code against the formulas of the specification, vector code against plain code.
#include "codecs/png_unfilter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "codecs/png_unfilter_simd.h"
#include "tests/support/simd_targets.h"

namespace tbbthumbs {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr int kPixelBytes[] = {1, 2, 3, 4, 6, 8};

// Rows and the one above them, with slack around whose bytes must stay as they are.
struct Rows {
  Rows(size_t count_in, size_t row_bytes_in, int pixel_bytes_in)
      : count(count_in),
        row_bytes(row_bytes_in),
        pixel_bytes(pixel_bytes_in),
        above(row_bytes + kUnfilterSlack),
        bytes(count * (row_bytes + 1) + kUnfilterSlack) {}

  FilteredRows view() { return {bytes.data(), count, row_bytes, pixel_bytes, above.data()}; }

  size_t count;
  size_t row_bytes;
  int pixel_bytes;
  Bytes above;
  Bytes bytes;
};

enum class Content { kNoise, kSmooth, kExtremes };

// `filter`: of every row; 5 for any, in no order.
Rows MakeRows(size_t count, size_t row_bytes, int pixel_bytes, int filter, Content content, uint32_t seed) {
  Rows rows(count, row_bytes, pixel_bytes);
  std::minstd_rand random(seed);
  const auto byte = [&] {
    const auto value = static_cast<uint32_t>(random() >> 8);
    if (content == Content::kSmooth) return static_cast<uint8_t>(value % 7 - 3);
    if (content == Content::kExtremes) return static_cast<uint8_t>(value % 2 == 0 ? 0 : 255);
    return static_cast<uint8_t>(value);
  };
  for (uint8_t& b : rows.above) b = byte();
  for (uint8_t& b : rows.bytes) b = byte();
  for (size_t y = 0; y < count; ++y) {
    rows.bytes[y * (row_bytes + 1)] = static_cast<uint8_t>(filter == 5 ? (random() >> 8) % 5 : filter);
  }
  return rows;
}

// Clause 9 of the PNG specification, byte by byte.
int PaethPredictor(int a, int b, int c) {
  const int p = a + b - c;
  const int pa = std::abs(p - a);
  const int pb = std::abs(p - b);
  const int pc = std::abs(p - c);
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

void UnfilterPlainly(Rows& rows) {
  const uint8_t* above = rows.above.data();
  for (size_t y = 0; y < rows.count; ++y) {
    uint8_t* row = rows.bytes.data() + y * (rows.row_bytes + 1) + 1;
    for (size_t x = 0; x < rows.row_bytes; ++x) {
      const bool first = x < static_cast<size_t>(rows.pixel_bytes);
      const int a = first ? 0 : row[x - static_cast<size_t>(rows.pixel_bytes)];
      const int b = above[x];
      const int c = first ? 0 : above[x - static_cast<size_t>(rows.pixel_bytes)];
      const int predictions[] = {0, a, b, (a + b) / 2, PaethPredictor(a, b, c)};
      row[x] = static_cast<uint8_t>(row[x] + predictions[row[-1]]);
    }
    above = row;
  }
}

TEST(PngUnfilter, PlainCodeIsTheSpecifications) {
  for (const int pixel_bytes : kPixelBytes) {
    for (int filter = 0; filter <= 5; ++filter) {
      for (const Content content : {Content::kNoise, Content::kSmooth, Content::kExtremes}) {
        for (const size_t pixels : {1, 2, 3, 17}) {
          Rows expected = MakeRows(5, pixels * static_cast<size_t>(pixel_bytes), pixel_bytes, filter, content, 1);
          Rows rows = expected;
          UnfilterPlainly(expected);
          ASSERT_TRUE(scalar::UnfilterRows(rows.view()));
          ASSERT_EQ(rows.bytes, expected.bytes) << pixel_bytes << " bytes a pixel, filter " << filter;
        }
      }
    }
  }
}

// Neighbours from all over the cube that they make.
TEST(PngUnfilter, PaethOfAllNeighbours) {
  for (int a = 0; a < 256; a += 3) {
    for (int b = 0; b < 256; ++b) {
      for (int c = 0; c < 256; c += (b % 5) + 1) {
        uint8_t row[2] = {static_cast<uint8_t>(a), 0};
        const uint8_t above[2] = {static_cast<uint8_t>(c), static_cast<uint8_t>(b)};
        scalar::UnfilterRow(PngFilter::kPaeth, row, above, 1, 2, 1);
        ASSERT_EQ(row[1], PaethPredictor(a, b, c)) << a << ' ' << b << ' ' << c;
      }
    }
  }
}

TEST(PngUnfilter, ARowGoesOnWhereItWasLeft) {
  for (const int pixel_bytes : kPixelBytes) {
    for (int filter = 0; filter <= 4; ++filter) {
      const Rows rows = MakeRows(1, size_t{24}, pixel_bytes, filter, Content::kNoise, 2);
      Rows whole = rows;
      ASSERT_TRUE(scalar::UnfilterRows(whole.view()));
      for (size_t first = 0; first <= rows.row_bytes; first += static_cast<size_t>(pixel_bytes)) {
        Rows halves = rows;
        const auto unfilter = [&](size_t from, size_t to) {
          scalar::UnfilterRow(PngFilter{static_cast<uint8_t>(filter)}, &halves.bytes[1], halves.above.data(), from, to,
                              pixel_bytes);
        };
        unfilter(0, first);
        unfilter(first, rows.row_bytes);
        ASSERT_EQ(halves.bytes, whole.bytes);
      }
    }
  }
}

TEST(PngUnfilter, FiltersThatDoNotExist) {
  for (const int pixel_bytes : kPixelBytes) {
    for (const size_t bad : {0, 3, 15}) {
      for (const uint8_t filter : {uint8_t{5}, uint8_t{128}, uint8_t{255}}) {
        Rows rows = MakeRows(16, 48, pixel_bytes, 4, Content::kNoise, 3);
        rows.bytes[bad * 49] = filter;
        Rows again = rows;
        EXPECT_FALSE(scalar::UnfilterRows(rows.view()));
        EXPECT_FALSE(simd::UnfilterRows(again.view()));
      }
    }
  }
}

class PngUnfilterSimd : public testing::SimdTargetTest {};
INSTANTIATE_TEST_SUITE_P(Targets, PngUnfilterSimd, ::testing::ValuesIn(testing::SimdTargets()));

TEST_P(PngUnfilterSimd, SameAsPlainCode) {
  for (const int pixel_bytes : kPixelBytes) {
    for (int filter = 0; filter <= 5; ++filter) {
      for (size_t pixels = 1; pixels <= 101; ++pixels) {
        const auto content = static_cast<Content>(pixels % 3);
        const size_t count = 1 + pixels % 19;
        Rows expected = MakeRows(count, pixels * static_cast<size_t>(pixel_bytes), pixel_bytes, filter, content,
                                 static_cast<uint32_t>(pixels));
        Rows rows = expected;
        ASSERT_TRUE(scalar::UnfilterRows(expected.view()));
        ASSERT_TRUE(simd::UnfilterRows(rows.view()));
        ASSERT_EQ(rows.bytes, expected.bytes)
            << pixel_bytes << " bytes a pixel, filter " << filter << ", " << pixels << " pixels, " << count << " rows";
      }
    }
  }
}

// Groups of rows that go together, with every filter in every place of them.
TEST_P(PngUnfilterSimd, FiltersMixed) {
  for (const int pixel_bytes : kPixelBytes) {
    for (uint32_t seed = 1; seed <= 200; ++seed) {
      const size_t pixels = 30 + seed % 40;
      Rows expected =
          MakeRows(24, pixels * static_cast<size_t>(pixel_bytes), pixel_bytes, 5, static_cast<Content>(seed % 3), seed);
      Rows rows = expected;
      ASSERT_TRUE(scalar::UnfilterRows(expected.view()));
      ASSERT_TRUE(simd::UnfilterRows(rows.view()));
      ASSERT_EQ(rows.bytes, expected.bytes) << pixel_bytes << " bytes a pixel, seed " << seed;
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
