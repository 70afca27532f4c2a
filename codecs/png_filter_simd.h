#ifndef TBBTHUMBS_CODECS_PNG_FILTER_SIMD_H_
#define TBBTHUMBS_CODECS_PNG_FILTER_SIMD_H_

#include <cstddef>
#include <cstdint>

#include "codecs/png_filter.h"

namespace tbbthumbs::simd {

// Bytes behind the row that may be read, and behind the filtered ones that may be written.
inline constexpr size_t kFilterSlack = 32;

// FilterRowScalar with vectors; exact on every target. False, and nothing done, on a CPU without them.
bool FilterRow(const uint8_t* row, const uint8_t* above, size_t row_bytes, size_t pixel_bytes, FilteredRow& out);

}  // namespace tbbthumbs::simd

#endif  // TBBTHUMBS_CODECS_PNG_FILTER_SIMD_H_
