#ifndef TBBTHUMBS_CODECS_PNG_DECODER_H_
#define TBBTHUMBS_CODECS_PNG_DECODER_H_

#include <memory>

#include "codecs/decoder.h"

namespace tbbthumbs {

// Opens a PNG: libpng reads what precedes the image data, and our own reader (png_fast.h) the image data itself, unless
// it is interlaced, of 4 GiB or more, damaged, or read strictly or to be salvaged, which is libpng's. All colour types
// and depths; palettes become RGB, 1-, 2- and 4-bit gray 8-bit, 16-bit stays 16-bit, tRNS becomes alpha; an animation
// gives its default image. Colour, first that applies: cICP with the primaries of BT.709, Display P3 or BT.2020 and the
// sRGB, BT.709, gamma 2.2, gamma 2.8 or linear curve (PQ and HLG are taken as sRGB); iCCP; sRGB; gAMA with or without
// cHRM, where the gamma is more than 5 % off 1/2.2. eXIf gives the orientation, also from behind the image data.
// Non-interlaced pictures are decoded row by row; interlaced ones are held whole.
[[nodiscard]] Result<std::unique_ptr<Decoder>> OpenPng(ByteSource& source, const DecodeLimits& limits,
                                                       const KeptMetadata& wanted = {});

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_DECODER_H_
