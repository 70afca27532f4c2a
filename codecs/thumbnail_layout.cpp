#include "codecs/thumbnail_layout.h"

#include <algorithm>
#include <cmath>

namespace tbbthumbs {
namespace {

// JPEG's own limit, and what any of a picture may become.
constexpr int kMaxSide = 65'500;
// Where the pixels decide what is cut off, all that may be shown has to be made: so many times the thumbnail at most.
// Longer pictures are cut in their middle.
constexpr uint64_t kMostMade = 16;

struct Scales {
  double x = 1;
  double y = 1;
};

double Limited(double scale, Scaling scaling) {
  if (scaling == Scaling::kShrink) return std::min(scale, 1.0);
  if (scaling == Scaling::kEnlarge) return std::max(scale, 1.0);
  return scale;
}

Scales ScalesFor(Size upright, const SizeSpec& spec) {
  if (spec.percent > 0) return {Limited(spec.percent / 100, spec.scaling), Limited(spec.percent / 100, spec.scaling)};
  double x = static_cast<double>(spec.width) / upright.width;
  double y = static_cast<double>(spec.height) / upright.height;
  if (spec.width == 0) x = spec.fit == Fit::kFill ? 1 : y;
  if (spec.height == 0) y = spec.fit == Fit::kFill ? 1 : x;
  if (spec.fit == Fit::kInside || spec.fit == Fit::kPad) x = y = std::min(x, y);
  if (spec.fit == Fit::kCover) x = y = std::max(x, y);
  return {Limited(x, spec.scaling), Limited(y, spec.scaling)};
}

int ScaledSide(int side, double scale, int most) {
  return static_cast<int>(std::clamp(std::round(side * scale), 1.0, most + 0.0));
}

// The window of a picture of one axis that a box of `box` pixels shows; 0 shows all.
int ShownSide(int scaled, int box) { return box > 0 ? std::min(scaled, box) : scaled; }

}  // namespace

int HorizontalSide(Gravity gravity) {
  switch (gravity) {
    case Gravity::kNorthwest:
    case Gravity::kWest:
    case Gravity::kSouthwest:
      return -1;
    case Gravity::kNortheast:
    case Gravity::kEast:
    case Gravity::kSoutheast:
      return 1;
    default:
      return 0;
  }
}

int VerticalSide(Gravity gravity) {
  switch (gravity) {
    case Gravity::kNorthwest:
    case Gravity::kNorth:
    case Gravity::kNortheast:
      return -1;
    case Gravity::kSouthwest:
    case Gravity::kSouth:
    case Gravity::kSoutheast:
      return 1;
    default:
      return 0;
  }
}

int Placed(int outer, int inner, int side, bool cut) {
  const int room = outer - inner;
  return side < 0 ? 0 : side > 0 ? room : (room + (cut ? 1 : 0)) / 2;
}

Layout LayOut(Size upright, const SizeSpec& spec) {
  const Scales scales = ScalesFor(upright, spec);
  // What is cut off may be longer than any picture: a line of 30,000 pixels that covers a square.
  const int most = spec.fit == Fit::kCover ? 1 << 30 : kMaxSide;
  Layout layout;
  layout.scaled = {ScaledSide(upright.width, scales.x, most), ScaledSide(upright.height, scales.y, most)};
  layout.window.size = layout.scaled;
  const int right = HorizontalSide(spec.gravity);
  const int down = VerticalSide(spec.gravity);
  if (spec.fit == Fit::kCover) {
    layout.shown = {ShownSide(layout.scaled.width, spec.width), ShownSide(layout.scaled.height, spec.height)};
    const bool by_pixels = spec.gravity == Gravity::kAttention || spec.gravity == Gravity::kEntropy;
    if (!by_pixels || layout.scaled.pixels() > kMostMade * layout.shown.pixels()) {
      layout.window = {Placed(layout.scaled.width, layout.shown.width, right, true),
                       Placed(layout.scaled.height, layout.shown.height, down, true), layout.shown};
    }
  }
  layout.shown = spec.fit == Fit::kCover ? layout.shown : layout.window.size;
  layout.canvas = layout.shown;
  if (spec.fit == Fit::kPad) {
    layout.canvas = {std::max(spec.width, layout.shown.width), std::max(spec.height, layout.shown.height)};
    layout.left = Placed(layout.canvas.width, layout.shown.width, right, false);
    layout.top = Placed(layout.canvas.height, layout.shown.height, down, false);
  }
  return layout;
}

Size ThumbnailSize(Size upright, const SizeSpec& spec) { return LayOut(upright, spec).canvas; }

Window StoredWindow(const Window& window, Size upright, int orientation) {
  const int right = upright.width - window.x - window.size.width;
  const int below = upright.height - window.y - window.size.height;
  const Size turned = window.size.Transposed();
  switch (orientation) {
    case 2:  // mirrored
      return {right, window.y, window.size};
    case 3:  // upside down
      return {right, below, window.size};
    case 4:  // upside down, mirrored
      return {window.x, below, window.size};
    case 5:  // transposed
      return {window.y, window.x, turned};
    case 6:  // to be turned clockwise: the stored picture's left side is the upright one's top
      return {window.y, right, turned};
    case 7:  // transposed along the other diagonal
      return {below, right, turned};
    case 8:  // to be turned counterclockwise
      return {below, window.x, turned};
    default:
      return window;
  }
}

}  // namespace tbbthumbs
