// Which part of a small picture is worth showing.
#ifndef TBBTHUMBS_CODECS_SMART_CROP_H_
#define TBBTHUMBS_CODECS_SMART_CROP_H_

#include "codecs/raster.h"
#include "codecs/size.h"
#include "codecs/size_spec.h"

namespace tbbthumbs {

// Where a window of that size lies best in a picture of 8-bit gray or RGB, with or without alpha: kAttention maximises
// skin tones, saturation and edges, each weighted as eyes are drawn to them, kEntropy the entropy of the brightness
// (in bits, of 64 steps). Among equally good places the one nearest to the middle is taken; other gravities take that.
// `size` fits into the picture. Of one of more than a million pixels averages are looked at.
Window ChooseWindow(const Raster& raster, Size size, Gravity gravity);

// Keeps a part of the picture.
void Crop(Raster& raster, const Window& window);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_SMART_CROP_H_
