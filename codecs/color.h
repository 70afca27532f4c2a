// Into sRGB or another space, on the small picture.
#ifndef TBBTHUMBS_CODECS_COLOR_H_
#define TBBTHUMBS_CODECS_COLOR_H_

#include <cstddef>
#include <memory>
#include <span>

#include "codecs/color_goal.h"
#include "codecs/color_profile.h"
#include "codecs/error.h"
#include "codecs/raster.h"

namespace tbbthumbs {

// What ColorTransforms::Convert makes of 8-bit RGB without alpha.
struct RgbFate {
  bool usable = true;  // the profile; true where nothing is said
  bool kept = true;    // every sample stays as it is
};

// What a thumbnail says of its colours.
struct OutputProfile {
  std::span<const std::byte> icc;  // empty: nothing. Valid until the next call of the ColorTransforms
  bool srgb = true;                // the pixels are in sRGB
};

// Colour transforms by profile, the most recently used kept (making one costs 0.1-50 ms, applying it to a thumbnail
// less than 1 ms). Not thread-safe; part of a Workspace. Errors of all members: kOutOfMemory.
class ColorTransforms {
 public:
  ColorTransforms();
  ~ColorTransforms();
  ColorTransforms(const ColorTransforms&) = delete;
  ColorTransforms& operator=(const ColorTransforms&) = delete;

  // Converts `raster` (straight alpha; alpha is left as it is) from what `profile` says to `goal`. Gray stays gray, RGB
  // stays RGB, CMYK becomes RGB (kKeep: as kSrgb). A profile equal to the goal within tolerance changes nothing. A
  // profile that is broken or made for another colour model is ignored: as if there were none, which means sRGB. CMYK
  // without a profile: red = 1 - min(1, C(1-K) + K), and likewise green from M and blue from Y. Returns whether the
  // profile was usable; true where nothing is said.
  [[nodiscard]] Result<bool> Convert(Raster& raster, const ColorProfile& profile, const ColorGoal& goal);

  [[nodiscard]] Result<RgbFate> FateOfRgb(const ColorProfile& profile, const ColorGoal& goal);

  // A colour of sRGB as pixels have it that came from `model` (gray or RGB) with `profile` to `goal`. Gray where they
  // are gray.
  [[nodiscard]] Result<Rgb8> FromSrgb(Rgb8 color, ColorModel model, const ColorProfile& profile, const ColorGoal& goal);

  // The ICC profile of such pixels. There is one if they are not in sRGB, or if `always`: the picture's own or an
  // equivalent of what its PNG says (kKeep), or a compact one.
  [[nodiscard]] Result<OutputProfile> ProfileOf(ColorModel model, const ColorProfile& profile, const ColorGoal& goal,
                                                bool always);

  // Of all that it keeps, about; and gives back what was not used for longest, until it is no more than that.
  size_t bytes() const;
  void Trim(size_t most_bytes);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_COLOR_H_
