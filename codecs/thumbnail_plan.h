// What is to be made of one picture. Private to codecs/thumbnail*.cpp.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_PLAN_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_PLAN_H_

#include <vector>

#include "codecs/decoder.h"
#include "codecs/resizer.h"
#include "codecs/size_spec.h"
#include "codecs/thumbnail_layout.h"
#include "codecs/thumbnail_spec.h"

namespace tbbthumbs {

// One thumbnail of one picture.
struct ThumbnailPlan {
  SizeSpec spec;
  Layout layout;        // upright
  ResizeTarget stored;  // in the orientation in which the picture is stored
};

std::vector<ThumbnailPlan> MakePlans(const ImageInfo& info, const std::vector<SizeSpec>& specs);

// The wanted quality of a JPEG, and whether one of `quality` has chroma of full size.
int WantedQuality(const SizeSpec& size, const SpecSet& specs);
bool HasFullChroma(const SpecSet& specs, int quality);

// What the resizer is to make of the planes of a picture that is stored as YCbCr, if all else keeps them.
YccResult YccResultFor(const Layout& layout, bool full_chroma);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBNAIL_PLAN_H_
