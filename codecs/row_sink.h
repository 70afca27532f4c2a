// How pixels leave a decoder: row by row, top to bottom, into whoever wants them.
#ifndef TBBTHUMBS_CODECS_ROW_SINK_H_
#define TBBTHUMBS_CODECS_ROW_SINK_H_

#include <cstddef>
#include <span>
#include <vector>

#include "codecs/error.h"

namespace tbbthumbs {

enum class ColorModel {
  kGray,
  kRgb,
  kCmyk,  // amounts of ink: 0 is paper, the largest value full ink
  // Luma, blue and red differences as JFIF has them: BT.601, full range, 128 is no difference. Three planes of one
  // channel each, of their own width, height and extent: all cover the same picture.
  kYcc,
};

enum class SampleType {
  kU8,   // 0..255
  kU16,  // 0..65535, in the machine's byte order
};

constexpr int ColorChannels(ColorModel model) {
  return model == ColorModel::kGray ? 1 : model == ColorModel::kCmyk ? 4 : 3;
}
constexpr size_t SampleBytes(SampleType type) { return type == SampleType::kU8 ? 1 : 2; }

// One rectangle of interleaved samples.
struct PlaneFormat {
  int width = 0;   // pixels in a row
  int height = 0;  // rows
  int channels = 1;
  // How many of those columns and rows the whole picture covers, exactly: 4001 pixels at 1/8 scale arrive in 501
  // columns and cover 500.125 of them. In (width - 1, width] and (height - 1, height]. Taking 501 instead shifts the
  // picture.
  double extent_width = 0;
  double extent_height = 0;
};

struct RowFormat {
  ColorModel color = ColorModel::kRgb;
  bool alpha = false;  // the last channel is alpha, interleaved with the others or a plane of its own
  SampleType sample = SampleType::kU8;
  std::vector<PlaneFormat> planes;
};

// Takes the rows of one picture. Used by one thread at a time.
class RowSink {
 public:
  virtual ~RowSink() = default;

  // Starts a picture. May come again before End: all so far is discarded (a fast path that gave up).
  [[nodiscard]] virtual Status Begin(const RowFormat& format) = 0;

  // The next row of `plane`: width * channels samples. The sink copies what it keeps. Rows of one plane come in order,
  // top to bottom; those of different planes in any order.
  [[nodiscard]] virtual Status Row(int plane, std::span<const std::byte> row) = 0;

  // All rows of all planes have come. A plane of alpha alone may have got none: the picture is opaque then.
  [[nodiscard]] virtual Status End() = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_ROW_SINK_H_
