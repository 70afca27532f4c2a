#include "codecs/raster.h"

#include <cstring>
#include <utility>

namespace tbbthumbs {
namespace {

constexpr uint32_t kMax8 = 255;
constexpr uint32_t kMax16 = 65535;

// The nearest to (color * alpha + background * (max - alpha)) / max. `max` is odd, so there are no ties.
uint32_t Mix(uint32_t color, uint32_t background, uint32_t alpha, uint32_t max) {
  const uint64_t sum = uint64_t{color} * alpha + uint64_t{background} * (max - alpha);
  return static_cast<uint32_t>((sum + max / 2) / max);
}

// `background` in the samples' own range, for each of the three channels that come out; the picture has `colors` (1 or
// 3) before its alpha.
template <class Sample>
void FlattenOnto(Raster& raster, int colors, int colors_out, const uint32_t (&background)[3], uint32_t max) {
  std::vector<std::byte> flat(raster.size.pixels() * static_cast<size_t>(colors_out) * sizeof(Sample));
  const auto* in = reinterpret_cast<const Sample*>(raster.pixels.data());
  auto* out = reinterpret_cast<Sample*>(flat.data());
  for (uint64_t pixel = 0; pixel < raster.size.pixels(); ++pixel, in += colors + 1, out += colors_out) {
    for (int c = 0; c < colors_out; ++c) {
      out[c] = static_cast<Sample>(Mix(in[colors == 1 ? 0 : c], background[c], in[colors], max));
    }
  }
  raster.pixels = std::move(flat);
}

}  // namespace

void ReduceToU8(Raster& raster) {
  if (raster.sample == SampleType::kU8) return;
  const std::span<const uint16_t> wide = std::as_const(raster).u16();
  std::vector<std::byte> narrow(wide.size());
  for (size_t i = 0; i < wide.size(); ++i) narrow[i] = static_cast<std::byte>((wide[i] + 128u) / 257u);
  raster.pixels = std::move(narrow);
  raster.sample = SampleType::kU8;
}

void Flatten(Raster& raster, Rgb8 background) {
  if (!raster.alpha) return;
  const bool grey_background = background.red == background.green && background.green == background.blue;
  const int colors = ColorChannels(raster.color);
  if (raster.color == ColorModel::kGray && !grey_background) raster.color = ColorModel::kRgb;
  const int colors_out = ColorChannels(raster.color);
  if (raster.sample == SampleType::kU8) {
    FlattenOnto<uint8_t>(raster, colors, colors_out, {background.red, background.green, background.blue}, kMax8);
  } else {
    FlattenOnto<uint16_t>(raster, colors, colors_out,
                          {background.red * 257u, background.green * 257u, background.blue * 257u}, kMax16);
  }
  raster.alpha = false;
}

void DropAlpha(Raster& raster) {
  if (!raster.alpha) return;
  const size_t in_bytes = static_cast<size_t>(raster.channels()) * SampleBytes(raster.sample);
  const size_t out_bytes = in_bytes - SampleBytes(raster.sample);
  std::vector<std::byte> opaque(raster.size.pixels() * out_bytes);
  const std::byte* in = raster.pixels.data();
  std::byte* out = opaque.data();
  for (uint64_t pixel = 0; pixel < raster.size.pixels(); ++pixel, in += in_bytes, out += out_bytes) {
    std::memcpy(out, in, out_bytes);
  }
  raster.pixels = std::move(opaque);
  raster.alpha = false;
}

}  // namespace tbbthumbs
