#ifndef TBBTHUMBS_CODECS_YCC_SIMD_H_
#define TBBTHUMBS_CODECS_YCC_SIMD_H_

#include <cstddef>
#include <cstdint>

namespace tbbthumbs {

// The factors of JFIF's conversion to RGB, as integers of 16 fractional bits, less what is whole:
//   red   = Y + Cr + (kRedOfCr Cr)
//   green = Y - Cr + (kGreenOfCb Cb + kGreenOfCr Cr)
//   blue  = Y + 2 Cb + (kBlueOfCb Cb)
// with 128 taken from Cb and Cr first; each bracket is rounded to nearest, halves up.
inline constexpr int kRedOfCr = 26345;     // 1.40200 - 1
inline constexpr int kGreenOfCb = -22554;  // -0.34414
inline constexpr int kGreenOfCr = 18734;   // 1 - 0.71414
inline constexpr int kBlueOfCb = -14942;   // 1.77200 - 2

namespace simd {

// Converts as many whole vectors of pixels as there are into interleaved RGB. Returns the number of pixels done; none
// on a CPU without vectors. Exact on every target.
size_t YccToRgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, size_t pixels, uint8_t* rgb);

}  // namespace simd
}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_YCC_SIMD_H_
