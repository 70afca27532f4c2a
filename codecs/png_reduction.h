// What a picture can be stored as in a PNG without losing anything. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_REDUCTION_H_
#define TBBTHUMBS_CODECS_PNG_REDUCTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/png_layout.h"
#include "codecs/raster.h"

namespace tbbthumbs {

// How pixels are stored.
struct PngStorage {
  PngColorType color = PngColorType::kRgb;
  int depth = 8;  // bits a sample; below 8 only gray and palette

  int channels() const;
  size_t row_bytes(int width) const;
  friend bool operator==(const PngStorage&, const PngStorage&) = default;
};

// A pixel with 8 bits a channel: red in the lowest ones, then green, blue and alpha.
using Rgba32 = uint32_t;

// The colours of a picture, if they are at most as many as a palette holds.
class PngPalette {
 public:
  static constexpr size_t kMaxColors = 256;

  // Those of `raster` in the order of a PLTE chunk: transparent ones first, then from dark to light. False where there
  // are more than `most` (at most kMaxColors); stops looking there.
  bool Collect(const Raster& raster, size_t most);

  std::span<const Rgba32> colors() const { return std::span(colors_).first(count_); }
  // Those at the front that are not opaque.
  size_t transparent() const { return transparent_; }
  // Bits an index: 1, 2, 4 or 8.
  int depth() const;
  // Of a colour that is in it.
  uint8_t IndexOf(Rgba32 color) const { return indices_[FindSlot(color)]; }

 private:
  // A hash table with a load of at most a quarter.
  static constexpr size_t kSlots = 1024;
  size_t FindSlot(Rgba32 color) const;

  std::array<Rgba32, kMaxColors> colors_{};
  size_t count_ = 0;
  size_t transparent_ = 0;
  std::array<Rgba32, kSlots> keys_{};
  std::array<uint8_t, kSlots> indices_{};
  std::array<bool, kSlots> used_{};
};

// The smallest storage without a palette: no alpha where all pixels are opaque, gray where red, green and blue are the
// same everywhere (unless RGB has to stay RGB), less than 8 bits where every gray is one of those that fewer bits have.
PngStorage DirectStorage(const Raster& raster, bool rgb_stays = false);

// The rows of `raster` in `storage`, which must be able to hold it, packed as in the file. Of a palette that was
// collected from the raster.
void PackRows(const Raster& raster, const PngStorage& storage, const PngPalette& palette, std::vector<uint8_t>& rows);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_REDUCTION_H_
