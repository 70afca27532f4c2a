// What stands around a picture that does not fill its box.
#ifndef TBBTHUMBS_CODECS_BORDER_H_
#define TBBTHUMBS_CODECS_BORDER_H_

#include "codecs/filter_taps.h"
#include "codecs/raster.h"
#include "codecs/thumbnail_layout.h"

namespace tbbthumbs {

// Puts a picture (8 bits, gray or RGB, straight alpha if any) where `layout` says on a canvas of an opaque colour. A
// gray picture becomes RGB on a coloured one.
void AddBorder(Raster& raster, const Layout& layout, Rgb8 color);

// The same on a blurred copy of itself that covers the canvas.
void AddBlurredBorder(Raster& raster, const Layout& layout, TapCache& taps);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_BORDER_H_
