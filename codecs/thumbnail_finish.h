// From what the resizer left of a picture to an encoded thumbnail. Private to codecs/thumbnail*.cpp.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_FINISH_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_FINISH_H_

#include "codecs/error.h"
#include "codecs/raster.h"
#include "codecs/thumbnail.h"
#include "codecs/thumbnail_plan.h"
#include "codecs/ycc_planes.h"

namespace tbbthumbs {

// From small pixels as stored, in the picture's own colours, to 8 bits, upright, in the colours of `goal`. Alpha is
// straight. Errors: those of ColorTransforms; kCorrupt (strict: an unusable colour profile).
Status MakeUpright(Raster& raster, const ImageInfo& info, const ColorGoal& goal, Strictness strictness,
                   Workspace& workspace);

// `raster`: as stored, in the picture's own colours, alpha straight. Errors: those of the encoders and of MakeUpright;
// kStopped.
Result<Encoded> FinishThumbnail(Raster raster, const ThumbnailPlan& plan, const ImageInfo& info, OutputFormat format,
                                const SpecSet& specs, Workspace& workspace, const Watch& watch);

// Planes that are encoded as they are, but for sharpening. Errors: those of the encoder and of ColorTransforms;
// kStopped.
Result<Encoded> FinishThumbnail(YccPlanes planes, const ThumbnailPlan& plan, const ImageInfo& info,
                                const SpecSet& specs, Workspace& workspace, const Watch& watch);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBNAIL_FINISH_H_
