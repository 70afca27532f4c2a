// Metadata as chunks of a PNG. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_METADATA_WRITER_H_
#define TBBTHUMBS_CODECS_PNG_METADATA_WRITER_H_

#include <cstddef>

#include "codecs/error.h"
#include "codecs/metadata.h"
#include "codecs/png_chunk_writer.h"

namespace tbbthumbs {

// What AppendMetadata adds at most, nearly.
size_t MetadataBytes(const Metadata& metadata);

// iCCP, eXIf and iTXt, to stand behind IHDR and before all else. Errors: kOutOfMemory. Throws std::bad_alloc.
[[nodiscard]] Status AppendMetadata(PngChunkWriter& writer, const Metadata& metadata);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_METADATA_WRITER_H_
