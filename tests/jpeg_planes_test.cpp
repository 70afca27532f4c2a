// The planes that the JPEG decoder delivers.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "codecs/jpeg_decoder.h"
#include "tests/support/jpeg_fixture.h"

namespace tbbthumbs {
namespace {

using testing::JpegColor;
using testing::JpegFixture;
using testing::MakeJpeg;
using testing::MakePlanarJpeg;
using testing::Samplings;

// Keeps the planes of the last picture begun.
class PlaneSink final : public RowSink {
 public:
  Status Begin(const RowFormat& row_format) override {
    ++begun;
    format = row_format;
    rows.assign(format.planes.size(), {});
    return {};
  }
  Status Row(int plane, std::span<const std::byte> row) override {
    EXPECT_EQ(row.size(), static_cast<size_t>(format.planes[plane].width * format.planes[plane].channels));
    rows[plane].emplace_back(row.begin(), row.end());
    return refuse_after > 0 && --refuse_after == 0 ? Fail(ErrorCode::kOutOfMemory, "full") : Status();
  }
  Status End() override {
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].size(), static_cast<size_t>(format.planes[i].height));
    }
    return {};
  }

  int At(int plane, int x, int y) const { return static_cast<int>(rows[plane][y][x]); }

  RowFormat format;
  std::vector<std::vector<std::vector<std::byte>>> rows;
  int begun = 0;
  int refuse_after = 0;  // rows; 0: never
};

// By libjpeg-turbo, also what our own readers would take.
Result<DecodeReport> Decode(const std::vector<std::byte>& jpeg, DecodeRequest request, PlaneSink& sink) {
  if (request.decoder == DecoderChoice::kAuto) request.decoder = DecoderChoice::kTurbo;
  MemorySource source{std::span<const std::byte>(jpeg)};
  auto decoder = OpenJpeg(source, {});
  if (!decoder) return tl::unexpected<Error>(decoder.error());
  Workspace workspace;
  return (*decoder)->Decode(request, sink, workspace, Watch({}, {}));
}

TEST(JpegPlanes, ComeAtTheScaleOfEachComponentWithExactExtents) {
  const std::vector<std::byte> jpeg = MakeJpeg({.size = {4001, 59}});
  struct Case {
    int target;
    const char* path;
    PlaneFormat luma;
    PlaneFormat chroma;
  };
  // libjpeg delivers the chroma of 4:2:0 at twice the scale, as long as that is not over 8 / 8.
  for (const Case& c :
       {Case{100, "libjpeg-turbo planar 1/8", {501, 8, 1, 500.125, 7.375}, {501, 8, 1, 500.125, 7.375}},
        Case{400, "libjpeg-turbo planar 1/4", {1001, 15, 1, 1000.25, 14.75}, {1001, 15, 1, 1000.25, 14.75}},
        Case{1000, "libjpeg-turbo planar 1/2", {2001, 30, 1, 2000.5, 29.5}, {2001, 30, 1, 2000.5, 29.5}},
        Case{4001, "libjpeg-turbo planar 1/1", {4001, 59, 1, 4001, 59}, {2001, 30, 1, 2000.5, 29.5}}}) {
    PlaneSink sink;
    const auto report = Decode(jpeg, {.at_least = {c.target, 1}, .chroma_at_least = {c.target, 1}}, sink);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->path, c.path);
    EXPECT_EQ(sink.format.color, ColorModel::kYcc);
    ASSERT_EQ(sink.format.planes.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      const PlaneFormat& expected = i == 0 ? c.luma : c.chroma;
      EXPECT_EQ(sink.format.planes[i].width, expected.width);
      EXPECT_EQ(sink.format.planes[i].height, expected.height);
      EXPECT_EQ(sink.format.planes[i].extent_width, expected.extent_width);
      EXPECT_EQ(sink.format.planes[i].extent_height, expected.extent_height);
    }
  }
}

TEST(JpegPlanes, ComeOnlyWhereTheyAreWanted) {
  const std::vector<std::byte> jpeg = MakeJpeg({});
  const Size size{64, 48};
  for (const DecodeRequest& request :
       {DecodeRequest{.at_least = size},
        DecodeRequest{.at_least = size, .chroma_at_least = size, .decoder = DecoderChoice::kReference}}) {
    PlaneSink sink;
    EXPECT_EQ(Decode(jpeg, request, sink)->path, "libjpeg-turbo 1/1");
    EXPECT_EQ(sink.format.color, ColorModel::kRgb);
  }
  for (const DecoderChoice choice : {DecoderChoice::kTurbo, DecoderChoice::kScalar, DecoderChoice::kFast}) {
    PlaneSink sink;
    (void)Decode(jpeg, {.at_least = size, .chroma_at_least = size, .decoder = choice}, sink);
    EXPECT_EQ(sink.format.color, ColorModel::kYcc);
  }
}

// Every sampling that the format allows, those that libjpeg cannot upsample among them: each plane shows its own ramp.
TEST(JpegPlanes, AnySamplingAtAnyScaleAndSize) {
  for (const Samplings& samplings :
       {Samplings{{{1, 1}, {1, 1}, {1, 1}}}, Samplings{{{2, 2}, {1, 1}, {1, 1}}}, Samplings{{{3, 1}, {1, 1}, {1, 1}}},
        Samplings{{{1, 4}, {1, 1}, {1, 1}}}, Samplings{{{4, 1}, {2, 1}, {1, 1}}}, Samplings{{{3, 1}, {2, 1}, {1, 1}}},
        Samplings{{{2, 3}, {1, 1}, {1, 2}}}, Samplings{{{1, 1}, {2, 2}, {1, 2}}}}) {
    for (const Size size : {Size{640, 480}, {643, 487}, {97, 1001}, {33, 5}}) {
      const auto ramp = [](int plane, double u, double v) { return plane == 1 ? 40 + 170 * u : 30 + 180 * v; };
      const std::vector<std::byte> jpeg = MakePlanarJpeg(size, samplings, ramp);
      for (const int divisor : {1, 4, 8, 16}) {
        const Size target{std::max(1, size.width / divisor), std::max(1, size.height / divisor)};
        PlaneSink sink;
        const auto report = Decode(jpeg, {.at_least = target, .chroma_at_least = target}, sink);
        ASSERT_TRUE(report) << report.error().message;
        ASSERT_TRUE(report->path.starts_with("libjpeg-turbo planar")) << report->path;
        for (int p = 0; p < 3; ++p) {
          const PlaneFormat& plane = sink.format.planes[p];
          // Away from the last block, which holds what the encoder made of the edge.
          for (int y = 0; y < plane.height - 8; y += 3) {
            for (int x = 0; x < plane.width - 8; x += 5) {
              const double expected = ramp(p, (x + 0.5) / plane.extent_width, (y + 0.5) / plane.extent_height);
              ASSERT_NEAR(sink.At(p, x, y), expected, 6) << p << " at " << x << ", " << y << report->path;
            }
          }
        }
      }
    }
  }
}

TEST(JpegPlanes, DamageBeginsAgainWithPixels) {
  JpegFixture fixture{.size = {256, 256}};
  std::vector<std::byte> jpeg = MakeJpeg(fixture);
  jpeg.resize(jpeg.size() / 2);
  DecodeRequest request{.at_least = fixture.size, .chroma_at_least = fixture.size, .strictness = Strictness::kSalvage};
  PlaneSink sink;
  const auto report = Decode(jpeg, request, sink);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->path, "libjpeg-turbo 1/1");
  EXPECT_TRUE(report->salvaged());
  EXPECT_EQ(sink.begun, 2);
  EXPECT_EQ(sink.format.color, ColorModel::kRgb);

  request.strictness = Strictness::kFailTruncated;
  const auto failed = Decode(jpeg, request, sink);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kTruncated);
}

// Trailing or stray bytes that no pixel depends on are no damage.
TEST(JpegPlanes, HarmlessWarningsKeepThePlanes) {
  std::vector<std::byte> jpeg = MakeJpeg({});
  jpeg.insert(jpeg.end() - 2, 10, std::byte{0x11});
  PlaneSink sink;
  const DecodeRequest request{.at_least = {64, 48}, .chroma_at_least = {64, 48}};
  EXPECT_TRUE(Decode(jpeg, request, sink)->path.starts_with("libjpeg-turbo planar"));
  EXPECT_EQ(sink.begun, 1);
}

TEST(JpegPlanes, WhatTheSinkAndTheWatchSayIsFinal) {
  const std::vector<std::byte> jpeg = MakeJpeg({.size = {256, 256}});
  const DecodeRequest request{.at_least = {256, 256}, .chroma_at_least = {256, 256}};
  PlaneSink sink;
  sink.refuse_after = 30;
  const auto report = Decode(jpeg, request, sink);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kOutOfMemory);
  EXPECT_EQ(sink.begun, 1);

  for (const bool progressive : {false, true}) {
    const std::vector<std::byte> other = MakeJpeg({.size = {256, 256}, .progressive = progressive});
    MemorySource source{std::span<const std::byte>(other)};
    auto decoder = OpenJpeg(source, {});
    ASSERT_TRUE(decoder);
    std::stop_source stop;
    stop.request_stop();
    PlaneSink stopped;
    Workspace workspace;
    const auto ended = (*decoder)->Decode(request, stopped, workspace, Watch({}, stop.get_token()));
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::kStopped);
  }
}

}  // namespace
}  // namespace tbbthumbs
