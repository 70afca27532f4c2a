#ifndef TBBTHUMBS_CODECS_JPEG_UNSTUFF_SIMD_H_
#define TBBTHUMBS_CODECS_JPEG_UNSTUFF_SIMD_H_

#include <cstddef>
#include <cstdint>

namespace tbbthumbs::simd {

struct Unstuffed {
  size_t taken = 0;  // bytes of the input
  size_t made = 0;   // bytes of the output
};

// Copies the data of a JPEG's scan without the zero behind each FF. Stops before a marker, or where fewer than a vector
// are left; the rest is for a loop over bytes. `out` has room for `count` bytes and kUnstuffSlack more.
inline constexpr size_t kUnstuffSlack = 64;
Unstuffed Unstuff(const uint8_t* in, size_t count, uint8_t* out);

}  // namespace tbbthumbs::simd

#endif  // TBBTHUMBS_CODECS_JPEG_UNSTUFF_SIMD_H_
