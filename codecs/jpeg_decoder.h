#ifndef TBBTHUMBS_CODECS_JPEG_DECODER_H_
#define TBBTHUMBS_CODECS_JPEG_DECODER_H_

#include <memory>

#include "codecs/decoder.h"

namespace tbbthumbs {

// Opens a JPEG (libjpeg-turbo): baseline, extended and progressive Huffman, arithmetic; gray, YCbCr, RGB, CMYK, YCCK,
// any legal sampling. 12-bit and lossless files are kUnsupported.
[[nodiscard]] Result<std::unique_ptr<Decoder>> OpenJpeg(ByteSource& source, const DecodeLimits& limits,
                                                        const KeptMetadata& wanted = {});

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_DECODER_H_
