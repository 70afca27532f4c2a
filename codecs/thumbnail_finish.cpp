#include "codecs/thumbnail_finish.h"

#include <utility>

#include "codecs/border.h"
#include "codecs/color.h"
#include "codecs/orientation.h"
#include "codecs/sharpen.h"
#include "codecs/smart_crop.h"
#include "codecs/thumbnail_encoder.h"

namespace tbbthumbs {
namespace {

double SharpenAmount(const ThumbnailPlan& plan, const SpecSet& specs) {
  return plan.spec.sharpen.value_or(specs.sharpen);
}

}  // namespace

Result<Encoded> FinishThumbnail(Raster raster, const ThumbnailPlan& plan, const ImageInfo& info, OutputFormat format,
                                const SpecSet& specs, Workspace& workspace) {
  const auto usable = workspace.colors().ToSrgb(raster, info.profile);
  if (!usable) return tl::unexpected<Error>(usable.error());
  if (!*usable && specs.strictness == Strictness::kStrict) {
    return Fail(ErrorCode::kCorrupt, "the colour profile is unusable");
  }
  ReduceToU8(raster);
  ApplyOrientation(raster, info.orientation);
  if (plan.layout.cut_by_pixels()) Crop(raster, ChooseWindow(raster, plan.layout.shown, plan.spec.gravity));
  Sharpen(raster, SharpenAmount(plan, specs));
  if (format != OutputFormat::kPng) Flatten(raster, specs.background);
  if (plan.layout.bordered()) {
    if (specs.blurred_border) {
      AddBlurredBorder(raster, plan.layout, workspace.taps());
    } else {
      AddBorder(raster, plan.layout, specs.background);
    }
  }
  auto bytes = EncodeThumbnail(raster, format, plan.spec, specs, workspace);
  if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
  return Encoded{raster.size, format, std::move(*bytes)};
}

Result<Encoded> FinishThumbnail(YccPlanes planes, const ThumbnailPlan& plan, const SpecSet& specs) {
  Sharpen(planes, SharpenAmount(plan, specs));
  auto bytes = EncodeThumbnail(planes, plan.spec, specs);
  if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
  return Encoded{planes.size, OutputFormat::kJpeg, std::move(*bytes)};
}

}  // namespace tbbthumbs
