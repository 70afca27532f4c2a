#ifndef TBBTHUMBS_CODECS_PNG_ENCODER_H_
#define TBBTHUMBS_CODECS_PNG_ENCODER_H_

#include <cstddef>
#include <vector>

#include "codecs/error.h"
#include "codecs/raster.h"

namespace tbbthumbs {

// PNG of an 8-bit gray or RGB picture, with straight alpha or without. Adaptive filters, zlib level 6, no ancillary
// chunks. Re-entrant. Errors: kOutOfMemory, kInternal.
[[nodiscard]] Result<std::vector<std::byte>> EncodePng(const Raster& raster);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_ENCODER_H_
