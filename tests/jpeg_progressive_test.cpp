// Progressive files through DecodeJpegFast, held against libjpeg's coefficients.
#include "codecs/jpeg_progressive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "codecs/jpeg_marker_simd.h"
#include "tests/support/corpus.h"
#include "tests/support/piecewise_source.h"
#include "tests/support/progressive_reading.h"

namespace tbbthumbs {
namespace {

using testing::BusyPicture;
using testing::JpegColor;
using testing::JpegFixture;
using testing::JpegScan;
using testing::ListScans;
using testing::MakeJpeg;
using testing::ProgressiveReading;
using testing::ReadProgressive;
using testing::SpectralScript;

constexpr int kLuma = 0;
constexpr int kCb = 1;
constexpr int kCr = 2;

struct NamedScript {
  const char* name;
  std::vector<JpegScan> scans;
};

// Scripts that send the coefficients of a corner without leaving a bit open.
std::vector<NamedScript> ExactScripts() {
  const JpegScan cb{{kCb}, 1, 63};
  const JpegScan cr{{kCr}, 1, 63};
  return {
      {"spectral selection", SpectralScript()},
      {"DC one by one", {{{kLuma}}, {{kCb}}, {{kCr}}, {{kLuma}, 1, 2}, {{kLuma}, 3, 63}, cb, cr}},
      {"DC in three steps",
       {{{kLuma, kCb, kCr}, 0, 0, 0, 2},
        {{kLuma}, 1, 63},
        cb,
        {{kLuma, kCb, kCr}, 0, 0, 2, 1},
        cr,
        {{kLuma, kCb, kCr}, 0, 0, 1, 0}}},
      {"DC in pairs",
       {{{kLuma}, 0, 0, 0, 1},
        {{kLuma}, 1, 63},
        {{kCb, kCr}, 0, 0, 0, 1},
        cr,
        {{kLuma, kCr}, 0, 0, 1, 0},
        {{kCb}, 0, 0, 1, 0},
        cb}},
      {"AC one by one",
       {{{kLuma, kCb, kCr}},
        {{kLuma}, 4, 4},
        {{kLuma}, 2, 2},
        {{kLuma}, 1, 1},
        {{kLuma}, 3, 3},
        {{kLuma}, 5, 63},
        {{kCr}, 4, 9},
        {{kCr}, 1, 3},
        {{kCb}, 2, 4},
        {{kCb}, 1, 1}}},
  };
}

void ExpectExact(const std::vector<std::byte>& jpeg, const ProgressiveReading& reading) {
  ASSERT_TRUE(reading.delivered());
  const auto expected = testing::ReduceWithLibjpeg(jpeg, reading.sides);
  ASSERT_TRUE(expected) << "the fixture is at fault";
  EXPECT_TRUE(reading.sink.planes == expected->planes);
}

TEST(JpegProgressive, PlanesAreTheReductionOfLibjpegsCoefficients) {
  int turn = 0;
  for (const NamedScript& script : ExactScripts()) {
    for (const std::array<int, 2> sampling : {std::array{2, 2}, {2, 1}, {1, 2}, {1, 1}, {4, 1}}) {
      for (const Size size : {Size{256, 128}, Size{197, 131}, Size{129, 250}}) {
        JpegFixture fixture = BusyPicture(size);
        fixture.script = script.scans;
        fixture.luma_sampling = sampling;
        // Each scan counts its own MCUs: the segments between the scans say how many.
        fixture.restart_rows = turn % 3 == 1 ? 1 + turn % 2 : 0;
        fixture.restart_mcus = turn % 3 == 2 ? 1 + turn % 7 : 0;
        const auto jpeg = MakeJpeg(fixture);
        for (const std::array<int, 2> sides : {std::array{1, 1}, {1, 2}, {2, 1}, {2, 2}}) {
          SCOPED_TRACE(std::string(script.name) + ", " + std::to_string(sampling[0]) + "x" +
                       std::to_string(sampling[1]) + ", " + std::to_string(size.width) + ", sides " +
                       std::to_string(sides[0]) + std::to_string(sides[1]) + ", turn " + std::to_string(turn));
          constexpr size_t kResident[] = {SIZE_MAX, 0, 900};
          testing::PiecewiseSource source(
              jpeg, {.resident_bytes = kResident[turn % 3], .most_a_read = turn % 2 == 0 ? SIZE_MAX : size_t{61}});
          ++turn;
          const auto reading = ReadProgressive(source, {.luma_side = sides[0], .chroma_side = sides[1]});
          EXPECT_EQ(reading.sides, (std::vector{sides[0], sides[1], sides[1]}));
          ExpectExact(jpeg, reading);
          if (sides[0] == 1) {
            EXPECT_TRUE(reading.sink.planes[0] == testing::LibjpegsLuma(jpeg, 1));
          }
        }
      }
    }
  }
}

TEST(JpegProgressive, GrayOfAnySamplingFactors) {
  for (const std::array<int, 2> sampling : {std::array{1, 1}, {2, 2}, {3, 1}}) {
    for (const int restart_mcus : {0, 5}) {
      JpegFixture fixture = BusyPicture({203, 117});
      fixture.color = JpegColor::kGray;
      fixture.luma_sampling = sampling;
      fixture.restart_mcus = restart_mcus;
      fixture.script = {{{0}, 0, 0, 0, 1}, {{0}, 1, 10}, {{0}, 0, 0, 1, 0}, {{0}, 11, 63}};
      fixture.paint = [](int x, int y, uint8_t* sample) { *sample = static_cast<uint8_t>(x * x / 9 + y * 3); };
      const auto jpeg = MakeJpeg(fixture);
      for (const int side : {1, 2}) {
        const auto reading = ReadProgressive(jpeg, {.luma_side = side});
        EXPECT_EQ(reading.sides, std::vector{side});
        ExpectExact(jpeg, reading);
      }
    }
  }
}

// Flat areas give runs of empty blocks over many rows; noise gives long codes.
TEST(JpegProgressive, FlatPicturesAndNoise) {
  std::minstd_rand random(4);
  for (const bool noise : {false, true}) {
    JpegFixture fixture = BusyPicture({640, 480});
    fixture.script = SpectralScript();
    fixture.quality = noise ? 100 : 60;
    fixture.paint = [&](int x, int y, uint8_t* sample) {
      const bool spot = x > 300 && x < 320 && y > 200 && y < 210;
      for (int c = 0; c < 3; ++c) sample[c] = static_cast<uint8_t>(noise ? random() >> 7 : spot ? x * 9 : 90);
    };
    const auto jpeg = MakeJpeg(fixture);
    ExpectExact(jpeg, ReadProgressive(jpeg, {.luma_side = 2, .chroma_side = 2}));
  }
}

// What the first scans of AC leave open is taken as half of what it can be.
TEST(JpegProgressive, OpenBitsAreTakenAsTheirMiddle) {
  const auto jpeg = MakeJpeg(BusyPicture({256, 192}));  // jpeg_simple_progression: luma without 2 bits, chroma 1
  const auto reading = ReadProgressive(jpeg, {.luma_side = 2, .chroma_side = 2});
  ASSERT_TRUE(reading.delivered());
  EXPECT_EQ(**reading.path, "fast progressive 1/4");
  auto coefficients = testing::ReadCoefficients(jpeg);
  ASSERT_TRUE(coefficients);
  for (size_t c = 0; c < 3; ++c) {
    const int open = c == 0 ? 2 : 1;
    auto& values = coefficients->components[c].coefficients;
    for (size_t i = 0; i < values.size(); ++i) {
      if (i % 64 == 0) continue;
      const int known = std::abs(values[i]) >> open << open;
      const int guess = known == 0 ? 0 : known + ((1 << open) - 1) / 2;
      values[i] = static_cast<int16_t>(values[i] < 0 ? -guess : guess);
    }
  }
  EXPECT_TRUE(reading.sink.planes == testing::Reduce(*coefficients, {2, 2, 2}).planes);
  EXPECT_FALSE(reading.sink.planes == testing::ReduceWithLibjpeg(jpeg, {2, 2, 2})->planes)
      << "the picture is too smooth for this test";
}

TEST(JpegProgressive, CoarseScansAreLeftToLibjpegAtAQuarterOnly) {
  struct Case {
    const char* why;
    int quality;
    std::vector<JpegScan> script;
    bool quarter;
  };
  const std::vector<JpegScan> open3 = {{{kLuma, kCb, kCr}}, {{kLuma}, 1, 63, 0, 3}, {{kCb}, 1, 63}, {{kCr}, 1, 63}};
  const std::vector<JpegScan> no_ac = {{{kLuma, kCb, kCr}}, {{kLuma}, 1, 3}, {{kCb}, 1, 63}, {{kCr}, 1, 63}};
  for (const Case& c : {Case{"as usual", 90, {}, true}, Case{"3 bits open", 90, open3, false},
                        Case{"quantizers of 55 with 2 bits open", 10, {}, false},
                        Case{"quantizers of 55, nothing open", 10, SpectralScript(), true},
                        Case{"a coefficient that never comes", 90, no_ac, false}}) {
    JpegFixture fixture = BusyPicture({256, 192});
    fixture.quality = c.quality;
    fixture.script = c.script;
    const auto jpeg = MakeJpeg(fixture);
    EXPECT_EQ(ReadProgressive(jpeg, {.luma_side = 2}).delivered(), c.quarter) << c.why;
    EXPECT_TRUE(ReadProgressive(jpeg).delivered()) << c.why;
  }
}

// Chroma that should come at a half may come at a quarter; no other plane may.
TEST(JpegProgressive, ChromaMayBeOneScaleSmaller) {
  const auto jpeg = MakeJpeg(BusyPicture({256, 192}));
  const auto reading = ReadProgressive(jpeg, {.luma_side = 2, .chroma_side = 4});
  EXPECT_TRUE(reading.delivered());
  EXPECT_EQ(reading.sides, (std::vector{2, 2, 2}));
  EXPECT_FALSE(ReadProgressive(jpeg, {.luma_side = 2, .chroma_side = 8}).delivered());
  EXPECT_FALSE(ReadProgressive(jpeg, {.luma_side = 4, .chroma_side = 2}).delivered());
}

// Libjpeg keeps the quantizers that a component has when its first scan comes.
TEST(JpegProgressive, QuantizersThatChangeBetweenScans) {
  JpegFixture fixture = BusyPicture({160, 128});
  fixture.script = ExactScripts()[1].scans;
  const auto jpeg = MakeJpeg(fixture);
  const auto scans = ListScans(jpeg);
  // Two tables of bytes: slots 0 (luma) and 1 (chroma).
  std::vector<std::byte> tables = {std::byte{0xFF}, std::byte{0xDB}, std::byte{0}, std::byte{132}};
  for (const int slot : {0, 1}) {
    tables.push_back(static_cast<std::byte>(slot));
    for (int k = 0; k < 64; ++k) tables.push_back(static_cast<std::byte>(9 + 3 * k));
  }
  auto changed = jpeg;
  changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(scans[0].data_end), tables.begin(), tables.end());
  const auto before = ReadProgressive(jpeg, {.luma_side = 2, .chroma_side = 2});
  const auto after = ReadProgressive(changed, {.luma_side = 2, .chroma_side = 2});
  ExpectExact(changed, after);
  EXPECT_TRUE(after.sink.planes[0] == before.sink.planes[0]);
  EXPECT_FALSE(after.sink.planes[1] == before.sink.planes[1]);
  // Nor do refinements change them.
  fixture.script = {{{kLuma, kCb, kCr}, 0, 0, 0, 1}, {{kLuma, kCb, kCr}, 0, 0, 1, 0}};
  changed = MakeJpeg(fixture);
  const auto first = ListScans(changed)[0];
  const auto refined = ReadProgressive(changed);
  changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(first.data_end), tables.begin(), tables.end());
  ExpectExact(changed, ReadProgressive(changed));
  EXPECT_TRUE(ReadProgressive(changed).sink.planes == refined.sink.planes);
}

// Remembers how far it was read.
class CountingSource final : public ByteSource {
 public:
  explicit CountingSource(std::span<const std::byte> bytes) : source_(bytes, {}) {}
  uint64_t size() const override { return source_.size(); }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    auto count = source_.ReadAt(offset, out);
    if (count) furthest = std::max(furthest, offset + *count);
    return count;
  }
  uint64_t furthest = 0;

 private:
  testing::PiecewiseSource source_;
};

TEST(JpegProgressive, TheRestOfTheFileIsNotRead) {
  JpegFixture fixture = BusyPicture({1200, 900});
  fixture.luma_sampling = {1, 1};
  fixture.quality = 98;
  const std::vector<JpegScan> ac = {{{kLuma}, 1, 5},  {{kCb}, 1, 5},  {{kCr}, 1, 5},
                                    {{kLuma}, 6, 63}, {{kCb}, 6, 63}, {{kCr}, 6, 63}};
  fixture.script = {{{kLuma, kCb, kCr}, 0, 0, 0, 1}, {{kLuma, kCb, kCr}, 0, 0, 1, 0}};
  fixture.script.insert(fixture.script.end(), ac.begin(), ac.end());
  const auto jpeg = MakeJpeg(fixture);
  const auto scans = ListScans(jpeg);
  constexpr size_t kPiece = size_t{64} << 10;
  for (const int side : {1, 2}) {
    const size_t needed = scans[side == 1 ? 1 : 4].data_end;
    ASSERT_GT(jpeg.size(), needed + 4 * kPiece) << "the fixture is too small";
    CountingSource source(jpeg);
    const auto reading = ReadProgressive(source, {.luma_side = side, .chroma_side = side});
    ExpectExact(jpeg, reading);
    EXPECT_GE(source.furthest, needed);
    EXPECT_LE(source.furthest, needed + kPiece);
  }
}

TEST(JpegProgressive, TheEndOfAScanIsFoundAsByALoop) {
  std::minstd_rand random(7);
  constexpr uint8_t kBytes[] = {0xFF, 0xFF, 0, 0, 0xD0, 0xD7, 0xD8, 0xCF, 0xDA, 1, 0xFE, 0x7F};
  for (int turn = 0; turn < 4000; ++turn) {
    std::vector<uint8_t> bytes(random() % 400);
    // Few markers, so that long stretches without one occur.
    for (auto& byte : bytes) byte = random() % 40 != 0 ? uint8_t{0} : kBytes[random() % std::size(kBytes)];
    const size_t count = bytes.size();
    size_t expected = 0;
    while (expected + 1 < count && !(bytes[expected] == 0xFF && bytes[expected + 1] != 0 &&
                                     bytes[expected + 1] != 0xFF && (bytes[expected + 1] & 0xF8) != 0xD0)) {
      ++expected;
    }
    if (expected + 1 == count && bytes[expected] != 0xFF) ++expected;
    ASSERT_EQ(simd::FindScanEnd(bytes.data(), count), expected) << "turn " << turn;
  }
}

class JpegProgressiveCorpus : public ::testing::TestWithParam<const char*> {};

// Every progressive JPEG of the corpus. A file may be damaged in scans that are not needed; there libjpeg warns.
TEST_P(JpegProgressiveCorpus, WhatIsDeliveredIsTheReductionOfLibjpegsCoefficients) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no corpus here (set TBBTHUMBS_CORPUS)";
  int files = 0;
  int delivered = 0;
  int compared = 0;
  for (const testing::CorpusFile& file : testing::ListCorpus(*corpus, GetParam())) {
    if (file.format != "jpeg") continue;
    const auto bytes = testing::ReadBytes(file.path);
    const auto eighth = ReadProgressive(bytes);
    if (!eighth.progressive) continue;
    ++files;
    ASSERT_TRUE(eighth.path) << file.path << ": " << eighth.path.error().message;
    ASSERT_TRUE(ReadProgressive(bytes, {.luma_side = 2, .chroma_side = 2}).path) << file.path;
    if (!eighth.delivered()) continue;
    ++delivered;
    const auto full = testing::ReadCoefficients(bytes);
    if (!full || !full->clean_to_the_end || full->sent_again) continue;
    ++compared;
    for (size_t c = 0; c < eighth.sides.size(); ++c) {
      if (eighth.sides[c] > 1) continue;
      EXPECT_TRUE(eighth.sink.planes[c] == testing::Reduce(*full, eighth.sides).planes[c]) << file.path;
    }
    EXPECT_TRUE(eighth.sides[0] > 1 || eighth.sink.planes[0] == testing::LibjpegsLuma(bytes, 1)) << file.path;
  }
  if (files == 0) GTEST_SKIP() << "no progressive files here";
  std::printf("%s: %d of %d delivered, %d compared\n", GetParam(), delivered, files, compared);
  EXPECT_GT(delivered, files / 50);
}

INSTANTIATE_TEST_SUITE_P(JpegProgressive, JpegProgressiveCorpus,
                         ::testing::Values("photos-big", "photos-web", "conformance", "hostile"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tbbthumbs
