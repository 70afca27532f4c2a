#include "codecs/jpeg_fast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "codecs/jpeg_session.h"
#include "tests/support/corpus.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/jpeg_oracle.h"
#include "tests/support/piecewise_source.h"
#include "tests/support/plane_sink.h"

namespace tbbthumbs {
namespace {

using testing::JpegColor;
using testing::JpegFixture;
using testing::MakeJpeg;
using testing::OraclePlane;
using testing::PlaneSink;

struct Outcome {
  Result<std::optional<std::string>> path = std::nullopt;
  PlaneSink sink;
  Size size;
  int components = 0;
  bool progressive = false;

  bool delivered() const { return path && path->has_value(); }
};

Outcome Decode(ByteSource& source, DecodeRequest request, const Watch& watch) {
  Outcome outcome;
  JpegDecompressor jpeg(source);
  if (!jpeg.ReadHeader()) return outcome;
  outcome.size = {static_cast<int>(jpeg.info().image_width), static_cast<int>(jpeg.info().image_height)};
  outcome.components = jpeg.info().num_components;
  outcome.progressive = jpeg.info().progressive_mode != 0;
  Workspace workspace;
  outcome.path = DecodeJpegFast(jpeg.info(), source, jpeg.offset(), request, outcome.sink, workspace, {}, watch);
  return outcome;
}

Outcome Decode(std::span<const std::byte> bytes, const DecodeRequest& request) {
  MemorySource source(bytes);
  return Decode(source, request, Watch({}, {}));
}

DecodeRequest Request(Size luma, Size chroma, Strictness strictness = Strictness::kFailTruncated) {
  return {.at_least = luma, .chroma_at_least = chroma, .strictness = strictness};
}

TEST(JpegFast, EachPlaneComesAtTheScaleThatIsEnoughForIt) {
  const auto jpeg = MakeJpeg({.size = {330, 250}});  // 4:2:0: 165 x 125 of colour
  struct Case {
    Size luma;
    Size chroma;
    const char* path;  // null: declined
    std::vector<int> sides;
  };
  for (const Case& c :
       {Case{{20, 15}, {10, 7}, "fast 1/8", {1, 1, 1}}, Case{{20, 15}, {11, 7}, "fast 1/8", {1, 2, 2}},
        Case{{21, 15}, {10, 7}, "fast 1/4", {2, 1, 1}}, Case{{20, 16}, {10, 8}, "fast 1/4", {2, 2, 2}},
        Case{{41, 31}, {20, 15}, "fast 1/4", {2, 2, 2}}, Case{{42, 31}, {20, 15}, nullptr, {}},
        Case{{20, 15}, {21, 15}, "fast 1/8", {1, 2, 2}}, Case{{20, 15}, {41, 31}, "fast 1/8", {1, 2, 2}},
        Case{{20, 15}, {43, 31}, nullptr, {}}, Case{{20, 15}, {0, 0}, nullptr, {}}}) {
    const Outcome outcome = Decode(jpeg, Request(c.luma, c.chroma));
    ASSERT_TRUE(outcome.path);
    ASSERT_EQ(outcome.delivered(), c.path != nullptr);
    if (c.path == nullptr) continue;
    EXPECT_EQ(**outcome.path, c.path);
    EXPECT_EQ(outcome.sink.format.color, ColorModel::kYcc);
    const auto expected = testing::ReduceWithLibjpeg(jpeg, c.sides);
    ASSERT_TRUE(expected);
    EXPECT_EQ(outcome.sink.planes, expected->planes);
    EXPECT_TRUE(outcome.sink.ended);
    for (size_t i = 0; i < 3; ++i) {
      const PlaneFormat& plane = outcome.sink.format.planes[i];
      EXPECT_DOUBLE_EQ(plane.extent_width, (i == 0 ? 330 : 165) * c.sides[i] / 8.0);
      EXPECT_DOUBLE_EQ(plane.extent_height, (i == 0 ? 250 : 125) * c.sides[i] / 8.0);
    }
  }
}

TEST(JpegFast, GrayIsOnePlane) {
  const auto jpeg = MakeJpeg({.size = {100, 90}, .color = JpegColor::kGray, .luma_sampling = {1, 1}});
  const Outcome outcome = Decode(jpeg, Request({6, 5}, {0, 0}));
  ASSERT_TRUE(outcome.delivered());
  EXPECT_EQ(outcome.sink.format.color, ColorModel::kGray);
  EXPECT_EQ(outcome.sink.planes, testing::ReduceWithLibjpeg(jpeg, {1})->planes);
}

TEST(JpegFast, OtherColoursAndCodingsAreDeclined) {
  const DecodeRequest request = Request({2, 2}, {1, 1});
  EXPECT_TRUE(Decode(MakeJpeg({}), request).delivered());
  for (const JpegFixture& fixture :
       {JpegFixture{.color = JpegColor::kRgb, .luma_sampling = {1, 1}},
        JpegFixture{.color = JpegColor::kCmyk, .luma_sampling = {1, 1}}, JpegFixture{.color = JpegColor::kYcck},
        JpegFixture{.arithmetic = true}, JpegFixture{.several_scans = true}}) {
    const Outcome outcome = Decode(MakeJpeg(fixture), request);
    EXPECT_TRUE(outcome.path);
    EXPECT_FALSE(outcome.delivered());
  }
}

TEST(JpegFast, TheStrictWantAnEndMarkerRightBehindTheScan) {
  const DecodeRequest lenient = Request({4, 3}, {2, 2});
  const DecodeRequest strict = Request({4, 3}, {2, 2}, Strictness::kStrict);
  const auto whole = MakeJpeg({});
  EXPECT_TRUE(Decode(whole, strict).delivered());
  auto changed = whole;
  changed.insert(changed.end() - 2, std::byte{5});
  EXPECT_TRUE(Decode(changed, lenient).delivered());
  EXPECT_FALSE(Decode(changed, strict).delivered());
  changed = whole;
  changed.resize(changed.size() - 2);
  EXPECT_TRUE(Decode(changed, lenient).delivered());
  EXPECT_FALSE(Decode(changed, strict).delivered());
  changed = whole;
  changed.back() = std::byte{0xFE};  // a comment instead
  EXPECT_TRUE(Decode(changed, lenient).delivered());
  EXPECT_FALSE(Decode(changed, strict).delivered());
  changed = whole;
  changed.insert(changed.end(), 100, std::byte{7});
  EXPECT_TRUE(Decode(changed, strict).delivered()) << "what follows the end marker is nobody's business";
}

TEST(JpegFast, ErrorsOfTheSourceAndTheWatchComeThrough) {
  JpegFixture fixture{.size = {400, 400}, .quality = 100};
  fixture.paint = [](int x, int y, uint8_t* sample) {
    for (int c = 0; c < 3; ++c) sample[c] = static_cast<uint8_t>(x * x * 3 + y * 77 + x * y * c);
  };
  const auto jpeg = MakeJpeg(fixture);
  const DecodeRequest request = Request({20, 20}, {10, 10});
  testing::PiecewiseSource source(jpeg, {.most_a_read = 1000, .fails_from = jpeg.size() / 2});
  const Outcome failed = Decode(source, request, Watch({}, {}));
  ASSERT_FALSE(failed.path);
  EXPECT_EQ(failed.path.error().code, ErrorCode::kIo);
  EXPECT_FALSE(failed.sink.ended);

  std::stop_source stop;
  stop.request_stop();
  MemorySource memory{std::span<const std::byte>(jpeg)};
  const Outcome stopped = Decode(memory, request, Watch({}, stop.get_token()));
  ASSERT_FALSE(stopped.path);
  EXPECT_EQ(stopped.path.error().code, ErrorCode::kStopped);
}

class JpegFastCorpus : public ::testing::TestWithParam<const char*> {};

// Every JPEG of the corpus that is not progressive: whatever is delivered is libjpeg's, and it has no reason to warn.
TEST_P(JpegFastCorpus, WhatIsDeliveredIsTheReductionOfLibjpegsCoefficients) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no corpus here (set TBBTHUMBS_CORPUS)";
  int files = 0;
  int delivered = 0;
  for (const testing::CorpusFile& file : testing::ListCorpus(*corpus, GetParam())) {
    if (file.format != "jpeg") continue;
    const auto bytes = testing::ReadBytes(file.path);
    const Outcome header = Decode(bytes, {});
    if (header.progressive) continue;
    ++files;
    const Size size = header.size;
    bool at_any_scale = false;
    std::optional<testing::OracleCoefficients> full;
    OraclePlane eighth;
    for (const std::vector<int>& sides : {std::vector{1, 1, 1}, {1, 2, 2}, {2, 1, 1}, {2, 2, 2}}) {
      const auto wanted = [&](int side) {
        return Size{std::max(1, size.width * side / 16), std::max(1, size.height * side / 16)};
      };
      // Chroma has a half of luma's samples as a rule; the planes say which scale it was.
      const Size chroma{(wanted(sides[1]).width + 1) / 2, (wanted(sides[1]).height + 1) / 2};
      const Strictness strictness = sides[0] == sides[1] ? Strictness::kFailTruncated : Strictness::kStrict;
      const Outcome outcome = Decode(bytes, Request(wanted(sides[0]), chroma, strictness));
      ASSERT_TRUE(outcome.path) << file.path << ": " << outcome.path.error().message;
      if (!outcome.delivered()) continue;
      at_any_scale = true;
      if (!full) full = testing::ReadCoefficients(bytes);
      ASSERT_TRUE(full) << file.path << ": libjpeg fails or warns";
      EXPECT_TRUE(full->clean_to_the_end || strictness != Strictness::kStrict) << file.path;
      std::vector<int> used;
      for (size_t c = 0; c < outcome.sink.planes.size(); ++c) {
        const double eighths = outcome.sink.format.planes[c].extent_width * 8 / full->components[c].extent_width;
        used.push_back(eighths > 1.5 ? 2 : 1);
      }
      EXPECT_TRUE(outcome.sink.planes == testing::Reduce(*full, used).planes) << file.path;
      if (used[0] == 2) continue;
      if (eighth.samples.empty()) eighth = testing::LibjpegsLuma(bytes, 1);
      EXPECT_TRUE(outcome.sink.planes[0] == eighth) << file.path;
    }
    if (at_any_scale) ++delivered;
  }
  if (files == 0) GTEST_SKIP() << "no JPEG files here";
  std::printf("%s: %d of %d delivered\n", GetParam(), delivered, files);
  EXPECT_GT(delivered, files / 20);
}

INSTANTIATE_TEST_SUITE_P(JpegFast, JpegFastCorpus,
                         ::testing::Values("photos-big", "photos-web", "conformance", "hostile"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tbbthumbs
