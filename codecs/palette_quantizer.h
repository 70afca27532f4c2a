// Pictures of few colours.
#ifndef TBBTHUMBS_CODECS_PALETTE_QUANTIZER_H_
#define TBBTHUMBS_CODECS_PALETTE_QUANTIZER_H_

#include <vector>

#include "codecs/palette_histogram.h"
#include "codecs/raster.h"

namespace tbbthumbs {

// Finds the colours that stand best for those of a picture, several times for one picture if need be. What is opaque
// stays so, and so does what is fully transparent. The same on every machine. Single-threaded.
class PaletteQuantizer {
 public:
  static constexpr int kMaxColors = 256;

  // 8-bit gray or RGB, with straight alpha or without; it must outlive the quantizer. Throws std::bad_alloc.
  explicit PaletteQuantizer(const Raster& raster);

  // The picture with at most `colors` different pixels, 2 to kMaxColors; as it is where it has no more. `dither`: what
  // a pixel is off is made up for by its neighbours (R. Floyd and L. Steinberg, 1976). Throws std::bad_alloc.
  Raster Quantize(int colors, bool dither) const;

 private:
  const Raster& raster_;
  std::vector<PalettePixel> pixels_;
  ColorHistogram histogram_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PALETTE_QUANTIZER_H_
