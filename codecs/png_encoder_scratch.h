// What the PNG encoder keeps from picture to picture. Private to codecs/png* and the Workspace.
#ifndef TBBTHUMBS_CODECS_PNG_ENCODER_SCRATCH_H_
#define TBBTHUMBS_CODECS_PNG_ENCODER_SCRATCH_H_

#include <cstdint>
#include <vector>

#include "codecs/png_deflate.h"
#include "codecs/png_filter.h"
#include "codecs/png_reduction.h"
#include "codecs/raw_bytes.h"

namespace tbbthumbs {

struct PngEncoderScratch {
  PngPalette palette;
  PngDeflater deflater;
  PngFilterScratch filter;
  std::vector<uint8_t> direct_rows;  // packed rows, without a palette and with one or in few bits
  std::vector<uint8_t> narrow_rows;
  RawBytes filtered;
  RawBytes stream;  // the compressed ones: the best so far, and the one in question
  RawBytes trial;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_ENCODER_SCRATCH_H_
