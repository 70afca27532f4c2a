// Chunks found without decoding the image data. Private to codecs/png_*.cpp.
#ifndef TBBTHUMBS_CODECS_PNG_CHUNK_WALK_H_
#define TBBTHUMBS_CODECS_PNG_CHUNK_WALK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "codecs/byte_source.h"

namespace tbbthumbs {

struct PngChunkPlace {
  std::string_view name;  // four characters; valid during the visit
  uint64_t offset = 0;    // of the chunk
  uint32_t length = 0;    // of its data
};

// Calls `visit` for each chunk from the one at `offset` up to IEND, until it returns false. Reads only the 8 bytes that
// begin each chunk, of at most 65,536 chunks. Ends where the source fails.
void WalkPngChunks(ByteSource& source, uint64_t offset, const std::function<bool(const PngChunkPlace&)>& visit);

// The data of a chunk; empty where its checksum is wrong or the source fails.
std::vector<std::byte> ReadPngChunk(ByteSource& source, const PngChunkPlace& place);

// The data of the first eXIf chunk, wherever it stands: programs such as ImageMagick write it behind the image data.
// Empty where there is none, where it is damaged or over 1 MiB, or where the source fails.
std::vector<std::byte> FindPngExif(ByteSource& source);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_CHUNK_WALK_H_
