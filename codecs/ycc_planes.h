#ifndef TBBTHUMBS_CODECS_YCC_PLANES_H_
#define TBBTHUMBS_CODECS_YCC_PLANES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/raster.h"
#include "codecs/size.h"

namespace tbbthumbs {

// A small picture of ColorModel::kYcc, 8 bits a sample, as three planes without padding between rows. A plain value.
struct YccPlanes {
  Size size;  // of the picture and its luma
  // Of both other planes: that of the luma, or ChromaHalved of it. A halved sample stands for two by two pixels,
  // centred on their common corner; where a side is odd the last one reaches over the edge.
  Size chroma_size;
  std::array<std::vector<std::byte>, 3> planes;  // Y, Cb, Cr

  // Zeros, of the sizes said.
  static YccPlanes Make(Size size, Size chroma_size);
};

constexpr Size ChromaHalved(Size size) { return {(size.width + 1) / 2, (size.height + 1) / 2}; }

// The same picture with chroma planes of ChromaHalved size, means of two by two samples as libjpeg makes them. `planes`
// has chroma of full size.
YccPlanes HalveChroma(const YccPlanes& planes);

// The RGB picture that planes of equal size stand for, each sample rounded to nearest as libjpeg does it.
Raster YccToRgb(const YccPlanes& planes);

// The same of a run of pixels, into interleaved RGB.
void YccToRgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, size_t pixels, uint8_t* rgb);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_YCC_PLANES_H_
