// The inner loops of resampling in plain C++: the reference that their vector twins (resample_simd.h) equal to the bit.
//
// 8-bit samples are weighted with integers of kWeightBits; between the two passes they are int16 with kMiddleBits
// fractional bits, wide enough for what a kernel overshoots. 16-bit samples are weighted in float, one product and one
// sum at a time in the order of the taps, never fused. So the order of evaluation is part of the contract.
//
// 8-bit samples are multiplied two at a time: the samples of two neighbouring rows, or columns, lie alternating in one
// run of int16, a pair. The results of the first pass, rows, are laid out in columns for the second one: a column holds
// the samples of one pixel position in a band of rows, kColumnSamples of them, row by row. So both passes are the same
// weighted sum of long runs, whatever the channels are.
#ifndef TBBTHUMBS_CODECS_RESAMPLE_SCALAR_H_
#define TBBTHUMBS_CODECS_RESAMPLE_SCALAR_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "codecs/filter_taps.h"

namespace tbbthumbs {

inline constexpr int kMiddleBits = 6;

// The vector loops read and write whole steps of this many samples: every row has room for a multiple of it.
inline constexpr size_t kRowStep = 64;
constexpr size_t PaddedSamples(size_t samples) { return (samples + kRowStep - 1) / kRowStep * kRowStep; }

// Samples of a column.
inline constexpr int kColumnSamples = 64;

// One row of results of the first pass: `out` is the weighted sum of `rows`, which are pairs if they are int16. Each
// row has its weight, each pair two.
template <class Source, class Weight, class Middle>
struct RowSum {
  std::span<const Source* const> rows;
  const Weight* weights = nullptr;
  Middle* out = nullptr;
};
using RowSum8 = RowSum<int16_t, int16_t, int16_t>;
using RowSum16 = RowSum<uint16_t, float, float>;

// Some results of the first pass, from pixel 0 on.
template <class Middle>
struct Band {
  const Middle* rows = nullptr;
  size_t stride = 0;  // samples from one row to the next; a row has room as rows have, and kRowStep more
  int count = 0;      // rows, at most kColumnSamples / channels
  int channels = 1;
};

// Averaging k x k blocks: one row of blocks, from rows that were summed already.
struct BlockRow {
  int channels = 1;
  int width = 0;   // pixels in the sums
  int factor = 1;  // pixels of a block in a row; the last block has what is left
  int rows = 1;    // rows that were summed
};

// Blocks up to 256 x 256: a sum of 256 rows of 8-bit samples fits 16 bits, one of 16-bit samples 32.
inline constexpr int kMaxBlockFactor = 256;

namespace scalar {

// A pair of two rows.
void PairRows(const uint8_t* even, const uint8_t* odd, size_t samples, int16_t* pair);

// The first pass, some rows of results at a time: what they have in common is read from the first-level cache.
void WeightedRows(std::span<const RowSum8> sums, size_t samples);
void WeightedRows(std::span<const RowSum16> sums, size_t samples);

// Makes the columns of the pixels `begin` (even for pairs of columns) up to `end` at least. What lies in a column
// behind the band's samples is undefined.
void PlaceColumns(const Band<int16_t>& band, int begin, int end, int16_t* pairs);
void PlaceColumns(const Band<float>& band, int begin, int end, float* columns);

// The second pass: one column of kColumnSamples for each of `outputs`, rounded and clamped.
void WeightedColumns(const int16_t* pairs, std::span<const FilterTaps::Output> outputs, const int16_t* weights,
                     uint8_t* out);
void WeightedColumns(const float* columns, std::span<const FilterTaps::Output> outputs, const float* weights,
                     uint16_t* out);

// Back into rows: sample r of each of `count` columns of one channel goes to row r < `rows` of `out`, whose rows are
// `stride` samples apart.
void PlaceRows(const uint8_t* columns, int count, int rows, uint8_t* out, size_t stride);

// Adds a row to the sums of its block; the first one replaces what is there.
void AddRow(const uint8_t* row, bool first, size_t samples, uint16_t* sums);
void AddRow(const uint16_t* row, bool first, size_t samples, uint32_t* sums);

// The means of a row of blocks, rounded to nearest, halves up. `sums` and `out` have room as rows have (kRowStep).
void BlockMeans(const uint16_t* sums, const BlockRow& blocks, uint8_t* out);
void BlockMeans(const uint32_t* sums, const BlockRow& blocks, uint16_t* out);

}  // namespace scalar
}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_RESAMPLE_SCALAR_H_
