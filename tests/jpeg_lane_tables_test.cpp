// Every entry of the lanes' tables against decoding bit by bit.
#include "codecs/jpeg_lane_tables.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "tests/support/huffman_specs.h"
#include "tests/support/jpeg_reference.h"
#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs {
namespace {

using testing::BitwiseCode;
using testing::BitwiseReader;
using testing::OptimisedCodes;
using testing::Staircase;

struct Entry {
  int bits;
  int length;
  int advance;
  int size;
  bool escape;

  explicit Entry(uint32_t entry)
      : bits(static_cast<int>(entry & 0xFF)),
        length(static_cast<int>(entry >> 8 & 0xFF)),
        advance(static_cast<int>(entry >> 16 & 0xFF)),
        size(static_cast<int>(entry >> 24 & 0x1F)),
        escape((entry & LaneEntry::kEscape) != 0) {}
  friend bool operator==(const Entry&, const Entry&) = default;
};

const Entry kOdd(LaneEntry::Make(0, 0, LaneEntry::kOdd, 0));
const Entry kEscape(LaneEntry::Make(5, 0, 0, 0) | LaneEntry::kEscape);

std::vector<HuffmanSpec> Specs(bool ac) {
  std::vector<HuffmanSpec> specs = OptimisedCodes(ac);
  EXPECT_EQ(specs.size(), 2U);
  // Steps of one coefficient; blocks that end at once; three steps of 16 and one of 15, which are 63.
  HuffmanSpec steps;
  steps.counts = {1, 1, 1, 1};
  steps.symbols = {0x01, 0xF0, 0x00, 0xE1};
  HuffmanSpec ends = steps;
  ends.symbols = {0x00, 0x01, 0xF1, 0x0F};
  HuffmanSpec long_steps = steps;
  long_steps.symbols = {0xF0, 0x00, 0xE1, 0xEF};
  specs.insert(specs.end(), {ac ? testing::StandardAc() : testing::StandardDc(), Staircase(16), Staircase(1),
                             Staircase(5), Staircase(6), HuffmanSpec()});
  if (ac) specs.insert(specs.end(), {steps, ends, long_steps});
  testing::SynthRandom random(ac ? 1 : 2);
  for (int i = 0; i < 60; ++i) {
    specs.push_back(ac ? testing::RandomAcCode(random) : testing::RandomDcCode(random));
  }
  return specs;
}

int AdvanceInLanes(int symbol) {
  const int run = symbol >> 4;
  return (symbol & 15) == 0 && run < 15 ? 129 : run + 1;
}

// Length and symbol of the code at the front of the low `count` bits of `window`; nothing where it does not fit.
std::optional<std::pair<int, int>> CodeAt(const BitwiseCode& code, uint32_t window, int count) {
  const std::array<uint8_t, 4> bytes = {
      static_cast<uint8_t>(window << (32 - count) >> 24), static_cast<uint8_t>(window << (32 - count) >> 16),
      static_cast<uint8_t>(window << (32 - count) >> 8), static_cast<uint8_t>(window << (32 - count))};
  BitwiseReader reader(bytes);
  auto found = code.Next(reader);
  if (found && found->first > count) found.reset();
  return found;
}

std::span<const uint32_t> Part(const LaneAcTables& tables, uint32_t offset, int bits) {
  return std::span(tables.entries).subspan(offset, size_t{1} << bits);
}

TEST(JpegLaneTables, Dc) {
  int odd = 0;
  for (const HuffmanSpec& spec : Specs(false)) {
    const LaneDcTable table(*AssignCodes(spec));
    ASSERT_EQ(table.entries.size(), LaneTables::kDcSize);
    const BitwiseCode code(spec);
    for (uint32_t window = 0; window < LaneTables::kDcSize; ++window) {
      const auto found = CodeAt(code, window, LaneTables::kDcBits);
      const bool fits = found && found->second <= 11;
      const Entry expected =
          fits ? Entry(LaneEntry::Make(found->first + found->second, found->first, 0, found->second)) : kOdd;
      ASSERT_EQ(Entry(table.entries[window]), expected) << window;
      odd += fits ? 0 : 1;
    }
  }
  EXPECT_GT(odd, 1000);
}

TEST(JpegLaneTables, SingleSymbols) {
  int odd = 0;
  int escapes = 0;
  for (const HuffmanSpec& spec : Specs(true)) {
    const LaneAcTables tables(*AssignCodes(spec));
    ASSERT_EQ(tables.entries.size(), LaneTables::kAcSize);
    const BitwiseCode code(spec);
    const auto part = Part(tables, LaneTables::kSingle, LaneTables::kSingleBits);
    for (uint32_t window = 0; window < part.size(); ++window) {
      const auto found = CodeAt(code, window, LaneTables::kSingleBits);
      const bool ones = window >> (LaneTables::kSingleBits - 5) == 31;
      Entry expected = ones ? kEscape : kOdd;
      if (found) {
        const int size = found->second & 15;
        expected = Entry(LaneEntry::Make(found->first + size, found->first, AdvanceInLanes(found->second), size));
      } else {
        ++(ones ? escapes : odd);
      }
      ASSERT_EQ(Entry(part[window]), expected) << window;
    }
  }
  EXPECT_GT(odd, 1000);
  EXPECT_GT(escapes, 1000);
}

TEST(JpegLaneTables, LongCodesWithoutTheirFirstFiveBits) {
  int symbols = 0;
  int odd = 0;
  for (const HuffmanSpec& spec : Specs(true)) {
    const LaneAcTables tables(*AssignCodes(spec));
    const BitwiseCode code(spec);
    const auto part = Part(tables, LaneTables::kLong, LaneTables::kLongBits);
    for (uint32_t window = 0; window < part.size(); ++window) {
      const auto found = CodeAt(code, 31U << 11 | window, 16);
      ++(found ? symbols : odd);
      if (!found) {
        ASSERT_EQ(Entry(part[window]), kOdd) << window;
        continue;
      }
      const int length = found->first - 5;
      const int size = found->second & 15;
      ASSERT_EQ(Entry(part[window]), Entry(LaneEntry::Make(length + size, length, AdvanceInLanes(found->second), size)))
          << window;
    }
  }
  EXPECT_GT(symbols, 1000);
  EXPECT_GT(odd, 1000);
}

// Symbol by symbol until one does not fit, ends the block, or would pass the 63rd coefficient.
TEST(JpegLaneTables, SkipsAreSumsOfTheSymbolsInTheirWindow) {
  int several = 0;
  int ends_behind_the_last = 0;
  for (const HuffmanSpec& spec : Specs(true)) {
    const LaneAcTables tables(*AssignCodes(spec));
    const BitwiseCode code(spec);
    const auto part = Part(tables, LaneTables::kSkip, LaneTables::kSkipBits);
    for (uint32_t window = 0; window < part.size(); ++window) {
      const std::array<uint8_t, 4> bytes = {static_cast<uint8_t>(window >> 3), static_cast<uint8_t>(window << 5)};
      BitwiseReader reader(bytes);
      size_t bits = 0;
      int advance = 0;
      int symbols = 0;
      while (bits < LaneTables::kSkipBits && advance < 128) {
        const auto found = code.Next(reader);
        if (!found || bits + static_cast<size_t>(found->first) > LaneTables::kSkipBits) break;
        const int step = AdvanceInLanes(found->second);
        if (step < 128 && advance + step > 63) break;
        if (step > 128 && advance == 63) ++ends_behind_the_last;
        reader.Bits(found->second & 15);
        bits = reader.position;
        advance += step;
        ++symbols;
      }
      several += symbols > 1 ? 1 : 0;
      const bool ones = window >> (LaneTables::kSkipBits - 5) == 31;
      Entry expected = ones ? kEscape : kOdd;
      if (bits > 0) expected = Entry(LaneEntry::Make(static_cast<int>(bits), 0, advance, 0));
      ASSERT_EQ(Entry(part[window]), expected) << window;
    }
  }
  EXPECT_GT(several, 10'000);
  EXPECT_GT(ends_behind_the_last, 0);
}

// What a lane does with an index: below 63 the block goes on, 63 and 129 to 191 end it, and all that a lookup past the
// end of a block can make has the bit of those that are read again.
TEST(JpegLaneTables, IndexesSayWhetherTheBlockEndsThere) {
  for (const HuffmanSpec& spec : Specs(true)) {
    const LaneAcTables tables(*AssignCodes(spec));
    for (const uint32_t bits : tables.entries) {
      const Entry entry(bits);
      const bool ends = entry.advance >= LaneEntry::kEndOfBlock;
      const int moved = ends ? entry.advance - LaneEntry::kEndOfBlock : entry.advance;
      ASSERT_LE(moved, 64);
      ASSERT_LE(entry.bits, 26);
      for (int index = 0; index < 63; ++index) {
        const int sum = index + entry.advance;
        const bool odd = (sum & LaneEntry::kOdd) != 0;
        ASSERT_EQ(odd, index + moved > (ends ? 62 : 63)) << index << " + " << entry.advance;
      }
    }
  }
}

TEST(JpegLaneTables, TheCacheGivesTheTablesOfTheCode) {
  HuffmanTableCache cache;
  const auto dc = cache.LaneDc(testing::StandardDc());
  const auto ac = cache.LaneAc(testing::StandardAc());
  EXPECT_EQ(dc->entries, LaneDcTable(*AssignCodes(testing::StandardDc())).entries);
  EXPECT_EQ(ac->entries, LaneAcTables(*AssignCodes(testing::StandardAc())).entries);
  EXPECT_NE(cache.LaneAc(Staircase(7))->entries, ac->entries);
  EXPECT_EQ(cache.LaneAc(testing::StandardAc()), ac);
  EXPECT_EQ(cache.LaneDc(testing::StandardDc()), dc);
  HuffmanSpec none;
  none.counts[0] = 2;
  EXPECT_EQ(cache.LaneDc(none), nullptr);
  EXPECT_EQ(cache.LaneAc(none), nullptr);
}

}  // namespace
}  // namespace tbbthumbs
