#include "bench/made_pictures.h"

#include "codecs/jpeg_encoder.h"

namespace tbbthumbs::bench {

Raster MakePicture(Size size, uint32_t seed) {
  Raster raster;
  raster.size = size;
  raster.pixels.resize(size.pixels() * 3);
  uint32_t random = seed;
  size_t at = 0;
  for (uint32_t y = 0; y < static_cast<uint32_t>(size.height); ++y) {
    for (uint32_t x = 0; x < static_cast<uint32_t>(size.width); ++x) {
      for (uint32_t channel = 0; channel < 3; ++channel, ++at) {
        // Knuth, The Art of Computer Programming 2, 3.3.4, table 1, line 16; the high bits are the random ones.
        random = random * 1664525 + 1013904223;
        raster.pixels[at] = static_cast<std::byte>((x / 8 + y / 5 + channel * 40 + seed * 16) % 200 + (random >> 28));
      }
    }
  }
  return raster;
}

Result<std::vector<std::byte>> MakeJpegPicture(Size size, uint32_t seed) {
  return EncodeJpeg(MakePicture(size, seed), {.quality = 85});
}

}  // namespace tbbthumbs::bench
