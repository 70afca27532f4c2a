// Our own way through a JPEG that becomes much smaller: only the coefficients that its thumbnail needs are decoded.
// Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_FAST_H_
#define TBBTHUMBS_CODECS_JPEG_FAST_H_

#include <cstdint>
#include <optional>
#include <string>

#include "codecs/byte_source.h"
#include "codecs/decoder.h"
#include "codecs/error.h"
#include "codecs/jpeg_headers.h"
#include "codecs/limits.h"
#include "codecs/row_sink.h"
#include "codecs/workspace.h"

namespace tbbthumbs {

// Whether DecodeJpegFast may take a file with this header, where it becomes small enough.
bool CanReadJpegFast(const jpeg_decompress_struct& info);

// What DecodeJpegFast holds of a baseline file at most: bytes of it, and bytes of its coefficients.
inline constexpr uint64_t kMaxJpegFastWindow = uint64_t{512} << 10;
inline constexpr uint64_t kMaxJpegFastCoefficients = uint64_t{4} << 20;

// Delivers the picture whose header libjpeg has read into `info`, and whose first scan begins at `scan_offset` of
// `source`, to `sink`: as one plane of gray, or as planes of Y, Cb and Cr, each at the smallest scale that is enough
// for it. Returns the path taken, for people: "fast 1/8", "lanes 1/8", "fast progressive 1/8". Nothing where the file
// is out of the ordinary or damaged, or a larger scale is wanted: the sink may then hold a part of a picture, and
// libjpeg shall decode it. Errors: those of the source, the sink and the watch, and kTooLarge where a progressive file
// has too many scans.
Result<std::optional<std::string>> DecodeJpegFast(const jpeg_decompress_struct& info, ByteSource& source,
                                                  uint64_t scan_offset, const DecodeRequest& request, RowSink& sink,
                                                  Workspace& workspace, const DecodeLimits& limits, const Watch& watch);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_FAST_H_
