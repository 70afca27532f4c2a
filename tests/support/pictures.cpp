#include "tests/support/pictures.h"

#include <cstdint>

#include "codecs/jpeg_encoder.h"
#include "codecs/png_encoder.h"
#include "codecs/raster.h"

namespace tbbthumbs::testing {
namespace {

Raster Gradient(Size size, bool alpha) {
  Raster raster;
  raster.size = size;
  raster.alpha = alpha;
  raster.pixels.resize(raster.row_bytes() * static_cast<size_t>(size.height));
  uint32_t noise = 1;
  size_t i = 0;
  for (uint8_t& sample : raster.u8()) {
    noise = noise * 1664525 + 1013904223;
    sample = static_cast<uint8_t>(i++ * 200 / raster.pixels.size() + (noise >> 28));
  }
  return raster;
}

}  // namespace

std::vector<std::byte> JpegFile(Size size) { return EncodeJpeg(Gradient(size, false), {}).value(); }

std::vector<std::byte> PngFile(Size size, bool alpha) { return EncodePng(Gradient(size, alpha)).value(); }

}  // namespace tbbthumbs::testing
