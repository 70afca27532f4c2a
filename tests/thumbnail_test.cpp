#include "codecs/thumbnail.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>

#include "codecs/thumbnail_layout.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/icc_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using testing::CollectingSink;
using testing::MakeJpeg;
using testing::MakePng;
using testing::PngColor;
using testing::PngFixture;

Result<Made> Make(const std::vector<std::byte>& bytes, const SpecSet& specs = {}, const DecodeLimits& limits = {}) {
  MemorySource source{std::span<const std::byte>(bytes)};
  Workspace workspace;
  return MakeThumbnails(source, specs, limits, workspace);
}

// Decodes an encoded thumbnail again.
CollectingSink Pixels(const Encoded& encoded) {
  MemorySource source{std::span<const std::byte>(encoded.bytes)};
  Workspace workspace;
  CollectingSink sink;
  auto decoder = OpenDecoder(source, {});
  EXPECT_TRUE(decoder);
  EXPECT_TRUE((*decoder)->Decode({.at_least = encoded.size, .strictness = Strictness::kStrict}, sink, workspace,
                                 Watch({}, {})));
  return sink;
}

// Red, green, blue and white quarters.
void Quarters(Size size, int x, int y, uint8_t* s) {
  const bool right = x >= size.width / 2;
  const bool bottom = y >= size.height / 2;
  s[0] = !right && !bottom ? 230 : right && bottom ? 230 : 20;
  s[1] = right && !bottom ? 230 : right && bottom ? 230 : 20;
  s[2] = !right && bottom ? 230 : right && bottom ? 230 : 20;
}

// 'R', 'G', 'B' or 'W': what the quarters' colour is at that place.
char ColorAt(const CollectingSink& sink, int x, int y) {
  const bool red = sink.U8(x, y, 0) > 128;
  const bool green = sink.U8(x, y, 1) > 128;
  const bool blue = sink.U8(x, y, 2) > 128;
  return red && green && blue ? 'W' : red ? 'R' : green ? 'G' : blue ? 'B' : '?';
}

std::string Corners(const CollectingSink& sink, Size size) {
  const int right = size.width - 4;
  const int bottom = size.height - 4;
  return {ColorAt(sink, 3, 3), ColorAt(sink, right, 3), ColorAt(sink, 3, bottom), ColorAt(sink, right, bottom)};
}

TEST(MakeThumbnails, AllSizesFromOneDecode) {
  SpecSet specs;
  specs.sizes = {{256, 256}, {100, 0}, {0, 30}, {64, 64}};
  const auto made = Make(MakeJpeg({.size = {1600, 1200}}), specs);
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(made->thumbnails.size(), 4u);
  EXPECT_EQ(made->thumbnails[0].size, (Size{256, 192}));
  EXPECT_EQ(made->thumbnails[1].size, (Size{100, 75}));
  EXPECT_EQ(made->thumbnails[2].size, (Size{40, 30}));
  EXPECT_EQ(made->thumbnails[3].size, (Size{64, 48}));
  EXPECT_EQ(made->decode.path, "libjpeg-turbo planar 1/2");
  for (const Encoded& thumbnail : made->thumbnails)
    EXPECT_EQ(Pixels(thumbnail).format.planes[0].width, thumbnail.size.width);
}

TEST(MakeThumbnails, NeverEnlarges) {
  const auto made = Make(MakeJpeg({.size = {50, 40}}));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->thumbnails[0].size, (Size{50, 40}));
}

TEST(MakeThumbnails, AllEightOrientationsComeOutUpright) {
  // Where the stored quarters "RGBW" (rows from the top left) end up.
  const std::array<std::string, 9> expected{"", "RGBW", "GRWB", "WBGR", "BWRG", "RBGW", "BRWG", "WGBR", "GWRB"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    testing::JpegFixture fixture{.size = {320, 200}, .luma_sampling = {1, 1}};
    fixture.exif = testing::ExifWithOrientation(orientation, orientation % 2 == 0);
    fixture.paint = [&](int x, int y, uint8_t* s) { Quarters(fixture.size, x, y, s); };
    SpecSet specs;
    specs.sizes = {{80, 80}};
    specs.quality = 95;
    const auto made = Make(MakeJpeg(fixture), specs);
    ASSERT_TRUE(made);
    const Size size = orientation >= 5 ? Size{50, 80} : Size{80, 50};
    EXPECT_EQ(made->thumbnails[0].size, size) << orientation;
    EXPECT_EQ(Corners(Pixels(made->thumbnails[0]), size), expected[static_cast<size_t>(orientation)]) << orientation;
  }
}

TEST(MakeThumbnails, TheBoxHoldsTheUprightPicture) {
  SpecSet specs;
  specs.sizes = {{100, 0}};
  const auto made = Make(MakeJpeg({.size = {400, 200}, .exif = testing::ExifWithOrientation(6)}), specs);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->thumbnails[0].size, (Size{100, 200}));
}

PngFixture Transparent(Size size) {
  PngFixture fixture;
  fixture.size = size;
  fixture.color = PngColor::kRgba;
  // Opaque blue on the left, transparent red on the right.
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      if (x < size.width / 2) {
        fixture.samples.insert(fixture.samples.end(), {0, 0, 200, 255});
      } else {
        fixture.samples.insert(fixture.samples.end(), {255, 0, 0, 0});
      }
    }
  }
  return fixture;
}

TEST(MakeThumbnails, JpegPutsTransparencyOnTheBackground) {
  const std::vector<std::byte> png = MakePng(Transparent({300, 300}));
  SpecSet specs;
  specs.sizes = {{60, 60}};
  specs.quality = 95;
  {
    const auto made = Make(png, specs);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->thumbnails[0].format, OutputFormat::kJpeg);
    EXPECT_EQ(ColorAt(Pixels(made->thumbnails[0]), 55, 30), 'W');
    EXPECT_EQ(ColorAt(Pixels(made->thumbnails[0]), 5, 30), 'B');
  }
  specs.background = {0, 255, 0};
  const auto made = Make(png, specs);
  ASSERT_TRUE(made);
  EXPECT_EQ(ColorAt(Pixels(made->thumbnails[0]), 55, 30), 'G');
}

TEST(MakeThumbnails, HiddenColoursDoNotBleedThroughTheEdge) {
  SpecSet specs;
  specs.sizes = {{75, 75}};
  specs.format = OutputFormat::kPng;
  const auto made = Make(MakePng(Transparent({302, 302})), specs);
  ASSERT_TRUE(made);
  const CollectingSink sink = Pixels(made->thumbnails[0]);
  ASSERT_TRUE(sink.format.alpha);
  for (int x = 0; x < 75; ++x) {
    if (sink.U8(x, 30, 3) == 0) continue;
    // Blue of whatever opacity, never red.
    EXPECT_LT(sink.U8(x, 30, 0), 3) << x;
    // The filter rings by less than a tenth at the edge.
    if (sink.U8(x, 30, 3) > 40) {
      EXPECT_NEAR(sink.U8(x, 30, 2), 200, 20) << x;
    }
  }
}

TEST(MakeThumbnails, AutoKeepsPngOnlyWhereAPixelIsNotOpaque) {
  SpecSet specs;
  specs.format = OutputFormat::kAuto;
  PngFixture fixture = Transparent({64, 64});
  EXPECT_EQ(Make(MakePng(fixture), specs)->thumbnails[0].format, OutputFormat::kPng);
  for (size_t i = 3; i < fixture.samples.size(); i += 4) fixture.samples[i] = 255;
  EXPECT_EQ(Make(MakePng(fixture), specs)->thumbnails[0].format, OutputFormat::kJpeg);
  EXPECT_EQ(Make(MakeJpeg({}), specs)->thumbnails[0].format, OutputFormat::kJpeg);
}

TEST(MakeThumbnails, EffortChangesTheBytesOfPngAndNotThePixels) {
  SpecSet specs;
  specs.format = OutputFormat::kPng;
  const auto picture = MakeJpeg({.size = {300, 200}});
  const Encoded usual = Make(picture, specs)->thumbnails[0];
  specs.fast = true;
  const Encoded fast = Make(picture, specs)->thumbnails[0];
  specs.fast = false;
  specs.small = true;
  const Encoded small = Make(picture, specs)->thumbnails[0];
  EXPECT_LT(small.bytes.size(), usual.bytes.size());
  EXPECT_NE(fast.bytes, usual.bytes);
  EXPECT_EQ(Pixels(fast).bytes, Pixels(usual).bytes);
  EXPECT_EQ(Pixels(small).bytes, Pixels(usual).bytes);
}

TEST(MakeThumbnails, SmallJpegIsTheSmallerOfOptimizedAndProgressive) {
  bool progressive_won = false;
  bool optimized_won = false;
  // With a colour conversion or turned, and as planes; tiny ones, which progressive makes larger, and others.
  for (const int orientation : {1, 6}) {
    for (const int side : {16, 256, 640}) {
      const auto picture = MakeJpeg({.size = {700, 500}, .exif = testing::ExifWithOrientation(orientation)});
      const auto size_with = [&](bool small, bool optimize, bool progressive) {
        SpecSet specs;
        specs.sizes = {{side, side}};
        specs.quality = side == 640 ? 98 : 80;
        specs.small = small;
        specs.optimize = optimize;
        specs.progressive = progressive;
        return Make(picture, specs)->thumbnails[0].bytes.size();
      };
      const size_t optimized = size_with(false, true, false);
      const size_t progressive = size_with(false, true, true);
      EXPECT_EQ(size_with(true, false, false), std::min(optimized, progressive));
      EXPECT_EQ(size_with(true, false, true), progressive);
      EXPECT_LE(optimized, size_with(false, false, false));
      progressive_won |= progressive < optimized;
      optimized_won |= optimized < progressive;
    }
  }
  EXPECT_TRUE(optimized_won);
  EXPECT_TRUE(progressive_won);
}

TEST(MakeThumbnails, FastAndSmallExcludeEachOther) {
  SpecSet specs;
  specs.fast = specs.small = true;
  const auto made = Make(MakeJpeg({}), specs);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
}

TEST(MakeThumbnails, AProfileIsConvertedToSrgb) {
  testing::JpegFixture fixture{.size = {400, 300}, .luma_sampling = {1, 1}};
  fixture.paint = [](int, int, uint8_t* s) {
    s[0] = 200;
    s[1] = 60;
    s[2] = 60;
  };
  SpecSet specs;
  specs.format = OutputFormat::kPng;
  const int plain = Pixels(Make(MakeJpeg(fixture), specs)->thumbnails[0]).U8(50, 50, 0);
  fixture.icc = testing::RgbIcc(testing::kAdobePrimaries, 2.2);
  const CollectingSink wide = Pixels(Make(MakeJpeg(fixture), specs)->thumbnails[0]);
  // Adobe RGB's red is redder than sRGB's: the numbers grow.
  EXPECT_GT(wide.U8(50, 50, 0), plain + 10);
  EXPECT_FALSE(wide.format.alpha);
}

TEST(MakeThumbnails, CmykBecomesRgb) {
  testing::JpegFixture fixture{.size = {400, 300}, .color = testing::JpegColor::kCmyk, .luma_sampling = {1, 1}};
  fixture.paint = [](int, int, uint8_t* s) {
    s[0] = 255;  // as Adobe stores it: no cyan, full magenta and yellow, no black
    s[1] = s[2] = 0;
    s[3] = 255;
  };
  EXPECT_EQ(ColorAt(Pixels(Make(MakeJpeg(fixture))->thumbnails[0]), 50, 50), 'R');
}

TEST(MakeThumbnails, SixteenBitGradientsStaySmooth) {
  PngFixture fixture;
  fixture.size = {512, 512};
  fixture.color = PngColor::kGray;
  fixture.depth = 16;
  for (int y = 0; y < 512; ++y) {
    for (int x = 0; x < 512; ++x) fixture.samples.push_back(static_cast<uint16_t>(x * 128));
  }
  SpecSet specs;
  specs.sizes = {{128, 128}};
  specs.format = OutputFormat::kPng;
  const auto made = Make(MakePng(fixture), specs);
  ASSERT_TRUE(made);
  const CollectingSink sink = Pixels(made->thumbnails[0]);
  EXPECT_EQ(sink.format.color, ColorModel::kGray);
  for (int x = 4; x < 124; ++x) EXPECT_EQ(sink.U8(x, 64, 0), std::lround((x * 4 + 1.5) * 128 / 257)) << x;
}

TEST(MakeThumbnails, TheSameBytesEveryTimeWhateverTheWorkspaceDidBefore) {
  const std::vector<std::byte> jpeg = MakeJpeg({.size = {1234, 987}});
  const auto fresh = Make(jpeg);
  ASSERT_TRUE(fresh);
  Workspace used;
  for (const Size size : {Size{3000, 10}, Size{700, 700}, Size{1234, 987}}) {
    const std::vector<std::byte> other = MakePng(Transparent({size.width / 8 + 1, size.height / 8 + 1}));
    MemorySource source{std::span<const std::byte>(other)};
    ASSERT_TRUE(MakeThumbnails(source, {}, {}, used));
  }
  MemorySource source{std::span<const std::byte>(jpeg)};
  EXPECT_EQ(MakeThumbnails(source, {}, {}, used)->thumbnails[0].bytes, fresh->thumbnails[0].bytes);
}

TEST(MakeThumbnails, ExtremeShapes) {
  for (const Size size : {Size{30000, 1}, Size{1, 30000}, Size{1, 1}, Size{2, 5000}}) {
    PngFixture fixture;
    fixture.size = size;
    fixture.samples = testing::NoiseSamples(fixture);
    const auto made = Make(MakePng(fixture));
    ASSERT_TRUE(made) << size.width << " x " << size.height << ": " << made.error().message;
    EXPECT_EQ(made->thumbnails[0].size, ThumbnailSize(size, {256, 256}));
  }
}

TEST(MakeThumbnails, WhatIsNoPictureIsUnsupportedAndNamed) {
  const auto text = [](const char* bytes, size_t count) {
    const auto* begin = reinterpret_cast<const std::byte*>(bytes);
    return Make(std::vector<std::byte>(begin, begin + count)).error();
  };
  EXPECT_EQ(text("hello, world", 12).code, ErrorCode::kUnsupported);
  EXPECT_EQ(text("", 0).code, ErrorCode::kTruncated);
  EXPECT_EQ(text("GIF89a\0\0\0\0\0\0\0", 13).message, "GIF is not supported");
}

TEST(MakeThumbnails, AStopEndsItAsStopped) {
  const std::vector<std::byte> jpeg = MakeJpeg({.size = {2000, 1500}});
  MemorySource source{std::span<const std::byte>(jpeg)};
  Workspace workspace;
  std::stop_source stop;
  stop.request_stop();
  const auto made = MakeThumbnails(source, {}, {}, workspace, stop.get_token());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kStopped);
}

}  // namespace
}  // namespace tbbthumbs
