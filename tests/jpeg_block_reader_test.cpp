#include "codecs/jpeg_block_reader.h"

#include <gtest/gtest.h>

#include <vector>

#include "codecs/jpeg_bits.h"
#include "tests/support/jpeg_reference.h"
#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs {
namespace {

using testing::BitwiseCode;
using testing::BitwiseReader;
using testing::SynthRandom;

// The longest block, and what a refill reads behind it.
constexpr size_t kStreamBytes = 64 * 31 / 8 + 16;

std::vector<uint8_t> RandomBytes(SynthRandom& random) {
  std::vector<uint8_t> bytes(kStreamBytes);
  // Long runs of one bit now and then: they are the shortest and the longest codes.
  const unsigned bias = random() % 4;
  for (uint8_t& byte : bytes) {
    byte = static_cast<uint8_t>(random() >> 8);
    if (bias == 1) byte &= static_cast<uint8_t>(random() >> 8);
    if (bias == 2) byte |= static_cast<uint8_t>(random() >> 8);
  }
  return bytes;
}

TEST(JpegBits, ACursorStandsWhereItIsPutAndMovesAsItIsTold) {
  SynthRandom random(3);
  const std::vector<uint8_t> bytes = RandomBytes(random);
  for (uint64_t start = 0; start < 100; ++start) {
    BitCursor cursor = BitCursor::At(bytes.data(), start);
    BitwiseReader reader(bytes);
    reader.position = start;
    for (int step = 0; step < 40; ++step) {
      ASSERT_EQ(cursor.Position(bytes.data()), reader.position);
      const int index = cursor.index();
      cursor.Refill();
      ASSERT_EQ(cursor.Position(bytes.data()), reader.position);
      const int count = 1 + static_cast<int>(random() % 16);
      ASSERT_EQ(cursor.Window(count), static_cast<size_t>(reader.Bits(count)));
      cursor.Consume(static_cast<uint64_t>(count) | uint64_t{3} << 8);
      ASSERT_EQ(cursor.index(), index + 3);
    }
    cursor.SetIndex(17);
    EXPECT_EQ(cursor.index(), 17);
    cursor.ResetIndex();
    EXPECT_EQ(cursor.index(), 0);
    EXPECT_EQ(cursor.Position(bytes.data()), reader.position);
  }
}

TEST(JpegBits, ARefillLeavesEnoughBitsFromEveryState) {
  const std::vector<uint8_t> bytes(64, 0xA5);
  for (uint64_t start = 0; start < 8; ++start) {
    for (uint64_t taken = 0; taken <= BitCursor::kRefilled; ++taken) {
      BitCursor cursor = BitCursor::At(bytes.data(), start);
      cursor.Refill();
      cursor.Consume(taken);
      cursor.Refill();
      EXPECT_GE(63 - (cursor.state & 0xFF), static_cast<uint64_t>(BitCursor::kRefilled));
      EXPECT_EQ(cursor.Position(bytes.data()), start + taken);
    }
  }
}

TEST(JpegBits, ValuesOfEverySizeBehindEveryCode) {
  SynthRandom random(4);
  for (int round = 0; round < 200; ++round) {
    const std::vector<uint8_t> bytes = RandomBytes(random);
    for (int length = 1; length <= 16; ++length) {
      for (int size = 0; size <= 16; ++size) {
        BitwiseReader reader(bytes);
        reader.Bits(length);
        ASSERT_EQ(BitCursor::At(bytes.data(), 0).Value(length, size), reader.Value(size)) << length << " " << size;
      }
    }
  }
}

TEST(JpegBlockReader, DcDifferences) {
  SynthRandom random(6);
  int read = 0;
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    const HuffmanSpec spec = round % 3 == 0 ? testing::StandardDc() : testing::RandomDcCode(random);
    const DcTable table(*AssignCodes(spec));
    const BitwiseCode code(spec);
    const std::vector<uint8_t> bytes = RandomBytes(random);
    BitwiseReader reader(bytes);
    BitCursor cursor = BitCursor::At(bytes.data(), 0);
    for (int i = 0; i < 20; ++i) {
      cursor.Refill();
      const Difference difference = ReadDc(cursor, table);
      const auto found = code.Next(reader);
      ASSERT_EQ(difference.ok, found && found->second <= DcTable::kMaxSize);
      ++(difference.ok ? read : refused);
      if (!difference.ok) break;
      ASSERT_EQ(difference.value, reader.Value(found->second));
      ASSERT_EQ(cursor.Position(bytes.data()), reader.position);
      ASSERT_EQ(cursor.index(), 0);
    }
  }
  EXPECT_GT(read, 1000);
  EXPECT_GT(refused, 1000);
}

struct Counts {
  int read = 0;
  int refused = 0;
};

// Blocks of one stream, read by `read_ours(cursor, table, index, kept)` and bit by bit; `compare` looks at the
// coefficients of both.
template <class Read, class Compare>
void CompareBlocks(const HuffmanSpec& spec, const std::vector<uint8_t>& bytes, int from, Counts& counts,
                   Read&& read_ours, Compare&& compare) {
  const AcTable table(*AssignCodes(spec));
  const BitwiseCode code(spec);
  BitwiseReader reader(bytes);
  BitCursor cursor = BitCursor::At(bytes.data(), 0);
  // As long as another block fits.
  while (reader.position < 24) {
    cursor.Refill();
    cursor.SetIndex(from);
    std::array<int16_t, 64> kept{};
    std::array<int, 64> expected{};
    const bool ours = read_ours(cursor, table, kept);
    ASSERT_EQ(ours, testing::ReadAcBitwise(reader, code, from, expected)) << "from " << from;
    ++(ours ? counts.read : counts.refused);
    if (!ours) return;
    ASSERT_EQ(cursor.Position(bytes.data()), reader.position) << "from " << from;
    compare(kept, expected);
  }
}

TEST(JpegBlockReader, SkippingEndsWhereReadingDoes) {
  SynthRandom random(7);
  Counts counts;
  for (int round = 0; round < 1500 && !HasFatalFailure(); ++round) {
    const HuffmanSpec spec = round % 8 == 0 ? testing::StandardAc() : testing::RandomAcCode(random);
    for (const int from : {0, 1, 4, 30, 48, 50, 55, 61, 62}) {
      CompareBlocks(
          spec, RandomBytes(random), from, counts,
          [](BitCursor& cursor, const AcTable& table, auto&) { return SkipAc(cursor, table); },
          [](const auto&, const auto&) {});
    }
  }
  EXPECT_GT(counts.read, 5000);
  EXPECT_GT(counts.refused, 2000);
}

// Five codes in one look-up move the index by 78: from 50 on, that is as far as an end of block moves it.
TEST(JpegBlockReader, RunsPastTheLastCoefficientAreNoEndOfBlock) {
  HuffmanSpec spec;
  spec.counts[0] = 1;
  spec.counts[1] = 1;
  spec.symbols[0] = 0xF0;
  spec.symbols[1] = 0xD1;
  // 16 + 16 + 16 + 14 + 16, by ten.
  const AcTable table(*AssignCodes(spec));
  for (const int bits : {0b0001'0100'0000, 0b0000'0000'0000}) {
    std::vector<uint8_t> bytes(kStreamBytes);
    bytes[0] = static_cast<uint8_t>(bits >> 4);
    bytes[1] = static_cast<uint8_t>(bits << 4);
    for (int from = 49; from <= 62; ++from) {
      BitCursor cursor = BitCursor::At(bytes.data(), 0);
      cursor.SetIndex(from);
      EXPECT_FALSE(SkipAc(cursor, table)) << from;
    }
  }
}

TEST(JpegBlockReader, TheCorner) {
  SynthRandom random(8);
  Counts counts;
  for (int round = 0; round < 3000 && !HasFatalFailure(); ++round) {
    const HuffmanSpec spec = round % 8 == 0 ? testing::StandardAc() : testing::RandomAcCode(random);
    const std::vector<uint8_t> bytes = RandomBytes(random);
    CompareBlocks(
        spec, bytes, 0, counts,
        [](BitCursor& cursor, const AcTable& table, auto& kept) { return ReadCorner2(cursor, table, kept.data()); },
        [](const auto& kept, const auto& expected) {
          // In zigzag order the corner is 1, 2 and 4.
          ASSERT_EQ(kept[1], static_cast<int16_t>(expected[1]));
          ASSERT_EQ(kept[2], static_cast<int16_t>(expected[2]));
          ASSERT_EQ(kept[3], static_cast<int16_t>(expected[4]));
          for (size_t i = 4; i < kept.size(); ++i) ASSERT_EQ(kept[i], 0);
        });
  }
  EXPECT_GT(counts.read, 2000);
  EXPECT_GT(counts.refused, 1000);
}

}  // namespace
}  // namespace tbbthumbs
