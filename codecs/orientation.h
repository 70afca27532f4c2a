// Turning pictures upright.
#ifndef TBBTHUMBS_CODECS_ORIENTATION_H_
#define TBBTHUMBS_CODECS_ORIENTATION_H_

#include "codecs/raster.h"

namespace tbbthumbs {

// True for the four orientations that swap width and height.
constexpr bool SwapsSides(int orientation) { return orientation >= 5 && orientation <= 8; }

// Turns and mirrors a stored picture upright. `orientation` in 1..8; 1 changes nothing.
void ApplyOrientation(Raster& raster, int orientation);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_ORIENTATION_H_
