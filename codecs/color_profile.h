// What a file says about the meaning of its colours.
#ifndef TBBTHUMBS_CODECS_COLOR_PROFILE_H_
#define TBBTHUMBS_CODECS_COLOR_PROFILE_H_

#include <array>
#include <cstddef>
#include <variant>
#include <vector>

namespace tbbthumbs {

// The bytes of an embedded ICC profile, as they stand in the file (unchecked).
struct IccProfile {
  std::vector<std::byte> bytes;
  friend bool operator==(const IccProfile&, const IccProfile&) = default;
};

// Primaries and a transfer curve, as PNG's gAMA, cHRM and cICP give them.
struct ParametricProfile {
  enum class Curve {
    kSrgb,
    kBt709,  // the inverse of the camera curve of BT.709
    kGamma,
  };
  // CIE 1931 x and y of white, red, green, blue.
  std::array<double, 8> chromaticities{0.3127, 0.3290, 0.6400, 0.3300, 0.3000, 0.6000, 0.1500, 0.0600};
  Curve curve = Curve::kSrgb;
  double gamma = 2.2;  // of the display: linear = sample^gamma; only for kGamma
  friend bool operator==(const ParametricProfile&, const ParametricProfile&) = default;
};

// Nothing said means sRGB (CMYK: the plain formula in color.h).
using ColorProfile = std::variant<std::monostate, IccProfile, ParametricProfile>;

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_COLOR_PROFILE_H_
