#include "codecs/jpeg_progressive_tables.h"

#include <algorithm>

namespace tbbthumbs {
namespace {

// The value that `size` bits stand for: below half of 2^size they are negative (T.81, Figure F.12, EXTEND).
int Extend(int bits, int size) { return bits < (1 << size) / 2 ? bits + 1 - (1 << size) : bits; }

}  // namespace

ValueTable::ValueTable(const std::vector<HuffmanCodeword>& codes, SymbolKind kind, int low)
    : code_(codes), kind_(kind), low_(low) {
  for (const HuffmanCodeword& code : codes) {
    const Meaning meaning = MeaningOf(code.symbol);
    const int free_bits = kWindowBits - code.length - meaning.size;
    if (meaning.size < 0 || free_bits < 0) continue;
    for (int bits = 0; bits < 1 << meaning.size; ++bits) {
      const size_t first = (size_t{code.bits} << meaning.size | static_cast<size_t>(bits)) << free_bits;
      std::fill_n(entries_.begin() + static_cast<ptrdiff_t>(first), size_t{1} << free_bits,
                  Value(code.length, meaning, bits));
    }
  }
}

ValueTable::Meaning ValueTable::MeaningOf(uint8_t symbol) const {
  if (kind_ == SymbolKind::kDc) return {symbol <= DcTable::kMaxSize ? symbol : -1, 0};
  const int advance = AdvanceOf(symbol);
  return {advance == kEndOfBlock ? symbol >> 4 : symbol & 15, advance};
}

CodedValue ValueTable::Value(int length, Meaning meaning, int bits) const {
  int value = Extend(bits, meaning.size);
  if (meaning.advance == kEndOfBlock) {
    value = (1 << meaning.size) - 1 + bits;
  } else if (kind_ == SymbolKind::kBand) {
    const int middle = ((1 << low_) - 1) / 2;
    value = value * (1 << low_) + (value > 0 ? middle : value < 0 ? -middle : 0);
  }
  return {length + meaning.size, meaning.advance, value};
}

CodedValue ValueTable::Find(const BitCursor& cursor) const {
  const HuffmanSymbol found = code_.Find(static_cast<uint32_t>(cursor.Window(16)));
  if (found.length == 0) return {};
  const Meaning meaning = MeaningOf(found.symbol);
  if (meaning.size < 0) return {};
  const uint64_t behind = cursor.bits << found.length;
  return Value(found.length, meaning, static_cast<int>(behind >> 1 >> (63 - meaning.size)));
}

}  // namespace tbbthumbs
