// Huffman decoding as T.81 writes it, bit by bit, for readers with tables to be held against.
#ifndef TBBTHUMBS_TESTS_SUPPORT_JPEG_REFERENCE_H_
#define TBBTHUMBS_TESTS_SUPPORT_JPEG_REFERENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "codecs/jpeg_huffman.h"

namespace tbbthumbs::testing {

class BitwiseReader {
 public:
  explicit BitwiseReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  // Behind the end there are zeros.
  int Bit() {
    const size_t at = position++;
    return at / 8 < bytes_.size() ? bytes_[at / 8] >> (7 - at % 8) & 1 : 0;
  }
  int Bits(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) value = value * 2 + Bit();
    return value;
  }
  // Procedures RECEIVE and EXTEND.
  int Value(int size) {
    const int value = Bits(size);
    return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  size_t position = 0;  // in bits

 private:
  std::span<const uint8_t> bytes_;
};

// By length and code (Annex C); whatever the counts are, each code of a length follows the one before.
class BitwiseCode {
 public:
  explicit BitwiseCode(const HuffmanSpec& spec) {
    int code = 0;
    size_t next = 0;
    for (int length = 1; length <= 16; ++length, code *= 2) {
      for (int i = 0; i < spec.counts[static_cast<size_t>(length) - 1] && next < spec.symbols.size(); ++i) {
        symbols_[{length, code++}] = spec.symbols[next++];
      }
    }
  }
  // Length and symbol, or nothing where none of the codes is next.
  std::optional<std::pair<int, int>> Next(BitwiseReader& reader) const {
    int code = 0;
    for (int length = 1; length <= 16; ++length) {
      code = code * 2 + reader.Bit();
      if (const auto found = symbols_.find({length, code}); found != symbols_.end()) return {{length, found->second}};
    }
    return std::nullopt;
  }

 private:
  std::map<std::pair<int, int>, int> symbols_;
};

// Reads the AC coefficients behind zigzag index `from` into `zigzag`. False: no code, or coefficients beyond the 63rd.
inline bool ReadAcBitwise(BitwiseReader& reader, const BitwiseCode& code, int from, std::array<int, 64>& zigzag) {
  for (int k = from + 1; k < 64; ++k) {
    const auto found = code.Next(reader);
    if (!found) return false;
    const int run = found->second >> 4;
    const int size = found->second & 15;
    if (size == 0 && run != 15) return true;
    k += run;
    if (k > 63) return false;
    zigzag[static_cast<size_t>(k)] = reader.Value(size);
  }
  return true;
}

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_JPEG_REFERENCE_H_
