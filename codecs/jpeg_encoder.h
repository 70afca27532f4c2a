#ifndef TBBTHUMBS_CODECS_JPEG_ENCODER_H_
#define TBBTHUMBS_CODECS_JPEG_ENCODER_H_

#include <cstddef>
#include <vector>

#include "codecs/error.h"
#include "codecs/limits.h"
#include "codecs/metadata.h"
#include "codecs/raster.h"
#include "codecs/ycc_planes.h"

namespace tbbthumbs {

struct JpegOptions {
  int quality = 80;  // 1..100, IJG scale
  bool progressive = false;
  bool optimize = false;
  bool full_chroma = false;  // 4:4:4, not 4:2:0
  Metadata metadata;         // as APP1 and APP2 segments
  // Tells between rows whether to stop; null: nobody does.
  const Watch* watch = nullptr;
};

// JFIF of an 8-bit gray or RGB picture without alpha; RGB as YCbCr. Re-entrant. Errors: kOutOfMemory, kTooLarge
// (a side over 65,500), kStopped, kInternal (also for metadata over their limits).
[[nodiscard]] Result<std::vector<std::byte>> EncodeJpeg(const Raster& raster, const JpegOptions& options);

// The same of planes as they are: with full or halved chroma, as the options say.
[[nodiscard]] Result<std::vector<std::byte>> EncodeJpeg(const YccPlanes& planes, const JpegOptions& options);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_ENCODER_H_
