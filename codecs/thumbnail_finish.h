// From what the resizer left of a picture to an encoded thumbnail. Private to codecs/thumbnail*.cpp.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_FINISH_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_FINISH_H_

#include "codecs/error.h"
#include "codecs/raster.h"
#include "codecs/thumbnail.h"
#include "codecs/thumbnail_plan.h"
#include "codecs/ycc_planes.h"

namespace tbbthumbs {

// `raster`: as stored, in the picture's own colours, alpha straight. Errors: those of the encoders and of
// ColorTransforms; kCorrupt (strict: an unusable colour profile).
Result<Encoded> FinishThumbnail(Raster raster, const ThumbnailPlan& plan, const ImageInfo& info, OutputFormat format,
                                const SpecSet& specs, Workspace& workspace);

// Planes that are encoded as they are, but for sharpening. Errors: those of the encoder and of ColorTransforms.
Result<Encoded> FinishThumbnail(YccPlanes planes, const ThumbnailPlan& plan, const ImageInfo& info,
                                const SpecSet& specs, Workspace& workspace);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBNAIL_FINISH_H_
