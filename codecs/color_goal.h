// Which colours thumbnails are to have.
#ifndef TBBTHUMBS_CODECS_COLOR_GOAL_H_
#define TBBTHUMBS_CODECS_COLOR_GOAL_H_

#include <cstdint>

namespace tbbthumbs {

enum class ColorSpace : uint8_t {
  kSrgb,
  kDisplayP3,  // the primaries of P3, D65, and the curve of sRGB; gray is as in sRGB
  kKeep,       // the picture's own; CMYK becomes sRGB
};

// What becomes of colours that the space wanted does not have, as ICC profiles name the ways. Only tables of a profile
// (of presses, scanners) know more than one: between primaries and curves all but kAbsolute are the same.
enum class Intent : uint8_t {
  kPerceptual,  // all colours move, so that differences stay
  kRelative,    // colours that are there stay, others are clipped; with black-point compensation
  kSaturation,
  kAbsolute,  // also the colour of paper stays
};

struct ColorGoal {
  ColorSpace space = ColorSpace::kSrgb;
  Intent intent = Intent::kPerceptual;
  friend bool operator==(const ColorGoal&, const ColorGoal&) = default;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_COLOR_GOAL_H_
