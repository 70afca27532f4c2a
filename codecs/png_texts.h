// What the text chunks of a PNG say. Private to codecs/png_*.cpp.
#ifndef TBBTHUMBS_CODECS_PNG_TEXTS_H_
#define TBBTHUMBS_CODECS_PNG_TEXTS_H_

#include "codecs/byte_source.h"
#include "codecs/metadata.h"

namespace tbbthumbs {

// Of the texts (tEXt, iTXt; XMP also compressed) wherever they stand in the file: the XMP packet, and Copyright and
// Author in UTF-8, of at most 1,000 bytes each, as far as they are `wanted`; the first of each. Reads the beginnings of
// all chunks and at most 64 texts, of up to 66 KB.
void ReadPngTexts(ByteSource& source, const KeptMetadata& wanted, SourceMetadata& metadata);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_TEXTS_H_
