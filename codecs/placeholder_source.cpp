#include "codecs/placeholder_source.h"

#include <algorithm>
#include <cmath>

namespace tbbthumbs {
namespace {

// Shorter pictures say too little: the highest frequency of a ThumbHash has seven half waves.
constexpr int kMinPlaceholderSide = 32;

// Not stretched, but for rounding.
bool SameShape(Size a, Size b) {
  const double skew = 1.0 * a.width * b.height - 1.0 * a.height * b.width;
  return std::abs(skew) <= std::max(b.width, b.height);
}

}  // namespace

std::optional<size_t> PlaceholderSource(const std::vector<ResizeTarget>& targets, Size wanted, Size stored) {
  std::optional<size_t> source;
  const auto better = [&wanted](Size size, Size than) {
    if (than.pixels() < wanted.pixels()) return size.pixels() > than.pixels();
    return size.pixels() >= wanted.pixels() && size.pixels() < than.pixels();
  };
  for (size_t i = 0; i < targets.size(); ++i) {
    const Size size = targets[i].scaled;
    const bool whole = targets[i].window == Window{0, 0, size} && SameShape(size, stored);
    const bool large = size == wanted || std::max(size.width, size.height) >= kMinPlaceholderSide;
    const bool enlarged = size.width > stored.width || size.height > stored.height;
    if (whole && large && !enlarged && (!source || better(size, targets[*source].scaled))) source = i;
  }
  return source;
}

}  // namespace tbbthumbs
