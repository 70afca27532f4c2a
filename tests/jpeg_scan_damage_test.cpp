// Scans that are cut, changed, too short or too long: what the reader takes is what libjpeg takes without a warning.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "codecs/jpeg_scan_reader.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/jpeg_scan_reading.h"
#include "tests/support/jpeg_synthesis.h"
#include "tests/support/thinning.h"

namespace tbbthumbs {
namespace {

using testing::DifferenceFromLibjpeg;
using testing::JpegFixture;
using testing::MakeJpeg;
using testing::ReadScan;
using testing::ScanReading;
using testing::ScanReadingOptions;
using testing::SynthJpeg;

using Bytes = std::vector<std::byte>;
using End = ScanReading::End;

const std::vector<int> kSides = {2, 1, 2};

// Small files of every kind that the reader takes.
std::vector<Bytes> SmallFiles() {
  std::vector<Bytes> files;
  for (const int interval : {0, 1, 2}) {
    for (const bool gray : {false, true}) {
      JpegFixture fixture{.size = {33, 25}, .color = gray ? testing::JpegColor::kGray : testing::JpegColor::kYcc};
      if (gray) fixture.luma_sampling = {1, 1};
      fixture.quality = 60;
      fixture.restart_mcus = interval;
      fixture.paint = [gray](int x, int y, uint8_t* sample) {
        for (int c = 0; c < (gray ? 1 : 3); ++c) sample[c] = static_cast<uint8_t>(x * 9 + y * y * (c + 1));
      };
      files.push_back(MakeJpeg(fixture));
    }
  }
  return files;
}

Bytes WithBytes(const Bytes& file, size_t at, std::initializer_list<int> values) {
  Bytes changed = file;
  size_t i = at;
  for (const int value : values) changed.insert(changed.begin() + static_cast<ptrdiff_t>(i++), std::byte(value));
  return changed;
}

TEST(JpegScanDamage, CutAtEveryByte) {
  for (const Bytes& file : SmallFiles()) {
    ASSERT_TRUE(ReadScan(file, {.sides = kSides}).read());
    for (size_t size = 0; size < file.size(); ++size) {
      const auto cut = std::span(file).first(size);
      const ScanReading reading = ReadScan(cut, {.sides = kSides});
      ASSERT_EQ(DifferenceFromLibjpeg(reading, cut, kSides), "") << size << " of " << file.size();
      // All but the end marker, or a part of it.
      EXPECT_EQ(reading.read(), size + 2 >= file.size()) << size << " of " << file.size();
      EXPECT_EQ(reading.end_marker, 0);
    }
  }
}

TEST(JpegScanDamage, EveryByteReplaced) {
  int taken = 0;
  int declined = 0;
  for (const Bytes& file : SmallFiles()) {
    for (size_t at = 0; at < file.size(); at += testing::kThinning) {
      const auto old = std::to_integer<int>(file[at]);
      for (const int value : {0, 0xFF, 0xD0, 0xD9, old ^ 1, old ^ 0x80, old + 1, old - 1, ~old}) {
        Bytes changed = file;
        changed[at] = static_cast<std::byte>(value);
        const ScanReading reading = ReadScan(changed, {.sides = kSides});
        ASSERT_EQ(DifferenceFromLibjpeg(reading, changed, kSides), "") << at << " " << value;
        ++(reading.read() ? taken : declined);
      }
    }
  }
  EXPECT_GT(taken * testing::kThinning, 3000);
  EXPECT_GT(declined * testing::kThinning, 3000);
}

TEST(JpegScanDamage, BytesInsertedAndRemoved) {
  int taken = 0;
  int declined = 0;
  for (const Bytes& file : SmallFiles()) {
    for (size_t at = testing::ScanStart(file); at <= file.size(); ++at) {
      for (const int value : {0, 0xFF, 0x55, -1}) {
        Bytes changed = value >= 0 ? WithBytes(file, at, {value}) : file;
        if (value < 0 && at < file.size()) changed.erase(changed.begin() + static_cast<ptrdiff_t>(at));
        const ScanReading reading = ReadScan(changed, {.sides = kSides});
        ASSERT_EQ(DifferenceFromLibjpeg(reading, changed, kSides), "") << at << " " << value;
        ++(reading.read() ? taken : declined);
      }
      for (const int marker : {0xD0, 0xD1, 0xD7, 0xD9, 0xFE, 0x01}) {
        const Bytes changed = WithBytes(file, at, {0xFF, marker});
        const ScanReading reading = ReadScan(changed, {.sides = kSides});
        ASSERT_EQ(DifferenceFromLibjpeg(reading, changed, kSides), "") << at << " " << marker;
        ++(reading.read() ? taken : declined);
      }
    }
  }
  EXPECT_GT(taken, 300);
  EXPECT_GT(declined, 3000);
}

TEST(JpegScanDamage, MoreMcusThanData) {
  for (Bytes file : SmallFiles()) {
    // The height is five bytes behind the frame's marker.
    size_t frame = 2;
    while (file[frame + 1] != std::byte{0xC0}) {
      frame += 2 + std::to_integer<size_t>(file[frame + 2]) * 256 + std::to_integer<size_t>(file[frame + 3]);
    }
    for (const int height : {26, 33, 41, 255}) {
      file[frame + 6] = static_cast<std::byte>(height);
      const ScanReading reading = ReadScan(file, {.sides = kSides});
      ASSERT_EQ(DifferenceFromLibjpeg(reading, file, kSides), "");
      // 25 rows of pixels fill 32.
      EXPECT_EQ(reading.read(), height <= 32) << height;
    }
  }
}

TEST(JpegScanDamage, BytesBehindTheLastBlock) {
  for (const Bytes& file : SmallFiles()) {
    const size_t end = file.size() - 2;
    struct Case {
      std::initializer_list<int> bytes;
      bool exact;
    };
    for (const Case& c : {Case{{0}, false}, Case{{1, 2, 3}, false}, Case{{0xFF, 0}, false}, Case{{0xFF}, true},
                          Case{{0xFF, 0xFF, 0xFF}, true}}) {
      const Bytes changed = WithBytes(file, end, c.bytes);
      const ScanReading reading = ReadScan(changed, {.sides = kSides});
      ASSERT_TRUE(reading.read());
      EXPECT_EQ(reading.exact, c.exact) << c.bytes.size();
      EXPECT_EQ(reading.end_marker, 0xD9);
      EXPECT_EQ(DifferenceFromLibjpeg(reading, changed, kSides), "");
    }
  }
}

TEST(JpegScanDamage, MoreBytesBehindTheLastBlockThanAWindowHolds) {
  for (Bytes file : SmallFiles()) {
    file.insert(file.end() - 2, 3 * ScanBytes::kMargin, std::byte{7});
    const ScanReading reading = ReadScan(file, {.sides = kSides, .window = ScanBytes::kMargin});
    ASSERT_TRUE(reading.read());
    EXPECT_FALSE(reading.exact);
    EXPECT_EQ(reading.end_marker, 0) << "not read so far";
    EXPECT_EQ(DifferenceFromLibjpeg(reading, file, kSides), "");
  }
}

// Gray, four blocks in a row, of 6 bits each: a difference of 0 and an end of block.
SynthJpeg FourBlocks(int restart_interval) {
  SynthJpeg jpeg;
  jpeg.size = {32, 8};
  jpeg.quants[0].fill(1);
  jpeg.dc[0] = testing::StandardDc();
  jpeg.ac[0] = testing::StandardAc();
  jpeg.restart_interval = restart_interval;
  return jpeg;
}

constexpr uint32_t kEmptyBlock = 0b00'1010;

TEST(JpegScanDamage, ARestartMarkerThatNobodyAskedFor) {
  for (const int interval : {1000, 8, 0}) {
    SynthJpeg jpeg = FourBlocks(interval);
    jpeg.size.width = 64;
    testing::ScanWriter writer;
    for (int block = 0; block < 8; ++block) {
      // Behind whole bytes: without the marker all would be well.
      if (block == 4) writer.Marker(0xD0);
      writer.Put(kEmptyBlock, 6);
    }
    jpeg.scan = writer.Take();
    EXPECT_EQ(ReadScan(testing::Assemble(jpeg), {}).end, End::kDeclined) << "inside the last interval";
  }
}

TEST(JpegScanDamage, ARestartMarkerBehindTheLastBlock) {
  for (const int interval : {0, 2, 1000}) {
    SynthJpeg jpeg = FourBlocks(interval);
    testing::ScanWriter writer;
    for (int block = 0; block < 4; ++block) {
      if (block > 0 && block == interval) writer.Marker(0xD0);
      writer.Put(kEmptyBlock, 6);
    }
    writer.Marker(interval == 2 ? 0xD1 : 0xD0);
    jpeg.scan = writer.Take();
    auto file = testing::Assemble(jpeg);
    ScanReading reading = ReadScan(file, {});
    ASSERT_TRUE(reading.read());
    EXPECT_TRUE(reading.exact) << "libjpeg does not mind";
    EXPECT_EQ(reading.end_marker, interval == 0 ? 0xD0 : 0xD9);
    EXPECT_EQ(DifferenceFromLibjpeg(reading, file, {1}), "");

    file.insert(file.end() - 2, 3, std::byte{0});
    reading = ReadScan(file, {});
    ASSERT_TRUE(reading.read());
    EXPECT_EQ(reading.exact, interval == 0) << "where restart markers may occur, what follows one is looked at";
    EXPECT_EQ(DifferenceFromLibjpeg(reading, file, {1}), "");
  }
}

TEST(JpegScanDamage, BytesInFrontOfARestartMarker) {
  for (const int spare : {0, 1, 5, 6000}) {
    SynthJpeg jpeg = FourBlocks(2);
    testing::ScanWriter writer;
    for (int block = 0; block < 4; ++block) {
      if (block == 2) {
        writer.Align();
        for (int i = 0; i < spare; ++i) writer.Put(0x12, 8);
        writer.Marker(0xD0);
      }
      writer.Put(kEmptyBlock, 6);
    }
    jpeg.scan = writer.Take();
    const auto file = testing::Assemble(jpeg);
    const ScanReading reading = ReadScan(file, {.window = ScanBytes::kMargin});
    EXPECT_EQ(reading.read(), spare == 0) << "libjpeg warns of " << spare;
    EXPECT_EQ(DifferenceFromLibjpeg(reading, file, {1}), "");
  }
}

TEST(JpegScanDamage, AMissingRestartMarker) {
  SynthJpeg jpeg = FourBlocks(2);
  testing::ScanWriter writer;
  for (int block = 0; block < 4; ++block) writer.Put(kEmptyBlock, 6);
  jpeg.scan = writer.Take();
  EXPECT_EQ(ReadScan(testing::Assemble(jpeg), {}).end, End::kDeclined);
}

// Random codes and data, then random damage: everything that can be wrong in ways that no encoder knows.
TEST(JpegScanDamage, WhateverIsTakenIsLibjpegs) {
  testing::SynthRandom random(11);
  int taken = 0;
  int declined = 0;
  for (int round = 0; round < 4000; ++round) {
    SynthJpeg parts = testing::RandomJpeg(random, 40, round % 2 == 0 ? 20 : 0);
    for (auto changes = random() % 3; changes > 0; --changes) {
      uint8_t& byte = parts.scan[random() % parts.scan.size()];
      if (byte != 0xFF) byte ^= static_cast<uint8_t>(1U << random() % 8);
    }
    const auto file = testing::Assemble(parts);
    const std::vector<int> sides = {1 + round % 2, 1 + round / 2 % 2, 1 + round / 4 % 2};
    const ScanReading reading = ReadScan(file, {.sides = sides});
    ASSERT_EQ(DifferenceFromLibjpeg(reading, file, sides), "") << round;
    ++(reading.read() ? taken : declined);
  }
  EXPECT_GT(taken, 1000);
  EXPECT_GT(declined, 1000);
}

TEST(JpegScanDamage, AFailingSourceIsItsError) {
  JpegFixture fixture{.size = {400, 400}, .quality = 100};
  fixture.paint = [](int x, int y, uint8_t* sample) {
    for (int c = 0; c < 3; ++c) sample[c] = static_cast<uint8_t>(x * x * 3 + y * 77 + x * y * c);
  };
  const Bytes file = MakeJpeg(fixture);
  // In the middle, and where only what follows the last block is missing.
  for (const size_t from : {file.size() / 2, file.size() - 1}) {
    ScanReadingOptions options{.window = ScanBytes::kMargin};
    options.source = {.most_a_read = 1, .fails_from = from};
    const ScanReading reading = ReadScan(file, options);
    ASSERT_EQ(reading.end, End::kError) << from;
    EXPECT_EQ(reading.error->code, ErrorCode::kIo);
  }
}

}  // namespace
}  // namespace tbbthumbs
