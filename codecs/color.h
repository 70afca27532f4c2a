// Into sRGB, on the small picture.
#ifndef TBBTHUMBS_CODECS_COLOR_H_
#define TBBTHUMBS_CODECS_COLOR_H_

#include <memory>

#include "codecs/color_profile.h"
#include "codecs/error.h"
#include "codecs/raster.h"

namespace tbbthumbs {

// Colour transforms by profile, the most recently used kept (making one costs 0.1-50 ms, applying it to a thumbnail
// less than 1 ms). Not thread-safe; part of a Workspace.
class ColorTransforms {
 public:
  ColorTransforms();
  ~ColorTransforms();
  ColorTransforms(const ColorTransforms&) = delete;
  ColorTransforms& operator=(const ColorTransforms&) = delete;

  // Converts `raster` (straight alpha; alpha is left as it is) from what `profile` says to sRGB, perceptual intent.
  // Gray stays gray, RGB stays RGB, CMYK becomes RGB. A profile equal to sRGB within tolerance changes nothing. A
  // profile that is broken or made for another colour model is ignored: as if there were none. CMYK without a profile:
  // red = 1 - min(1, C(1-K) + K), and likewise green from M and blue from Y. Returns whether the profile was
  // usable; true where nothing is said. Errors: kOutOfMemory.
  [[nodiscard]] Result<bool> ToSrgb(Raster& raster, const ColorProfile& profile);

  // Whether ToSrgb would find `profile` usable and leave 8-bit RGB without alpha as it is. Errors: kOutOfMemory.
  [[nodiscard]] Result<bool> KeepsRgb(const ColorProfile& profile);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_COLOR_H_
