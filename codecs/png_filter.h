// Filters of the rows of a PNG that is being written. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_FILTER_H_
#define TBBTHUMBS_CODECS_PNG_FILTER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/error.h"
#include "codecs/limits.h"

namespace tbbthumbs {

// How the rows are filtered.
enum class PngFiltering : uint8_t {
  // All in one way, numbered as in the file.
  kNone,
  kSub,
  kUp,
  kAverage,
  kPaeth,
  // Each row in the way that is best by a measure, the first of equals:
  kAdaptive,     // the lowest of FilteredRow::costs
  kLeastSum,     // the lowest sum of absolute values, where bytes are signed: what libpng does. Slower
  kFewestPairs,  // the fewest different pairs of neighbours: files 2 % smaller on the whole. 20 times as slow
};

inline constexpr size_t kPngFilters = 5;
inline constexpr int kPngFilterings = 8;

// Rows of packed pixels one after the other.
struct PngRows {
  const uint8_t* bytes = nullptr;
  size_t row_bytes = 0;
  size_t count = 0;
  size_t pixel_bytes = 1;  // whole ones; 1 where several pixels share a byte

  size_t filtered_bytes() const { return count * (1 + row_bytes); }
};

// Memory in which a row is filtered, kept from picture to picture.
using PngFilterScratch = std::vector<uint8_t>;

// Writes the type of its filter and the filtered bytes of every row: rows.filtered_bytes() to `out`. The same bytes on
// every CPU. `watch` (null: none) is asked before the first row and again behind each megabyte. Throws std::bad_alloc.
// Errors: those of Watch::PollStop.
Status FilterRows(const PngRows& rows, PngFiltering filtering, PngFilterScratch& scratch, std::span<uint8_t> out,
                  const Watch* watch = nullptr);

// A row filtered in every way at once.
struct FilteredRow {
  std::array<uint8_t*, kPngFilters> bytes{};
  // Bits of all bytes' absolute values, where bytes are signed: 0 for 0, 1 for 1 and -1, 8 for -128. Choosing rows by
  // these makes 256-pixel thumbnails 0.2 % (photographs) to 0.7 % (drawings) smaller than by the sum of the absolute
  // values itself, which is what libpng does.
  std::array<uint64_t, kPngFilters> costs{};
};

// The bytes before `row` and `above`, pixel_bytes each, are what the pixels left of the first are taken for. Writes to
// bytes[1] and on; bytes[0] is for the row itself, and left as it is. Reference of simd::FilterRow.
void FilterRowScalar(const uint8_t* row, const uint8_t* above, size_t row_bytes, size_t pixel_bytes, FilteredRow& out);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_FILTER_H_
