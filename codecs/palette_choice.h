// The choice of a palette. Private to codecs/palette*.
#ifndef TBBTHUMBS_CODECS_PALETTE_CHOICE_H_
#define TBBTHUMBS_CODECS_PALETTE_CHOICE_H_

#include <cstddef>
#include <vector>

#include "codecs/palette_histogram.h"
#include "codecs/palette_search.h"

namespace tbbthumbs {

// At most `most` entries that stand for the buckets with a small squared error, some opaque where there are opaque
// buckets, and some not where there are others: so at least 1, 2 where there are both.
//
// First the buckets are cut into boxes, always the one with the largest error, across the axis along which that is
// largest, where the errors of both parts are least: X. Wu, "Efficient statistical computations for optimal color
// quantization", Graphics Gems II, 1991, on lists of colours instead of a table of moments, since there is a fourth
// axis. Then each entry becomes the mean of all that is nearest to it, again and again: S. Lloyd, "Least squares
// quantization in PCM", IEEE Transactions on Information Theory 28, 1982. The same on every machine. Throws
// std::bad_alloc.
std::vector<PaletteEntry> ChoosePalette(std::vector<ColorBucket> buckets, size_t most);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PALETTE_CHOICE_H_
