// From the lowest coefficients of blocks to small pictures. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_REDUCTION_H_
#define TBBTHUMBS_CODECS_JPEG_REDUCTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tbbthumbs {

// One sample a block: its mean. `dc` and `quant` as in the file. Equal to libjpeg's 1x1 inverse transform to the last
// bit, also where a file's values are out of any range (it looks them up modulo 1024).
void ReduceTo1(std::span<const int16_t> dc, int quant, uint8_t* samples);

// Four samples a block, from the corner of 2 x 2 coefficients in natural order: the means of the block's quarters, but
// for what higher odd frequencies would add to them (libjpeg's 2x2 inverse transform adds those of 3, 5 and 7: it
// folds detail that the samples can't show back into them). `quant`: of those four. `top` and `bottom` take two samples
// a block. Dequantized values are clamped to 14 bits, which no picture reaches.
void ReduceTo2(std::span<const int16_t> corners, const std::array<int, 4>& quant, uint8_t* top, uint8_t* bottom);

// What the vector code shares with them.
inline constexpr int kSampleCentre = 128;
inline constexpr int kMaxDequantized = (1 << 14) - 1;
// The mean of cos((2x + 1) pi / 16) over x = 0..3 times sqrt(2): what the first frequency adds to the mean of a half,
// in parts of what the DC coefficient adds. And its square, for both directions. 12 fractional bits.
inline constexpr int kReductionBits = 12;
inline constexpr int kHalfWeight = 3712;     // 0.906127
inline constexpr int kQuarterWeight = 3363;  // 0.821067

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_REDUCTION_H_
