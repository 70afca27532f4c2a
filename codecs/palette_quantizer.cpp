#include "codecs/palette_quantizer.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "codecs/palette_choice.h"
#include "codecs/palette_mapping.h"

namespace tbbthumbs {
namespace {

std::vector<PalettePixel> PixelsOf(const Raster& raster) {
  const auto channels = static_cast<size_t>(raster.channels());
  const bool gray = raster.color == ColorModel::kGray;
  std::vector<PalettePixel> pixels(raster.size.pixels());
  const uint8_t* from = raster.u8().data();
  for (PalettePixel& pixel : pixels) {
    pixel = gray ? from[0] * 0x010101u : from[0] | PalettePixel{from[1]} << 8 | PalettePixel{from[2]} << 16;
    pixel |= raster.alpha ? PalettePixel{from[channels - 1]} << 24 : 0xFF000000;
    from += channels;
  }
  return pixels;
}

Raster RasterOf(const std::vector<PalettePixel>& pixels, const Raster& like) {
  Raster raster{like.size, like.color, like.alpha, like.sample, {}};
  raster.pixels.resize(like.pixels.size());
  uint8_t* to = raster.u8().data();
  const int colors = ColorChannels(like.color);
  for (const PalettePixel pixel : pixels) {
    for (int c = 0; c < colors; ++c) *to++ = static_cast<uint8_t>(pixel >> 8 * c);
    if (like.alpha) *to++ = static_cast<uint8_t>(pixel >> 24);
  }
  return raster;
}

// Leaves only what is opaque and what is fully transparent.
void DropTranslucent(std::vector<PalettePixel>& pixels) {
  for (PalettePixel& pixel : pixels) pixel = AlphaOf(pixel) < 128 ? 0 : pixel | 0xFF000000;
}

}  // namespace

PaletteQuantizer::PaletteQuantizer(const Raster& raster)
    : raster_(raster), pixels_(PixelsOf(raster)), histogram_(CountColors(pixels_)) {}

Raster PaletteQuantizer::Quantize(int colors, bool dither) const {
  const auto most = static_cast<size_t>(colors);
  const size_t reserved = histogram_.transparent ? 1 : 0;
  if (histogram_.exact && histogram_.buckets.size() + reserved <= most) return raster_;
  std::vector<PalettePixel> pixels = pixels_;
  std::vector<ColorBucket> buckets = histogram_.buckets;
  bool translucent = false;
  bool opaque = false;
  for (const ColorBucket& bucket : buckets) (bucket.opaque ? opaque : translucent) = true;
  // Two colours can't be of three kinds.
  if (reserved > 0 && opaque && translucent && most < 3) {
    DropTranslucent(pixels);
    buckets = CountColors(pixels).buckets;
  }
  const std::vector<PaletteEntry> entries = ChoosePalette(std::move(buckets), most - reserved);
  if (dither) {
    DitherToPalette(pixels, raster_.size, entries);
  } else {
    MapToPalette(pixels, entries);
  }
  return RasterOf(pixels, raster_);
}

}  // namespace tbbthumbs
