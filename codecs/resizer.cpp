#include "codecs/resizer.h"

#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codecs/box_shrink.h"
#include "codecs/plane_resizer.h"

namespace tbbthumbs {
namespace {

// One plane on its way: averaged if it is much too large, then resampled.
class PlanePath {
 public:
  PlanePath(const PlaneFormat& plane, SampleType sample, Kernel kernel, const PlaneTarget& target, TapCache& taps)
      : row_bytes_(static_cast<size_t>(plane.width) * plane.channels * SampleBytes(sample)), rows_left_(plane.height) {
    const int factor_x = BoxFactor(plane.extent_width, target.whole_width, kernel);
    const int factor_y = BoxFactor(plane.extent_height, target.whole_height, kernel);
    if (factor_x > 1 || factor_y > 1) shrink_.emplace(plane, sample, factor_x, factor_y);
    resizer_ = MakePlaneResizer(shrink_ ? shrink_->format() : plane, sample, kernel, target, taps);
  }

  bool Accepts(std::span<const std::byte> row) const { return rows_left_ > 0 && row.size() == row_bytes_; }
  bool complete() const { return rows_left_ == 0; }

  void Row(std::span<const std::byte> row) {
    --rows_left_;
    if (shrink_) row = shrink_->Add(row);
    if (!row.empty()) resizer_->Row(row);
  }

 private:
  size_t row_bytes_;
  int rows_left_;
  std::optional<BoxShrink> shrink_;
  std::unique_ptr<PlaneResizer> resizer_;
};

bool Covers(double extent, int samples) { return extent > samples - 1 && extent <= samples; }

bool IsValid(const RowFormat& format) {
  int channels = 0;
  for (const PlaneFormat& plane : format.planes) {
    if (plane.width < 1 || plane.height < 1 || plane.channels < 1 || plane.channels > 4) return false;
    if (!Covers(plane.extent_width, plane.width) || !Covers(plane.extent_height, plane.height)) return false;
    channels += plane.channels;
  }
  if (format.color == ColorModel::kYcc) {
    return format.planes.size() == 3 && channels == 3 && !format.alpha && format.sample == SampleType::kU8;
  }
  return channels == ColorChannels(format.color) + (format.alpha ? 1 : 0);
}

// Samples of half the density that a side of so many pixels becomes. Of one pixel there is one.
double Halved(int side) { return side > 1 ? side / 2.0 : 1; }

PlaneFormat WholePlane(Size size, int channels) {
  return {size.width, size.height, channels, size.width + 0.0, size.height + 0.0};
}

// Planes without padding between rows, as a picture.
Status ReplayRows(const RowFormat& format, std::span<const std::byte* const> planes, RowSink& sink) {
  if (Status status = sink.Begin(format); !status) return status;
  for (size_t i = 0; i < planes.size(); ++i) {
    const PlaneFormat& plane = format.planes[i];
    const size_t row_bytes = static_cast<size_t>(plane.width) * plane.channels * SampleBytes(format.sample);
    for (int y = 0; y < plane.height; ++y) {
      const std::span row(planes[i] + static_cast<size_t>(y) * row_bytes, row_bytes);
      if (Status status = sink.Row(static_cast<int>(i), row); !status) return status;
    }
  }
  return sink.End();
}

bool Contains(Size outer, const Window& window) {
  const auto inside = [](int outer_side, int begin, int side) {
    return begin >= 0 && side >= 1 && begin <= outer_side - side;
  };
  return inside(outer.width, window.x, window.size.width) && inside(outer.height, window.y, window.size.height);
}

}  // namespace

class Resizer::Impl {
 public:
  Impl(const ResizeTarget& target, Kernel kernel, TapCache& taps, YccResult ycc)
      : target_(target), kernel_(kernel), taps_(taps), ycc_(ycc) {}

  Status Begin(const RowFormat& format) {
    Clear();
    if (!Contains(target_.scaled, target_.window)) return Fail(ErrorCode::kInternal, "resizing to no picture");
    if (!IsValid(format)) return Fail(ErrorCode::kInternal, "a decoder announced planes that make no picture");
    paths_.reserve(format.planes.size());
    if (format.color == ColorModel::kYcc) {
      BeginPlanes(format);
    } else {
      BeginPixels(format);
    }
    return {};
  }

  Status Row(int plane, std::span<const std::byte> row) {
    if (alpha_plane_ && std::cmp_equal(plane, paths_.size())) {
      AddPath(*std::exchange(alpha_plane_, std::nullopt));
    }
    if (plane < 0 || std::cmp_greater_equal(plane, paths_.size()) || !paths_[plane].Accepts(row)) {
      return Fail(ErrorCode::kInternal, "a decoder delivered a row that it had not announced");
    }
    paths_[plane].Row(row);
    return {};
  }

  Status End() {
    if (paths_.empty()) return Fail(ErrorCode::kInternal, "a decoder ended a picture that it had not begun");
    if (alpha_plane_) FillAlpha();
    for (const PlanePath& path : paths_) {
      if (!path.complete()) return Fail(ErrorCode::kInternal, "a decoder ended a picture before its last row");
    }
    paths_.clear();
    return {};
  }

  Status Replay(RowSink& sink) const {
    if (!planes_) {
      const std::byte* const pixels[] = {raster_.pixels.data()};
      return ReplayRows({raster_.color, raster_.alpha, raster_.sample, {WholePlane(raster_.size, raster_.channels())}},
                        pixels, sink);
    }
    RowFormat format{ColorModel::kYcc, false, SampleType::kU8, {3, WholePlane(planes_->size, 1)}};
    for (PlaneFormat& chroma : std::span(format.planes).subspan(1)) {
      if (ycc_ != YccResult::kHalvedChroma) break;
      chroma = {planes_->chroma_size.width, planes_->chroma_size.height, 1, Halved(planes_->size.width),
                Halved(planes_->size.height)};
    }
    const std::byte* const planes[] = {planes_->planes[0].data(), planes_->planes[1].data(), planes_->planes[2].data()};
    return ReplayRows(format, planes, sink);
  }

  Raster Take() {
    if (planes_ && ycc_ == YccResult::kRgb) raster_ = YccToRgb(*planes_);
    Raster taken = std::move(raster_);
    Clear();
    return taken;
  }

  std::optional<YccPlanes> TakePlanes() {
    if (ycc_ == YccResult::kRgb || !planes_) return std::nullopt;
    std::optional<YccPlanes> taken = std::move(planes_);
    Clear();
    return taken;
  }

 private:
  void Clear() {
    paths_.clear();  // they write into the pictures
    raster_ = {};
    alpha_plane_.reset();
    channels_ = 0;
    planes_.reset();
  }

  void BeginPixels(const RowFormat& format) {
    raster_ = {target_.window.size, format.color, format.alpha, format.sample, {}};
    raster_.pixels.resize(raster_.row_bytes() * raster_.size.height);
    const std::vector<PlaneFormat>& planes = format.planes;
    const bool alpha_alone = format.alpha && planes.size() > 1 && planes.back().channels == 1;
    for (const PlaneFormat& plane : std::span(planes).first(planes.size() - (alpha_alone ? 1 : 0))) AddPath(plane);
    if (alpha_alone) alpha_plane_ = planes.back();
  }

  // The next plane of pixels: its channels follow those of the planes before it.
  void AddPath(const PlaneFormat& plane) {
    PlaneTarget target = TargetOf(raster_.pixels.data() + channels_ * SampleBytes(raster_.sample));
    target.channels = raster_.channels();
    paths_.emplace_back(plane, raster_.sample, kernel_, target, taps_);
    channels_ += plane.channels;
  }

  // All samples of an opaque picture's alpha are the largest ones, whose bytes are all the same.
  void FillAlpha() {
    const size_t bytes = SampleBytes(raster_.sample);
    const size_t step = raster_.channels() * bytes;
    for (size_t i = step - bytes; i < raster_.pixels.size(); i += step) {
      std::memset(raster_.pixels.data() + i, 0xFF, bytes);
    }
  }

  void BeginPlanes(const RowFormat& format) {
    const bool halved = ycc_ == YccResult::kHalvedChroma;
    const Size size = target_.window.size;
    planes_ = YccPlanes::Make(size, halved ? ChromaHalved(size) : size);
    for (size_t i = 0; i < 3; ++i) {
      PlaneTarget target = TargetOf(planes_->planes[i].data());
      if (halved && i > 0) {
        target.size = planes_->chroma_size;
        target.whole_width = Halved(target_.scaled.width);
        target.whole_height = Halved(target_.scaled.height);
        target.left = target_.window.x / 2.0;
        target.top = target_.window.y / 2.0;
      }
      paths_.emplace_back(format.planes[i], format.sample, kernel_, target, taps_);
    }
  }

  PlaneTarget TargetOf(std::byte* pixels) const {
    return {.pixels = pixels,
            .size = target_.window.size,
            .whole_width = static_cast<double>(target_.scaled.width),
            .whole_height = static_cast<double>(target_.scaled.height),
            .left = static_cast<double>(target_.window.x),
            .top = static_cast<double>(target_.window.y)};
  }

  const ResizeTarget target_;
  const Kernel kernel_;
  TapCache& taps_;
  const YccResult ycc_;
  // One of these two.
  Raster raster_;
  std::optional<YccPlanes> planes_;
  // Of the raster: channels that have a path, and the plane of alpha alone as long as no row of it has come.
  size_t channels_ = 0;
  std::optional<PlaneFormat> alpha_plane_;
  std::vector<PlanePath> paths_;
};

Resizer::Resizer(const ResizeTarget& target, Kernel kernel, TapCache& taps, YccResult ycc)
    : impl_(std::make_unique<Impl>(target, kernel, taps, ycc)) {}
Resizer::~Resizer() = default;

Status Resizer::Begin(const RowFormat& format) { return impl_->Begin(format); }
Status Resizer::Row(int plane, std::span<const std::byte> row) { return impl_->Row(plane, row); }
Status Resizer::End() { return impl_->End(); }
Status Resizer::Replay(RowSink& sink) const { return impl_->Replay(sink); }
Raster Resizer::Take() { return impl_->Take(); }
std::optional<YccPlanes> Resizer::TakePlanes() { return impl_->TakePlanes(); }

}  // namespace tbbthumbs
