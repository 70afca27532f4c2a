#include "codecs/srgb_light.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tbbthumbs {

const std::array<double, 256>& SrgbLight() {
  static const std::array<double, 256> light = [] {
    std::array<double, 256> table{};
    for (size_t i = 0; i < table.size(); ++i) {
      const double value = static_cast<double>(i) / 255;
      table[i] = value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    }
    return table;
  }();
  return light;
}

uint8_t LightToSrgb(double light) {
  const double clamped = std::clamp(light, 0.0, 1.0);
  const double value = clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * std::pow(clamped, 1 / 2.4) - 0.055;
  return static_cast<uint8_t>(value * 255 + 0.5);
}

}  // namespace tbbthumbs
