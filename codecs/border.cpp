#include "codecs/border.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "codecs/alpha.h"
#include "codecs/resizer.h"

namespace tbbthumbs {
namespace {

// The long side of the copy that is enlarged again: so few pixels that nothing in it can be made out.
constexpr int kBlurredSide = 12;

void GrayToRgb(Raster& raster) {
  Raster rgb{raster.size, ColorModel::kRgb, raster.alpha, raster.sample, {}};
  rgb.pixels.reserve(rgb.row_bytes() * static_cast<size_t>(rgb.size.height));
  for (size_t i = 0; i < raster.pixels.size(); ++i) {
    rgb.pixels.insert(rgb.pixels.end(), 3, raster.pixels[i]);
    if (raster.alpha) rgb.pixels.push_back(raster.pixels[++i]);
  }
  raster = std::move(rgb);
}

void PutOn(Raster& canvas, const Raster& raster, const Layout& layout) {
  const size_t offset = static_cast<size_t>(layout.left) * static_cast<size_t>(canvas.channels());
  for (int y = 0; y < raster.size.height; ++y) {
    const auto row = raster.row(y);
    std::memcpy(canvas.row(layout.top + y).data() + offset, row.data(), row.size());
  }
}

Raster Resized(const Raster& raster, const ResizeTarget& target, Kernel kernel, TapCache& taps) {
  Resizer resizer(target, kernel, taps);
  Premultiplier rows(resizer);
  const Size size = raster.size;
  RowFormat format{raster.color, raster.alpha, raster.sample, {}};
  format.planes = {{size.width, size.height, raster.channels(), size.width + 0.0, size.height + 0.0}};
  Status status = rows.Begin(format);
  for (int y = 0; status && y < size.height; ++y) status = rows.Row(0, raster.row(y));
  if (status) status = rows.End();
  Raster resized = status ? resizer.Take() : Raster();
  Unpremultiply(resized);
  return resized;
}

}  // namespace

void AddBorder(Raster& raster, const Layout& layout, Rgb8 color) {
  const bool grey = color.red == color.green && color.green == color.blue;
  if (raster.color == ColorModel::kGray && !grey) GrayToRgb(raster);
  Raster canvas{layout.canvas, raster.color, raster.alpha, raster.sample, {}};
  canvas.pixels.resize(canvas.row_bytes() * static_cast<size_t>(canvas.size.height));
  std::array<uint8_t, 4> pixel{color.red, color.green, color.blue, 255};
  if (raster.color == ColorModel::kGray) pixel[1] = 255;
  const auto channels = static_cast<size_t>(canvas.channels());
  for (size_t i = 0; i < canvas.pixels.size(); i += channels) {
    std::memcpy(canvas.pixels.data() + i, pixel.data(), channels);
  }
  PutOn(canvas, raster, layout);
  raster = std::move(canvas);
}

void AddBlurredBorder(Raster& raster, const Layout& layout, TapCache& taps) {
  const Size size = raster.size;
  const double shrink = std::min(1.0, 1.0 * kBlurredSide / std::max(size.width, size.height));
  const auto few = [shrink](int side) { return std::max(1, static_cast<int>(side * shrink + 0.5)); };
  const Raster coarse = Resized(raster, ResizeTarget(Size{few(size.width), few(size.height)}), Kernel::kArea, taps);
  SizeSpec cover{
      .width = layout.canvas.width, .height = layout.canvas.height, .fit = Fit::kCover, .scaling = Scaling::kBoth};
  const Layout covering = LayOut(coarse.size, cover);
  Raster canvas = Resized(coarse, {covering.scaled, covering.window}, Kernel::kMitchell, taps);
  PutOn(canvas, raster, layout);
  raster = std::move(canvas);
}

}  // namespace tbbthumbs
