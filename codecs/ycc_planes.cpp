#include "codecs/ycc_planes.h"

#include <algorithm>

#include "codecs/ycc_simd.h"

namespace tbbthumbs {
namespace {

const uint8_t* Samples(const std::vector<std::byte>& plane) { return reinterpret_cast<const uint8_t*>(plane.data()); }

int Rounded(int sum) { return (sum + (1 << 15)) >> 16; }

void PixelToRgb(int y, int cb, int cr, uint8_t* rgb) {
  cb -= 128;
  cr -= 128;
  const int colors[3] = {y + cr + Rounded(kRedOfCr * cr), y - cr + Rounded(kGreenOfCb * cb + kGreenOfCr * cr),
                         y + 2 * cb + Rounded(kBlueOfCb * cb)};
  for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(std::clamp(colors[c], 0, 255));
}

}  // namespace

YccPlanes YccPlanes::Make(Size size, Size chroma_size) {
  YccPlanes made{size, chroma_size, {}};
  made.planes[0].resize(size.pixels());
  made.planes[1].resize(chroma_size.pixels());
  made.planes[2].resize(chroma_size.pixels());
  return made;
}

YccPlanes HalveChroma(const YccPlanes& planes) {
  const Size size = planes.size;
  YccPlanes halved{size, ChromaHalved(size), {planes.planes[0], {}, {}}};
  for (size_t p = 1; p < 3; ++p) {
    halved.planes[p].reserve(halved.chroma_size.pixels());
    for (int y = 0; y < size.height; y += 2) {
      const uint8_t* upper = Samples(planes.planes[p]) + static_cast<size_t>(y) * static_cast<size_t>(size.width);
      const uint8_t* lower = y + 1 < size.height ? upper + size.width : upper;
      // Halves are rounded up and down in turn.
      int bias = 1;
      for (int x = 0; x < size.width; x += 2, bias ^= 3) {
        const int right = std::min(x + 1, size.width - 1);
        const int sum = upper[x] + upper[right] + lower[x] + lower[right];
        halved.planes[p].push_back(static_cast<std::byte>((sum + bias) >> 2));
      }
    }
  }
  return halved;
}

Raster YccToRgb(const YccPlanes& planes) {
  Raster raster;
  raster.size = planes.size;
  raster.pixels.resize(planes.size.pixels() * 3);
  YccToRgb(Samples(planes.planes[0]), Samples(planes.planes[1]), Samples(planes.planes[2]), planes.size.pixels(),
           raster.u8().data());
  return raster;
}

void YccToRgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, size_t pixels, uint8_t* rgb) {
  for (size_t i = simd::YccToRgb(y, cb, cr, pixels, rgb); i < pixels; ++i) PixelToRgb(y[i], cb[i], cr[i], rgb + 3 * i);
}

}  // namespace tbbthumbs
