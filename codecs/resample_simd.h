// The inner loops of resampling in vector code, chosen for the CPU at run time. Equal to those of resample_scalar.h to
// the last bit on every target; see there. Rows are read and written in whole steps of kRowStep samples.
#ifndef TBBTHUMBS_CODECS_RESAMPLE_SIMD_H_
#define TBBTHUMBS_CODECS_RESAMPLE_SIMD_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "codecs/resample_scalar.h"

namespace tbbthumbs::simd {

void PairRows(const uint8_t* even, const uint8_t* odd, size_t samples, int16_t* pair);

void WeightedRows(std::span<const RowSum8> sums, size_t samples);
void WeightedRows(std::span<const RowSum16> sums, size_t samples);

void PlaceColumns(const Band<int16_t>& band, int begin, int end, int16_t* pairs);

void WeightedColumns(const int16_t* pairs, std::span<const FilterTaps::Output> outputs, const int16_t* weights,
                     uint8_t* out);
void WeightedColumns(const float* columns, std::span<const FilterTaps::Output> outputs, const float* weights,
                     uint16_t* out);

void PlaceRows(const uint8_t* columns, int count, int rows, uint8_t* out, size_t stride);

}  // namespace tbbthumbs::simd

#endif  // TBBTHUMBS_CODECS_RESAMPLE_SIMD_H_
