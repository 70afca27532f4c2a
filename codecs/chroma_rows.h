// Rows of chroma on the grid of the luma. Private to codecs/ycc_joiner.*.
#ifndef TBBTHUMBS_CODECS_CHROMA_ROWS_H_
#define TBBTHUMBS_CODECS_CHROMA_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/row_sink.h"

namespace tbbthumbs {

// The rows of a plane of 8-bit samples between those that came last and those that are still needed.
class RowQueue {
 public:
  void Reset(size_t row_bytes, int height);

  // Takes the next row. False: it is not as long as they are, or one too many.
  [[nodiscard]] bool Push(std::span<const std::byte> row);

  int end() const { return end_; }  // the row after the last that came
  bool complete() const { return end_ == height_; }

  // A row that came and was not dropped.
  const uint8_t* At(int row) const { return bytes_.data() + static_cast<size_t>(row - first_) * row_bytes_; }

  void DropBefore(int row);

 private:
  size_t row_bytes_ = 0;
  int height_ = 0;
  std::vector<uint8_t> bytes_;
  int first_ = 0;   // row in `bytes_`
  int needed_ = 0;  // the first that was not dropped
  int end_ = 0;
};

// One plane of chroma, interpolated.
class ChromaRows {
 public:
  void Reset(const PlaneFormat& chroma, const PlaneFormat& luma);

  RowQueue& rows() { return rows_; }
  const RowQueue& rows() const { return rows_; }

  // Whether the rows that a row of luma needs have come.
  bool Has(int luma_row) const { return PlaceOf(luma_row).second < rows_.end(); }

  // The samples for a row of luma, valid until the next call. Rows are to be asked for in order; those above it are
  // dropped.
  const uint8_t* At(int luma_row);

 private:
  // Between two rows or columns, which are the same at the picture's edges; `weight` / kOne of the second one.
  struct Place {
    int first = 0;
    int second = 0;
    int weight = 0;
  };
  // Six bits, so that one row of two sums of products fits 16.
  static constexpr int kBits = 6;
  static constexpr int kOne = 1 << kBits;

  static Place PlaceAt(int index, double chroma_extent, double luma_extent, int samples);
  Place PlaceOf(int luma_row) const;
  void Blend(const Place& place);
  void Widen();

  PlaneFormat chroma_;
  PlaneFormat luma_;
  RowQueue rows_;
  std::vector<Place> columns_;     // where the widths have no ratio that is dealt with apart
  std::vector<uint16_t> blended_;  // a row of chroma times kOne, between copies of its first and last samples
  std::vector<uint8_t> widened_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_CHROMA_ROWS_H_
