// Resampling in linear light.
#ifndef TBBTHUMBS_CODECS_LINEAR_LIGHT_H_
#define TBBTHUMBS_CODECS_LINEAR_LIGHT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/color_curves.h"
#include "codecs/color_profile.h"
#include "codecs/raster.h"
#include "codecs/row_sink.h"
#include "codecs/transfer_curve.h"

namespace tbbthumbs {

// Turns the samples of a picture into 16-bit linear light on their way to `next`, by the picture's own curve (see
// ColorCurves), and multiplies them by alpha there; alpha itself gets 16 bits. Takes what Premultiplier takes, and all
// else in one plane of interleaved pixels (ColorModel::kYcc through YccJoiner). What it is given must outlive it.
class LinearLight final : public RowSink {
 public:
  LinearLight(RowSink& next, const ColorProfile& profile, ColorCurves& curves)
      : next_(next), profile_(profile), curves_of_(curves) {}

  [[nodiscard]] Status Begin(const RowFormat& format) override;
  [[nodiscard]] Status Row(int plane, std::span<const std::byte> row) override;
  [[nodiscard]] Status End() override { return next_.End(); }

  // True when every pixel so far was opaque, or the picture has no alpha.
  bool opaque() const { return opaque_; }

  // Back to what came in: a picture that was resampled from it, with alpha or without, but straight.
  void Leave(Raster& raster) const;

 private:
  template <class Sample>
  void Convert(const std::byte* row);

  RowSink& next_;
  const ColorProfile& profile_;
  ColorCurves& curves_of_;
  RowFormat format_;
  TransferCurves curves_;
  std::vector<uint16_t> row_;
  bool opaque_ = true;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_LINEAR_LIGHT_H_
