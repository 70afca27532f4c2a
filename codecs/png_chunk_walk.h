// Chunks behind the image data, found without decoding it. Private to codecs/png_*.cpp.
#ifndef TBBTHUMBS_CODECS_PNG_CHUNK_WALK_H_
#define TBBTHUMBS_CODECS_PNG_CHUNK_WALK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/byte_source.h"

namespace tbbthumbs {

// The data of the first eXIf chunk from the chunk at `offset` on: programs such as ImageMagick write it after the image
// data. Reads only the 8 bytes that begin each chunk, of at most 65,536 chunks. Empty where there is none, where it is
// damaged, or where the source fails.
std::vector<std::byte> FindLateExif(ByteSource& source, uint64_t offset);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_CHUNK_WALK_H_
