#include "codecs/thumbnail_finish.h"

#include <utility>

#include "codecs/border.h"
#include "codecs/color.h"
#include "codecs/orientation.h"
#include "codecs/sharpen.h"
#include "codecs/smart_crop.h"
#include "codecs/thumbnail_encoder.h"
#include "codecs/thumbnail_metadata.h"

namespace tbbthumbs {
namespace {

double SharpenAmount(const ThumbnailPlan& plan, const SpecSet& specs) {
  return plan.spec.sharpen.value_or(specs.sharpen);
}

// Whether some of what is shown is of the background's colour.
bool ShowsBackground(const Raster& raster, const ThumbnailPlan& plan, OutputFormat format, const SpecSet& specs) {
  return (raster.alpha && format != OutputFormat::kPng) || (plan.layout.bordered() && !specs.blurred_border);
}

// A gray picture on a coloured ground becomes RGB, of which its own profile, of gray, says nothing.
ColorGoal GoalOf(const Raster& raster, bool shows_background, const SpecSet& specs) {
  const Rgb8& ground = specs.background;
  const bool coloured = shows_background && (ground.red != ground.green || ground.green != ground.blue);
  const bool kept = specs.color == ColorSpace::kKeep;
  const bool gray = raster.color == ColorModel::kGray;
  return {kept && gray && coloured ? ColorSpace::kSrgb : specs.color, specs.intent};
}

}  // namespace

Status MakeUpright(Raster& raster, const ImageInfo& info, const ColorGoal& goal, Strictness strictness,
                   Workspace& workspace) {
  const auto usable = workspace.colors().Convert(raster, info.profile, goal);
  if (!usable) return tl::unexpected<Error>(usable.error());
  if (!*usable && strictness == Strictness::kStrict) {
    return Fail(ErrorCode::kCorrupt, "the colour profile is unusable");
  }
  ReduceToU8(raster);
  ApplyOrientation(raster, info.orientation);
  return {};
}

Result<Encoded> FinishThumbnail(Raster raster, const ThumbnailPlan& plan, const ImageInfo& info, OutputFormat format,
                                const SpecSet& specs, Workspace& workspace, const Watch& watch) {
  ColorTransforms& colors = workspace.colors();
  const bool shows_background = ShowsBackground(raster, plan, format, specs);
  const ColorGoal goal = GoalOf(raster, shows_background, specs);
  if (Status status = MakeUpright(raster, info, goal, specs.strictness, workspace); !status) {
    return tl::unexpected<Error>(std::move(status.error()));
  }
  if (plan.layout.cut_by_pixels()) Crop(raster, ChooseWindow(raster, plan.layout.shown, plan.spec.gravity));
  Sharpen(raster, SharpenAmount(plan, specs));
  Result<Rgb8> background = specs.background;
  if (shows_background) background = colors.FromSrgb(specs.background, raster.color, info.profile, goal);
  if (!background) return tl::unexpected<Error>(std::move(background.error()));
  if (format != OutputFormat::kPng) Flatten(raster, *background);
  if (plan.layout.bordered()) {
    if (specs.blurred_border) {
      AddBlurredBorder(raster, plan.layout, workspace.taps());
    } else {
      AddBorder(raster, plan.layout, *background);
    }
  }
  const auto profile = colors.ProfileOf(raster.color, info.profile, goal, specs.keep.icc);
  if (!profile) return tl::unexpected<Error>(profile.error());
  const ThumbnailMetadata metadata(info.metadata, specs.keep, *profile, raster.size, info.orientation != 1);
  auto bytes = EncodeThumbnail(raster, format, plan.spec, specs, metadata.value(), workspace, watch);
  if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
  return Encoded{raster.size, format, std::move(*bytes)};
}

Result<Encoded> FinishThumbnail(YccPlanes planes, const ThumbnailPlan& plan, const ImageInfo& info,
                                const SpecSet& specs, Workspace& workspace, const Watch& watch) {
  const ColorGoal goal{specs.color, specs.intent};
  const auto profile = workspace.colors().ProfileOf(ColorModel::kRgb, info.profile, goal, specs.keep.icc);
  if (!profile) return tl::unexpected<Error>(profile.error());
  const ThumbnailMetadata metadata(info.metadata, specs.keep, *profile, planes.size, false);
  Sharpen(planes, SharpenAmount(plan, specs));
  auto bytes = EncodeThumbnail(planes, plan.spec, specs, metadata.value(), watch);
  if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
  return Encoded{planes.size, OutputFormat::kJpeg, std::move(*bytes)};
}

}  // namespace tbbthumbs
