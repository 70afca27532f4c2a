// From the rows of a PNG file to the rows that a RowSink takes. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_EXPAND_H_
#define TBBTHUMBS_CODECS_PNG_EXPAND_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "codecs/png_layout.h"

namespace tbbthumbs {

// Turns palettes into RGB, samples of 1, 2 and 4 bits into 8, tRNS into alpha, and 16-bit samples into the machine's
// byte order: exactly what libpng's png_set_expand and png_set_swap do. Single-threaded.
class RowExpander {
 public:
  // Bytes behind a row of the result that may be written.
  static constexpr size_t kSlack = 32;

  // `layout` must outlive it.
  explicit RowExpander(const PngLayout& layout);

  // False: the rows are right as they are.
  bool needed() const { return expand_ != nullptr; }

  // Only where needed(). `row` has layout.row_bytes() bytes, `out` room for layout.row_bytes_out() and kSlack; they
  // don't overlap.
  void Expand(const uint8_t* row, uint8_t* out) const { (this->*expand_)(row, out); }

 private:
  using Function = void (RowExpander::*)(const uint8_t* row, uint8_t* out) const;

  Function Choose() const;
  void FillTables();
  template <int kChannels>
  void LookUpBytes(const uint8_t* row, uint8_t* out) const;
  template <int kChannels>
  void LookUpHalves(const uint8_t* row, uint8_t* out) const;
  void AddAlphaToBytes(const uint8_t* row, uint8_t* out) const;
  template <int kColors>
  void AddAlphaToWords(const uint8_t* row, uint8_t* out) const;
  void SwapWords(const uint8_t* row, uint8_t* out) const;

  const PngLayout& layout_;
  const Function expand_;
  // What each value of a sample of up to 8 bits stands for, where samples are looked up: channels_out() bytes.
  std::array<std::array<uint8_t, 4>, 256> entries_{};
  // What half a byte stands for: 4 pixels of 1 bit, 2 of 2 bits, 1 of 4 bits.
  std::array<std::array<uint8_t, 16>, 16> halves_{};
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_EXPAND_H_
