#ifndef TBBTHUMBS_CODECS_PLANE_RESIZER_H_
#define TBBTHUMBS_CODECS_PLANE_RESIZER_H_

#include <cstddef>
#include <memory>
#include <span>

#include "codecs/filter_taps.h"
#include "codecs/kernel.h"
#include "codecs/row_sink.h"
#include "codecs/size.h"

namespace tbbthumbs {

// Where the samples of a plane go in the picture that all planes share.
struct PlaneTarget {
  std::byte* pixels = nullptr;  // the plane's first sample
  Size size;
  int channels = 1;  // samples of a whole pixel, of which the plane fills its own
  // Columns and rows that the whole plane would become, and where in these the picture begins; see AxisGeometry.
  double whole_width = 0;
  double whole_height = 0;
  double left = 0;
  double top = 0;
};

// Resamples one plane of 1 to 4 channels, rows first: each row of the result is made as soon as the last row that it
// needs has come; the columns follow for a band of such rows at a time. Single-threaded.
class PlaneResizer {
 public:
  virtual ~PlaneResizer() = default;

  // The next row, top to bottom: exactly as many as the plane has, each of its length.
  virtual void Row(std::span<const std::byte> row) = 0;
};

// `target.pixels` must outlive the resizer.
std::unique_ptr<PlaneResizer> MakePlaneResizer(const PlaneFormat& plane, SampleType sample, Kernel kernel,
                                               const PlaneTarget& target, TapCache& taps);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PLANE_RESIZER_H_
