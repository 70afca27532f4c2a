#include "codecs/resizer.h"

#include <optional>
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
    const int factor_x = BoxFactor(plane.extent_width, target.size.width, kernel);
    const int factor_y = BoxFactor(plane.extent_height, target.size.height, kernel);
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
  return channels == ColorChannels(format.color) + (format.alpha ? 1 : 0);
}

}  // namespace

class Resizer::Impl {
 public:
  Impl(Size target, Kernel kernel, TapCache& taps) : target_(target), kernel_(kernel), taps_(taps) {}

  Status Begin(const RowFormat& format) {
    planes_.clear();
    raster_ = {};
    if (target_.width < 1 || target_.height < 1) return Fail(ErrorCode::kInternal, "resizing to an empty picture");
    if (!IsValid(format)) return Fail(ErrorCode::kInternal, "a decoder announced planes that make no picture");
    raster_ = {target_, format.color, format.alpha, format.sample, {}};
    raster_.pixels.resize(raster_.row_bytes() * target_.height);
    PlaneTarget target{raster_.pixels.data(), target_, raster_.channels()};
    planes_.reserve(format.planes.size());
    for (const PlaneFormat& plane : format.planes) {
      planes_.emplace_back(plane, format.sample, kernel_, target, taps_);
      target.pixels += plane.channels * SampleBytes(format.sample);
    }
    return {};
  }

  Status Row(int plane, std::span<const std::byte> row) {
    if (plane < 0 || std::cmp_greater_equal(plane, planes_.size()) || !planes_[plane].Accepts(row)) {
      return Fail(ErrorCode::kInternal, "a decoder delivered a row that it had not announced");
    }
    planes_[plane].Row(row);
    return {};
  }

  Status End() {
    if (planes_.empty()) return Fail(ErrorCode::kInternal, "a decoder ended a picture that it had not begun");
    for (const PlanePath& plane : planes_) {
      if (!plane.complete()) return Fail(ErrorCode::kInternal, "a decoder ended a picture before its last row");
    }
    planes_.clear();
    return {};
  }

  Raster Take() {
    planes_.clear();  // they write into the raster
    return std::exchange(raster_, {});
  }

 private:
  const Size target_;
  const Kernel kernel_;
  TapCache& taps_;
  Raster raster_;
  std::vector<PlanePath> planes_;
};

Resizer::Resizer(Size target, Kernel kernel, TapCache& taps) : impl_(std::make_unique<Impl>(target, kernel, taps)) {}
Resizer::~Resizer() = default;

Status Resizer::Begin(const RowFormat& format) { return impl_->Begin(format); }
Status Resizer::Row(int plane, std::span<const std::byte> row) { return impl_->Row(plane, row); }
Status Resizer::End() { return impl_->End(); }
Raster Resizer::Take() { return impl_->Take(); }

}  // namespace tbbthumbs
