// Large reductions begin with plain averages.
#ifndef TBBTHUMBS_CODECS_BOX_SHRINK_H_
#define TBBTHUMBS_CODECS_BOX_SHRINK_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "codecs/aligned_buffer.h"
#include "codecs/kernel.h"
#include "codecs/row_sink.h"

namespace tbbthumbs {

// How many samples of an axis to average into one before the filter shrinks `extent` samples to `target` (both as far
// as the picture covers them); 1 for none.
int BoxFactor(double extent, double target, Kernel kernel);

// Averages blocks of one plane, rounded to nearest. The last block of a row and of the plane averages what is there.
// Costs far less than the filter for the same samples, and bounds the rows and columns that the filter has to hold.
// Single-threaded.
class BoxShrink {
 public:
  // `factor_x` and `factor_y` in 1..kMaxBlockFactor.
  BoxShrink(const PlaneFormat& plane, SampleType sample, int factor_x, int factor_y);

  // Of what comes out: extents are divided exactly and stay fractions.
  const PlaneFormat& format() const { return shrunk_; }

  // Takes the next row, which has its full length. Returns the row of blocks that it completes, valid until the next
  // call, else an empty span.
  std::span<const std::byte> Add(std::span<const std::byte> row);

 private:
  void AddBytes(std::span<const std::byte> row);
  void AddWords(std::span<const std::byte> row);

  PlaneFormat plane_;
  PlaneFormat shrunk_;
  SampleType sample_;
  int factor_x_;
  int factor_y_;
  int rows_ = 0;      // that came so far
  int in_block_ = 0;  // of them, those of the unfinished row of blocks
  // For the sample type that comes: sums of 8-bit samples, or sums of 16-bit ones and a row that is aligned to them.
  AlignedBuffer<uint16_t> sums_of_bytes_;
  AlignedBuffer<uint32_t> sums_of_words_;
  AlignedBuffer<uint16_t> words_;
  AlignedBuffer<std::byte> means_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_BOX_SHRINK_H_
