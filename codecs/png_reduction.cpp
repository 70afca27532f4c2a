#include "codecs/png_reduction.h"

#include <algorithm>
#include <cstring>

namespace tbbthumbs {
namespace {

constexpr Rgba32 kOpaque = 0xFF000000;

constexpr uint32_t Red(Rgba32 color) { return color & 0xFF; }
constexpr uint32_t Green(Rgba32 color) { return color >> 8 & 0xFF; }
constexpr uint32_t Blue(Rgba32 color) { return color >> 16 & 0xFF; }
constexpr uint32_t Alpha(Rgba32 color) { return color >> 24; }
constexpr bool IsGray(Rgba32 color) { return ((color ^ color >> 8) & 0xFFFF) == 0; }

// Rec. 601 in thousandths: near enough to sort by.
constexpr uint32_t Luma(Rgba32 color) { return 299 * Red(color) + 587 * Green(color) + 114 * Blue(color); }

template <int kChannels>
Rgba32 LoadPixel(const uint8_t* pixel) {
  if constexpr (kChannels <= 2) {
    return pixel[0] * 0x010101u | (kChannels == 2 ? Rgba32{pixel[kChannels - 1]} << 24 : kOpaque);
  } else {
    return Rgba32{pixel[0]} | Rgba32{pixel[1]} << 8 | Rgba32{pixel[2]} << 16 |
           (kChannels == 4 ? Rgba32{pixel[kChannels - 1]} << 24 : kOpaque);
  }
}

// Calls `visit` with every pixel in turn until it returns false. Returns whether it never did.
template <int kChannels, class Visit>
bool VisitPixels(std::span<const uint8_t> samples, Visit&& visit) {
  for (size_t i = 0; i + kChannels <= samples.size(); i += kChannels) {
    if (!visit(LoadPixel<kChannels>(samples.data() + i))) return false;
  }
  return true;
}

template <class Visit>
bool VisitPixels(const Raster& raster, Visit&& visit) {
  switch (raster.channels()) {
    case 1:
      return VisitPixels<1>(raster.u8(), visit);
    case 2:
      return VisitPixels<2>(raster.u8(), visit);
    case 3:
      return VisitPixels<3>(raster.u8(), visit);
    default:
      return VisitPixels<4>(raster.u8(), visit);
  }
}

// The fewest bits that hold every gray of the picture: a sample of n bits stands for multiples of 255 / (2^n - 1).
int GrayDepth(const Raster& raster) {
  std::array<bool, 256> seen{};
  VisitPixels(raster, [&](Rgba32 pixel) {
    seen[Red(pixel)] = true;
    return true;
  });
  for (const int depth : {1, 2, 4}) {
    const size_t step = 255u / ((1u << depth) - 1);
    bool fits = true;
    for (size_t gray = 0; gray < seen.size(); ++gray) fits &= !seen[gray] || gray % step == 0;
    if (fits) return depth;
  }
  return 8;
}

// Puts samples of fewer than 8 bits together, the first into the highest bits.
class BitPacker {
 public:
  BitPacker(int depth, uint8_t* to) : depth_(depth), to_(to) {}
  void Put(uint32_t sample) {
    bits_ = bits_ << depth_ | sample;
    filled_ += depth_;
    if (filled_ == 8) Flush();
  }
  // Fills the last byte of a row with zeros.
  void EndRow() {
    if (filled_ == 0) return;
    bits_ <<= 8 - filled_;
    Flush();
  }

 private:
  void Flush() {
    *to_++ = static_cast<uint8_t>(bits_);
    bits_ = 0;
    filled_ = 0;
  }

  int depth_;
  uint8_t* to_;
  uint32_t bits_ = 0;
  int filled_ = 0;
};

// Writes what `sample` makes of every pixel, `depth` bits each.
template <class Sample>
void PackSamples(const Raster& raster, int depth, uint8_t* to, Sample&& sample) {
  if (depth == 8) {
    VisitPixels(raster, [&](Rgba32 pixel) {
      *to++ = static_cast<uint8_t>(sample(pixel));
      return true;
    });
    return;
  }
  BitPacker packer(depth, to);
  int x = 0;
  VisitPixels(raster, [&](Rgba32 pixel) {
    packer.Put(sample(pixel));
    if (++x == raster.size.width) {
      packer.EndRow();
      x = 0;
    }
    return true;
  });
}

// Whole bytes a channel.
void PackChannels(const Raster& raster, PngColorType color, uint8_t* to) {
  const bool rgb = color == PngColorType::kRgb || color == PngColorType::kRgba;
  const bool alpha = color == PngColorType::kGrayAlpha || color == PngColorType::kRgba;
  VisitPixels(raster, [&](Rgba32 pixel) {
    *to++ = static_cast<uint8_t>(Red(pixel));
    if (rgb) {
      *to++ = static_cast<uint8_t>(Green(pixel));
      *to++ = static_cast<uint8_t>(Blue(pixel));
    }
    if (alpha) *to++ = static_cast<uint8_t>(Alpha(pixel));
    return true;
  });
}

}  // namespace

int PngStorage::channels() const {
  switch (color) {
    case PngColorType::kGray:
    case PngColorType::kPalette:
      return 1;
    case PngColorType::kGrayAlpha:
      return 2;
    case PngColorType::kRgb:
      return 3;
    case PngColorType::kRgba:
      return 4;
  }
  return 4;
}

size_t PngStorage::row_bytes(int width) const {
  return (static_cast<size_t>(width) * static_cast<size_t>(channels() * depth) + 7) / 8;
}

size_t PngPalette::FindSlot(Rgba32 color) const {
  size_t slot = color * 0x9E3779B1u >> 22;  // Fibonacci hashing into 1024
  while (used_[slot] && keys_[slot] != color) slot = (slot + 1) % kSlots;
  return slot;
}

bool PngPalette::Collect(const Raster& raster, size_t most) {
  count_ = 0;
  used_.fill(false);
  Rgba32 last = 0;
  const bool all = VisitPixels(raster, [&](Rgba32 pixel) {
    // Where colours are few, runs are long.
    if (pixel == last && count_ > 0) return true;
    last = pixel;
    const size_t slot = FindSlot(pixel);
    if (used_[slot]) return true;
    if (count_ == most) return false;
    used_[slot] = true;
    keys_[slot] = pixel;
    colors_[count_++] = pixel;
    return true;
  });
  if (!all) return false;
  const auto order = [](Rgba32 color) {
    return std::array<uint32_t, 3>{Alpha(color) == 255 ? 1u : 0u, Luma(color), color};
  };
  std::sort(colors_.begin(), colors_.begin() + count_, [&](Rgba32 a, Rgba32 b) { return order(a) < order(b); });
  transparent_ = 0;
  for (size_t i = 0; i < count_; ++i) {
    indices_[FindSlot(colors_[i])] = static_cast<uint8_t>(i);
    if (Alpha(colors_[i]) != 255) ++transparent_;
  }
  return true;
}

int PngPalette::depth() const {
  if (count_ <= 2) return 1;
  if (count_ <= 4) return 2;
  return count_ <= 16 ? 4 : 8;
}

PngStorage DirectStorage(const Raster& raster, bool rgb_stays) {
  bool opaque = true;
  bool gray = true;
  VisitPixels(raster, [&](Rgba32 pixel) {
    opaque &= Alpha(pixel) == 255;
    gray &= IsGray(pixel);
    return (opaque && raster.alpha) || (gray && raster.color == ColorModel::kRgb);
  });
  // (What is not looked at any more is known already.)
  if (!gray || (rgb_stays && raster.color == ColorModel::kRgb))
    return {opaque ? PngColorType::kRgb : PngColorType::kRgba, 8};
  if (!opaque) return {PngColorType::kGrayAlpha, 8};
  return {PngColorType::kGray, GrayDepth(raster)};
}

void PackRows(const Raster& raster, const PngStorage& storage, const PngPalette& palette, std::vector<uint8_t>& rows) {
  rows.resize(storage.row_bytes(raster.size.width) * static_cast<size_t>(raster.size.height));
  if (storage.color == PngColorType::kPalette) {
    Rgba32 last = 0;
    uint8_t index = palette.IndexOf(last);
    PackSamples(raster, storage.depth, rows.data(), [&](Rgba32 pixel) {
      if (pixel != last) index = palette.IndexOf(last = pixel);
      return index;
    });
  } else if (storage.color == PngColorType::kGray) {
    PackSamples(raster, storage.depth, rows.data(), [&](Rgba32 pixel) { return Red(pixel) >> (8 - storage.depth); });
  } else {
    PackChannels(raster, storage.color, rows.data());
  }
}

}  // namespace tbbthumbs
