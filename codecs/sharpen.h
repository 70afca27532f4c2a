// Sharper thumbnails.
#ifndef TBBTHUMBS_CODECS_SHARPEN_H_
#define TBBTHUMBS_CODECS_SHARPEN_H_

#include "codecs/raster.h"
#include "codecs/ycc_planes.h"

namespace tbbthumbs {

// An unsharp mask on brightness alone (BT.601's luma of the samples): each pixel gets `amount` times its difference
// from a Gaussian blur of sigma 0.8 pixels, all its channels alike, so that colours do not shift. `amount` is 0
// (nothing) to kMaxSharpen; 0.5 is discreet, 1 plain to see. The same bits on every CPU.
//
// 8-bit gray or RGB. Straight alpha is left as it is, and pixels count for the blur as much as they are opaque: what
// lies under transparency shows nowhere.
void Sharpen(Raster& raster, double amount);

// The same to 8 bits on the luma of planes, which is what they are made of.
void Sharpen(YccPlanes& planes, double amount);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_SHARPEN_H_
