#include "codecs/thumbnail.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <new>
#include <utility>

#include "codecs/alpha.h"
#include "codecs/border.h"
#include "codecs/color.h"
#include "codecs/jpeg_encoder.h"
#include "codecs/orientation.h"
#include "codecs/png_encoder.h"
#include "codecs/resizer.h"
#include "codecs/smart_crop.h"
#include "codecs/thumbnail_layout.h"

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

// One thumbnail on its way.
struct Plan {
  SizeSpec spec;
  Layout layout;        // upright
  ResizeTarget stored;  // in the orientation in which the picture is stored
};

std::vector<Plan> MakePlans(const ImageInfo& info, const std::vector<SizeSpec>& specs) {
  std::vector<Plan> plans;
  plans.reserve(specs.size());
  const bool swap = SwapsSides(info.orientation);
  for (const SizeSpec& spec : specs) {
    const Layout layout = LayOut(swap ? info.size.Transposed() : info.size, spec);
    plans.push_back({spec,
                     layout,
                     {swap ? layout.scaled.Transposed() : layout.scaled,
                      StoredWindow(layout.window, layout.scaled, info.orientation)}});
  }
  return plans;
}

Size Largest(const std::vector<Size>& sizes) {
  Size largest;
  for (const Size& size : sizes) {
    largest = {std::max(largest.width, size.width), std::max(largest.height, size.height)};
  }
  return largest;
}

// Thumbnails with a shorter side get their chroma halved by the JPEG encoder, from RGB. There every other sample is one
// at an edge, where half of a filter leans inwards: the mean colour of a ramp moved by 12 steps at 3 pixels, by 3 at 8,
// by less than 1 from 9 on.
constexpr int kMinHalvedSide = 16;

// What the resizer is to make of the planes of a picture that is stored as YCbCr, if all else keeps them.
YccResult YccResultFor(const Layout& layout) {
  if (layout.cut_by_pixels() || layout.bordered()) return YccResult::kRgb;
  return std::min(layout.canvas.width, layout.canvas.height) < kMinHalvedSide ? YccResult::kRgb
                                                                              : YccResult::kHalvedChroma;
}

// Whether the thumbnails of a picture that is stored as YCbCr can be encoded as they were resampled: as JPEG, with
// nothing to convert or to turn. Errors: those of ColorTransforms.
Result<bool> KeepsPlanes(const ImageInfo& info, const SpecSet& specs, Workspace& workspace) {
  if (info.color != ColorModel::kRgb || info.alpha || specs.format == OutputFormat::kPng) return false;
  if (info.orientation != 1) return false;
  return workspace.colors().KeepsRgb(info.profile);
}

PngEffort PngEffortOf(const SpecSet& specs) {
  return specs.fast ? PngEffort::kFast : specs.small ? PngEffort::kSmall : PngEffort::kUsual;
}

// `source` is a Raster or YccPlanes.
template <class Source>
Result<std::vector<std::byte>> EncodeJpegAs(const SpecSet& specs, const SizeSpec& size, const Source& source) {
  JpegOptions options{
      .quality = size.quality.value_or(specs.quality), .progressive = specs.progressive, .optimize = specs.optimize};
  if (!specs.small) return EncodeJpeg(source, options);
  options.optimize = true;
  auto bytes = EncodeJpeg(source, options);
  if (!bytes || options.progressive) return bytes;
  options.progressive = true;
  auto progressive = EncodeJpeg(source, options);
  return progressive && progressive->size() >= bytes->size() ? std::move(bytes) : std::move(progressive);
}

// From the pixels that the resizer left to an encoded thumbnail.
Result<Encoded> Finish(Raster raster, const Plan& plan, const ImageInfo& info, OutputFormat format,
                       const SpecSet& specs, Workspace& workspace) {
  Unpremultiply(raster);
  const auto usable = workspace.colors().ToSrgb(raster, info.profile);
  if (!usable) return tl::unexpected<Error>(usable.error());
  if (!*usable && specs.strictness == Strictness::kStrict) {
    return Fail(ErrorCode::kCorrupt, "the colour profile is unusable");
  }
  ReduceToU8(raster);
  ApplyOrientation(raster, info.orientation);
  if (plan.layout.cut_by_pixels()) Crop(raster, ChooseWindow(raster, plan.layout.shown, plan.spec.gravity));
  if (format != OutputFormat::kPng) Flatten(raster, specs.background);
  if (plan.layout.bordered()) {
    if (specs.blurred_border) {
      AddBlurredBorder(raster, plan.layout, workspace.taps());
    } else {
      AddBorder(raster, plan.layout, specs.background);
    }
  }
  Encoded encoded;
  encoded.size = raster.size;
  encoded.format = format;
  Result<std::vector<std::byte>> bytes;
  if (format == OutputFormat::kPng) {
    bytes = EncodePng(raster, PngEffortOf(specs), workspace);
  } else {
    bytes = EncodeJpegAs(specs, plan.spec, raster);
  }
  if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
  encoded.bytes = std::move(*bytes);
  return encoded;
}

// From the planes that the resizer left.
Result<Encoded> Finish(const YccPlanes& planes, const Plan& plan, const SpecSet& specs) {
  auto bytes = EncodeJpegAs(specs, plan.spec, planes);
  if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
  return Encoded{planes.size, OutputFormat::kJpeg, std::move(*bytes)};
}

Result<Made> Make(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits, Workspace& workspace,
                  const Watch& watch) {
  auto decoder = OpenDecoder(source, limits);
  if (!decoder) return tl::unexpected<Error>(std::move(decoder.error()));
  const ImageInfo& info = (*decoder)->info();
  const std::vector<Plan> plans = MakePlans(info, specs.sizes);
  for (const Plan& plan : plans) {
    for (const Size& size : {plan.layout.canvas, plan.layout.window.size}) {
      if (Status status = CheckPictureSize(size, limits); !status) return tl::unexpected<Error>(std::move(status.error()));
    }
  }
  std::deque<Resizer> resizers;
  const auto keeps_planes = KeepsPlanes(info, specs, workspace);
  if (!keeps_planes) return tl::unexpected<Error>(keeps_planes.error());
  std::vector<Size> targets;
  std::vector<Size> chroma_targets;
  for (const Plan& plan : plans) {
    const YccResult ycc = YccResultFor(plan.layout);
    const Size scaled = plan.stored.scaled;
    // Also on the way through RGB the encoder halves it in the end.
    const bool halved = ycc == YccResult::kHalvedChroma && specs.format != OutputFormat::kPng;
    targets.push_back(scaled);
    chroma_targets.push_back(halved ? ChromaHalved(scaled) : scaled);
    resizers.emplace_back(plan.stored, specs.kernel, workspace.taps(), *keeps_planes ? ycc : YccResult::kRgb);
  }
  FanOut fan_out(resizers);
  Premultiplier premultiplier(fan_out);
  const DecodeRequest request{.at_least = Largest(targets),
                              .chroma_at_least = Largest(chroma_targets),
                              .strictness = specs.strictness,
                              .decoder = specs.decoder,
                              .fast = specs.fast};
  auto report = (*decoder)->Decode(request, premultiplier, workspace, watch);
  if (!report) return tl::unexpected<Error>(std::move(report.error()));

  OutputFormat format = specs.format;
  if (format == OutputFormat::kAuto) format = premultiplier.opaque() ? OutputFormat::kJpeg : OutputFormat::kPng;
  Made made;
  for (size_t i = 0; i < plans.size(); ++i) {
    if (Status status = watch.Poll(); !status) return tl::unexpected<Error>(std::move(status.error()));
    Result<Encoded> encoded;
    if (const auto planes = resizers[i].TakePlanes()) {
      encoded = Finish(*planes, plans[i], specs);
    } else {
      Raster raster = resizers[i].Take();
      if (premultiplier.opaque()) DropAlpha(raster);
      encoded = Finish(std::move(raster), plans[i], info, format, specs, workspace);
    }
    if (!encoded) return tl::unexpected<Error>(std::move(encoded.error()));
    made.thumbnails.push_back(std::move(*encoded));
  }
  made.info = info;
  made.decode = std::move(*report);
  made.cpu_time = watch.Used();
  return made;
}

}  // namespace

Result<Made> MakeThumbnails(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits, Workspace& workspace,
                            std::stop_token stop) {
  if (specs.sizes.empty()) return Fail(ErrorCode::kUnsupported, "no size is wanted");
  if (specs.fast && specs.small) return Fail(ErrorCode::kUnsupported, "fast and small exclude each other");
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
