#include "codecs/thumbnail.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <new>
#include <utility>

#include "codecs/alpha.h"
#include "codecs/color.h"
#include "codecs/linear_light.h"
#include "codecs/resizer.h"
#include "codecs/thumbnail_finish.h"
#include "codecs/thumbnail_plan.h"
#include "codecs/ycc_joiner.h"

namespace tbbthumbs {
namespace {

// Gives every row to several resizers.
class FanOut final : public RowSink {
 public:
  explicit FanOut(std::deque<Resizer>& sinks) : sinks_(sinks) {}

  Status Begin(const RowFormat& format) override {
    return All([&](Resizer& sink) { return sink.Begin(format); });
  }
  Status Row(int plane, std::span<const std::byte> row) override {
    return All([&](Resizer& sink) { return sink.Row(plane, row); });
  }
  Status End() override {
    return All([](Resizer& sink) { return sink.End(); });
  }

 private:
  template <class F>
  Status All(F&& f) {
    for (Resizer& sink : sinks_) {
      if (Status status = f(sink); !status) return status;
    }
    return {};
  }

  std::deque<Resizer>& sinks_;
};

// The way of the rows from the decoder to the resizers: alpha is multiplied into the colours, in linear light or not.
class RowPath {
 public:
  RowPath(std::deque<Resizer>& resizers, const ImageInfo& info, bool linear, Workspace& workspace)
      : linear_(linear),
        fan_out_(resizers),
        premultiplier_(fan_out_),
        linear_light_(fan_out_, info.profile, workspace.curves()),
        joiner_(linear_light_) {}

  RowSink& front() { return linear_ ? static_cast<RowSink&>(joiner_) : premultiplier_; }

  // Whether every pixel was opaque.
  bool opaque() const { return linear_ ? linear_light_.opaque() : premultiplier_.opaque(); }

  // A resized picture as it was stored, with straight alpha, or none where every pixel was opaque.
  void Restore(Raster& raster) const {
    if (opaque()) DropAlpha(raster);
    Unpremultiply(raster);
    if (linear_) linear_light_.Leave(raster);
  }

 private:
  const bool linear_;
  FanOut fan_out_;
  Premultiplier premultiplier_;
  LinearLight linear_light_;
  YccJoiner joiner_;
};

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

Result<Made> Make(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits, Workspace& workspace,
                  const Watch& watch) {
  auto decoder = OpenDecoder(source, limits, specs.keep);
  if (!decoder) return tl::unexpected<Error>(std::move(decoder.error()));
  const ImageInfo& info = (*decoder)->info();
  const std::vector<ThumbnailPlan> plans = MakePlans(info, specs.sizes);
  for (const ThumbnailPlan& plan : plans) {
    for (const Size& size : {plan.layout.canvas, plan.layout.window.size}) {
      if (Status status = CheckPictureSize(size, limits); !status)
        return tl::unexpected<Error>(std::move(status.error()));
    }
  }
  std::deque<Resizer> resizers;
  const auto keeps_planes = KeepsPlanes(info, specs, workspace);
  if (!keeps_planes) return tl::unexpected<Error>(keeps_planes.error());
  std::vector<Size> targets;
  std::vector<Size> chroma_targets;
  for (const ThumbnailPlan& plan : plans) {
    const bool full_chroma = HasFullChroma(specs, WantedQuality(plan.spec, specs));
    const YccResult ycc = YccResultFor(plan.layout, full_chroma);
    const Size scaled = plan.stored.scaled;
    // Also on the way through RGB the encoder halves it in the end.
    const bool halved = ycc == YccResult::kHalvedChroma && specs.format != OutputFormat::kPng;
    targets.push_back(scaled);
    chroma_targets.push_back(halved ? ChromaHalved(scaled) : scaled);
    resizers.emplace_back(plan.stored, specs.kernel, workspace.taps(), *keeps_planes ? ycc : YccResult::kRgb);
  }
  RowPath path(resizers, info, specs.linear, workspace);
  const DecodeRequest request{.at_least = Largest(targets),
                              .chroma_at_least = Largest(chroma_targets),
                              .strictness = specs.strictness,
                              .decoder = specs.decoder,
                              .fast = specs.fast};
  auto report = (*decoder)->Decode(request, path.front(), workspace, watch);
  if (!report) return tl::unexpected<Error>(std::move(report.error()));

  OutputFormat format = specs.format;
  if (format == OutputFormat::kAuto) format = path.opaque() ? OutputFormat::kJpeg : OutputFormat::kPng;
  Made made;
  for (size_t i = 0; i < plans.size(); ++i) {
    if (Status status = watch.Poll(); !status) return tl::unexpected<Error>(std::move(status.error()));
    Result<Encoded> encoded;
    if (auto planes = resizers[i].TakePlanes()) {
      encoded = FinishThumbnail(std::move(*planes), plans[i], info, specs, workspace);
    } else {
      Raster raster = resizers[i].Take();
      path.Restore(raster);
      encoded = FinishThumbnail(std::move(raster), plans[i], info, format, specs, workspace);
    }
    if (!encoded) return tl::unexpected<Error>(std::move(encoded.error()));
    made.thumbnails.push_back(std::move(*encoded));
  }
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
