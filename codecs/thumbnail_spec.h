// What is wanted of every picture.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_SPEC_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_SPEC_H_

#include <cstdint>
#include <vector>

#include "codecs/color_goal.h"
#include "codecs/decoder.h"
#include "codecs/error.h"
#include "codecs/kernel.h"
#include "codecs/metadata.h"
#include "codecs/placeholders.h"
#include "codecs/raster.h"
#include "codecs/size_spec.h"

namespace tbbthumbs {

enum class OutputFormat {
  kJpeg,
  kPng,
  kAuto,  // PNG where a pixel is not opaque, else JPEG
};

// How JPEG stores colour differences.
enum class Chroma {
  kAuto,  // as k444 from quality 90 on, else as k420
  k420,   // at half the width and half the height
  k444,   // for every pixel
};

// Everything that decides about the bytes of the thumbnails of a picture. A plain value.
struct SpecSet {
  std::vector<SizeSpec> sizes{SizeSpec{}};  // at least one; all come from one decode, small ones by way of larger
  Kernel kernel = Kernel::kLanczos3;
  // Resampled in linear light, by the curves of the picture's profile or else sRGB's; false: as the samples are. JPEG
  // is decoded at the same scale either way, and what that averages is averaged as the samples are.
  bool linear = false;
  // 0 to 10, if a size has none of its own: how much of an unsharp mask (of 0.8 pixels, on brightness) the thumbnail
  // gets; not its border.
  double sharpen = 0;
  OutputFormat format = OutputFormat::kJpeg;
  int quality = 80;               // of JPEG: 1..100
  bool progressive = false;       // JPEG
  bool optimize = false;          // JPEG: optimised Huffman tables, 3x the time of encoding for 4 % fewer bytes
  Chroma chroma = Chroma::kAuto;  // JPEG
  // Of a thumbnail's file, at most; 0: any number. JPEG gets the highest quality, up to the one wanted, that stays
  // below (at the cost of about 4 encodings); PNG, where it does not fit as it is, the most colours. What does not fit
  // at quality 1 or with 2 colours is kTooLarge.
  uint64_t max_bytes = 0;
  // PNG: how hard to try for few bytes, 1..9 (see PngEffort). 0: 6, with `fast` 1, with `small` 9; with these no other.
  int png_level = 0;
  int palette = 0;     // PNG: at most so many different pixels, 2..256, all by nearest likeness; 0: as they are
  bool dither = true;  // PNG with fewer colours: their errors are spread over the neighbours, which hides the steps
  PlaceholderSet placeholders;  // change nothing about the thumbnails
  Rgb8 background;              // under transparency, in JPEG; around pictures that are padded
  bool blurred_border = false;  // around pictures that are padded: a blurred copy instead
  // Of the thumbnails' pixels. What is not sRGB has its profile embedded; sRGB has none unless `keep.icc`.
  ColorSpace color = ColorSpace::kSrgb;
  Intent intent = Intent::kPerceptual;
  KeptMetadata keep;
  Strictness strictness = Strictness::kFailTruncated;
  // A little less quality (see DecodeRequest) and larger PNG files (PngEffort::kFast) for a lot less time.
  bool fast = false;
  // The smallest files of the same quality, whatever the time: PngEffort::kSmall; JPEG optimised, and progressive where
  // that is smaller. Not with `fast`.
  bool small = false;
  DecoderChoice decoder = DecoderChoice::kAuto;
};

// Whether the settings of the encoders make sense, each and together. Errors: kUnsupported.
[[nodiscard]] Status CheckEncoding(const SpecSet& specs);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBNAIL_SPEC_H_
