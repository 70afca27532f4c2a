#include "codecs/palette_histogram.h"

#include <array>
#include <optional>
#include <utility>

namespace tbbthumbs {
namespace {

constexpr size_t kMostBuckets = 16384;
// A hash table with a load of at most a quarter.
constexpr int kSlotBits = 16;
constexpr size_t kSlots = size_t{1} << kSlotBits;

struct Sums {
  std::array<int64_t, 4> light{};
  int64_t count = 0;
  bool opaque = false;
};

// With the last `dropped` bits of each channel left out; nothing where that are too many buckets.
std::optional<ColorHistogram> Count(std::span<const PalettePixel> pixels, int dropped) {
  const PalettePixel mask = 0x01010101u * (0xFFu >> dropped << dropped);
  std::vector<PalettePixel> keys(kSlots);
  std::vector<uint32_t> numbers(kSlots);  // of buckets, from 1
  std::vector<Sums> sums;
  ColorHistogram histogram;
  PalettePixel last = 0;
  size_t last_number = 0;
  for (const PalettePixel pixel : pixels) {
    const int32_t alpha = AlphaOf(pixel);
    if (alpha == 0) {
      histogram.transparent = true;
      continue;
    }
    if (pixel != last || last_number == 0) {
      // Opaque ones keep all bits of their alpha: none of the others has that key.
      const PalettePixel key = pixel & (alpha == 255 ? mask | 0xFF000000 : mask);
      size_t slot = key * 0x9E3779B1u >> (32 - kSlotBits);
      while (numbers[slot] != 0 && keys[slot] != key) slot = (slot + 1) % kSlots;
      if (numbers[slot] == 0) {
        if (sums.size() == kMostBuckets) return std::nullopt;
        sums.push_back({.opaque = alpha == 255});
        keys[slot] = key;
        numbers[slot] = static_cast<uint32_t>(sums.size());
      }
      last = pixel;
      last_number = numbers[slot];
    }
    Sums& sum = sums[last_number - 1];
    const PaletteLight light = LightOf(pixel);
    for (size_t c = 0; c < 4; ++c) sum.light[c] += light[c];
    ++sum.count;
  }
  histogram.exact = dropped == 0;
  histogram.buckets.reserve(sums.size());
  for (const Sums& sum : sums) {
    ColorBucket bucket{.count = sum.count, .opaque = sum.opaque};
    for (size_t c = 0; c < 4; ++c) bucket.mean[c] = static_cast<int32_t>((sum.light[c] + sum.count / 2) / sum.count);
    bucket.point = PointOf(bucket.mean);
    histogram.buckets.push_back(bucket);
  }
  return histogram;
}

}  // namespace

ColorHistogram CountColors(std::span<const PalettePixel> pixels) {
  // Five bits dropped leave three, and at most 8^4 + 8^3 buckets.
  for (int dropped = 0; dropped < 5; ++dropped) {
    if (auto histogram = Count(pixels, dropped)) return std::move(*histogram);
  }
  return *Count(pixels, 5);
}

}  // namespace tbbthumbs
