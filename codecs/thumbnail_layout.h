// From the size of a picture and what is wanted of it to where every pixel goes.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_LAYOUT_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_LAYOUT_H_

#include "codecs/size.h"
#include "codecs/size_spec.h"

namespace tbbthumbs {

// All of an upright picture. Sides are rounded to nearest and at least 1, as vipsthumbnail (kInside) and sharp (the
// others) round them.
struct Layout {
  Size scaled;    // what the whole picture is resampled to
  Window window;  // what of that is made
  Size shown;     // what of the window is shown: less than all of it where the pixels decide (kAttention, kEntropy)
  Size canvas;    // the thumbnail; larger than `shown` where there is a border
  int left = 0;   // columns of border on that side
  int top = 0;    // rows of border
  friend bool operator==(const Layout&, const Layout&) = default;

  bool cut_by_pixels() const { return shown != window.size; }
  bool bordered() const { return canvas != shown; }
};

Layout LayOut(Size upright, const SizeSpec& spec);

// Of the thumbnail of an upright picture: LayOut(...).canvas.
Size ThumbnailSize(Size upright, const SizeSpec& spec);

// The same part of the picture in the orientation in which it is stored: `window` of an upright picture of size
// `upright`, which EXIF's `orientation` (1..8) makes of the stored one.
Window StoredWindow(const Window& window, Size upright, int orientation);

// Where `inner` begins in `outer` along one axis: -1 at its beginning, 0 in the middle, 1 at its end. For pictures that
// are cut the middle of an odd difference is rounded up, for borders down, as sharp does.
int Placed(int outer, int inner, int side, bool cut);

// Which side that is: -1, 0 or 1. Both 0 for kCentre and where the pixels decide.
int HorizontalSide(Gravity gravity);
int VerticalSide(Gravity gravity);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBNAIL_LAYOUT_H_
