#include "codecs/palette_mapping.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace tbbthumbs {
namespace {

// Steps between colours are seen where neighbours that differ get the same one, and nowhere else: there errors are
// spread whole, elsewhere less of them, which only makes noise. In sixteenths, by how many of the four neighbours get
// the same colour without dithering. (The idea of pngquant's dither map.)
constexpr std::array<int32_t, 5> kStrengths = {0, 2, 6, 10, 14};

std::vector<int32_t> StrengthsOf(std::span<const PalettePixel> mapped, Size size) {
  const auto width = static_cast<size_t>(size.width);
  std::vector<int32_t> strengths(mapped.size());
  for (size_t i = 0; i < mapped.size(); ++i) {
    const size_t x = i % width;
    size_t same = 0;
    same += x > 0 && mapped[i - 1] == mapped[i];
    same += x + 1 < width && mapped[i + 1] == mapped[i];
    same += i >= width && mapped[i - width] == mapped[i];
    same += i + width < mapped.size() && mapped[i + width] == mapped[i];
    strengths[i] = kStrengths[same];
  }
  return strengths;
}

}  // namespace

void MapToPalette(std::span<PalettePixel> pixels, std::span<const PaletteEntry> entries) {
  const PaletteSearch opaque(entries, true);
  const PaletteSearch all(entries, false);
  PalettePixel last = 0;
  PalettePixel nearest = 0;
  for (PalettePixel& pixel : pixels) {
    if (pixel != last) {
      last = pixel;
      const int32_t alpha = AlphaOf(pixel);
      nearest = alpha == 0 ? 0 : entries[(alpha == 255 ? opaque : all).Nearest(PointOf(LightOf(pixel)))].pixel;
    }
    pixel = nearest;
  }
}

void DitherToPalette(std::span<PalettePixel> pixels, Size size, std::span<const PaletteEntry> entries) {
  const PaletteSearch opaque(entries, true);
  const PaletteSearch all(entries, false);
  const auto width = static_cast<size_t>(size.width);
  std::vector<PalettePixel> mapped(pixels.begin(), pixels.end());
  MapToPalette(mapped, entries);
  const std::vector<int32_t> strengths = StrengthsOf(mapped, size);
  // Sixteen times what a pixel has coming, one more at each end.
  std::vector<PalettePoint> here(width + 2);
  std::vector<PalettePoint> below(width + 2);
  for (size_t y = 0; y < static_cast<size_t>(size.height); ++y) {
    const bool leftwards = y % 2 == 1;
    for (size_t i = 0; i < width; ++i) {
      const size_t x = leftwards ? width - 1 - i : i;
      PalettePixel& pixel = pixels[y * width + x];
      const int32_t alpha = AlphaOf(pixel);
      if (alpha == 0) {
        pixel = 0;
        continue;
      }
      PalettePoint point = PointOf(LightOf(pixel));
      for (size_t c = 0; c < 4; ++c) {
        point[c] = std::clamp(point[c] + here[x + 1][c] * strengths[y * width + x] / 256,
                              -PaletteSearch::kMostCoordinate, PaletteSearch::kMostCoordinate);
      }
      const PaletteEntry& entry = entries[(alpha == 255 ? opaque : all).Nearest(point)];
      pixel = entry.pixel;
      const size_t next = leftwards ? x : x + 2;
      const size_t previous = leftwards ? x + 2 : x;
      for (size_t c = 0; c < 4; ++c) {
        const int32_t error = point[c] - entry.point[c];
        here[next][c] += 7 * error;
        below[previous][c] += 3 * error;
        below[x + 1][c] += 5 * error;
        below[next][c] += error;
      }
    }
    std::swap(here, below);
    std::fill(below.begin(), below.end(), PalettePoint{});
  }
}

}  // namespace tbbthumbs
