// How much of a JPEG is decoded.
#ifndef TBBTHUMBS_CODECS_JPEG_SCALE_H_
#define TBBTHUMBS_CODECS_JPEG_SCALE_H_

#include <string>

#include "codecs/row_sink.h"
#include "codecs/size.h"

namespace tbbthumbs {

// The smallest of 1, 2, 4 and 8 eighths at which a picture of size `full` still has at least twice the columns and rows
// of `target`: 1/8 from a ratio of 16 on, 1/4 from 8, 1/2 from 4. The box that the reduced inverse transforms average
// over shows as aliasing when less is left for the resampling filter. Mean SSIM against a full decode, 48 photographs
// at 256 pixels: .9990 with twice the target, .9982 with 1.75 times; as JPEG of quality 95, the loss beside a full
// decode encoded alike is .0007 and .0014. 1.75 would take 11 % less CPU time.
// `fast`: 1.25 times the target are enough, so 1/8 from a ratio of 10 on.
int ChooseDctScale(Size full, Size target, bool fast = false);

// How finely a component is sampled: JPEG's sampling factors, 1 to 4, over the largest of the frame.
struct JpegSampling {
  int horizontal = 1;
  int vertical = 1;
  int max_horizontal = 1;
  int max_vertical = 1;
};

// As ChooseDctScale, for one component of a picture: its own grid is to have twice the samples of `target`.
int ChooseComponentScale(Size full, const JpegSampling& sampling, Size target, bool fast = false);

// The plane in which a component of a picture of size `full` comes at `scale` eighths of the component's own grid.
PlaneFormat ComponentPlane(Size full, const JpegSampling& sampling, int scale);

// "1/1", "1/2", "1/4" or "1/8".
std::string DctScaleName(int scale);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_SCALE_H_
