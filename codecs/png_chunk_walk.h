// Chunks behind the image data, found without decoding it. Private to codecs/png_*.cpp.
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

// The data of the first eXIf chunk from the chunk at `offset` on: programs such as ImageMagick write it after the image
// data. Empty where there is none, where it is damaged, or where the source fails.
std::vector<std::byte> FindLateExif(ByteSource& source, uint64_t offset);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_CHUNK_WALK_H_
