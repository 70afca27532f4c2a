#ifndef TBBTHUMBS_CODECS_ALPHA_SIMD_H_
#define TBBTHUMBS_CODECS_ALPHA_SIMD_H_

#include <cstddef>
#include <cstdint>

namespace tbbthumbs::simd {

// Multiplies the colours of 8-bit RGBA pixels by their alpha, round(colour * alpha / 255), as many whole vectors of
// them as there are. Returns the number of pixels done; none on a CPU without vectors. Exact on every target.
size_t MultiplyRgba(const uint8_t* row, size_t pixels, uint8_t* out);

// Behind the colours so many bytes may be written.
inline constexpr size_t kRgbSlack = 16;

// The colours of 8-bit RGBA pixels without their alpha. False where one is not opaque: `rgb` is undefined then.
[[nodiscard]] bool DropOpaqueAlpha(const uint8_t* row, size_t pixels, uint8_t* rgb);

// Colours and alpha of 8-bit RGBA pixels, apart.
void SplitRgba(const uint8_t* row, size_t pixels, uint8_t* rgb, uint8_t* alpha);

}  // namespace tbbthumbs::simd

#endif  // TBBTHUMBS_CODECS_ALPHA_SIMD_H_
