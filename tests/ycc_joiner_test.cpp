#include "codecs/ycc_joiner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "codecs/ycc_planes.h"
#include "tests/support/collecting_sink.h"

namespace tbbthumbs {
namespace {

using testing::CollectingSink;

// A plane of a picture that it covers with so many samples.
PlaneFormat PlaneOf(double width, double height) {
  return {static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(height)), 1, width, height};
}

RowFormat Format(const PlaneFormat& luma, const PlaneFormat& blue, const PlaneFormat& red) {
  RowFormat format;
  format.color = ColorModel::kYcc;
  format.planes = {luma, blue, red};
  return format;
}

// What is painted from where a sample lies in the picture, 0 to 1 across and down.
using Paint = double (*)(double u, double v);

std::vector<uint8_t> RowOf(const PlaneFormat& plane, int y, Paint paint) {
  std::vector<uint8_t> row;
  for (int x = 0; x < plane.width; ++x) {
    row.push_back(
        static_cast<uint8_t>(std::lround(paint((x + 0.5) / plane.extent_width, (y + 0.5) / plane.extent_height))));
  }
  return row;
}

Status Send(YccJoiner& joiner, int plane, const std::vector<uint8_t>& row) {
  return joiner.Row(plane, std::as_bytes(std::span(row)));
}

// All rows, in bands of so many of each plane in turn; `last` comes behind all others.
void SendAll(YccJoiner& joiner, const RowFormat& format, const std::vector<Paint>& paints, int band, int last = -1) {
  ASSERT_TRUE(joiner.Begin(format));
  std::vector<int> sent(3, 0);
  const auto send = [&](size_t plane, int rows) {
    const int end = std::min(sent[plane] + rows, format.planes[plane].height);
    for (; sent[plane] < end; ++sent[plane]) {
      ASSERT_TRUE(Send(joiner, static_cast<int>(plane), RowOf(format.planes[plane], sent[plane], paints[plane])));
    }
  };
  while (sent[0] < format.planes[0].height || sent[1] < format.planes[1].height || sent[2] < format.planes[2].height) {
    for (size_t plane = 0; plane < 3; ++plane) {
      const bool waits =
          static_cast<int>(plane) == last && (sent[(plane + 1) % 3] < format.planes[(plane + 1) % 3].height ||
                                              sent[(plane + 2) % 3] < format.planes[(plane + 2) % 3].height);
      if (!waits) send(plane, band);
    }
  }
  ASSERT_TRUE(joiner.End());
}

double Luma(double u, double v) { return 120 + 40 * u - 30 * v; }
double Blue(double u, double v) { return 100 + 60 * u + 30 * v; }
double Red(double u, double v) { return 160 - 50 * u - 20 * v; }
const std::vector<Paint> kRamps = {Luma, Blue, Red};

// Ramps stay ramps: each sample of chroma is where it lies in the picture, whatever the ratios and the edges are.
TEST(YccJoiner, ChromaIsWhereItLies) {
  constexpr double kRatios[] = {1, 2, 4, 0.5, 1.5, 3, 0.25, 8};
  for (const Size size : {Size{64, 48}, Size{61, 47}, Size{33, 50}}) {
    for (const double across : kRatios) {
      for (const double down : kRatios) {
        const PlaneFormat luma = PlaneOf(size.width - 0.125, size.height - 0.25);
        const PlaneFormat chroma = PlaneOf(luma.extent_width / across, luma.extent_height / down);
        CollectingSink sink;
        YccJoiner joiner(sink);
        SendAll(joiner, Format(luma, chroma, chroma), kRamps, 5);
        ASSERT_TRUE(sink.ended);
        ASSERT_EQ(sink.format.planes[0].extent_width, luma.extent_width);
        // At the edges half a sample of chroma is repeated.
        const int edge_x = static_cast<int>(std::ceil(across / 2 + 1));
        const int edge_y = static_cast<int>(std::ceil(down / 2 + 1));
        for (int y = edge_y; y < luma.height - edge_y; ++y) {
          for (int x = edge_x; x < luma.width - edge_x; ++x) {
            const double u = (x + 0.5) / luma.extent_width;
            const double v = (y + 0.5) / luma.extent_height;
            const double cb = Blue(u, v) - 128, cr = Red(u, v) - 128, l = Luma(u, v);
            const double expected[] = {l + 1.402 * cr, l - 0.34414 * cb - 0.71414 * cr, l + 1.772 * cb};
            for (int c = 0; c < 3; ++c) {
              ASSERT_NEAR(sink.U8(x, y, c), expected[c], 3.2) << across << " x " << down << " at " << x << ", " << y;
            }
          }
        }
      }
    }
  }
}

TEST(YccJoiner, TheOrderOfPlanesDoesNotMatter) {
  const PlaneFormat luma = PlaneOf(101.5, 77);
  const RowFormat format = Format(luma, PlaneOf(50.75, 38.5), PlaneOf(101.5, 38.5));
  CollectingSink first;
  YccJoiner joiner(first);
  SendAll(joiner, format, kRamps, 1);
  for (const int band : {2, 13, 1000}) {
    for (int last = -1; last < 3; ++last) {
      CollectingSink sink;
      YccJoiner other(sink);
      SendAll(other, format, kRamps, band, last);
      EXPECT_TRUE(sink.bytes == first.bytes) << band << " " << last;
    }
  }
}

TEST(YccJoiner, EqualGridsAreOnlyConverted) {
  const PlaneFormat plane = PlaneOf(70, 3);
  CollectingSink sink;
  YccJoiner joiner(sink);
  SendAll(joiner, Format(plane, plane, plane), kRamps, 1);
  for (int y = 0; y < 3; ++y) {
    std::vector<uint8_t> rgb(3 * 70);
    YccToRgb(RowOf(plane, y, Luma).data(), RowOf(plane, y, Blue).data(), RowOf(plane, y, Red).data(), 70, rgb.data());
    for (int i = 0; i < 210; ++i) ASSERT_EQ(sink.U8(i / 3, y, i % 3), rgb[static_cast<size_t>(i)]);
  }
}

TEST(YccJoiner, BeginsAgain) {
  const RowFormat format = Format(PlaneOf(40, 40), PlaneOf(20, 20), PlaneOf(20, 20));
  CollectingSink expected, sink;
  YccJoiner fresh(expected), joiner(sink);
  SendAll(fresh, format, kRamps, 3);
  ASSERT_TRUE(joiner.Begin(Format(PlaneOf(17, 9), PlaneOf(9, 9), PlaneOf(9, 3))));
  for (int y = 0; y < 5; ++y) ASSERT_TRUE(Send(joiner, 0, std::vector<uint8_t>(17)));
  SendAll(joiner, format, kRamps, 3);
  EXPECT_TRUE(sink.bytes == expected.bytes);
  // A path that gave up, and one that brings RGB.
  ASSERT_TRUE(joiner.Begin(format));
  RowFormat rgb;
  rgb.planes = {PlaneOf(4, 1)};
  rgb.planes[0].channels = 3;
  ASSERT_TRUE(joiner.Begin(rgb));
  ASSERT_TRUE(Send(joiner, 0, std::vector<uint8_t>(12, 9)));
  ASSERT_TRUE(joiner.End());
  EXPECT_EQ(sink.bytes, std::vector<std::byte>(12, std::byte{9}));
}

TEST(YccJoiner, KeepsDecodersToTheirWord) {
  CollectingSink sink;
  YccJoiner joiner(sink);
  const RowFormat format = Format(PlaneOf(8, 2), PlaneOf(4, 1), PlaneOf(4, 1));
  RowFormat wrong = format;
  wrong.planes.pop_back();
  EXPECT_FALSE(joiner.Begin(wrong));
  wrong = format;
  wrong.planes[1].extent_width = 3;
  EXPECT_FALSE(joiner.Begin(wrong));
  ASSERT_TRUE(joiner.Begin(format));
  EXPECT_FALSE(Send(joiner, 0, std::vector<uint8_t>(7)));
  EXPECT_FALSE(Send(joiner, 3, std::vector<uint8_t>(4)));
  EXPECT_FALSE(Send(joiner, -1, std::vector<uint8_t>(4)));
  EXPECT_TRUE(Send(joiner, 1, std::vector<uint8_t>(4)));
  EXPECT_FALSE(Send(joiner, 1, std::vector<uint8_t>(4))) << "one too many";
  EXPECT_FALSE(joiner.End()) << "rows are missing";
}

}  // namespace
}  // namespace tbbthumbs
