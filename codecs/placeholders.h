// What a page shows of a picture until its thumbnail has come.
#ifndef TBBTHUMBS_CODECS_PLACEHOLDERS_H_
#define TBBTHUMBS_CODECS_PLACEHOLDERS_H_

#include <string>

#include "codecs/raster.h"

namespace tbbthumbs {

// Which ones are wanted.
struct PlaceholderSet {
  bool blurhash = false;
  bool thumbhash = false;

  bool any() const { return blurhash || thumbhash; }
};

struct Placeholders {
  std::string blurhash;   // 4 x 3 components, 3 x 4 of a picture that is higher than wide; "": not wanted
  std::string thumbhash;  // base64; "": not wanted
  Rgb8 average_color;     // in linear light, each pixel by its opacity; the background where all is transparent
};

// The longer side of the picture that they are made of, in pixels: nine samples for each half wave of the finest
// frequency. ThumbHash takes up to 100, at 2.4 times the cost of both.
inline constexpr int kPlaceholderSide = 64;

// `raster`: 8-bit gray or RGB in sRGB, upright, straight alpha. BlurHash knows no transparency and is that of the
// picture on `background`.
Placeholders MakePlaceholders(const Raster& raster, const PlaceholderSet& wanted, Rgb8 background);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PLACEHOLDERS_H_
