// The colours of a picture, counted. Private to codecs/palette*.
#ifndef TBBTHUMBS_CODECS_PALETTE_HISTOGRAM_H_
#define TBBTHUMBS_CODECS_PALETTE_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/palette_color.h"

namespace tbbthumbs {

// Pixels of the same colour, or of nearly the same where there are too many.
struct ColorBucket {
  PaletteLight mean{};
  PalettePoint point{};  // of the mean
  int64_t count = 0;
  bool opaque = false;  // all of them, or none
};

struct ColorHistogram {
  std::vector<ColorBucket> buckets;  // of what is not fully transparent
  bool transparent = false;          // there are fully transparent pixels
  bool exact = false;                // a bucket is one colour
};

// At most 16384 buckets: so few that the choice of a palette takes no longer for large pictures, and so many that it is
// none the worse (a thumbnail of 256 pixels then has colours that differ in the last two bits in one bucket). Throws
// std::bad_alloc.
ColorHistogram CountColors(std::span<const PalettePixel> pixels);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PALETTE_HISTOGRAM_H_
