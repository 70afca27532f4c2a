// The inner loops of BoxShrink in vector code, chosen for the CPU at run time. Equal to those of resample_scalar.h to
// the last bit on every target; see there. Rows are read and written in whole steps of kRowStep samples.
#ifndef TBBTHUMBS_CODECS_BOX_SHRINK_SIMD_H_
#define TBBTHUMBS_CODECS_BOX_SHRINK_SIMD_H_

#include <cstddef>
#include <cstdint>

#include "codecs/resample_scalar.h"

namespace tbbthumbs::simd {

void AddRow(const uint8_t* row, bool first, size_t samples, uint16_t* sums);
void AddRow(const uint16_t* row, bool first, size_t samples, uint32_t* sums);

void BlockMeans(const uint16_t* sums, const BlockRow& blocks, uint8_t* out);
void BlockMeans(const uint32_t* sums, const BlockRow& blocks, uint16_t* out);

}  // namespace tbbthumbs::simd

#endif  // TBBTHUMBS_CODECS_BOX_SHRINK_SIMD_H_
