// Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_PLANE_WRITER_H_
#define TBBTHUMBS_CODECS_JPEG_PLANE_WRITER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/error.h"
#include "codecs/jpeg_coefficients.h"
#include "codecs/jpeg_frame.h"
#include "codecs/row_sink.h"

namespace tbbthumbs {

// Turns rows of a component's coefficients into rows of samples and hands them on, a band of them at a time.
class PlaneWriter {
 public:
  // `index`: of the plane. `side`: of the corner of each block that is kept, 1 or 2.
  PlaneWriter(int index, const PlaneFormat& plane, const JpegComponent& component, int side);

  // Takes the rows of one row of MCUs.
  [[nodiscard]] Status Add(const CoefficientRows& rows, RowSink& sink);
  // Hands on what is left.
  [[nodiscard]] Status Flush(RowSink& sink);

 private:
  int index_;
  size_t width_;
  size_t stride_;
  size_t rows_left_;
  std::array<int, 4> quant_{};
  std::vector<uint8_t> band_;
  size_t in_band_ = 0;  // rows
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_PLANE_WRITER_H_
