// Huffman codes of progressive scans as tables to look up. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_TABLES_H_
#define TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_TABLES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/jpeg_bits.h"
#include "codecs/jpeg_huffman.h"

namespace tbbthumbs {

// A symbol together with the value behind its code. Zero: none.
class CodedValue {
 public:
  constexpr CodedValue() = default;
  constexpr CodedValue(int bits, int advance, int value)
      : bits_(static_cast<uint32_t>(bits) | static_cast<uint32_t>(advance) << 8 | static_cast<uint32_t>(value) << 16) {}

  explicit constexpr operator bool() const { return bits_ != 0; }
  // Of the code and the value: at most 31.
  constexpr uint64_t bits() const { return bits_ & 0xFF; }
  // How far it moves the coefficient's index: 0..16, or kEndOfBlock.
  constexpr int advance() const { return static_cast<int>(bits_ >> 8 & 0xFF); }
  constexpr int value() const { return static_cast<int32_t>(bits_) >> 16; }

 private:
  uint32_t bits_ = 0;
};

// What the symbols of a scan mean.
enum class SymbolKind {
  kDc,    // the size of a difference (T.81, G.1.2.1)
  kBand,  // a run of zeros and the size of the AC coefficient behind it, or an end of the band (G.1.2.2)
};

// The symbols of a scan by the bits at the front of the stream. Most values of progressive files are small, as their
// low bits come in other scans: with 12 bits for code and value together nearly all are found at once.
//
// Values are differences of DC coefficients as they are coded (advance 0); AC coefficients shifted to their place, with
// half of what the missing bits can be, rounded down, added to their magnitude; of an end of the band (kEndOfBlock) the
// number of blocks behind this one that are empty, too.
class ValueTable {
 public:
  static constexpr int kWindowBits = 12;

  // `low`: bits of AC coefficients that are missing.
  ValueTable(const std::vector<HuffmanCodeword>& codes, SymbolKind kind, int low);

  // Zero: not in the table, see Find.
  CodedValue operator[](size_t window) const { return entries_[window]; }

  // Looks for a symbol of any length at the front of a refilled cursor. Zero where there is none.
  CodedValue Find(const BitCursor& cursor) const;

 private:
  struct Meaning {
    int size;  // bits of the value; -1: no symbol of this kind
    int advance;
  };
  Meaning MeaningOf(uint8_t symbol) const;
  CodedValue Value(int length, Meaning meaning, int bits) const;

  std::array<CodedValue, 1 << kWindowBits> entries_{};
  CanonicalCode code_;
  SymbolKind kind_;
  int low_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_TABLES_H_
