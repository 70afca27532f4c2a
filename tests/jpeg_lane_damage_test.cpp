// Scans that are cut, changed, too short or too long, in lanes: what is taken is what ScanReader takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "codecs/jpeg_lane_reader.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/jpeg_scan_reading.h"
#include "tests/support/jpeg_synthesis.h"
#include "tests/support/thinning.h"

namespace tbbthumbs {
namespace {

using testing::DifferenceFromScanReader;
using testing::JpegFixture;
using testing::MakeJpeg;
using testing::ReadInLanes;
using testing::ReadScan;
using testing::ScanReading;

using Bytes = std::vector<std::byte>;
using End = ScanReading::End;

const std::vector<int> kSides = {2, 1, 2};

using testing::kThinning;

// Large enough for a dozen lanes, with and without restart markers.
std::vector<Bytes> SmallFiles() {
  std::vector<Bytes> files;
  for (const int interval : {0, 5}) {
    for (const bool gray : {false, true}) {
      JpegFixture fixture{.size = {97, 81}, .color = gray ? testing::JpegColor::kGray : testing::JpegColor::kYcc};
      if (gray) fixture.luma_sampling = {1, 1};
      fixture.quality = gray ? 95 : 90;
      fixture.restart_mcus = gray ? 3 * interval : interval;
      fixture.paint = [gray](int x, int y, uint8_t* sample) {
        for (int c = 0; c < (gray ? 1 : 3); ++c) sample[c] = static_cast<uint8_t>(x * 9 + y * y * (c + 1) + x * y / 3);
      };
      files.push_back(MakeJpeg(fixture));
    }
  }
  return files;
}

struct Tally {
  size_t taken = 0;
  size_t declined = 0;
  size_t declined_alone = 0;  // ScanReader reads them
  uint64_t lane_blocks = 0;
  uint64_t failed_lanes = 0;
};

// The lanes take turns, plain and vector.
void ExpectAlike(std::span<const std::byte> jpeg, Tally& tally, const std::string& what) {
  static const std::vector<testing::NamedLanes> all = testing::AllLanes();
  const auto turn = tally.taken + tally.declined;
  const testing::NamedLanes& lanes = all[turn % all.size()];
  const ScanReading expected = ReadScan(jpeg, {.sides = kSides, .window = ScanBytes::kDefaultWindow});
  testing::LaneReadingOptions options{.sides = kSides, .run = lanes.run};
  options.tuning = testing::TinyTuning(turn % 5 * 60);
  const ScanReading reading = ReadInLanes(jpeg, options);
  ASSERT_EQ(DifferenceFromScanReader(reading, expected), "") << what << ", " << lanes.name;
  ++(reading.read() ? tally.taken : tally.declined);
  if (expected.read() && !reading.read()) ++tally.declined_alone;
  if (reading.read()) tally.lane_blocks += reading.lanes.lane_blocks;
  tally.failed_lanes += reading.lanes.failed_lanes;
}

TEST(JpegLaneDamage, CutAnywhere) {
  for (const Bytes& file : SmallFiles()) {
    ASSERT_GT(file.size(), 5000U);
    Tally tally;
    for (size_t size = testing::ScanStart(file); size <= file.size();
         size += size + 40 < file.size() ? 7 * kThinning : 1) {
      ExpectAlike(std::span(file).first(size), tally, std::to_string(size) + " of " + std::to_string(file.size()));
      if (HasFatalFailure()) return;
    }
    // All but the end marker, or a part of it.
    EXPECT_EQ(tally.taken, 3U);
    EXPECT_EQ(tally.declined_alone, 0U);
    EXPECT_GT(tally.lane_blocks * kThinning, 100U);
  }
}

TEST(JpegLaneDamage, BytesReplaced) {
  Tally tally;
  for (const Bytes& file : SmallFiles()) {
    // Every table that changes is made anew, which takes long.
    const size_t scan = testing::ScanStart(file);
    for (size_t at = 2; at < file.size(); at += (at < scan ? 5 : 11) * kThinning) {
      const auto old = std::to_integer<int>(file[at]);
      for (const int value : {0, 0xFF, 0xD9, old ^ 1, old ^ 0x80, ~old}) {
        Bytes changed = file;
        changed[at] = static_cast<std::byte>(value);
        ExpectAlike(changed, tally, std::to_string(at) + " is " + std::to_string(value));
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(tally.taken * kThinning, 1000U);
  EXPECT_GT(tally.declined * kThinning, 1000U);
  EXPECT_LT(tally.declined_alone, tally.taken / 20);
  EXPECT_GT(tally.lane_blocks * kThinning, 50'000U);
  EXPECT_GT(tally.failed_lanes * kThinning, 1000U);
}

TEST(JpegLaneDamage, BytesInsertedAndRemoved) {
  Tally tally;
  for (const Bytes& file : SmallFiles()) {
    for (size_t at = testing::ScanStart(file); at <= file.size(); at += at + 20 < file.size() ? 23 * kThinning : 1) {
      for (const int value : {0, 0xFF, 0x55, 0xFFD0, 0xFFD1, 0xFFD9, 0xFF01, -1}) {
        Bytes changed = file;
        const auto place = changed.begin() + static_cast<ptrdiff_t>(at);
        if (value > 255) {
          changed.insert(place, {std::byte{0xFF}, static_cast<std::byte>(value)});
        } else if (value >= 0) {
          changed.insert(place, static_cast<std::byte>(value));
        } else if (at < file.size()) {
          changed.erase(place);
        }
        ExpectAlike(changed, tally, std::to_string(value) + " at " + std::to_string(at));
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(tally.taken * kThinning, 100U);
  EXPECT_GT(tally.declined * kThinning, 3000U);
  EXPECT_GT(tally.failed_lanes * kThinning, 1000U);
}

TEST(JpegLaneDamage, MoreMcusThanDataAndFewer) {
  for (Bytes file : SmallFiles()) {
    // The height is five bytes behind the frame's marker.
    size_t frame = 2;
    while (file[frame + 1] != std::byte{0xC0}) {
      frame += 2 + std::to_integer<size_t>(file[frame + 2]) * 256 + std::to_integer<size_t>(file[frame + 3]);
    }
    Tally tally;
    for (int height = 1; height <= 255; ++height) {
      file[frame + 6] = static_cast<std::byte>(height);
      ExpectAlike(file, tally, std::to_string(height));
      if (HasFatalFailure()) return;
    }
    EXPECT_GE(tally.taken, 8U);
    EXPECT_GT(tally.declined, 150U);
  }
}

TEST(JpegLaneDamage, IntervalsThatEndEarlyOrLate) {
  JpegFixture fixture{.size = {160, 96}};  // 10 MCUs in a row, 6 rows
  fixture.restart_mcus = 7;
  fixture.paint = [](int x, int y, uint8_t* sample) {
    for (int c = 0; c < 3; ++c) sample[c] = static_cast<uint8_t>(x * 5 + y * y * (c + 1) + x * y / 3);
  };
  const Bytes file = MakeJpeg(fixture);
  Tally tally;
  for (size_t at = testing::ScanStart(file); at + 4 < file.size(); ++at) {
    const auto second = std::to_integer<int>(file[at + 1]);
    if (file[at] != std::byte{0xFF} || (second & 0xF8) != 0xD0) continue;
    // Fewer bytes in front of the marker, more of them, and none of the next interval.
    for (const int change : {-40, -2, -1, 1, 2, 40, 300}) {
      Bytes changed = file;
      const auto place = changed.begin() + static_cast<ptrdiff_t>(at);
      if (change < 0) {
        changed.erase(place + change, place);
      } else {
        changed.insert(place, static_cast<size_t>(change), std::byte{0x2A});
      }
      ExpectAlike(changed, tally, std::to_string(change) + " at " + std::to_string(at));
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(tally.declined, 40U);
  EXPECT_EQ(tally.declined_alone, 0U);
}

TEST(JpegLaneDamage, AFailingSourceIsItsError) {
  const Bytes file = SmallFiles().front();
  // In the middle, and where only what follows the last block is missing.
  for (const size_t from : {file.size() / 2, file.size() - 1}) {
    testing::LaneReadingOptions options;
    options.source = {.most_a_read = 1, .fails_from = from};
    const ScanReading reading = ReadInLanes(file, options);
    ASSERT_EQ(reading.end, End::kError) << from;
    EXPECT_EQ(reading.error->code, ErrorCode::kIo);
  }
}

// A file may say that it is small and have megabytes of blocks.
TEST(JpegLaneDamage, BlocksThatNobodyWantsTakeNoMemory) {
  testing::SynthJpeg parts;
  parts.quants[0].fill(1);
  parts.dc[0].counts[0] = 1;  // two bits a block
  parts.ac[0].counts[0] = 1;
  for (const int side : {16, 4000}) {
    parts.size = {side, side};
    parts.scan.assign(3 << 20, 0);
    const Bytes file = testing::Assemble(parts);
    MemorySource source(file);
    JpegFrame frame;
    frame.size = parts.size;
    frame.mcus = {side / 8, side / 8};
    frame.components = {{.coded_blocks = frame.mcus, .dc = parts.dc[0], .ac = parts.ac[0]}};
    ScanBuffers buffers;
    HuffmanTableCache tables;
    ScanBytes bytes(source, testing::ScanStart(file), false, buffers, LaneReader::kWindow);
    auto reader = LaneReader::Open(frame, {2}, std::move(bytes), tables, &RunLanesPlainly, buffers.coefficients);
    ASSERT_TRUE(reader);
    const auto read = reader->ReadRow();
    ASSERT_TRUE(read);
    EXPECT_FALSE(*read);
    const size_t bytes_held = buffers.coefficients.size() * sizeof(int16_t);
    EXPECT_LT(bytes_held, side == 16 ? size_t{1} << 20 : size_t{80} << 20) << side;
    EXPECT_GT(reader->counts().chunks, 30U);
  }
}

}  // namespace
}  // namespace tbbthumbs
