#include "codecs/thumbnail.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "codecs/color.h"
#include "codecs/placeholder_source.h"
#include "codecs/resize_tree.h"
#include "codecs/resizer.h"
#include "codecs/row_path.h"
#include "codecs/thumbnail_finish.h"
#include "codecs/thumbnail_plan.h"

namespace tbbthumbs {
namespace {

Size Largest(const std::vector<Size>& sizes) {
  Size largest;
  for (const Size& size : sizes) {
    largest = {std::max(largest.width, size.width), std::max(largest.height, size.height)};
  }
  return largest;
}

// Whether the thumbnails of a picture that is stored as YCbCr can be encoded as they were resampled: as JPEG, with
// nothing to convert or to turn. (An unusable profile is an error of strictness, and of the other way to find.) Errors:
// those of ColorTransforms.
Result<bool> KeepsPlanes(const ImageInfo& info, const SpecSet& specs, Workspace& workspace) {
  if (info.color != ColorModel::kRgb || info.alpha || specs.format == OutputFormat::kPng) return false;
  if (info.orientation != 1 || specs.linear) return false;
  const auto fate = workspace.colors().FateOfRgb(info.profile, {specs.color, specs.intent});
  if (!fate) return tl::unexpected<Error>(fate.error());
  return fate->kept && (fate->usable || specs.strictness != Strictness::kStrict);
}

// The thumbnails of one picture, from what its header says on.
class Maker {
 public:
  Maker(const ImageInfo& info, const SpecSet& specs, Workspace& workspace, const Watch& watch)
      : info_(info), specs_(specs), workspace_(workspace), watch_(watch), plans_(MakePlans(info, specs.sizes)) {}

  const std::vector<ThumbnailPlan>& plans() const { return plans_; }

  Result<DecodeReport> Decode(Decoder& decoder);
  // After Decode: the thumbnails and the placeholders. Errors: those of the encoders, of ColorTransforms, and of
  // Watch::Poll.
  Status Finish(Made& made);

 private:
  // The thumbnails that are made of this one, then itself: few small pictures are held at a time, and what they are
  // made of is still in the caches.
  Status FinishBranch(size_t index, Made& made);
  Status FinishOne(size_t index, Made& made);
  Raster TakeRaster(size_t index);
  // Adds the small picture of which the placeholders are made.
  void AddPlaceholderPicture(const std::vector<ResizeTarget>& targets);
  Result<Placeholders> FinishPlaceholders();

  const ImageInfo& info_;
  const SpecSet& specs_;
  Workspace& workspace_;
  const Watch& watch_;
  const std::vector<ThumbnailPlan> plans_;
  ResizeTree tree_;
  std::deque<Resizer> resizers_;  // one for each plan, and one for the placeholders if any are wanted
  std::optional<RowPath> path_;   // from Decode on
};

Result<DecodeReport> Maker::Decode(Decoder& decoder) {
  const auto keeps_planes = KeepsPlanes(info_, specs_, workspace_);
  if (!keeps_planes) return tl::unexpected<Error>(keeps_planes.error());
  std::vector<ResizeTarget> targets;
  std::vector<Size> sizes;
  std::vector<Size> chroma_sizes;
  std::vector<bool> halved_planes;
  for (const ThumbnailPlan& plan : plans_) {
    const YccResult ycc = YccResultFor(plan.layout, HasFullChroma(specs_, WantedQuality(plan.spec, specs_)));
    const Size scaled = plan.stored.scaled;
    // Also on the way through RGB the encoder halves it in the end.
    const bool halved = ycc == YccResult::kHalvedChroma && specs_.format != OutputFormat::kPng;
    targets.push_back(plan.stored);
    sizes.push_back(scaled);
    chroma_sizes.push_back(halved ? ChromaHalved(scaled) : scaled);
    halved_planes.push_back(*keeps_planes && ycc == YccResult::kHalvedChroma);
    resizers_.emplace_back(plan.stored, specs_.kernel, workspace_.taps(), *keeps_planes ? ycc : YccResult::kRgb);
  }
  tree_ = MakeResizeTree(targets, info_.size, specs_.kernel, halved_planes);
  if (specs_.placeholders.any()) AddPlaceholderPicture(targets);
  std::vector<Resizer*> roots;
  for (const size_t root : tree_.roots) roots.push_back(&resizers_[root]);
  path_.emplace(std::move(roots), info_.profile, specs_.linear, workspace_);
  const DecodeRequest request{.at_least = Largest(sizes),
                              .chroma_at_least = Largest(chroma_sizes),
                              .strictness = specs_.strictness,
                              .decoder = specs_.decoder,
                              .fast = specs_.fast};
  return decoder.Decode(request, path_->front(), workspace_, watch_);
}

void Maker::AddPlaceholderPicture(const std::vector<ResizeTarget>& targets) {
  const SizeSpec box{.width = kPlaceholderSide, .height = kPlaceholderSide};
  ResizeTarget target = MakePlans(info_, {box}).front().stored;
  const std::optional<size_t> source = PlaceholderSource(targets, target.scaled, info_.size);
  if (source && targets[*source].scaled.pixels() < target.scaled.pixels()) target = targets[*source];
  (source ? tree_.children[*source] : tree_.roots).push_back(resizers_.size());
  tree_.children.emplace_back();
  resizers_.emplace_back(target, Kernel::kArea, workspace_.taps());  // blurred anyway, and the least work
}

Status Maker::Finish(Made& made) {
  made.thumbnails.resize(plans_.size());
  for (const size_t root : tree_.roots) {
    if (Status status = FinishBranch(root, made); !status) return status;
  }
  return {};
}

Status Maker::FinishBranch(size_t index, Made& made) {
  if (Status status = watch_.Poll(); !status) return status;
  for (const size_t child : tree_.children[index]) {
    if (Status status = resizers_[index].Replay(resizers_[child]); !status) return status;
    if (Status status = FinishBranch(child, made); !status) return status;
  }
  return FinishOne(index, made);
}

Status Maker::FinishOne(size_t index, Made& made) {
  if (index == plans_.size()) {
    auto placeholders = FinishPlaceholders();
    if (!placeholders) return tl::unexpected<Error>(std::move(placeholders.error()));
    made.placeholders = std::move(*placeholders);
    return {};
  }
  Result<Encoded> encoded;
  if (auto planes = resizers_[index].TakePlanes()) {
    encoded = FinishThumbnail(std::move(*planes), plans_[index], info_, specs_, workspace_, watch_);
  } else {
    OutputFormat format = specs_.format;
    if (format == OutputFormat::kAuto) format = path_->opaque() ? OutputFormat::kJpeg : OutputFormat::kPng;
    encoded = FinishThumbnail(TakeRaster(index), plans_[index], info_, format, specs_, workspace_, watch_);
  }
  if (!encoded) return tl::unexpected<Error>(std::move(encoded.error()));
  made.thumbnails[index] = std::move(*encoded);
  return {};
}

Raster Maker::TakeRaster(size_t index) {
  Raster raster = resizers_[index].Take();
  path_->Restore(raster);
  return raster;
}

Result<Placeholders> Maker::FinishPlaceholders() {
  Raster raster = TakeRaster(plans_.size());
  if (Status status = MakeUpright(raster, info_, {ColorSpace::kSrgb, specs_.intent}, specs_.strictness, workspace_);
      !status) {
    return tl::unexpected<Error>(std::move(status.error()));
  }
  return MakePlaceholders(raster, specs_.placeholders, specs_.background);
}

Result<Made> Make(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits, Workspace& workspace,
                  const Watch& watch) {
  auto decoder = OpenDecoder(source, limits, specs.keep);
  if (!decoder) return tl::unexpected<Error>(std::move(decoder.error()));
  const ImageInfo& info = (*decoder)->info();
  Maker maker(info, specs, workspace, watch);
  for (const ThumbnailPlan& plan : maker.plans()) {
    for (const Size& size : {plan.layout.canvas, plan.layout.window.size}) {
      if (Status status = CheckPictureSize(size, limits); !status) {
        return tl::unexpected<Error>(std::move(status.error()));
      }
    }
  }
  auto report = maker.Decode(**decoder);
  if (!report) return tl::unexpected<Error>(std::move(report.error()));
  Made made;
  if (Status status = maker.Finish(made); !status) return tl::unexpected<Error>(std::move(status.error()));
  made.info = info;
  made.info.metadata = {};
  made.decode = std::move(*report);
  made.cpu_time = watch.Used();
  return made;
}

}  // namespace

Result<Made> MakeThumbnails(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits, Workspace& workspace,
                            std::stop_token stop) {
  if (specs.sizes.empty()) return Fail(ErrorCode::kUnsupported, "no size is wanted");
  if (const Status status = CheckEncoding(specs); !status) return tl::unexpected<Error>(status.error());
  const auto sharpens = [](double amount) { return amount >= 0 && amount <= kMaxSharpen; };
  if (!sharpens(specs.sharpen) || !std::all_of(specs.sizes.begin(), specs.sizes.end(), [&](const SizeSpec& size) {
        return sharpens(size.sharpen.value_or(0));
      })) {
    return Fail(ErrorCode::kUnsupported, "a thumbnail is sharpened by 0 to 10");
  }
  const Watch watch(limits, std::move(stop));
  try {
    return Make(source, specs, limits, workspace, watch);
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kOutOfMemory, "no memory left to decode the picture");
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, error.what());
  }
}

}  // namespace tbbthumbs
