// Reading bits of a JPEG's scan whose bytes are clean (jpeg_scan_bytes.h). Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_BITS_H_
#define TBBTHUMBS_CODECS_JPEG_BITS_H_

#include <cstdint>
#include <cstring>

#include "codecs/jpeg_huffman.h"

namespace tbbthumbs {

// Eight bytes, the first one at the top.
inline uint64_t LoadBigEndian64(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) word = __builtin_bswap64(word);
  return word;
}

// A place in the bits of a scan, and in a block. Meant to be a local variable that lives in registers.
//
// The number of bits at hand and the index of the last coefficient are kept in one word, so that an entry of a table
// moves both with one addition.
struct BitCursor {
  const uint8_t* next = nullptr;  // the byte of which no bit is counted in `bits` yet
  uint64_t bits = 0;              // the next bits of the stream, from the top
  uint64_t state = kEmpty;        // low byte: 63 - number of valid `bits`; above: the index

  static constexpr uint64_t kEmpty = 63;
  // Valid bits after Refill: at least this many.
  static constexpr int kRefilled = 56;

  // At bit `position` from `base` on.
  static BitCursor At(const uint8_t* base, uint64_t position) {
    BitCursor cursor{base + position / 8};
    cursor.Refill();
    cursor.Consume(position % 8);
    return cursor;
  }

  // Reads eight bytes at `next`. Those bits that are there already are read again and stay what they are.
  void Refill() {
    bits |= LoadBigEndian64(next) >> (~state & 63);
    next += state >> 3 & 7;
    state &= ~uint64_t{0x38};
  }

  // `step`: bits, at most as many as are valid, and from bit 8 on how far the index moves.
  void Consume(uint64_t step) {
    bits <<= step & 63;
    state += step;
  }

  // Bits from `base` to the first one not consumed.
  uint64_t Position(const uint8_t* base) const {
    return static_cast<uint64_t>(next - base) * 8 - (kEmpty - (state & 0xFF));
  }

  int index() const { return static_cast<int>(state >> 8); }
  void ResetIndex() { state &= 0xFF; }
  void SetIndex(int index) { state = (state & 0xFF) | static_cast<uint64_t>(index) << 8; }

  // The next `count` bits as an index of a table: below 2^count. `count` in 1..16.
  size_t Window(int count) const { return static_cast<size_t>(bits >> (64 - count)); }

  // The value behind a code of `length` bits: `size` bits, 0..16, of which a leading 0 means a negative number (T.81,
  // Table F.1 and Figure F.12, EXTEND). Length and size are valid bits together.
  int Value(int length, int size) const {
    const uint64_t at_top = bits << length;
    const int magnitude = static_cast<int>(at_top >> 1 >> (63 - size));
    const int negative = static_cast<int>(at_top >> 63) - 1;  // all ones where the value begins with 0
    return magnitude + (negative & (1 - (1 << size)));
  }
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_BITS_H_
