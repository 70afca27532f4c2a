// Reading one Huffman-coded block (T.81, F.2.2). Included by the readers whose inner loops these are. Private to
// codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_BLOCK_READER_H_
#define TBBTHUMBS_CODECS_JPEG_BLOCK_READER_H_

#include <cstdint>

#include "codecs/jpeg_bits.h"
#include "codecs/jpeg_coefficients.h"
#include "codecs/jpeg_huffman.h"

namespace tbbthumbs {

struct Difference {
  int value = 0;
  bool ok = false;
};

// The difference of a DC coefficient to the one before. Takes at most 27 bits of a refilled cursor.
[[gnu::always_inline]] inline Difference ReadDc(BitCursor& cursor, const DcTable& table) {
  SymbolEntry entry = table.symbols[cursor.Window(DcTable::kWindowBits)];
  if (!entry) [[unlikely]] {
    const HuffmanSymbol found = table.code.Find(static_cast<uint32_t>(cursor.Window(16)));
    if (found.length == 0 || found.symbol > DcTable::kMaxSize) return {};
    entry = SymbolEntry(found.length, found.symbol, 0);
  }
  const int value = cursor.Value(entry.length(), entry.size());
  cursor.Consume(entry.step());
  return {value, true};
}

// The next AC symbol of a refilled cursor, whose code is of any length. Zero where there is none.
[[gnu::noinline]] inline SymbolEntry FindAcSymbol(const AcTable& table, uint32_t window) {
  const HuffmanSymbol found = table.code.Find(window);
  if (found.length == 0) return {};
  return {found.length, found.symbol & 15, AdvanceOf(found.symbol)};
}

// Passes over the symbols of a block up to its end, from the cursor's index on, which is below 63. At least 12 + 15
// bits are valid. False: no code, or more than 63 coefficients.
[[gnu::always_inline]] inline bool SkipAc(BitCursor& cursor, const AcTable& table) {
  constexpr uint64_t kLast = uint64_t{63} << 8;
  for (;;) {
    BitCursor before = cursor;
    cursor.Consume(table.skips[cursor.Window(AcTable::kSkipBits)]);
    while (cursor.state < kLast) {
      cursor.Refill();
      before = cursor;
      cursor.Consume(table.skips[cursor.Window(AcTable::kSkipBits)]);
      if (cursor.state >= kLast) break;
      before = cursor;
      cursor.Consume(table.skips[cursor.Window(AcTable::kSkipBits)]);
    }
    const int index = cursor.index();
    if (index == 63 || (index >= kEndOfBlock && index < kEndOfBlock + 63)) [[likely]]
      return true;
    // A long code, or symbols of which the first ones already end the block: one at a time.
    cursor = before;
    cursor.Refill();
    const SymbolEntry entry = FindAcSymbol(table, static_cast<uint32_t>(cursor.Window(16)));
    if (!entry) return false;
    cursor.Consume(entry.step());
    if (entry.advance() == kEndOfBlock || cursor.index() == 63) return true;
    if (cursor.index() > 63) return false;
    cursor.Refill();
  }
}

// Reads a block's AC coefficients and keeps those of a corner of 2 x 2, at their places in `kept`. The cursor's index
// is below kLastOfCorner2: 0, or that of the coefficient that was read last.
[[gnu::always_inline]] inline bool ReadCorner2(BitCursor& cursor, const AcTable& table, int16_t* kept) {
  static constexpr auto kPlaces = Corner2Places<kLastOfCorner2 + 1>();
  do {
    cursor.Refill();
    SymbolEntry entry = table.symbols[cursor.Window(AcTable::kWindowBits)];
    if (!entry) [[unlikely]] {
      entry = FindAcSymbol(table, static_cast<uint32_t>(cursor.Window(16)));
      if (!entry) return false;
    }
    const int value = cursor.Value(entry.length(), entry.size());
    cursor.Consume(entry.step());
    const int index = cursor.index();
    if (index >= 63) {
      if (index >= kEndOfBlock) return true;
      return index == 63;
    }
    if (index <= kLastOfCorner2 && kPlaces[index] != 0) kept[kPlaces[index]] = static_cast<int16_t>(value);
  } while (cursor.index() < kLastOfCorner2);
  cursor.Refill();
  return SkipAc(cursor, table);
}

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_BLOCK_READER_H_
