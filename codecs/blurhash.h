// BlurHash: a picture blurred beyond recognition, in a few characters.
#ifndef TBBTHUMBS_CODECS_BLURHASH_H_
#define TBBTHUMBS_CODECS_BLURHASH_H_

#include <string>

#include "codecs/raster.h"

namespace tbbthumbs {

// The hash, of 4 + 2 * nx * ny characters, of a picture of 8-bit gray or RGB in sRGB without alpha, after
// github.com/woltapp/blurhash, Algorithm.md: `nx` by `ny` frequencies, 1 to 8 each. The time grows with the pixels;
// 100 x 100 are more than enough. What scales the frequencies is the largest magnitude among them, as in the encoders
// in C, Swift and Kotlin; the one in TypeScript takes the largest positive value and clamps the negative ones beyond.
std::string BlurHash(const Raster& raster, int nx, int ny);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_BLURHASH_H_
