// ICC profiles made by code.
#ifndef TBBTHUMBS_TESTS_SUPPORT_ICC_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_ICC_FIXTURE_H_

#include <array>
#include <cstddef>
#include <vector>

namespace tbbthumbs::testing {

// CIE 1931 x and y of white, red, green, blue.
using Chromaticities = std::array<double, 8>;
inline constexpr Chromaticities kSrgbPrimaries{0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06};
inline constexpr Chromaticities kP3Primaries{0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06};
inline constexpr Chromaticities kAdobePrimaries{0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06};
inline constexpr Chromaticities kProPhotoPrimaries{0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001};

// Display profiles of matrix and curves. A gamma of 0: the curve of sRGB.
std::vector<std::byte> RgbIcc(const Chromaticities& primaries, double gamma);
std::vector<std::byte> RgbIcc(const Chromaticities& primaries, const std::array<double, 3>& gammas);
std::vector<std::byte> GrayIcc(double gamma);

// An output profile of inks that no press has: cyan takes away green, magenta red, yellow blue, black all.
std::vector<std::byte> SwappedCmykIcc();

// A display profile of tables: sRGB by the perceptual one; by the colorimetric one each sample is a quarter of the way
// to white.
std::vector<std::byte> PaleScreenIcc();

// A device link from RGB to RGB.
std::vector<std::byte> LinkIcc();

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_ICC_FIXTURE_H_
