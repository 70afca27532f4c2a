#include "codecs/placeholders.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "codecs/blurhash.h"
#include "codecs/srgb_light.h"
#include "codecs/thumbhash.h"

namespace tbbthumbs {
namespace {

Rgb8 AverageColor(const Raster& raster, Rgb8 background) {
  const std::array<double, 256>& light = SrgbLight();
  const auto channels = static_cast<size_t>(raster.channels());
  const bool gray = raster.color == ColorModel::kGray;
  const std::span<const uint8_t> samples = raster.u8();
  std::array<double, 3> sums{};
  double opacity = 0;
  for (size_t i = 0; i < samples.size(); i += channels) {
    const double weight = raster.alpha ? samples[i + channels - 1] : 1;
    opacity += weight;
    for (size_t c = 0; c < 3; ++c) sums[c] += weight * light[samples[i + (gray ? 0 : c)]];
  }
  if (opacity == 0) return background;
  return {LightToSrgb(sums[0] / opacity), LightToSrgb(sums[1] / opacity), LightToSrgb(sums[2] / opacity)};
}

// RFC 4648.
std::string Base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const std::span<const std::byte> three = bytes.subspan(i, std::min<size_t>(3, bytes.size() - i));
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < three.size() ? static_cast<uint32_t>(three[k]) : 0);
    for (size_t k = 0; k < 4; ++k) text += k <= three.size() ? kLetters[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace

Placeholders MakePlaceholders(const Raster& raster, const PlaceholderSet& wanted, Rgb8 background) {
  Placeholders made;
  made.average_color = AverageColor(raster, background);
  if (wanted.thumbhash) made.thumbhash = Base64(ThumbHash(raster));
  if (wanted.blurhash) {
    Raster flat = raster;
    Flatten(flat, background);
    const bool portrait = flat.size.height > flat.size.width;
    made.blurhash = BlurHash(flat, portrait ? 3 : 4, portrait ? 4 : 3);
  }
  return made;
}

}  // namespace tbbthumbs
