// The transfer curves of pictures, by their profiles.
#ifndef TBBTHUMBS_CODECS_COLOR_CURVES_H_
#define TBBTHUMBS_CODECS_COLOR_CURVES_H_

#include <memory>

#include "codecs/color_profile.h"
#include "codecs/row_sink.h"
#include "codecs/transfer_curve.h"

namespace tbbthumbs {

// Makes and keeps them. Not thread-safe; part of a Workspace.
class ColorCurves {
 public:
  ColorCurves();
  ~ColorCurves();
  ColorCurves(const ColorCurves&) = delete;
  ColorCurves& operator=(const ColorCurves&) = delete;

  // Those of an RGB profile of primaries and curves, or of a gray one that has a curve. sRGB's where the profile says
  // nothing, works through tables, or is unusable (see ColorTransforms::Convert).
  //
  // CMYK, with whatever profile: each ink leaves 1 - ink of the light in sRGB's curve. That is linear light as far as
  // the plain conversion of inks to sRGB goes (a product of what the inks leave, and sRGB's curve is nearly a power),
  // and near it in print, where averages of ink itself would come out too dark: half of an area in black reflects half
  // of the light, half a tone of black less than a third (dots grow).
  //
  // Throws std::bad_alloc.
  TransferCurves Get(const ColorProfile& profile, ColorModel model, SampleType sample);

  // Of all that it keeps; and gives it back.
  size_t bytes() const;
  void Clear();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_COLOR_CURVES_H_
