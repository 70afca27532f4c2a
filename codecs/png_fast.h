// Our own way through the image data of a PNG that is not interlaced. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_FAST_H_
#define TBBTHUMBS_CODECS_PNG_FAST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/decoder.h"
#include "codecs/error.h"
#include "codecs/limits.h"
#include "codecs/png_expand.h"
#include "codecs/png_idat.h"
#include "codecs/png_inflate.h"
#include "codecs/row_sink.h"
#include "codecs/workspace.h"

namespace tbbthumbs {

// Memory of DecodePngFast, kept from picture to picture.
struct PngBuffers {
  IdatBuffers idat;
  ZlibInflater inflater;
  std::vector<uint8_t> window;  // rows as they are inflated, behind the row above them
  std::vector<uint8_t> row;     // one that is expanded
};

// Whether DecodePngFast may take such a picture: not interlaced, and less than 4 GiB, as ISA-L counts in 32 bits.
bool CanReadPngFast(const PngLayout& layout);

// Bytes that DecodePngFast holds.
uint64_t PngFastBytes(const PngLayout& layout);

// Delivers the picture whose first chunk of image data begins at `offset` of `source` to `sink`, in `format`. Returns
// the path taken, for people: "fast png". Nothing where anything is wrong with the image data up to the end of the
// chunk in which it is complete, or out of the ordinary: the sink may then hold a part of a picture, and libpng shall
// decode it. Errors: those of the source, the sink and the watch. Throws std::bad_alloc.
Result<std::optional<std::string>> DecodePngFast(const PngLayout& layout, const RowFormat& format, ByteSource& source,
                                                 uint64_t offset, const DecodeRequest& request, RowSink& sink,
                                                 Workspace& workspace, const Watch& watch);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_FAST_H_
