#ifndef TBBTHUMBS_CODECS_PNG_ENCODER_H_
#define TBBTHUMBS_CODECS_PNG_ENCODER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/error.h"
#include "codecs/limits.h"
#include "codecs/metadata.h"
#include "codecs/raster.h"
#include "codecs/workspace.h"

namespace tbbthumbs {

// How hard to try for few bytes: 1 to 9, also without a name. Milliseconds and bytes are those of a photograph's
// 256-pixel thumbnail; libpng's default, zlib level 6, takes 10.5 ms for 53.7 KB.
enum class PngEffort : uint8_t {
  kFast = 1,   // 0.7 ms, 56.7 KB. Other bytes on CPUs without SSE 4.2
  kUsual = 6,  // 3.1 ms, 54.0 KB
  kSmall = 9,  // 90 ms, 51.0 KB. Never more bytes than libpng at zlib level 9
};

// PNG of an 8-bit gray or RGB picture, with straight alpha or without: the same pixels, in whichever of gray, RGB, gray
// or RGB with alpha, and a palette comes out smallest; with a profile, in whichever of those the profile is of. No
// ancillary chunks but tRNS and those of `metadata`: iCCP, eXIf, iTXt. Re-entrant with a Workspace of each thread's
// own. `watch`, if not null, tells between the ways that are tried whether to stop. Errors: kOutOfMemory, kStopped,
// kInternal (it is no such picture, or metadata are over their limits).
[[nodiscard]] Result<std::vector<std::byte>> EncodePng(const Raster& raster, PngEffort effort, Workspace& workspace,
                                                       const Metadata& metadata = {}, const Watch* watch = nullptr);

// The same without metadata for who has no Workspace.
[[nodiscard]] Result<std::vector<std::byte>> EncodePng(const Raster& raster, PngEffort effort = PngEffort::kUsual);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_ENCODER_H_
