#ifndef TBBTHUMBS_CODECS_PNG_UNFILTER_SIMD_H_
#define TBBTHUMBS_CODECS_PNG_UNFILTER_SIMD_H_

#include "codecs/png_unfilter.h"

namespace tbbthumbs::simd {

// As scalar::UnfilterRows, with vectors where the CPU has them: the same bytes on every target.
[[nodiscard]] bool UnfilterRows(const FilteredRows& rows);

}  // namespace tbbthumbs::simd

#endif  // TBBTHUMBS_CODECS_PNG_UNFILTER_SIMD_H_
