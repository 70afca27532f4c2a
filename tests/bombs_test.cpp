// Small files that ask for much: each is refused by the name of a limit, or costs no more than others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <string>
#include <vector>

#include "codecs/thumbnail.h"
#include "tests/support/icc_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;
using testing::PngColor;
using testing::PngFixture;
using Bytes = std::vector<std::byte>;

constexpr Strictness kModes[] = {Strictness::kFailTruncated, Strictness::kSalvage, Strictness::kStrict};

void Append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

Bytes Of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

Bytes Text(std::string_view text) {
  Bytes bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

Bytes Repeated(const Bytes& what, size_t count) {
  Bytes bytes;
  bytes.reserve(what.size() * count);
  for (size_t i = 0; i < count; ++i) Append(bytes, what);
  return bytes;
}

Bytes Segment(int marker, const Bytes& data) {
  const auto length = static_cast<int>(data.size() + 2);
  Bytes segment = Of({0xFF, marker, length >> 8, length & 0xFF});
  Append(segment, data);
  return segment;
}

Bytes QuantTable() {
  Bytes table = Of({0});
  table.resize(65, std::byte{1});
  return Segment(0xDB, table);
}

// Codes of one bit for 0: no change of DC, no more AC. Zeros are a picture all gray.
Bytes HuffmanTables() {
  Bytes table = Of({0x00, 1, 1});
  table.resize(17);
  Append(table, Of({0, 1}));
  Bytes both = Segment(0xC4, table);
  table[0] = std::byte{0x10};
  Append(both, Segment(0xC4, table));
  return both;
}

// What stands in front of the first scan of a gray picture.
Bytes GrayHeader(int start_of_frame, int width, int height) {
  Bytes header = Of({0xFF, 0xD8});
  Append(header, QuantTable());
  Append(header, HuffmanTables());
  Append(header, Segment(start_of_frame, Of({8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0})));
  return header;
}

Bytes ScanHeader(int first, int last) { return Segment(0xDA, Of({1, 1, 0, first, last, 0})); }

Bytes GrayJpeg(int start_of_frame, int width, int height, size_t data_bytes) {
  Bytes jpeg = GrayHeader(start_of_frame, width, height);
  Append(jpeg, ScanHeader(0, start_of_frame == 0xC2 ? 0 : 63));
  jpeg.resize(jpeg.size() + data_bytes);
  Append(jpeg, Of({0xFF, 0xD9}));
  return jpeg;
}

// A picture with something in front of all that its file holds.
Bytes Behind(const Bytes& segments) {
  Bytes jpeg = testing::MakeJpeg({.size = {64, 64}});
  jpeg.insert(jpeg.begin() + 2, segments.begin(), segments.end());
  return jpeg;
}

// A PNG of a few bytes with that header.
Bytes LyingPng(Size size, PngColor color, int depth, bool interlaced) {
  PngFixture fixture{.size = {4, 4}, .color = color, .depth = depth, .interlaced = interlaced};
  fixture.samples = NoiseSamples(fixture);
  std::vector<testing::PngChunk> chunks = testing::SplitChunks(MakePng(fixture));
  fixture.size = size;
  chunks[0] = testing::HeaderChunk(fixture);
  return JoinChunks(chunks);
}

Bytes SmallPng(std::vector<testing::PngChunk> chunks) {
  PngFixture fixture{.size = {64, 64}, .before_palette = std::move(chunks)};
  fixture.samples = NoiseSamples(fixture);
  return MakePng(fixture);
}

Result<Made> Make(const Bytes& file, Strictness strictness = Strictness::kFailTruncated, DecodeLimits limits = {},
                  DecoderChoice decoder = DecoderChoice::kAuto) {
  MemorySource source{std::span<const std::byte>(file)};
  SpecSet specs;
  specs.sizes = {{32, 32}};
  specs.strictness = strictness;
  specs.decoder = decoder;
  specs.keep = {.exif = true, .xmp = true, .copyright = true};
  // Ten times what any of them may take.
  if (limits.cpu_deadline == DecodeLimits().cpu_deadline) limits.cpu_deadline = std::chrono::seconds(20);
  Workspace workspace;
  return MakeThumbnails(source, specs, limits, workspace);
}

void ExpectRefused(const Bytes& file, ErrorCode code, const std::string& name, const DecodeLimits& limits = {}) {
  for (const Strictness strictness : kModes) {
    SCOPED_TRACE(static_cast<int>(strictness));
    const auto made = Make(file, strictness, limits);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, code) << made.error().message;
    EXPECT_THAT(made.error().message, HasSubstr(name));
  }
}

void ExpectMade(const Bytes& file) {
  const auto made = Make(file);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->decode.salvaged());
}

TEST(BombsTest, DimensionsBeyondTheLimits) {
  ExpectRefused(GrayJpeg(0xC0, 65'535, 65'535, 100), ErrorCode::kTooLarge, "max-pixels");
  ExpectRefused(GrayJpeg(0xC0, 65'535, 16, 100), ErrorCode::kTooLarge, "65535 x 16 pixels: a side is over 65500");
  ExpectRefused(GrayJpeg(0xC0, 65'000, 16, 100'000), ErrorCode::kTooLarge, "max-side", {.max_side = 64'999});
  ExpectRefused(LyingPng({65'535, 65'535}, PngColor::kGray, 8, false), ErrorCode::kTooLarge, "max-pixels");
  ExpectRefused(LyingPng({1, 2'147'483'647}, PngColor::kGray, 1, false), ErrorCode::kTooLarge, "max-side");
  ExpectRefused(LyingPng({11'600, 11'600}, PngColor::kRgba, 16, true), ErrorCode::kTooLarge, "max-decoded-bytes");
  ExpectRefused(GrayJpeg(0xC0, 16, 16, 100), ErrorCode::kTooLarge, "max-input-bytes", {.max_input_bytes = 100});
}

// Also to be salvaged: what is not there would be worked out at the cost of what is.
TEST(BombsTest, GiantsOfAFewBytes) {
  for (const int frame : {0xC0, 0xC2}) {
    ExpectRefused(GrayJpeg(frame, 16'383, 16'383, 1'000), ErrorCode::kTruncated, "can't hold 16383 x 16383 pixels");
  }
  for (const bool interlaced : {false, true}) {
    ExpectRefused(LyingPng({16'383, 16'383}, PngColor::kGray, 8, interlaced), ErrorCode::kTruncated,
                  "can't hold 16383 x 16383 pixels");
  }
  ExpectRefused(GrayJpeg(0xC9, 500, 500, 0), ErrorCode::kTruncated, "scan data ends at 0 % of the rows");
}

TEST(BombsTest, WhatIsLargeAndSmallInItsFileIsMade) {
  ASSERT_NO_FATAL_FAILURE(ExpectMade(GrayJpeg(0xC0, 8'000, 8'000, 250'000)));
  ASSERT_NO_FATAL_FAILURE(ExpectMade(GrayJpeg(0xC2, 4'000, 4'000, 32'000)));
}

TEST(BombsTest, SegmentsByTheHundredThousand) {
  const Bytes plain = testing::MakeJpeg({.size = {64, 64}});
  const auto expected = Make(plain);
  ASSERT_TRUE(expected);
  Bytes xmp = Text("http://ns.adobe.com/xap/1.0/");
  xmp.resize(60'000);
  for (const Bytes& segment :
       {Segment(0xE5, {}), Segment(0xFE, Text("comment")), QuantTable(), HuffmanTables(), Segment(0xDD, Of({0, 0})),
        Segment(0xE1, Text("Exif")), Segment(0xE2, Text(std::string_view("ICC_PROFILE\0\1\1x", 15)))}) {
    const auto made = Make(Behind(Repeated(segment, 100'000)));
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->thumbnails[0].bytes, expected->thumbnails[0].bytes);
  }
  const auto made = Make(Behind(Repeated(Segment(0xE1, xmp), 300)));
  ASSERT_TRUE(made) << made.error().message;
}

TEST(BombsTest, BytesBetweenSegments) {
  ASSERT_NO_FATAL_FAILURE(ExpectMade(Behind(Bytes(30'000'000, std::byte{0xFF}))));
  Bytes garbage = Segment(0xFE, {});
  garbage.resize(30'000'000, std::byte{0x11});
  ASSERT_NO_FATAL_FAILURE(ExpectMade(Behind(garbage)));
}

// Whatever their size.
TEST(BombsTest, ScansByTheThousand) {
  Bytes jpeg = GrayHeader(0xC2, 8, 8);
  Append(jpeg, ScanHeader(0, 0));
  Append(jpeg, Of({0}));
  Bytes scan = ScanHeader(1, 63);
  Append(scan, Of({0}));
  const auto with_scans = [&](size_t count) {
    Bytes all = jpeg;
    Append(all, Repeated(scan, count - 1));
    Append(all, Of({0xFF, 0xD9}));
    return all;
  };
  for (const DecoderChoice decoder : {DecoderChoice::kAuto, DecoderChoice::kReference}) {
    for (const Strictness strictness : {Strictness::kFailTruncated, Strictness::kSalvage}) {
      EXPECT_TRUE(Make(with_scans(4'000), strictness, {}, decoder));
      const auto made = Make(with_scans(5'000), strictness, {}, decoder);
      ASSERT_FALSE(made);
      EXPECT_EQ(made.error().code, ErrorCode::kTooLarge);
      EXPECT_THAT(made.error().message, HasSubstr("4001 scans or more: over max-scans-times-pixels"));
    }
  }
}

TEST(BombsTest, ArithmeticScansCountTwice) {
  for (const bool arithmetic : {false, true}) {
    const Bytes jpeg = testing::MakeJpeg({.size = {300, 200},
                                          .color = testing::JpegColor::kGray,
                                          .progressive = true,
                                          .script = {{{0}, 0, 0, 0, 0}, {{0}, 1, 5, 0, 0}, {{0}, 6, 63, 0, 0}},
                                          .arithmetic = arithmetic});
    const auto made = Make(jpeg, Strictness::kStrict, {.max_scans_times_pixels = 300 * 200 * 5});
    ASSERT_EQ(made.has_value(), !arithmetic);
    if (!made) {
      EXPECT_THAT(made.error().message, HasSubstr("max-scans-times-pixels"));
    }
  }
}

TEST(BombsTest, ARestartMarkerBehindEachBlock) {
  Bytes jpeg = GrayHeader(0xC0, 2'048, 2'048);
  Append(jpeg, Segment(0xDD, Of({0, 1})));
  Append(jpeg, ScanHeader(0, 63));
  for (int block = 0; block < 256 * 256; ++block) {
    Append(jpeg, Of({0x3F}));
    if (block + 1 < 256 * 256) Append(jpeg, Of({0xFF, 0xD0 + block % 8}));
  }
  Append(jpeg, Of({0xFF, 0xD9}));
  ASSERT_NO_FATAL_FAILURE(ExpectMade(jpeg));
}

TEST(BombsTest, ChunksByTheThousand) {
  PngFixture fixture{.size = {64, 64}, .chunk_bytes = 1};
  fixture.samples = NoiseSamples(fixture);
  ASSERT_NO_FATAL_FAILURE(ExpectMade(MakePng(fixture)));
  for (const char* type : {"tEXt", "zTXt", "iTXt", "abCd", "sPLT"}) {
    const std::vector<testing::PngChunk> chunks(30'000, {type, Text(std::string_view("Copyright\0\0x", 12))});
    SCOPED_TRACE(type);
    ASSERT_NO_FATAL_FAILURE(ExpectMade(SmallPng(chunks)));
    fixture.chunk_bytes = 1'000;
    fixture.after_data = chunks;
    ASSERT_NO_FATAL_FAILURE(ExpectMade(MakePng(fixture)));
  }
  std::vector<testing::PngChunk> empty = testing::SplitChunks(SmallPng({}));
  empty.insert(empty.begin() + 1, 100'000, {"IDAT", {}});
  ASSERT_NO_FATAL_FAILURE(ExpectMade(JoinChunks(empty)));
}

TEST(BombsTest, TextThatInflatesToMuch) {
  const Bytes zeros = testing::Deflate(Bytes(50'000'000), 9);
  Bytes xmp = Text(std::string_view("XML:com.adobe.xmp\0\1\0\0\0", 22));
  Append(xmp, zeros);
  Bytes copyright = Text(std::string_view("Copyright\0\0", 11));
  Append(copyright, zeros);
  std::vector<testing::PngChunk> chunks(100, {"iTXt", xmp});
  chunks.insert(chunks.end(), 100, {"zTXt", copyright});
  ASSERT_NO_FATAL_FAILURE(ExpectMade(SmallPng(chunks)));
}

// Each of its directories is the first one, and each of its values all of it.
TEST(BombsTest, ExifThatPointsToItself) {
  constexpr int kEntries = 5'000;
  Bytes tiff = Text("MM");
  Append(tiff, testing::BigEndian({42}, 2));
  Append(tiff, testing::BigEndian({8}, 4));
  Append(tiff, testing::BigEndian({kEntries}, 2));
  for (uint32_t i = 0; i < kEntries; ++i) {
    // Maker, model and what stands behind them, as text or as bytes; the directories of the camera and of the place.
    const uint32_t tag = i == kEntries - 2 ? 0x8769 : i == kEntries - 1 ? 0x8825 : 0x010F + i;
    const bool directory = i + 2 >= kEntries;
    Append(tiff, testing::BigEndian({tag, directory ? 4U : i % 2 == 0 ? 2U : 7U}, 2));
    Append(tiff, testing::BigEndian({directory ? 1U : 60'000U, 8}, 4));
  }
  Append(tiff, testing::BigEndian({8}, 4));
  const auto made = Make(testing::MakeJpeg({.size = {64, 64}, .exif = tiff}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_LT(made->thumbnails[0].bytes.size(), 80'000U) << "one segment of 64 KiB at most";
}

// Tags and tables that are not there. Such a profile is none.
TEST(BombsTest, ProfilesThatClaimMuch) {
  const Bytes good = testing::RgbIcc(testing::kP3Primaries, 0);
  Bytes many_tags = good;
  for (size_t i = 128; i < 132; ++i) many_tags[i] = std::byte{0xFF};
  Bytes large = good;
  large[0] = std::byte{0x7F};
  // Its first tag a table of 255 steps in each of 15 dimensions.
  Bytes table = good;
  for (size_t i = 132; i < 136; ++i) table[i] = static_cast<std::byte>("A2B0"[i - 132]);
  const auto offset = static_cast<size_t>(good[138]) << 8 | static_cast<size_t>(good[139]);
  ASSERT_LT(offset + 12, table.size());
  for (size_t i = 0; i < 4; ++i) table[offset + i] = static_cast<std::byte>("mft2"[i]);
  table[offset + 8] = std::byte{15};
  table[offset + 9] = std::byte{3};
  table[offset + 10] = std::byte{255};
  const auto plain = Make(testing::MakeJpeg({.size = {64, 64}}));
  ASSERT_TRUE(plain);
  for (const Bytes& profile : {many_tags, large, table}) {
    const Bytes jpeg = testing::MakeJpeg({.size = {64, 64}, .icc = profile});
    const auto made = Make(jpeg);
    ASSERT_TRUE(made) << made.error().message;
  }
  EXPECT_EQ(Make(testing::MakeJpeg({.size = {64, 64}, .icc = many_tags}))->thumbnails[0].bytes,
            plain->thumbnails[0].bytes);
}

TEST(BombsTest, TheDeadlineEndsWhatNoLimitSees) {
  // Scans of a large picture in a few bytes each.
  Bytes jpeg = GrayHeader(0xCA, 4'000, 4'000);
  Append(jpeg, ScanHeader(0, 0));
  Append(jpeg, Of({0x12, 0x34}));
  Bytes scan = ScanHeader(1, 63);
  Append(scan, Of({0x12, 0x34}));
  Append(jpeg, Repeated(scan, 100));
  Append(jpeg, Of({0xFF, 0xD9}));
  const auto made = Make(jpeg, Strictness::kFailTruncated, {.cpu_deadline = std::chrono::milliseconds(20)});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(made.error().message, "over the CPU deadline of 20 ms");
}

}  // namespace
}  // namespace tbbthumbs
