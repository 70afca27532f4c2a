#include "codecs/thumbnail.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "codecs/color.h"
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
  // After Decode. Errors: those of the encoders, of ColorTransforms, and of Watch::Poll.
  Result<std::vector<Encoded>> Finish();

 private:
  // The thumbnails that are made of this one, then itself: few small pictures are held at a time, and what they are
  // made of is still in the caches.
  Status FinishBranch(size_t index);
  Result<Encoded> FinishOne(size_t index);

  const ImageInfo& info_;
  const SpecSet& specs_;
  Workspace& workspace_;
  const Watch& watch_;
  const std::vector<ThumbnailPlan> plans_;
  ResizeTree tree_;
  std::deque<Resizer> resizers_;
  std::optional<RowPath> path_;  // from Decode on
  std::vector<Encoded> encoded_;
};

Result<DecodeReport> Maker::Decode(Decoder& decoder) {
  const auto keeps_planes = KeepsPlanes(info_, specs_, workspace_);
  if (!keeps_planes) return tl::unexpected<Error>(keeps_planes.error());
  std::vector<ResizeTarget> targets;
  std::vector<Size> sizes;
  std::vector<Size> chroma_sizes;
  for (const ThumbnailPlan& plan : plans_) {
    const YccResult ycc = YccResultFor(plan.layout, HasFullChroma(specs_, WantedQuality(plan.spec, specs_)));
    const Size scaled = plan.stored.scaled;
    // Also on the way through RGB the encoder halves it in the end.
    const bool halved = ycc == YccResult::kHalvedChroma && specs_.format != OutputFormat::kPng;
    targets.push_back(plan.stored);
    sizes.push_back(scaled);
    chroma_sizes.push_back(halved ? ChromaHalved(scaled) : scaled);
    resizers_.emplace_back(plan.stored, specs_.kernel, workspace_.taps(), *keeps_planes ? ycc : YccResult::kRgb);
  }
  tree_ = MakeResizeTree(targets, info_.size, specs_.kernel);
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

Result<std::vector<Encoded>> Maker::Finish() {
  encoded_.resize(plans_.size());
  for (const size_t root : tree_.roots) {
    if (Status status = FinishBranch(root); !status) return tl::unexpected<Error>(std::move(status.error()));
  }
  return std::move(encoded_);
}

Status Maker::FinishBranch(size_t index) {
  if (Status status = watch_.Poll(); !status) return status;
  for (const size_t child : tree_.children[index]) {
    if (Status status = resizers_[index].Replay(resizers_[child]); !status) return status;
    if (Status status = FinishBranch(child); !status) return status;
  }
  auto encoded = FinishOne(index);
  if (!encoded) return tl::unexpected<Error>(std::move(encoded.error()));
  encoded_[index] = std::move(*encoded);
  return {};
}

Result<Encoded> Maker::FinishOne(size_t index) {
  if (auto planes = resizers_[index].TakePlanes()) {
    return FinishThumbnail(std::move(*planes), plans_[index], info_, specs_, workspace_);
  }
  Raster raster = resizers_[index].Take();
  path_->Restore(raster);
  OutputFormat format = specs_.format;
  if (format == OutputFormat::kAuto) format = path_->opaque() ? OutputFormat::kJpeg : OutputFormat::kPng;
  return FinishThumbnail(std::move(raster), plans_[index], info_, format, specs_, workspace_);
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
  auto thumbnails = maker.Finish();
  if (!thumbnails) return tl::unexpected<Error>(std::move(thumbnails.error()));
  Made made{info, std::move(*report), watch.Used(), std::move(*thumbnails)};
  made.info.metadata = {};
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
