#ifndef TBBTHUMBS_CODECS_JPEG_REDUCTION_SIMD_H_
#define TBBTHUMBS_CODECS_JPEG_REDUCTION_SIMD_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace tbbthumbs::simd {

// As ReduceTo1 and ReduceTo2 (jpeg_reduction.h), to the last bit, for as many of the first blocks as fill whole
// vectors. Return their number.
size_t ReduceTo1(const int16_t* dc, size_t blocks, int quant, uint8_t* samples);
size_t ReduceTo2(const int16_t* corners, size_t blocks, const std::array<int, 4>& quant, uint8_t* top, uint8_t* bottom);

}  // namespace tbbthumbs::simd

#endif  // TBBTHUMBS_CODECS_JPEG_REDUCTION_SIMD_H_
