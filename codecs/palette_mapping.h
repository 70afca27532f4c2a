// From the pixels of a picture to those of a palette. Private to codecs/palette*.
#ifndef TBBTHUMBS_CODECS_PALETTE_MAPPING_H_
#define TBBTHUMBS_CODECS_PALETTE_MAPPING_H_

#include <span>

#include "codecs/palette_search.h"
#include "codecs/size.h"

namespace tbbthumbs {

// Replaces each pixel by the nearest of `entries`, opaque ones by opaque ones; what is fully transparent becomes 0.
// There is an opaque entry if there are opaque pixels, and any if there are others. Throws std::bad_alloc.
void MapToPalette(std::span<PalettePixel> pixels, std::span<const PaletteEntry> entries);

// The same with the errors spread over the neighbours that follow, along rows in turn from left and from right.
void DitherToPalette(std::span<PalettePixel> pixels, Size size, std::span<const PaletteEntry> entries);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PALETTE_MAPPING_H_
