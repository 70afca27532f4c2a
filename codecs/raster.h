// A small picture in memory.
#ifndef TBBTHUMBS_CODECS_RASTER_H_
#define TBBTHUMBS_CODECS_RASTER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/row_sink.h"
#include "codecs/size.h"

namespace tbbthumbs {

// Interleaved pixels without padding between rows. A plain value.
struct Raster {
  Size size;
  ColorModel color = ColorModel::kRgb;
  bool alpha = false;  // the last channel is alpha
  SampleType sample = SampleType::kU8;
  std::vector<std::byte> pixels;

  int channels() const { return ColorChannels(color) + (alpha ? 1 : 0); }
  size_t row_bytes() const {
    return static_cast<size_t>(size.width) * static_cast<size_t>(channels()) * SampleBytes(sample);
  }
  std::span<std::byte> row(int y) {
    return std::span(pixels).subspan(static_cast<size_t>(y) * row_bytes(), row_bytes());
  }
  std::span<const std::byte> row(int y) const {
    return std::span(pixels).subspan(static_cast<size_t>(y) * row_bytes(), row_bytes());
  }
  // All samples, where the type is known to be that one.
  std::span<uint8_t> u8() { return {reinterpret_cast<uint8_t*>(pixels.data()), pixels.size()}; }
  std::span<const uint8_t> u8() const { return {reinterpret_cast<const uint8_t*>(pixels.data()), pixels.size()}; }
  std::span<uint16_t> u16() { return {reinterpret_cast<uint16_t*>(pixels.data()), pixels.size() / 2}; }
  std::span<const uint16_t> u16() const {
    return {reinterpret_cast<const uint16_t*>(pixels.data()), pixels.size() / 2};
  }
};

// 16-bit samples to 8-bit ones, rounded to nearest: round(v / 257). Nothing to do for 8-bit.
void ReduceToU8(Raster& raster);

// Puts the picture on an opaque `background` (8 bits a channel in sRGB) and drops the alpha channel. A gray picture
// stays gray on a grey background and becomes RGB on a coloured one. Expects straight alpha, gray or RGB. Nothing to do
// without alpha.
struct Rgb8 {
  uint8_t red = 255;
  uint8_t green = 255;
  uint8_t blue = 255;
  friend bool operator==(const Rgb8&, const Rgb8&) = default;
};
void Flatten(Raster& raster, Rgb8 background);

// Drops the alpha channel without looking at it.
void DropAlpha(Raster& raster);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_RASTER_H_
