// One picture to its thumbnails: the unit that everything else drives.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/decoder.h"
#include "codecs/error.h"
#include "codecs/limits.h"
#include "codecs/placeholders.h"
#include "codecs/thumbnail_spec.h"
#include "codecs/workspace.h"

namespace tbbthumbs {

struct Encoded {
  Size size;
  OutputFormat format = OutputFormat::kJpeg;  // kJpeg or kPng
  std::vector<std::byte> bytes;
};

struct Made {
  ImageInfo info;  // without its metadata
  DecodeReport decode;
  std::chrono::nanoseconds cpu_time{};       // of this thread, for this picture
  std::vector<Encoded> thumbnails;           // one for each of SpecSet::sizes, in that order
  std::optional<Placeholders> placeholders;  // of the whole picture, where SpecSet::placeholders wants any
};

// Decodes `source` once and makes every wanted thumbnail: upright, in the wanted colours. No output, no threads, no
// globals; re-entrant with a Workspace of each thread's own. The same source, specs and limits give the same bytes on
// any machine (but for kTimeout and kOutOfMemory, and SpecSet::fast on one without SSE 4.2). Errors: every code of
// Decoder::Decode and OpenDecoder; kUnsupported where the specs make no sense.
[[nodiscard]] Result<Made> MakeThumbnails(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits,
                                          Workspace& workspace, std::stop_token stop = {});

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBNAIL_H_
