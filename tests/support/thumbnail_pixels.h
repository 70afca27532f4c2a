#ifndef TBBTHUMBS_TESTS_SUPPORT_THUMBNAIL_PIXELS_H_
#define TBBTHUMBS_TESTS_SUPPORT_THUMBNAIL_PIXELS_H_

#include "codecs/raster.h"
#include "codecs/thumbnail.h"

namespace tbbthumbs::testing {

// Of a thumbnail of 8 bits, by the reference decoders.
Raster Decoded(const Encoded& thumbnail);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_THUMBNAIL_PIXELS_H_
