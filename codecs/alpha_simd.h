#ifndef TBBTHUMBS_CODECS_ALPHA_SIMD_H_
#define TBBTHUMBS_CODECS_ALPHA_SIMD_H_

#include <cstddef>
#include <cstdint>

namespace tbbthumbs::simd {

// Multiplies the colours of 8-bit RGBA pixels by their alpha, round(colour * alpha / 255), as many whole vectors of
// them as there are. Returns the number of pixels done; none on a CPU without vectors. Exact on every target.
size_t MultiplyRgba(const uint8_t* row, size_t pixels, uint8_t* out);

}  // namespace tbbthumbs::simd

#endif  // TBBTHUMBS_CODECS_ALPHA_SIMD_H_
