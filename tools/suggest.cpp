#include "tools/suggest.h"

#include <algorithm>
#include <vector>

namespace tbbthumbs::tool {

size_t EditDistance(std::string_view a, std::string_view b) {
  // Rows of the usual table for a[0, i - 2), a[0, i - 1) and a[0, i); a swap looks two rows back.
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string_view> Nearest(std::string_view wrong, std::span<const std::string_view> candidates) {
  std::optional<std::string_view> begun;
  bool several = false;
  std::optional<std::string_view> nearest;
  size_t nearest_distance = std::max<size_t>(1, wrong.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (!wrong.empty() && candidate.starts_with(wrong)) {
      several = begun.has_value();
      if (!begun) begun = candidate;
    }
    const size_t distance = EditDistance(wrong, candidate);
    if (distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  if (begun && !several) return begun;
  return nearest ? nearest : begun;
}

}  // namespace tbbthumbs::tool
