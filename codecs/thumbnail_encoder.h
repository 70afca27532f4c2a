// The wanted encoding of a thumbnail. Private to codecs/thumbnail*.cpp.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_ENCODER_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_ENCODER_H_

#include <cstddef>
#include <vector>

#include "codecs/error.h"
#include "codecs/limits.h"
#include "codecs/metadata.h"
#include "codecs/raster.h"
#include "codecs/thumbnail_spec.h"
#include "codecs/workspace.h"
#include "codecs/ycc_planes.h"

namespace tbbthumbs {

// 8-bit gray or RGB, without alpha for JPEG. `format`: kJpeg or kPng. Errors: those of EncodeJpeg and EncodePng;
// `watch` is asked for the stop alone.
Result<std::vector<std::byte>> EncodeThumbnail(const Raster& raster, OutputFormat format, const SizeSpec& size,
                                               const SpecSet& specs, const Metadata& metadata, Workspace& workspace,
                                               const Watch& watch);

// The same of planes, as JPEG.
Result<std::vector<std::byte>> EncodeThumbnail(const YccPlanes& planes, const SizeSpec& size, const SpecSet& specs,
                                               const Metadata& metadata, const Watch& watch);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBNAIL_ENCODER_H_
