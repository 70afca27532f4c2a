// The row filters of PNG, undone. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_UNFILTER_H_
#define TBBTHUMBS_CODECS_PNG_UNFILTER_H_

#include <cstddef>
#include <cstdint>

namespace tbbthumbs {

// What the filter byte of a row says.
enum class PngFilter : uint8_t { kNone = 0, kSub = 1, kUp = 2, kAverage = 3, kPaeth = 4 };

// Rows as they come out of the inflater: each behind its filter byte.
struct FilteredRows {
  uint8_t* bytes = nullptr;  // the filter byte of the first row
  size_t count = 0;
  size_t row_bytes = 0;            // of pixels, 1 or more
  int pixel_bytes = 1;             // 1, 2, 3, 4, 6 or 8: whole bytes of a pixel, 1 where pixels share a byte
  const uint8_t* above = nullptr;  // row_bytes: the row before the first, zeros before that of the picture
};

// Behind the last row and behind `above` so many bytes can be read: vectors are loaded whole. They mean nothing.
inline constexpr size_t kUnfilterSlack = 32;

namespace scalar {

// Turns the rows into pixels, in place. False where a filter byte is none of the five: the rows before it are done.
[[nodiscard]] bool UnfilterRows(const FilteredRows& rows);

// One row from byte `first` on, the beginning of a pixel; those before it are done.
void UnfilterRow(PngFilter filter, uint8_t* row, const uint8_t* above, size_t first, size_t row_bytes, int pixel_bytes);

}  // namespace scalar
}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_UNFILTER_H_
