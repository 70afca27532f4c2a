// EXIF orientation.
#ifndef TBBTHUMBS_CODECS_ORIENTATION_H_
#define TBBTHUMBS_CODECS_ORIENTATION_H_

#include <cstddef>
#include <span>

#include "codecs/raster.h"

namespace tbbthumbs {

// The orientation tag (0x0112) of the first directory of a TIFF block, as EXIF carries it: from after "Exif\0\0" in a
// JPEG's APP1, or the data of a PNG's eXIf chunk. 1 where it is missing, out of range, or the block is damaged.
int ReadExifOrientation(std::span<const std::byte> tiff);

// True for the four orientations that swap width and height.
constexpr bool SwapsSides(int orientation) { return orientation >= 5 && orientation <= 8; }

// Turns and mirrors a stored picture upright. `orientation` in 1..8; 1 changes nothing.
void ApplyOrientation(Raster& raster, int orientation);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_ORIENTATION_H_
