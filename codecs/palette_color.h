// Colours as the choice of a palette sees them. Private to codecs/palette*.
#ifndef TBBTHUMBS_CODECS_PALETTE_COLOR_H_
#define TBBTHUMBS_CODECS_PALETTE_COLOR_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace tbbthumbs {

// A pixel with 8 bits a channel, straight alpha: red in the lowest ones, then green, blue and alpha.
using PalettePixel = uint32_t;

constexpr int32_t AlphaOf(PalettePixel pixel) { return static_cast<int32_t>(pixel >> 24); }

// Red, green, blue, alpha in sixteenths of a step, colours multiplied by alpha: 0..4080. Means of these are the colours
// of what is mixed.
using PaletteLight = std::array<int32_t, 4>;

constexpr PaletteLight LightOf(PalettePixel pixel) {
  const int32_t alpha = AlphaOf(pixel);
  PaletteLight light{0, 0, 0, 16 * alpha};
  for (size_t c = 0; c < 3; ++c) light[c] = (static_cast<int32_t>(pixel >> 8 * c & 0xFF) * alpha * 16 + 127) / 255;
  return light;
}

// Where a colour lies, so that the squared distance of two goes with the squared error that is seen when one stands for
// the other, colours weighed by kPaletteWeights, mean of that on black and on white. On a background b (0 or 1) colours
// differ by dC - b dA, the mean of whose square is (dC - dA/2)^2 + dA^2/4: so 2C - A and A are coordinates.
using PalettePoint = std::array<int32_t, 4>;

// Of red, green and blue, in sixteenths, and the length of that vector, for alpha.
inline constexpr std::array<int32_t, 4> kPaletteWeights = {12, 16, 10, 22};

constexpr PalettePoint PointOf(const PaletteLight& light) {
  PalettePoint point{};
  for (size_t c = 0; c < 3; ++c) point[c] = (2 * light[c] - light[3]) * kPaletteWeights[c] / 16;
  point[3] = light[3] * kPaletteWeights[3] / 16;
  return point;
}

// The nearest pixel of 8 bits a channel. An opaque one stays opaque, one that is gray stays gray.
constexpr PalettePixel PixelOf(const PaletteLight& light) {
  if (light[3] < 8) return 0;
  PalettePixel pixel = static_cast<PalettePixel>((light[3] + 8) / 16) << 24;
  for (size_t c = 0; c < 3; ++c) {
    const int32_t straight = (light[c] * 255 + light[3] / 2) / light[3];
    pixel |= static_cast<PalettePixel>(straight < 255 ? straight : 255) << 8 * c;
  }
  return pixel;
}

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PALETTE_COLOR_H_
