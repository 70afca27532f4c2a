#include "codecs/palette_search.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace tbbthumbs {
namespace {

int32_t SumOf(const PalettePoint& point) { return point[0] + point[1] + point[2]; }

}  // namespace

PaletteSearch::PaletteSearch(std::span<const PaletteEntry> entries, bool only_opaque) {
  sorted_.reserve(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const PaletteEntry& entry = entries[i];
    if (only_opaque && !entry.opaque()) continue;
    sorted_.push_back({SumOf(entry.point), entry.point, i});
  }
  std::sort(sorted_.begin(), sorted_.end(),
            [](const Sorted& a, const Sorted& b) { return std::tie(a.sum, a.entry) < std::tie(b.sum, b.entry); });
}

size_t PaletteSearch::Nearest(const PalettePoint& point) const {
  const int32_t sum = SumOf(point);
  const Sorted* const begin = sorted_.data();
  const Sorted* const end = begin + sorted_.size();
  const Sorted* up = std::lower_bound(begin, end, sum, [](const Sorted& a, int32_t value) { return a.sum < value; });
  const Sorted* down = up;  // the one before it is next
  int64_t best = std::numeric_limits<int64_t>::max() / 4;
  size_t nearest = 0;
  const auto look_at = [&](const Sorted& candidate) {
    const int64_t difference = candidate.sum - sum;
    if (difference * difference >= 3 * best) return false;
    const int32_t distance = SquaredDistance(candidate.point, point);
    if (distance < best) {
      best = distance;
      nearest = candidate.entry;
    }
    return true;
  };
  bool more_up = true;
  bool more_down = true;
  while (more_up || more_down) {
    more_up = more_up && up != end && look_at(*up++);
    more_down = more_down && down != begin && look_at(*--down);
  }
  return nearest;
}

}  // namespace tbbthumbs
