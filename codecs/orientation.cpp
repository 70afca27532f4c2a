#include "codecs/orientation.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

namespace tbbthumbs {
namespace {

// Where the upright picture's pixels stand in the stored one, in pixels: at origin + x * per_column + y * per_row.
struct Walk {
  ptrdiff_t origin;
  ptrdiff_t per_column;
  ptrdiff_t per_row;
};

Walk WalkOf(int orientation, Size stored) {
  const ptrdiff_t w = stored.width;
  const ptrdiff_t last_column = w - 1;
  const ptrdiff_t last_row = w * (stored.height - 1);
  switch (orientation) {
    case 2:
      return {last_column, -1, w};
    case 3:
      return {last_row + last_column, -1, -w};
    case 4:
      return {last_row, 1, -w};
    case 5:
      return {0, w, 1};
    case 6:
      return {last_row, -w, 1};
    case 7:
      return {last_row + last_column, -w, -1};
    case 8:
      return {last_column, w, -1};
    default:
      return {0, 1, w};
  }
}

// Square tiles keep both sides of a transposition in the first-level cache: 32 rows of 32 pixels of 8 bytes are 8 KiB.
constexpr int kTile = 32;

// kPixelBytes fixes the size of the copy at compile time; 0: `pixel_bytes` says it.
template <size_t kPixelBytes>
void Turn(const std::byte* in, std::byte* out, Size upright, const Walk& walk, size_t pixel_bytes) {
  const size_t bytes = kPixelBytes == 0 ? pixel_bytes : kPixelBytes;
  const auto step = static_cast<ptrdiff_t>(bytes);
  for (int top = 0; top < upright.height; top += kTile) {
    const int bottom = std::min(top + kTile, upright.height);
    for (int left = 0; left < upright.width; left += kTile) {
      const int right = std::min(left + kTile, upright.width);
      for (int y = top; y < bottom; ++y) {
        const std::byte* from = in + (walk.origin + left * walk.per_column + y * walk.per_row) * step;
        std::byte* to = out + (static_cast<ptrdiff_t>(y) * upright.width + left) * step;
        for (int x = left; x < right; ++x, to += step) {
          std::memcpy(to, from + (x - left) * walk.per_column * step, bytes);
        }
      }
    }
  }
}

}  // namespace

void ApplyOrientation(Raster& raster, int orientation) {
  if (orientation < 2 || orientation > 8) return;
  const Size upright = SwapsSides(orientation) ? raster.size.Transposed() : raster.size;
  const Walk walk = WalkOf(orientation, raster.size);
  const size_t pixel_bytes = static_cast<size_t>(raster.channels()) * SampleBytes(raster.sample);
  std::vector<std::byte> turned(raster.pixels.size());
  const auto turn = [&](auto bytes) {
    Turn<decltype(bytes)::value>(raster.pixels.data(), turned.data(), upright, walk, pixel_bytes);
  };
  switch (pixel_bytes) {
    case 1:
      turn(std::integral_constant<size_t, 1>{});
      break;
    case 3:
      turn(std::integral_constant<size_t, 3>{});
      break;
    case 4:
      turn(std::integral_constant<size_t, 4>{});
      break;
    default:
      turn(std::integral_constant<size_t, 0>{});
  }
  raster.size = upright;
  raster.pixels = std::move(turned);
}

}  // namespace tbbthumbs
