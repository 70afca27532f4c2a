// How the pixels of a PNG are stored. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_LAYOUT_H_
#define TBBTHUMBS_CODECS_PNG_LAYOUT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "codecs/size.h"

namespace tbbthumbs {

class PngReadSession;  // codecs/png_session.h

// As IHDR numbers them.
enum class PngColorType : uint8_t { kGray = 0, kRgb = 2, kPalette = 3, kGrayAlpha = 4, kRgba = 6 };

// How the pixels of a PNG are stored.
struct PngLayout {
  Size size;
  PngColorType color = PngColorType::kRgb;
  int depth = 8;  // bits a sample: 1, 2, 4, 8 or 16
  bool interlaced = false;
  // Of kPalette: red, green, blue and alpha; what the file leaves out is black, or opaque.
  std::array<std::array<uint8_t, 4>, 256> palette{};
  bool palette_alpha = false;  // the file gives some
  // Of gray and RGB: the one colour that is transparent, in samples of the file (gray: the first).
  std::optional<std::array<uint16_t, 3>> key;

  int pixel_bits() const;
  size_t row_bytes() const;  // without the filter byte
  // What the image data inflates to: rows, each behind its filter byte, of the picture or of its seven passes.
  uint64_t InflatedBytes() const;
  bool HasAlpha() const;
  // What comes out of RowExpander: gray or RGB, alpha, and 8 or 16 bits a sample.
  int channels_out() const;
  size_t row_bytes_out() const;
};

// What libpng read in front of the image data.
PngLayout ReadPngLayout(const PngReadSession& session);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_LAYOUT_H_
