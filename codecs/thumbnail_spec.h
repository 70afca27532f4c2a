// What is wanted of every picture.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_SPEC_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_SPEC_H_

#include <string>
#include <string_view>
#include <vector>

#include "codecs/decoder.h"
#include "codecs/error.h"
#include "codecs/kernel.h"
#include "codecs/raster.h"
#include "codecs/size.h"

namespace tbbthumbs {

// A box that the upright thumbnail fits into. 0 leaves a side free.
struct SizeSpec {
  int width = 256;
  int height = 256;
  friend bool operator==(const SizeSpec&, const SizeSpec&) = default;
};

// "256" (a box), "256x" (width), "x256" (height), "320x240". Sides are 1..65500.
// Errors: kUnsupported, with what is wrong in the message.
[[nodiscard]] Result<SizeSpec> ParseSizeSpec(std::string_view text);

// As ParseSizeSpec reads it: the shortest form.
std::string ToString(const SizeSpec& spec);

// Names for the `{size}` of each spec, in order: "256" for a box of that side and for a width ("256x") alike, "x256",
// "320x240"; where two of them would be the same, the later one is written out in full.
std::vector<std::string> SizeLabels(const std::vector<SizeSpec>& specs);

// The size of the thumbnail of an upright picture of size `source`: the largest of the same shape that fits the box,
// never larger than the picture, sides rounded to nearest and at least 1 (as vipsthumbnail's '>').
Size FitInside(Size source, const SizeSpec& spec);

enum class OutputFormat {
  kJpeg,
  kPng,
  kAuto,  // PNG where a pixel is not opaque, else JPEG
};

// Everything that decides about the bytes of the thumbnails of a picture. A plain value.
struct SpecSet {
  std::vector<SizeSpec> sizes{SizeSpec{}};  // at least one; all come from one decode
  Kernel kernel = Kernel::kLanczos3;
  OutputFormat format = OutputFormat::kJpeg;
  int quality = 80;          // of JPEG: 1..100
  bool progressive = false;  // JPEG
  bool optimize = false;     // JPEG: optimised Huffman tables, 3x the time of encoding for 4 % fewer bytes
  Rgb8 background;           // under transparency, in JPEG
  Strictness strictness = Strictness::kFailTruncated;
  // A little less quality (see DecodeRequest) and larger PNG files (PngEffort::kFast) for a lot less time.
  bool fast = false;
  // The smallest files of the same quality, whatever the time: PngEffort::kSmall; JPEG optimised, and progressive where
  // that is smaller. Not with `fast`.
  bool small = false;
  DecoderChoice decoder = DecoderChoice::kAuto;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBNAIL_SPEC_H_
