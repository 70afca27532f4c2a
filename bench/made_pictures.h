// Pictures made by code, for where none of the user's will do.
#ifndef TBBTHUMBS_BENCH_MADE_PICTURES_H_
#define TBBTHUMBS_BENCH_MADE_PICTURES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/error.h"
#include "codecs/raster.h"
#include "codecs/size.h"

namespace tbbthumbs::bench {

// RGB: smooth, with fine texture, so that it compresses about as a photograph does (a quarter of a byte a pixel as JPEG
// of quality 85). The same bytes for the same size and seed.
Raster MakePicture(Size size, uint32_t seed = 1);

// MakePicture as JPEG. Errors: as EncodeJpeg.
Result<std::vector<std::byte>> MakeJpegPicture(Size size, uint32_t seed = 1);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_MADE_PICTURES_H_
