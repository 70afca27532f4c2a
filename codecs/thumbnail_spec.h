// What is wanted of every picture.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_SPEC_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_SPEC_H_

#include <vector>

#include "codecs/decoder.h"
#include "codecs/kernel.h"
#include "codecs/raster.h"
#include "codecs/size_spec.h"

namespace tbbthumbs {

enum class OutputFormat {
  kJpeg,
  kPng,
  kAuto,  // PNG where a pixel is not opaque, else JPEG
};

// Everything that decides about the bytes of the thumbnails of a picture. A plain value.
struct SpecSet {
  std::vector<SizeSpec> sizes{SizeSpec{}};  // at least one; all come from one decode
  Kernel kernel = Kernel::kLanczos3;
  // Resampled in linear light, by the picture's own curve (see ColorCurves); else as the samples are.
  bool linear = false;
  // 0 to 10, if a size has none of its own: an unsharp mask on the brightness of the thumbnail (see Sharpen).
  double sharpen = 0;
  OutputFormat format = OutputFormat::kJpeg;
  int quality = 80;             // of JPEG: 1..100
  bool progressive = false;     // JPEG
  bool optimize = false;        // JPEG: optimised Huffman tables, 3x the time of encoding for 4 % fewer bytes
  Rgb8 background;              // under transparency, in JPEG; around pictures that are padded
  bool blurred_border = false;  // around pictures that are padded: a blurred copy instead
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
