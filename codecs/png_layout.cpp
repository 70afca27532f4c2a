#include "codecs/png_layout.h"

#include "codecs/png_session.h"

namespace tbbthumbs {
namespace {

constexpr int kPasses = 7;

int StoredChannels(PngColorType color) {
  switch (color) {
    case PngColorType::kRgb:
      return 3;
    case PngColorType::kGrayAlpha:
      return 2;
    case PngColorType::kRgba:
      return 4;
    default:
      return 1;
  }
}

}  // namespace

int PngLayout::pixel_bits() const { return StoredChannels(color) * depth; }

size_t PngLayout::row_bytes() const {
  return (static_cast<size_t>(size.width) * static_cast<size_t>(pixel_bits()) + 7) / 8;
}

bool PngLayout::HasAlpha() const {
  return color == PngColorType::kGrayAlpha || color == PngColorType::kRgba ||
         (color == PngColorType::kPalette ? palette_alpha : key.has_value());
}

int PngLayout::channels_out() const {
  const bool gray = color == PngColorType::kGray || color == PngColorType::kGrayAlpha;
  return (gray ? 1 : 3) + (HasAlpha() ? 1 : 0);
}

size_t PngLayout::row_bytes_out() const {
  return static_cast<size_t>(size.width) * static_cast<size_t>(channels_out()) * (depth == 16 ? 2 : 1);
}

uint64_t PngLayout::InflatedBytes() const {
  const auto rows_of = [this](uint64_t width, uint64_t height) {
    return width == 0 ? 0 : height * (1 + (width * static_cast<uint64_t>(pixel_bits()) + 7) / 8);
  };
  if (!interlaced) return rows_of(static_cast<uint64_t>(size.width), static_cast<uint64_t>(size.height));
  uint64_t bytes = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    bytes += rows_of(PNG_PASS_COLS(static_cast<uint32_t>(size.width), pass),
                     PNG_PASS_ROWS(static_cast<uint32_t>(size.height), pass));
  }
  return bytes;
}

PngLayout ReadPngLayout(const PngReadSession& session) {
  const png_structp png = session.png();
  const png_infop info = session.info();
  PngLayout layout;
  layout.size = {static_cast<int>(png_get_image_width(png, info)), static_cast<int>(png_get_image_height(png, info))};
  layout.color = static_cast<PngColorType>(png_get_color_type(png, info));
  layout.depth = png_get_bit_depth(png, info);
  layout.interlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
  png_bytep alphas = nullptr;
  int alpha_count = 0;
  png_color_16p key = nullptr;
  // Where PLTE comes behind it, libpng drops what tRNS said but not that it was there.
  const bool transparent = png_get_tRNS(png, info, &alphas, &alpha_count, &key) != 0 && alpha_count > 0;
  if (layout.color != PngColorType::kPalette) {
    if (transparent && key != nullptr && layout.color == PngColorType::kGray) layout.key = {key->gray, 0, 0};
    if (transparent && key != nullptr && layout.color == PngColorType::kRgb) {
      layout.key = {key->red, key->green, key->blue};
    }
    return layout;
  }
  png_colorp palette = nullptr;
  int entries = 0;
  png_get_PLTE(png, info, &palette, &entries);
  layout.palette_alpha = transparent && alphas != nullptr;
  for (int i = 0; i < static_cast<int>(layout.palette.size()); ++i) {
    const png_color color = i < entries ? palette[i] : png_color{};
    const png_byte alpha = layout.palette_alpha && i < alpha_count ? alphas[i] : png_byte{255};
    layout.palette[i] = {color.red, color.green, color.blue, alpha};
  }
  return layout;
}

}  // namespace tbbthumbs
