#include "codecs/jpeg_plane_writer.h"

#include <algorithm>
#include <span>

#include "codecs/jpeg_reduction.h"

namespace tbbthumbs {
namespace {

// About how many samples of a plane are handed on at once: in turns of single rows the planes' filters would drive each
// other out of the cache (5 % of the whole work on large pictures).
constexpr size_t kBandSamples = size_t{64} << 10;

}  // namespace

PlaneWriter::PlaneWriter(int index, const PlaneFormat& plane, const JpegComponent& component, int side)
    : index_(index),
      width_(static_cast<size_t>(plane.width)),
      stride_(static_cast<size_t>(component.coded_blocks.width) * static_cast<size_t>(side)),
      rows_left_(static_cast<size_t>(plane.height)) {
  const size_t rows_at_once = static_cast<size_t>(component.v) * static_cast<size_t>(side);
  const size_t rows = std::max(kBandSamples / stride_ / rows_at_once * rows_at_once, rows_at_once);
  band_.resize(rows * stride_);
  for (int i = 0; i < side * side; ++i) quant_[i] = component.quant[i / side * 8 + i % side];
}

Status PlaneWriter::Add(const CoefficientRows& rows, RowSink& sink) {
  for (int y = 0; y < rows.rows; ++y) {
    const size_t kept =
        static_cast<size_t>(rows.columns) * static_cast<size_t>(rows.side) * static_cast<size_t>(rows.side);
    const std::span corners(rows.row(y), kept);
    uint8_t* const row = band_.data() + in_band_ * stride_;
    if (rows.side == 1) {
      ReduceTo1(corners, quant_[0], row);
    } else {
      ReduceTo2(corners, quant_, row, row + stride_);
    }
    in_band_ += static_cast<size_t>(rows.side);
  }
  if (in_band_ * stride_ < band_.size()) return {};
  return Flush(sink);
}

Status PlaneWriter::Flush(RowSink& sink) {
  // The last row of MCUs may hold rows that lie below the picture.
  const size_t rows = std::min(in_band_, rows_left_);
  for (size_t y = 0; y < rows; ++y) {
    const auto row = std::span(band_).subspan(y * stride_, width_);
    if (Status status = sink.Row(index_, std::as_bytes(row)); !status) return status;
  }
  rows_left_ -= rows;
  in_band_ = 0;
  return {};
}

}  // namespace tbbthumbs
