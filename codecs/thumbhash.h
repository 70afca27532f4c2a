// ThumbHash: a picture blurred beyond recognition, in 5 to 25 bytes; knows the shape and transparency.
#ifndef TBBTHUMBS_CODECS_THUMBHASH_H_
#define TBBTHUMBS_CODECS_THUMBHASH_H_

#include <cstddef>
#include <vector>

#include "codecs/raster.h"

namespace tbbthumbs {

// The hash of a picture of 8-bit gray or RGB in sRGB, with or without straight alpha, after evanw.github.io/thumbhash.
// The time grows with the pixels; more than 100 x 100 bring nothing. Where a channel does not vary its frequencies are
// 0; the published encoder stores what its rounding left there, scaled by nothing. Where one lies exactly
// between two steps, as in symmetric pictures, rounding may decide otherwise than there.
std::vector<std::byte> ThumbHash(const Raster& raster);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBHASH_H_
