#include "codecs/jpeg_huffman.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_session.h"
#include "tests/support/huffman_specs.h"
#include "tests/support/jpeg_reference.h"
#include "tests/support/jpeg_synthesis.h"
#include "tests/support/thinning.h"

namespace tbbthumbs {
namespace {

using testing::BitwiseCode;
using testing::BitwiseReader;
using testing::OptimisedCodes;
using testing::Staircase;

// All of 16 bits but one, which is the code of ones only.
HuffmanSpec SixteenBits(int count) {
  HuffmanSpec spec;
  spec.counts[15] = static_cast<uint8_t>(count);
  std::iota(spec.symbols.begin(), spec.symbols.begin() + count, uint8_t{1});
  return spec;
}

std::vector<HuffmanSpec> Specs(bool ac) {
  std::vector<HuffmanSpec> specs = OptimisedCodes(ac);
  EXPECT_EQ(specs.size(), 2U);
  specs.insert(specs.end(), {ac ? testing::StandardAc() : testing::StandardDc(), SixteenBits(11), Staircase(16),
                             Staircase(1), HuffmanSpec()});
  testing::SynthRandom random(ac ? 1 : 2);
  for (int i = 0; i < 40; ++i) {
    specs.push_back(ac ? testing::RandomAcCode(random) : testing::RandomDcCode(random));
  }
  return specs;
}

// The length and symbol of the code at the front of 16 bits; length 0 where there is none.
HuffmanSymbol Expected(const BitwiseCode& code, uint32_t window) {
  const std::array<uint8_t, 2> bytes = {static_cast<uint8_t>(window >> 8), static_cast<uint8_t>(window)};
  BitwiseReader reader(bytes);
  const auto found = code.Next(reader);
  if (!found) return {};
  return {static_cast<uint8_t>(found->first), static_cast<uint8_t>(found->second)};
}

TEST(JpegHuffman, EveryWindowOfEveryCodeIsFoundAsBitByBit) {
  for (const bool ac : {false, true}) {
    for (const HuffmanSpec& spec : Specs(ac)) {
      const auto codes = AssignCodes(spec);
      ASSERT_TRUE(codes);
      const CanonicalCode code(*codes);
      const BitwiseCode reference(spec);
      for (uint32_t window = 0; window < 1U << 16; window += testing::kThinning) {
        const HuffmanSymbol expected = Expected(reference, window);
        const HuffmanSymbol found = code.Find(window);
        // What is above the window does not count.
        const HuffmanSymbol alike = code.Find(window | 0xABC0000);
        // One check for all three: five million windows take their time.
        const bool right =
            found.length == expected.length && found.symbol == expected.symbol && alike.length == expected.length;
        ASSERT_TRUE(right) << window;
      }
      EXPECT_EQ(code.Find(0xFFFF).length, 0) << "ones only are no code";
    }
  }
}

TEST(JpegHuffman, TablesHoldTheCodesThatFitTheirWindow) {
  for (const HuffmanSpec& spec : Specs(false)) {
    const DcTable table(*AssignCodes(spec));
    const BitwiseCode reference(spec);
    for (uint32_t window = 0; window < table.symbols.size(); ++window) {
      const HuffmanSymbol expected = Expected(reference, window << (16 - DcTable::kWindowBits));
      const SymbolEntry entry = table.symbols[window];
      const bool fits = expected.length > 0 && expected.length <= DcTable::kWindowBits && expected.symbol <= 11;
      ASSERT_EQ(static_cast<bool>(entry), fits) << window;
      if (!fits) continue;
      EXPECT_EQ(entry.length(), expected.length);
      EXPECT_EQ(entry.size(), expected.symbol);
      EXPECT_EQ(entry.step(), static_cast<uint64_t>(expected.length + expected.symbol));
    }
  }
  for (const HuffmanSpec& spec : Specs(true)) {
    const AcTable table(*AssignCodes(spec));
    const BitwiseCode reference(spec);
    for (uint32_t window = 0; window < table.symbols.size(); ++window) {
      const HuffmanSymbol expected = Expected(reference, window << (16 - AcTable::kWindowBits));
      const SymbolEntry entry = table.symbols[window];
      const bool fits = expected.length > 0 && expected.length <= AcTable::kWindowBits;
      ASSERT_EQ(static_cast<bool>(entry), fits) << window;
      if (!fits) continue;
      const int run = expected.symbol >> 4;
      const int size = expected.symbol & 15;
      EXPECT_EQ(entry.length(), expected.length);
      EXPECT_EQ(entry.size(), size);
      EXPECT_EQ(entry.bits(), expected.length + size);
      EXPECT_EQ(entry.advance(), size == 0 && run < 15 ? kEndOfBlock : run + 1);
    }
  }
}

// Symbol by symbol until one does not fit, ends the block, or would pass the 63rd coefficient.
TEST(JpegHuffman, SkipsAreSumsOfTheSymbolsInTheirWindow) {
  for (const HuffmanSpec& spec : Specs(true)) {
    const AcTable table(*AssignCodes(spec));
    const BitwiseCode reference(spec);
    for (uint32_t window = 0; window < table.skips.size(); ++window) {
      const std::array<uint8_t, 4> bytes = {static_cast<uint8_t>(window >> 4), static_cast<uint8_t>(window << 4)};
      BitwiseReader reader(bytes);
      int bits = 0;
      int advance = 0;
      while (bits < AcTable::kSkipBits && advance < 63) {
        const auto found = reference.Next(reader);
        if (!found || bits + found->first > AcTable::kSkipBits) break;
        const int step = AdvanceOf(static_cast<uint8_t>(found->second));
        if (step != kEndOfBlock && advance + step > 63) break;
        reader.Bits(found->second & 15);
        bits = static_cast<int>(reader.position);
        advance += step;
      }
      const int expected = bits == 0 ? AcTable::kLongCode : bits | advance << 8;
      ASSERT_EQ(table.skips[window], expected) << window;
    }
  }
}

TEST(JpegHuffman, CodesWithoutRoomAreRefused) {
  HuffmanSpec spec;
  spec.counts[0] = 2;  // 0 and 1: the latter is ones only
  EXPECT_FALSE(AssignCodes(spec));
  spec.counts[0] = 3;
  EXPECT_FALSE(AssignCodes(spec));
  spec.counts[0] = 1;
  spec.counts[1] = 1;  // 0, 10
  EXPECT_TRUE(AssignCodes(spec));
  spec.counts[1] = 2;  // 0, 10, 11
  EXPECT_FALSE(AssignCodes(spec));
  spec.counts[1] = 1;
  spec.counts[15] = 255;
  EXPECT_FALSE(AssignCodes(spec)) << "257 codes";
  spec.counts[15] = 254;
  EXPECT_TRUE(AssignCodes(spec));
  spec = Staircase(16);
  EXPECT_TRUE(AssignCodes(spec));
  spec.counts[15] = 2;
  EXPECT_FALSE(AssignCodes(spec)) << "ones only at the last length";
}

TEST(JpegHuffman, CodesComeInAscendingOrder) {
  for (const HuffmanSpec& spec : Specs(true)) {
    const auto codes = *AssignCodes(spec);
    const int total = std::accumulate(spec.counts.begin(), spec.counts.end(), 0);
    ASSERT_EQ(codes.size(), static_cast<size_t>(total));
    for (size_t i = 0; i < codes.size(); ++i) {
      EXPECT_EQ(codes[i].symbol, spec.symbols[i]);
      EXPECT_LT(codes[i].bits, (1U << codes[i].length) - 1) << "ones only";
      if (i == 0) continue;
      EXPECT_LT(codes[i - 1].bits << (16 - codes[i - 1].length), codes[i].bits << (16 - codes[i].length));
    }
  }
}

// Whether libjpeg decodes with these tables.
bool LibjpegTakes(const HuffmanSpec& dc, const HuffmanSpec& ac) {
  testing::SynthJpeg parts;
  parts.quants[0].fill(1);
  parts.dc = {dc};
  parts.ac = {ac};
  MemorySource source(testing::Assemble(parts));
  JpegDecompressor jpeg(source);
  return jpeg.ReadHeader() && jpeg.Start([]() -> std::optional<Error> { return std::nullopt; });
}

TEST(JpegHuffman, TheTablesThatLibjpegTakes) {
  testing::SynthRandom random(5);
  int taken = 0;
  int refused = 0;
  HuffmanTableCache cache;
  for (int round = 0; round < 3000; ++round) {
    const bool is_dc = round % 2 == 0;
    HuffmanSpec spec = is_dc ? testing::RandomDcCode(random) : testing::RandomAcCode(random);
    uint8_t& count = spec.counts[random() % 16];
    const int symbols = std::accumulate(spec.counts.begin(), spec.counts.end(), 0);
    if (random() % 2 == 0 && symbols < 256) ++count;
    if (random() % 4 == 0) spec.symbols[random() % 20] = static_cast<uint8_t>(random() % 20);
    const bool libjpeg = LibjpegTakes(is_dc ? spec : testing::StandardDc(), is_dc ? testing::StandardAc() : spec);
    // Symbols behind the last code are not in the file.
    const int now = std::accumulate(spec.counts.begin(), spec.counts.end(), 0);
    std::fill(spec.symbols.begin() + now, spec.symbols.end(), uint8_t{0});
    const bool ours = is_dc ? cache.Dc(spec) != nullptr : cache.Ac(spec) != nullptr;
    ASSERT_EQ(ours, libjpeg) << round;
    ++(libjpeg ? taken : refused);
  }
  EXPECT_GT(taken, 500);
  EXPECT_GT(refused, 500);
}

TEST(JpegHuffman, ADcSymbolOver15IsRefusedWhereItHasACode) {
  HuffmanTableCache cache;
  HuffmanSpec spec = Staircase(4);
  spec.symbols[4] = 16;  // behind the last one
  EXPECT_NE(cache.Dc(spec), nullptr);
  spec.symbols[3] = 16;
  EXPECT_EQ(cache.Dc(spec), nullptr);
  EXPECT_EQ(cache.Dc(spec), nullptr) << "nor from the cache";
  EXPECT_NE(cache.Ac(spec), nullptr);
  spec.symbols[3] = 15;
  EXPECT_NE(cache.Dc(spec), nullptr);
}

TEST(JpegHuffman, TheCacheKeepsWhatWasUsedLast) {
  HuffmanTableCache cache;
  const auto first = cache.Ac(Staircase(1));
  const auto dc = cache.Dc(Staircase(1));
  std::weak_ptr<const AcTable> second = cache.Ac(Staircase(2));
  for (int i = 3; i <= 16; ++i) {
    EXPECT_NE(cache.Ac(Staircase(i)), nullptr);
    EXPECT_EQ(cache.Ac(Staircase(1)), first);
  }
  HuffmanSpec none;
  none.counts[0] = 2;
  EXPECT_EQ(cache.Ac(none), nullptr);
  EXPECT_FALSE(second.expired()) << "16 tables, and what is no code takes no place";
  EXPECT_NE(cache.Ac(SixteenBits(3)), nullptr);
  EXPECT_TRUE(second.expired()) << "the one used longest ago made room";
  for (int i = 1; i <= 20; ++i) EXPECT_NE(cache.Ac(SixteenBits(i)), nullptr);
  EXPECT_NE(cache.Ac(Staircase(1)), first) << "out of the cache";
  EXPECT_NE(first->skips[0], 0) << "and still there for who holds it";
  EXPECT_EQ(cache.Dc(Staircase(1)), dc) << "DC tables have places of their own";
}

}  // namespace
}  // namespace tbbthumbs
