// What lanes read is what ScanReader reads. What is asserted of `counts` makes sure that lanes did read it.
#include "codecs/jpeg_lane_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/support/jpeg_fixture.h"
#include "tests/support/jpeg_scan_reading.h"
#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs {
namespace {

using testing::AllLanes;
using testing::DifferenceFromScanReader;
using testing::JpegFixture;
using testing::MakeJpeg;
using testing::NamedLanes;
using testing::ReadInLanes;
using testing::ReadScan;
using testing::ScanReading;
using testing::SynthComponent;
using testing::SynthJpeg;
using testing::SynthRandom;
using testing::TinyTuning;

using Bytes = std::vector<std::byte>;
using End = ScanReading::End;

// Each component's side, 1 or 2, from the bits of `choice`.
std::vector<int> Sides(int choice) { return {1 + (choice & 1), 1 + (choice >> 1 & 1), 1 + (choice >> 2 & 1)}; }

// Flat to the left, noise to the right; the more the further down.
void Paint(int x, int y, uint8_t* sample) {
  for (int c = 0; c < 3; ++c) {
    const auto hash = (static_cast<unsigned>(x) * 2654435761U ^ static_cast<unsigned>(y) * 40503U * (c + 1U)) >> 7;
    const int noise = static_cast<int>(hash & 0xFF) - 128;
    sample[c] = static_cast<uint8_t>(std::clamp(100 + y / 4 + noise * x * y / 30'000, 0, 255));
  }
}

JpegFixture Picture(Size size) {
  JpegFixture fixture{.size = size, .quality = 90};
  fixture.paint = &Paint;
  return fixture;
}

LaneCounts& operator+=(LaneCounts& sum, const LaneCounts& counts) {
  sum.windows += counts.windows;
  sum.chunks += counts.chunks;
  sum.wrong_guesses += counts.wrong_guesses;
  sum.lane_blocks += counts.lane_blocks;
  sum.failed_lanes += counts.failed_lanes;
  sum.moved_chunks += counts.moved_chunks;
  return sum;
}

TEST(JpegLaneReader, VectorLanesRunHere) {
  if (const std::string why = testing::WhyNoVectorLanes(); !why.empty()) GTEST_SKIP() << why;
  EXPECT_EQ(FindVectorLanes(), ListVectorLanes().front());
  EXPECT_EQ(AllLanes().size(), 3U) << "gathers and loads";
}

TEST(JpegLaneReader, EverySamplingThatAnMcuMayHave) {
  SynthRandom random(1);
  const std::vector<NamedLanes> all = AllLanes();
  LaneCounts sum;
  int count = 0;
  for (int bits = 0; bits < 1 << 12; ++bits) {
    SynthJpeg parts;
    parts.components.clear();
    for (int c = 0; c < 3; ++c) {
      const int factors = bits >> 4 * c & 15;
      parts.components.push_back({1 + factors % 4, 1 + factors / 4, 0, c == 0 ? 0 : 1, c == 0 ? 0 : 1});
    }
    if (parts.McuBlocks() > kMaxMcuBlocks) continue;
    parts.size = {80 + static_cast<int>(random() % 70), 80 + static_cast<int>(random() % 70)};
    parts.quants[0].fill(1);
    parts.dc = {testing::StandardDc(), testing::RandomDcCode(random)};
    parts.ac = {testing::StandardAc(), testing::StandardAc()};
    // Fewer symbols, all others of 16 bits.
    parts.ac[1].counts[14] = 0;
    parts.ac[1].counts[15] = 0x60;
    parts.scan = testing::RandomScan(random, parts);
    const Bytes jpeg = testing::Assemble(parts);
    const ScanReading expected = ReadScan(jpeg, {.sides = Sides(count)});
    const ScanReading reading =
        ReadInLanes(jpeg, {.sides = Sides(count), .run = all[static_cast<size_t>(count) % all.size()].run});
    ASSERT_TRUE(reading.read()) << bits;
    ASSERT_EQ(DifferenceFromScanReader(reading, expected), "") << bits;
    sum += reading.lanes;
    ++count;
  }
  EXPECT_EQ(count, 515);
  EXPECT_GT(sum.chunks, 515U * 6);
  EXPECT_GT(sum.lane_blocks, 515U * 50);
}

// All lanes, windows and sides; returns what the lanes did. Every reading has to succeed.
LaneCounts ExpectSameEveryWay(const Bytes& jpeg, const std::vector<uint64_t>& warm_ups, const std::string& what) {
  LaneCounts sum;
  for (int choice = 0; choice < 8; choice += 7) {
    const ScanReading expected = ReadScan(jpeg, {.sides = Sides(choice), .window = ScanBytes::kDefaultWindow});
    EXPECT_TRUE(expected.exact);
    for (const uint64_t warm_up : warm_ups) {
      for (const size_t window : {size_t{0}, ScanBytes::kMargin + 5000, ScanBytes::kMargin + 20'000}) {
        for (const NamedLanes& lanes : AllLanes()) {
          const ScanReading reading = ReadInLanes(
              jpeg, {.sides = Sides(choice), .run = lanes.run, .tuning = TinyTuning(warm_up), .window = window});
          EXPECT_TRUE(reading.read()) << what << ", window " << window << ", " << lanes.name;
          EXPECT_EQ(DifferenceFromScanReader(reading, expected), "") << what << ", " << window << ", " << lanes.name;
          sum += reading.lanes;
        }
      }
    }
  }
  return sum;
}

TEST(JpegLaneReader, WholePictures) {
  for (const bool gray : {false, true}) {
    for (const bool optimize : {false, true}) {
      JpegFixture fixture = Picture({300, 260});
      if (gray) {
        fixture.color = testing::JpegColor::kGray;
        fixture.luma_sampling = {1, 1};
        fixture.paint = [](int x, int y, uint8_t* sample) {
          uint8_t all[3];
          Paint(x, y, all);
          *sample = all[0];
        };
      }
      fixture.optimize = optimize;
      const Bytes jpeg = MakeJpeg(fixture);
      ASSERT_GT(jpeg.size(), 20'000U);
      const LaneCounts sum = ExpectSameEveryWay(jpeg, {300, 600}, gray ? "gray" : "colour");
      EXPECT_GT(sum.chunks, 500U);
      EXPECT_LT(sum.wrong_guesses, sum.chunks / 2);
      EXPECT_GT(sum.lane_blocks, 3000U);
    }
  }
}

TEST(JpegLaneReader, RestartIntervals) {
  for (const int interval : {4, 11, 19, 60, 65535}) {
    JpegFixture fixture = Picture({300, 260});  // 19 MCUs in a row, 17 rows
    fixture.luma_sampling = {interval % 2 + 1, 2};
    fixture.restart_mcus = interval;
    const Bytes jpeg = MakeJpeg(fixture);
    const ScanReading expected = ReadScan(jpeg, {.sides = {2, 1, 2}});
    for (const NamedLanes& lanes : AllLanes()) {
      const auto read = [&](size_t window) {
        return ReadInLanes(jpeg, {.sides = {2, 1, 2}, .run = lanes.run, .window = window});
      };
      const ScanReading reading = read(0);
      ASSERT_TRUE(reading.read()) << interval;
      EXPECT_EQ(DifferenceFromScanReader(reading, expected), "") << interval;
      EXPECT_GT(reading.lanes.lane_blocks, 200U) << interval;
      // Intervals that are longer than a chunk are cut at guesses.
      EXPECT_EQ(reading.lanes.wrong_guesses > 0, interval > 4) << interval;
      const ScanReading windows = read(ScanBytes::kMargin + 4000);
      ASSERT_TRUE(windows.read()) << interval;
      EXPECT_EQ(DifferenceFromScanReader(windows, expected), "") << interval;
      EXPECT_GT(windows.lanes.windows, 2U) << interval;
    }
  }
}

TEST(JpegLaneReader, IntervalsThatAreTooShortAreDeclined) {
  JpegFixture fixture = Picture({300, 260});
  fixture.restart_mcus = 1;
  const Bytes jpeg = MakeJpeg(fixture);
  ASSERT_TRUE(ReadInLanes(jpeg, {}).read());
  testing::LaneReadingOptions options;
  options.tuning.min_interval = 768;
  EXPECT_EQ(ReadInLanes(jpeg, options).end, End::kDeclined);
}

// With so little to go by most guesses are wrong; some are right.
TEST(JpegLaneReader, WrongGuesses) {
  const Bytes jpeg = MakeJpeg(Picture({400, 360}));
  LaneCounts sum;
  for (uint64_t warm_up = 0; warm_up <= 50; warm_up += 10) sum += ExpectSameEveryWay(jpeg, {warm_up}, "guesses");
  EXPECT_GT(sum.wrong_guesses, 100U);
  EXPECT_LT(sum.wrong_guesses, sum.chunks * 9 / 10);
  EXPECT_GT(sum.lane_blocks, 1000U);
  EXPECT_GT(sum.windows, 500U);
}

// The gray blocks of FlatBehindNoise: a difference of 8 bits, or of 0.
constexpr int kFlatBlocks = 2000;

// Two restart intervals of as many blocks, 18 bits each in the first one, 6 bits in the second one, and room for
// neither average. `junk` stands behind the last block.
Bytes FlatBehindNoise(const std::vector<uint8_t>& junk) {
  SynthJpeg jpeg;
  jpeg.size = {8 * 40, 2 * kFlatBlocks / 40 * 8};
  jpeg.quants[0].fill(1);
  jpeg.dc[0] = testing::StandardDc();
  jpeg.ac[0] = testing::StandardAc();
  jpeg.restart_interval = kFlatBlocks;
  testing::ScanWriter writer;
  SynthRandom random(1);
  for (int block = 0; block < kFlatBlocks; ++block) {
    writer.Put(0b11'1110, 6);
    writer.Put(static_cast<uint32_t>(random() >> 8 & 0xFF), 8);
    writer.Put(0b1010, 4);
  }
  writer.Marker(0xD0);
  for (int block = 0; block < kFlatBlocks; ++block) writer.Put(0b00'1010, 6);
  jpeg.scan = writer.Take();
  jpeg.scan.insert(jpeg.scan.end(), junk.begin(), junk.end());
  return testing::Assemble(jpeg);
}

TEST(JpegLaneReader, BlocksThatAreMoreThanExpected) {
  const Bytes jpeg = FlatBehindNoise({});
  const LaneCounts sum = ExpectSameEveryWay(jpeg, {100}, "growing");
  EXPECT_GT(sum.moved_chunks, 0U);
}

TEST(JpegLaneReader, ALaneThatFailsBehindTheLastBlock) {
  std::vector<uint8_t> ones;
  for (int i = 0; i < 1200; ++i) ones.insert(ones.end(), {0xFF, 0});
  const Bytes jpeg = FlatBehindNoise(ones);
  for (int side = 1; side <= 2; ++side) {
    const ScanReading expected = ReadScan(jpeg, {.sides = {side}, .window = ScanBytes::kDefaultWindow});
    ASSERT_TRUE(expected.read());
    EXPECT_FALSE(expected.exact);
    for (const NamedLanes& lanes : AllLanes()) {
      const ScanReading reading = ReadInLanes(jpeg, {.sides = {side}, .run = lanes.run});
      ASSERT_TRUE(reading.read()) << lanes.name;
      EXPECT_GT(reading.lanes.moved_chunks, 0U) << "so that the lane was asked where it is";
      EXPECT_GT(reading.lanes.failed_lanes, 0U);
      EXPECT_EQ(DifferenceFromScanReader(reading, expected), "") << lanes.name;
    }
  }
}

// ScanReader sees no end marker behind more bytes than its window holds: neither do lanes.
TEST(JpegLaneReader, MoreBytesBehindTheLastBlockThanAWindowHolds) {
  std::vector<uint8_t> ones(2 * ScanBytes::kDefaultWindow + 100'000, 0xFF);
  for (size_t i = 1; i < ones.size(); i += 2) ones[i] = 0;
  const Bytes jpeg = FlatBehindNoise(ones);
  const ScanReading expected = ReadScan(jpeg, {.window = ScanBytes::kDefaultWindow});
  ASSERT_TRUE(expected.read());
  EXPECT_EQ(expected.end_marker, 0);
  const ScanReading reading = ReadInLanes(jpeg, {});
  EXPECT_EQ(reading.end, End::kDeclined);
  EXPECT_GT(reading.lanes.failed_lanes, 0U);
}

TEST(JpegLaneReader, BytesBehindTheLastBlockHoweverMany) {
  for (const int interval : {0, 30}) {
    JpegFixture fixture = Picture({200, 160});
    fixture.restart_mcus = interval;
    const Bytes jpeg = MakeJpeg(fixture);
    int taken = 0;
    int declined = 0;
    for (size_t spare = 0; spare < 20'000; spare += spare < 10 ? 1 : 317) {
      for (const int value : {0x00, 0x55, 0xFE}) {
        Bytes longer = jpeg;
        longer.insert(longer.end() - 2, spare, std::byte(value));
        const ScanReading expected = ReadScan(longer, {.window = ScanBytes::kDefaultWindow});
        for (const size_t window : {size_t{0}, ScanBytes::kMargin + 1000 + spare, jpeg.size()}) {
          const ScanReading reading = ReadInLanes(longer, {.run = AllLanes().back().run, .window = window});
          ASSERT_EQ(DifferenceFromScanReader(reading, expected), "") << spare << " of " << value << ", " << window;
          ++(reading.read() ? taken : declined);
        }
      }
    }
    EXPECT_GT(taken, 30);
    EXPECT_GT(declined, 30);
  }
}

TEST(JpegLaneReader, ARestartMarkerBehindTheLastBlock) {
  for (const int interval : {0, 40, 65535}) {
    JpegFixture fixture = Picture({200, 160});  // 130 MCUs
    fixture.restart_mcus = interval;
    Bytes jpeg = MakeJpeg(fixture);
    const int marker = interval == 40 ? 0xD3 : 0xD0;
    jpeg.insert(jpeg.end() - 2, {std::byte{0xFF}, static_cast<std::byte>(marker)});
    for (const int spare : {0, 1, 3}) {
      const ScanReading expected = ReadScan(jpeg, {.window = ScanBytes::kDefaultWindow});
      ASSERT_TRUE(expected.read());
      EXPECT_EQ(expected.exact, interval == 0 || spare == 0);
      const ScanReading reading = ReadInLanes(jpeg, {.run = AllLanes().back().run});
      ASSERT_TRUE(reading.read());
      EXPECT_EQ(DifferenceFromScanReader(reading, expected), "") << interval << ", " << spare;
      jpeg.insert(jpeg.end() - 2, static_cast<size_t>(spare == 0 ? 1 : 2), std::byte{0x11});
    }
  }
}

// Codes and data that no encoder knows, blocks that run over among them.
TEST(JpegLaneReader, WhateverLanesTakeIsWhatScanReaderReads) {
  SynthRandom random(3);
  const std::vector<NamedLanes> all = AllLanes();
  LaneCounts sum;
  int taken = 0;
  int declined = 0;
  int declined_alone = 0;
  for (int round = 0; round < 1500; ++round) {
    SynthJpeg parts = testing::RandomJpeg(random, 40 + round % 7 * 40, round % 3 == 0 ? 2 : 0);
    for (auto changes = round % 2 * (random() % 3); changes > 0; --changes) {
      uint8_t& byte = parts.scan[random() % parts.scan.size()];
      if (byte != 0xFF) byte ^= static_cast<uint8_t>(1U << random() % 8);
    }
    const Bytes jpeg = testing::Assemble(parts);
    const ScanReading expected = ReadScan(jpeg, {.sides = Sides(round), .window = ScanBytes::kDefaultWindow});
    testing::LaneReadingOptions options{.sides = Sides(round), .run = all[random() % all.size()].run};
    options.tuning = TinyTuning(random() % 400);
    options.tuning.min_chunks = 1 + random() % 40;
    if (random() % 2 == 0) options.window = ScanBytes::kMargin + 1 + random() % 20'000;
    const ScanReading reading = ReadInLanes(jpeg, options);
    ASSERT_EQ(DifferenceFromScanReader(reading, expected), "") << round;
    ++(reading.read() ? taken : declined);
    if (expected.read() && !reading.read()) ++declined_alone;
    sum += reading.lanes;
  }
  EXPECT_GT(taken, 500);
  EXPECT_GT(declined, 300);
  EXPECT_LT(declined_alone, 200);
  EXPECT_GT(sum.lane_blocks, 20'000U);
  EXPECT_GT(sum.wrong_guesses, 100U);
  EXPECT_GT(sum.failed_lanes, 20U);
  EXPECT_GT(sum.moved_chunks, 10U);
}

}  // namespace
}  // namespace tbbthumbs
