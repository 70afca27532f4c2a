// Progressive files that are cut, odd, hostile or endless, through DecodeJpegFast.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/piecewise_source.h"
#include "tests/support/progressive_reading.h"

namespace tbbthumbs {
namespace {

using testing::BusyPicture;
using testing::JpegFixture;
using testing::JpegScan;
using testing::ListScans;
using testing::ListSegments;
using testing::MakeJpeg;
using testing::ProgressiveOptions;
using testing::ReadProgressive;
using testing::SpectralScript;

using Bytes = std::vector<std::byte>;

Bytes ToBytes(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

Bytes Inserted(Bytes into, size_t at, const Bytes& what) {
  into.insert(into.begin() + static_cast<std::ptrdiff_t>(at), what.begin(), what.end());
  return into;
}

// DC, two scans of AC, the last bit of DC, and the rest.
JpegFixture Refined(Size size) {
  JpegFixture fixture = BusyPicture(size);
  fixture.script = {{{0, 1, 2}, 0, 0, 0, 1}, {{0}, 1, 5},  {{1}, 1, 63},
                    {{0, 1, 2}, 0, 0, 1, 0}, {{2}, 1, 63}, {{0}, 6, 63}};
  return fixture;
}

TEST(JpegProgressiveDamage, AFileMayBeCutBehindTheScansThatAreNeeded) {
  const Bytes jpeg = MakeJpeg(Refined({96, 80}));
  const auto scans = ListScans(jpeg);
  for (const int side : {1, 2}) {
    // A quarter needs the AC scan of the second chroma component as well.
    const size_t needed = scans[side == 1 ? 3 : 4].data_end;
    const auto whole = ReadProgressive(jpeg, {.luma_side = side, .chroma_side = side});
    ASSERT_TRUE(whole.delivered());
    for (const Strictness strictness : {Strictness::kFailTruncated, Strictness::kSalvage}) {
      const ProgressiveOptions options{.luma_side = side, .chroma_side = side, .strictness = strictness};
      for (size_t cut = scans[0].end; cut <= jpeg.size(); cut += cut + 40 < needed || cut > needed + 4 ? 23 : 1) {
        const auto reading = ReadProgressive(std::span(jpeg).first(cut), options);
        ASSERT_TRUE(reading.path);
        // The last byte of a scan may hold nothing but padding; never more than that may be missing.
        if (cut + 1 != needed) {
          ASSERT_EQ(reading.delivered(), cut >= needed) << cut << " of " << needed;
        }
        ASSERT_TRUE(!reading.delivered() || reading.sink.planes == whole.sink.planes) << cut;
      }
    }
  }
}

TEST(JpegProgressiveDamage, TheStrictGoToLibjpeg) {
  const Bytes jpeg = MakeJpeg(BusyPicture({96, 80}));
  EXPECT_TRUE(ReadProgressive(jpeg).delivered());
  EXPECT_FALSE(ReadProgressive(jpeg, {.strictness = Strictness::kStrict}).delivered());
}

TEST(JpegProgressiveDamage, ScansWithoutAllOfDcAreDeclined) {
  const Bytes jpeg = MakeJpeg(Refined({96, 80}));
  const auto scans = ListScans(jpeg);
  EXPECT_TRUE(ReadProgressive(jpeg).delivered());
  // Neither without its last bit, nor, in a file of one scan for each component, without one of them.
  Bytes cut = jpeg;
  cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(scans[3].offset),
            cut.begin() + static_cast<std::ptrdiff_t>(scans[3].data_end));
  EXPECT_FALSE(ReadProgressive(cut).delivered());
  JpegFixture fixture = BusyPicture({96, 80});
  fixture.script = {{{0}}, {{1}}, {{2}}, {{0}, 1, 63}};
  const Bytes apart = MakeJpeg(fixture);
  EXPECT_TRUE(ReadProgressive(apart).delivered());
  for (const size_t missing : {1, 2}) {
    const auto scan = ListScans(apart)[missing];
    cut = apart;
    cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(scan.offset),
              cut.begin() + static_cast<std::ptrdiff_t>(scan.data_end));
    EXPECT_FALSE(ReadProgressive(cut).delivered()) << missing;
  }
}

// Scan headers that libjpeg refuses or warns of, or that nobody writes. The fields of one component's scan: length (2
// bytes), count, id, tables, first, last, high and low.
TEST(JpegProgressiveDamage, OddScanHeadersAreDeclined) {
  struct Change {
    const char* what;
    size_t scan;
    size_t byte;  // from the marker on
    int value;
  };
  JpegFixture fixture = BusyPicture({96, 80});
  fixture.script = {{{0}, 0, 0, 0, 1}, {{1}, 0, 0, 0, 1},       {{2}, 0, 0, 0, 1},
                    {{0}, 1, 63},      {{0, 1, 2}, 0, 0, 1, 0}, {{1}, 1, 63}};
  const Bytes jpeg = MakeJpeg(fixture);
  const auto scans = ListScans(jpeg);
  for (const Change& change :
       {Change{"no change: a chroma scan behind the last one needed", 5, 7, 2}, Change{"length", 1, 3, 9},
        Change{"no components", 1, 4, 0}, Change{"two components", 1, 4, 2},
        Change{"a component that is not there", 1, 5, 9}, Change{"the same component again", 1, 5, 1},
        Change{"a DC table that is not there", 1, 6, 0x30}, Change{"a slot that can't be", 1, 6, 0x50},
        Change{"DC with AC", 1, 8, 5}, Change{"a refinement of nothing", 1, 9, 0x21},
        Change{"a step of two bits", 1, 9, 0x31}, Change{"too many bits to come", 1, 9, 0x0E},
        Change{"other bits than are missing", 4, 13, 0x21}, Change{"refined upwards", 4, 13, 0x01},
        Change{"DC once more as if it were new", 4, 13, 0x00}, Change{"AC that ends before it begins", 3, 7, 64},
        Change{"AC beyond the last", 3, 8, 64}, Change{"AC of which more was open", 3, 9, 0x10},
        Change{"AC of too many bits to come", 3, 9, 0x0E}}) {
    Bytes changed = jpeg;
    changed[scans[change.scan].offset + change.byte] = static_cast<std::byte>(change.value);
    EXPECT_EQ(ReadProgressive(changed).delivered(), change.scan == 5) << change.what;
  }
  // Cr before Cb is fine; AC before the DC of its component is not.
  Bytes moved = jpeg;
  std::swap(moved[scans[1].offset + 5], moved[scans[2].offset + 5]);
  EXPECT_TRUE(ReadProgressive(moved).delivered());
  moved = jpeg;
  const auto at = [&](size_t offset) { return moved.begin() + static_cast<std::ptrdiff_t>(offset); };
  std::rotate(at(scans[0].offset), at(scans[0].data_end), at(scans[3].data_end));
  EXPECT_FALSE(ReadProgressive(moved).delivered());
  moved = jpeg;
  std::rotate(at(scans[0].offset), at(scans[0].data_end), at(scans[2].data_end));
  EXPECT_TRUE(ReadProgressive(moved).delivered()) << "DC of luma last";
}

TEST(JpegProgressiveDamage, BitsComeOneByOne) {
  JpegFixture fixture = BusyPicture({96, 80});
  fixture.script = {{{0, 1, 2}, 0, 0, 0, 2}, {{0, 1, 2}, 0, 0, 2, 1}, {{0, 1, 2}, 0, 0, 1, 0}};
  const Bytes jpeg = MakeJpeg(fixture);
  EXPECT_TRUE(ReadProgressive(jpeg).delivered());
  const auto scans = ListScans(jpeg);
  Bytes changed(jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(scans[1].data_end));
  changed[scans[1].end - 1] = std::byte{0x20};
  EXPECT_FALSE(ReadProgressive(changed).delivered());
}

// A gray picture of 16 x 8, put together from its parts: two blocks, each an interval of its own.
struct TwoBlocks {
  Bytes dc_code = ToBytes({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /*symbols*/ 0});
  Bytes dc = ToBytes({0x7F, 0xFF, 0xD0, 0x7F});
  // 00: an end of this block's band and of 1 or 2 more; 01: a coefficient of 1 bit; 10: an end; 110: one 5 further on
  Bytes ac_code = ToBytes({0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /*symbols*/ 0x10, 0x01, 0x00, 0x51});
  int last = 63;
  Bytes ac = ToBytes({0b10111111, 0xFF, 0xD0, 0b10111111});

  Bytes Assemble() const {
    Bytes jpeg = ToBytes({0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0});
    jpeg.insert(jpeg.end(), 64, std::byte{90});
    const auto add = [&](const Bytes& bytes) { jpeg.insert(jpeg.end(), bytes.begin(), bytes.end()); };
    const auto add_code = [&](int slot, const Bytes& code) {
      add(ToBytes({0xFF, 0xC4, 0, static_cast<int>(code.size()) + 3, slot}));
      add(code);
    };
    add(ToBytes({0xFF, 0xC2, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0, 0xFF, 0xDD, 0, 4, 0, 1}));
    add_code(0x00, dc_code);
    add(ToBytes({0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0}));
    add(dc);
    add_code(0x10, ac_code);
    add(ToBytes({0xFF, 0xDA, 0, 8, 1, 1, 0, 1, last, 0}));
    add(ac);
    add(ToBytes({0xFF, 0xD9}));
    return jpeg;
  }
};

TEST(JpegProgressiveDamage, SymbolsThatNoEncoderWrites) {
  const ProgressiveOptions quarter{.luma_side = 2};
  const auto read = [&](const TwoBlocks& blocks) { return ReadProgressive(blocks.Assemble(), quarter); };
  ASSERT_TRUE(read({}).delivered());
  // A run of empty blocks ends with its interval; the coefficient behind it is libjpeg's, too.
  TwoBlocks run;
  run.ac = ToBytes({0b00111111, 0xFF, 0xD0, 0b01110111});
  const auto reading = read(run);
  const auto expected = testing::ReduceWithLibjpeg(run.Assemble(), {2});
  ASSERT_TRUE(reading.delivered() && expected);
  EXPECT_TRUE(reading.sink.planes == expected->planes);
  EXPECT_FALSE(reading.sink.planes == read({}).sink.planes);
  // A coefficient behind the end of the band: libjpeg takes it where it has no place.
  TwoBlocks beyond;
  beyond.last = 5;
  beyond.ac = ToBytes({0b11011011, 0xFF, 0xD0, 0b10111111});
  EXPECT_FALSE(read(beyond).delivered());
  beyond.last = 6;
  beyond.ac[0] = std::byte{0b11011111};
  EXPECT_TRUE(read(beyond).delivered());
  // Codes that are not there.
  TwoBlocks unknown;
  unknown.ac[0] = std::byte{0b11111111};
  unknown.ac.insert(unknown.ac.begin() + 1, std::byte{0});
  EXPECT_FALSE(read(unknown).delivered());
  // A table of DC with a symbol that is none, though nobody uses it: libjpeg refuses it.
  TwoBlocks size20;
  size20.dc_code = ToBytes({1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /*symbols*/ 0, 20});
  EXPECT_FALSE(read(size20).delivered());
  size20.dc_code.back() = std::byte{11};
  EXPECT_TRUE(read(size20).delivered());
}

TEST(JpegProgressiveDamage, MoreBlocksThanAnMcuMayHave) {
  Bytes jpeg = MakeJpeg(Refined({96, 80}));
  const auto segments = ListSegments(jpeg);
  const auto frame = std::ranges::find(segments, 0xC2, &testing::JpegSegment::marker);
  ASSERT_NE(frame, segments.end());
  jpeg[frame->offset + 11] = std::byte{0x44};
  EXPECT_FALSE(ReadProgressive(jpeg).delivered());
}

TEST(JpegProgressiveDamage, WhatMayStandBetweenScans) {
  const Bytes jpeg = MakeJpeg(Refined({96, 80}));
  const size_t at = ListScans(jpeg)[0].data_end;
  const auto whole = ReadProgressive(jpeg);
  ASSERT_TRUE(whole.delivered());
  Bytes full_table = ToBytes({0xFF, 0xC4, 1, 19, 0x13});  // AC, slot 3, with 256 symbols: the most there can be
  for (const int count : {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 255})
    full_table.push_back(static_cast<std::byte>(count));
  for (int i = 0; i < 256; ++i) full_table.push_back(static_cast<std::byte>(i));
  for (const Bytes& usual : {ToBytes({0xFF, 0xFE, 0, 2}), ToBytes({0xFF, 0xFF, 0xFF, 0xFE, 0, 3, 7}),
                             ToBytes({0xFF, 0xE5, 0, 4, 0xFF, 0xDA}), ToBytes({0xFF, 0xDD, 0, 4, 0, 0}), full_table}) {
    const auto reading = ReadProgressive(Inserted(jpeg, at, usual));
    EXPECT_TRUE(reading.delivered() && reading.sink.planes == whole.sink.planes) << static_cast<int>(usual[1]);
  }
  Bytes long_table = full_table;
  long_table[3] = std::byte{18};  // a symbol less than it says
  Bytes fat_table = full_table;
  fat_table[18] = std::byte{2};  // 257 symbols
  Bytes quant = ToBytes({0xFF, 0xDB, 0, 66, 0});
  for (const Bytes& odd :
       {ToBytes({7}), ToBytes({0xFF, 0xFE, 0, 1}), ToBytes({0xFF, 0xD8}), ToBytes({0xFF, 0xD9}), ToBytes({0xFF, 0xD0}),
        ToBytes({0xFF, 0x01}), ToBytes({0xFF, 0xDC, 0, 4, 0, 80}), ToBytes({0xFF, 0xCC, 0, 4, 0, 0}),
        ToBytes({0xFF, 0xC2, 0, 2}), ToBytes({0xFF, 0xDD, 0, 3, 0}), ToBytes({0xFF, 0xC4, 0, 4, 0x20, 0}),
        ToBytes({0xFF, 0xFE, 0xFF, 0xFF}), long_table, fat_table, quant}) {
    EXPECT_FALSE(ReadProgressive(Inserted(jpeg, at, odd)).delivered()) << static_cast<int>(odd.back());
  }
}

TEST(JpegProgressiveDamage, ScansThatDoNotEndWhereTheyShould) {
  JpegFixture fixture = Refined({96, 80});
  fixture.restart_mcus = 7;
  const Bytes jpeg = MakeJpeg(fixture);
  const auto scan = ListScans(jpeg)[0];
  const auto whole = ReadProgressive(jpeg);
  ASSERT_TRUE(whole.delivered());
  // Bytes behind the last block, and a restart marker there.
  EXPECT_FALSE(ReadProgressive(Inserted(jpeg, scan.data_end, ToBytes({0x55}))).delivered());
  EXPECT_FALSE(ReadProgressive(Inserted(jpeg, scan.data_end, ToBytes({0xFF, 0xD4}))).delivered());
  // Filling before a marker is fine.
  for (const size_t count : {1, 4000, 100'000}) {
    const auto reading = ReadProgressive(Inserted(jpeg, scan.data_end, Bytes(count, std::byte{0xFF})));
    EXPECT_TRUE(reading.delivered() && reading.sink.planes == whole.sink.planes) << count;
  }
  size_t first = scan.end;
  while (!(jpeg[first] == std::byte{0xFF} && jpeg[first + 1] == std::byte{0xD0})) ++first;
  // Restart markers out of turn, missing, and in the wrong place.
  Bytes changed = jpeg;
  changed[first + 1] = std::byte{0xD1};
  EXPECT_FALSE(ReadProgressive(changed).delivered());
  changed = jpeg;
  changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(first),
                changed.begin() + static_cast<std::ptrdiff_t>(first) + 2);
  EXPECT_FALSE(ReadProgressive(changed).delivered());
  changed = jpeg;
  std::swap(changed[first - 1], changed[first + 1]);
  std::swap(changed[first - 2], changed[first]);
  EXPECT_FALSE(ReadProgressive(changed).delivered());
}

// Whatever comes of a file that is changed somewhere, it is libjpeg's where libjpeg finds nothing wrong.
TEST(JpegProgressiveDamage, ChangedFilesAreDeclinedOrEqualToLibjpegs) {
  std::minstd_rand random(11);
  int delivered = 0;
  int compared = 0;
  for (int turn = 0; turn < 6000; ++turn) {
    static const std::array<Bytes, 6> originals = [] {
      std::array<Bytes, 6> made;
      for (int i = 0; i < 6; ++i) {
        JpegFixture each = i % 3 == 0 ? BusyPicture({70, 50}) : Refined({70, 50});
        each.restart_mcus = i % 2 == 0 ? 0 : 5;
        made[static_cast<size_t>(i)] = MakeJpeg(each);
      }
      return made;
    }();
    Bytes jpeg = originals[static_cast<size_t>(turn % 6)];
    // Most changes near the front, where the scans are that are read.
    const size_t front = turn % 4 == 0 ? jpeg.size() : ListScans(jpeg)[0].data_end + 60;
    for (int change = 0; change <= turn % 3; ++change) {
      const size_t at = 2 + random() % (front - 2);
      jpeg[at] = random() % 2 == 0 ? static_cast<std::byte>(random() >> 9)
                                   : jpeg[at] ^ static_cast<std::byte>(1 << random() % 8);
    }
    const int side = 1 + turn / 6 % 2;
    testing::PiecewiseSource source(jpeg, {.resident_bytes = turn % 5 == 0 ? size_t{0} : SIZE_MAX, .most_a_read = 97});
    const auto reading = ReadProgressive(source, {.luma_side = side, .chroma_side = 1});
    ASSERT_TRUE(reading.path) << "turn " << turn << ": " << reading.path.error().message;
    if (!reading.progressive || !reading.delivered()) continue;
    ++delivered;
    const auto full = testing::ReadCoefficients(jpeg);
    if (!full || full->sent_again) continue;
    ++compared;
    for (size_t c = side == 1 ? 0 : 1; c < reading.sides.size(); ++c) {
      if (reading.sides[c] > 1) continue;
      ASSERT_TRUE(reading.sink.planes[c] == testing::Reduce(*full, reading.sides).planes[c]) << "turn " << turn;
    }
  }
  EXPECT_GT(delivered, 300);
  EXPECT_GT(compared, 200);
  EXPECT_LT(delivered, 5000) << "the changes do not reach what is read";
}

// A picture of which DC stays open, behind that `count` times `what`.
Bytes Endless(int count, const Bytes& what) {
  Bytes jpeg = MakeJpeg(Refined({64, 64}));
  jpeg.resize(ListScans(jpeg)[0].data_end);
  for (int i = 0; i < count; ++i) jpeg.insert(jpeg.end(), what.begin(), what.end());
  return jpeg;
}

// An AC scan of one coefficient, without data.
Bytes EmptyScan(int component, int coefficient) {
  return ToBytes({0xFF, 0xDA, 0, 8, 1, component, 0, coefficient, coefficient, 0x0D});
}

TEST(JpegProgressiveDamage, ScansAreCountedAgainstTheLimit) {
  Bytes jpeg = Endless(0, {});
  for (int k = 1; k < 64; ++k) {
    const Bytes scan = EmptyScan(1, k);
    jpeg.insert(jpeg.end(), scan.begin(), scan.end());
  }
  ProgressiveOptions options;
  const auto declined = ReadProgressive(jpeg, options);
  ASSERT_TRUE(declined.path);
  EXPECT_FALSE(declined.delivered());
  options.limits.max_scans_times_pixels = 64 * 64 * 40;
  const auto refused = ReadProgressive(jpeg, options);
  ASSERT_FALSE(refused.path);
  EXPECT_EQ(refused.path.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(refused.path.error().message, "41 scans or more: over max-scans-times-pixels, 163840");
}

TEST(JpegProgressiveDamage, AStopIsHeardInAllThatTakesLong) {
  std::stop_source stop;
  stop.request_stop();
  const Bytes comment = ToBytes({0xFF, 0xFE, 0, 2});
  const Bytes skipped = EmptyScan(1, 1);
  const auto code = [&](const Bytes& jpeg) {
    const auto reading = ReadProgressive(jpeg, {.stop = stop.get_token()});
    return reading.path ? ErrorCode::kInternal : reading.path.error().code;
  };
  EXPECT_EQ(code(Endless(1000, comment)), ErrorCode::kStopped) << "many segments";
  EXPECT_EQ(code(Endless(1, Inserted(skipped, skipped.size(), Bytes(3 << 20)))), ErrorCode::kStopped)
      << "a long scan that is not needed";
  EXPECT_EQ(code(Endless(1, Inserted(Bytes(1000, std::byte{0xFF}), 0, comment))), ErrorCode::kStopped)
      << "filling between scans";
  EXPECT_EQ(code(Endless(1, Bytes(100'000, std::byte{0xFF}))), ErrorCode::kStopped) << "filling behind a scan";
  JpegFixture large = BusyPicture({1600, 1200});
  Bytes cut = MakeJpeg(large);
  cut.resize(ListScans(cut)[0].data_end);
  EXPECT_EQ(code(cut), ErrorCode::kStopped) << "a scan that is needed";
  EXPECT_EQ(code(Endless(10, comment)), ErrorCode::kInternal) << "little work is not worth a look";
}

TEST(JpegProgressiveDamage, ErrorsOfTheSourceComeThrough) {
  const Bytes jpeg = MakeJpeg(Refined({800, 600}));
  const auto scans = ListScans(jpeg);
  // In a scan that is decoded, in one that is passed over, and between two.
  for (const size_t fails : {scans[0].end + 2000, scans[1].end + 2000, scans[3].offset}) {
    testing::PiecewiseSource source(jpeg, {.most_a_read = 500, .fails_from = fails});
    const auto reading = ReadProgressive(source, {});
    ASSERT_FALSE(reading.path) << fails;
    EXPECT_EQ(reading.path.error().code, ErrorCode::kIo);
  }
}

}  // namespace
}  // namespace tbbthumbs
