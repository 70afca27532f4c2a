// sRGB's curve (IEC 61966-2-1).
#ifndef TBBTHUMBS_CODECS_SRGB_LIGHT_H_
#define TBBTHUMBS_CODECS_SRGB_LIGHT_H_

#include <array>
#include <cstdint>

namespace tbbthumbs {

// The light, 0 to 1, that each value of an 8-bit sample stands for.
const std::array<double, 256>& SrgbLight();

// The nearest 8-bit value; light outside 0 to 1 is clamped.
uint8_t LightToSrgb(double light);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_SRGB_LIGHT_H_
