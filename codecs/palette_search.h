// The colours of a palette, and which of them is nearest. Private to codecs/palette*.
#ifndef TBBTHUMBS_CODECS_PALETTE_SEARCH_H_
#define TBBTHUMBS_CODECS_PALETTE_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/palette_color.h"

namespace tbbthumbs {

struct PaletteEntry {
  PalettePixel pixel = 0;
  PalettePoint point{};
  bool opaque() const { return AlphaOf(pixel) == 255; }
};

inline int32_t SquaredDistance(const PalettePoint& a, const PalettePoint& b) {
  int32_t sum = 0;
  for (size_t c = 0; c < 4; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

// Exact. Entries are sorted by the sum of their colours, and looked at from there outwards: since the difference of the
// sums of three coordinates is at most sqrt(3) times the distance, about an eighth of them is. (The idea of Friedman,
// Baskett and Shustek: "An algorithm for finding nearest neighbors", IEEE Transactions on Computers C-24, 1975.)
class PaletteSearch {
 public:
  // Points whose coordinates are within this: squares of distances fit 32 bits.
  static constexpr int32_t kMostCoordinate = 8160;

  // Of some entries, at least one, which must outlive it.
  PaletteSearch(std::span<const PaletteEntry> entries, bool only_opaque);

  bool empty() const { return sorted_.empty(); }

  // The number among `entries` of the one nearest to `point`; of equals always the same. Not when empty.
  size_t Nearest(const PalettePoint& point) const;

 private:
  struct Sorted {
    int32_t sum = 0;
    PalettePoint point{};
    size_t entry = 0;
  };
  std::vector<Sorted> sorted_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PALETTE_SEARCH_H_
