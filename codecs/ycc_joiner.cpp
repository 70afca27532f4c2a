#include "codecs/ycc_joiner.h"

#include <utility>

#include "codecs/ycc_planes.h"

namespace tbbthumbs {
namespace {

tl::unexpected<Error> NotAnnounced() {
  return Fail(ErrorCode::kInternal, "a decoder delivered a row that it had not announced");
}

bool IsPlane(const PlaneFormat& plane) {
  const auto covers = [](double extent, int samples) {
    return samples >= 1 && extent > samples - 1 && extent <= samples;
  };
  return plane.channels == 1 && covers(plane.extent_width, plane.width) && covers(plane.extent_height, plane.height);
}

}  // namespace

Status YccJoiner::Begin(const RowFormat& format) {
  joins_ = format.color == ColorModel::kYcc;
  if (!joins_) return next_.Begin(format);
  const auto& planes = format.planes;
  if (planes.size() != 3 || format.alpha || format.sample != SampleType::kU8 || !IsPlane(planes[0]) ||
      !IsPlane(planes[1]) || !IsPlane(planes[2])) {
    return Fail(ErrorCode::kInternal, "a decoder announced planes that make no picture");
  }
  luma_ = planes[0];
  luma_rows_.Reset(static_cast<size_t>(luma_.width), luma_.height);
  next_row_ = 0;
  for (size_t c = 0; c < 2; ++c) chroma_[c].Reset(planes[c + 1], luma_);
  rgb_.resize(3 * static_cast<size_t>(luma_.width));
  RowFormat joined;
  joined.planes = {luma_};
  joined.planes[0].channels = 3;
  return next_.Begin(joined);
}

Status YccJoiner::Row(int plane, std::span<const std::byte> row) {
  if (!joins_) return next_.Row(plane, row);
  if (plane < 0 || plane > 2) return NotAnnounced();
  RowQueue& rows = plane == 0 ? luma_rows_ : chroma_[static_cast<size_t>(plane) - 1].rows();
  if (!rows.Push(row)) return NotAnnounced();
  return Emit();
}

Status YccJoiner::Emit() {
  while (next_row_ < luma_rows_.end() && chroma_[0].Has(next_row_) && chroma_[1].Has(next_row_)) {
    YccToRgb(luma_rows_.At(next_row_), chroma_[0].At(next_row_), chroma_[1].At(next_row_),
             static_cast<size_t>(luma_.width), rgb_.data());
    luma_rows_.DropBefore(++next_row_);
    if (Status status = next_.Row(0, std::as_bytes(std::span(rgb_))); !status) return status;
  }
  return {};
}

Status YccJoiner::End() {
  if (joins_ && (next_row_ != luma_.height || !chroma_[0].rows().complete() || !chroma_[1].rows().complete())) {
    return Fail(ErrorCode::kInternal, "a decoder ended a picture before its last row");
  }
  return next_.End();
}

}  // namespace tbbthumbs
