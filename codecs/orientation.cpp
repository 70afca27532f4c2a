#include "codecs/orientation.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

namespace tbbthumbs {
namespace {

constexpr uint32_t kOrientationTag = 0x0112;
constexpr size_t kEntryBytes = 12;

// Numbers of a TIFF block in its own byte order. Reading past the end gives nothing.
class TiffReader {
 public:
  TiffReader(std::span<const std::byte> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  // An unsigned number of `count` bytes, 1 to 4.
  std::optional<uint32_t> Number(size_t offset, size_t count) const {
    if (offset > bytes_.size() || bytes_.size() - offset < count) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      const size_t at = offset + (big_endian_ ? i : count - 1 - i);
      value = value << 8 | std::to_integer<uint32_t>(bytes_[at]);
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  bool big_endian_;
};

// The standard says SHORT; BYTE and LONG occur.
size_t TypeBytes(uint32_t type) {
  switch (type) {
    case 1:
      return 1;
    case 3:
      return 2;
    case 4:
      return 4;
    default:
      return 0;
  }
}

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

int ReadExifOrientation(std::span<const std::byte> tiff) {
  if (tiff.size() < 8 || tiff[0] != tiff[1]) return 1;
  const bool big_endian = tiff[0] == std::byte{'M'};
  if (!big_endian && tiff[0] != std::byte{'I'}) return 1;
  const TiffReader reader(tiff, big_endian);
  if (reader.Number(2, 2) != 42u) return 1;
  const size_t directory = *reader.Number(4, 4);
  const uint32_t entries = reader.Number(directory, 2).value_or(0);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + kEntryBytes * i;
    const std::optional<uint32_t> tag = reader.Number(entry, 2);
    if (!tag) return 1;
    if (*tag != kOrientationTag) continue;
    const size_t value_bytes = TypeBytes(reader.Number(entry + 2, 2).value_or(0));
    const uint32_t count = reader.Number(entry + 4, 4).value_or(0);
    if (value_bytes == 0 || count == 0) return 1;
    const uint32_t value = reader.Number(entry + 8, value_bytes).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

void ApplyOrientation(Raster& raster, int orientation) {
  if (orientation < 2 || orientation > 8) return;
  const Size upright = SwapsSides(orientation) ? raster.size.Transposed() : raster.size;
  const Walk walk = WalkOf(orientation, raster.size);
  const size_t pixel_bytes = static_cast<size_t>(raster.channels()) * SampleBytes(raster.sample);
  std::vector<std::byte> turned(raster.pixels.size());
  const auto turn = [&]<size_t kPixelBytes>(std::integral_constant<size_t, kPixelBytes>) {
    Turn<kPixelBytes>(raster.pixels.data(), turned.data(), upright, walk, pixel_bytes);
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
