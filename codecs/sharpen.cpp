#include "codecs/sharpen.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/size_spec.h"

namespace tbbthumbs {
namespace {

// exp(-x^2 / (2 sigma^2)) for sigma = 0.8 and x = -2..2, in 256ths: what lies beyond would be less than one.
constexpr std::array<uint32_t, 5> kGaussian{6, 58, 128, 58, 6};
constexpr int kRadius = 2;
constexpr int kWeightBits = 8;

// Luma has 8 fractional bits, as Gaussian means of it have; amounts have as many.
constexpr int kLumaBits = 8;
constexpr int kAmountBits = 8;
// BT.601 in 256ths.
constexpr int kRed = 77;
constexpr int kGreen = 150;
constexpr int kBlue = 29;

// One number for each pixel of a picture, at most 255 << 16, so that weighted sums of them fit 32 bits: rows go in from
// top to bottom, and come out blurred. Holds as many as the filter needs.
class RowBlur {
 public:
  explicit RowBlur(Size size)
      : size_(size), ring_(kGaussian.size() * static_cast<size_t>(size.width)), line_(size.width + 2 * kRadius) {}

  // Where the numbers of a row go. Every row up to `y` + kRadius is to be there when row `y` is wanted.
  uint32_t* Row(int y) {
    return ring_.data() + static_cast<size_t>(y) % kGaussian.size() * static_cast<size_t>(size_.width);
  }

  // Row `y`, blurred both ways, rounded to nearest after each, valid until the next call. At the edges pixels repeat.
  const uint32_t* Blurred(int y) {
    constexpr uint32_t kHalf = 1 << (kWeightBits - 1);
    const auto width = static_cast<size_t>(size_.width);
    uint32_t* const middle = line_.data() + kRadius;
    std::fill_n(middle, width, kHalf);
    for (size_t i = 0; i < kGaussian.size(); ++i) {
      const uint32_t* row = Row(std::clamp(y + static_cast<int>(i) - kRadius, 0, size_.height - 1));
      for (size_t x = 0; x < width; ++x) middle[x] += row[x] * kGaussian[i];
    }
    for (size_t x = 0; x < width; ++x) middle[x] >>= kWeightBits;
    std::fill_n(line_.begin(), kRadius, middle[0]);
    std::fill_n(line_.end() - kRadius, kRadius, middle[width - 1]);
    // In place: nothing to the left of a result is needed any more.
    for (size_t x = 0; x < width; ++x) {
      uint32_t sum = kHalf;
      for (size_t i = 0; i < kGaussian.size(); ++i) sum += line_[x + i] * kGaussian[i];
      line_[x] = sum >> kWeightBits;
    }
    return line_.data();
  }

 private:
  const Size size_;
  std::vector<uint32_t> ring_;
  std::vector<uint32_t> line_;
};

// Interleaved 8-bit gray or RGB, with alpha as the last channel or without.
struct Pixels {
  Size size;
  int colors = 1;
  bool alpha = false;
  uint8_t* samples = nullptr;

  size_t channels() const { return static_cast<size_t>(colors + (alpha ? 1 : 0)); }
  uint8_t* row(int y) const { return samples + static_cast<size_t>(y) * static_cast<size_t>(size.width) * channels(); }
};

uint32_t LumaOf(const uint8_t* pixel, int colors) {
  const int luma = colors == 1 ? pixel[0] << kLumaBits : kRed * pixel[0] + kGreen * pixel[1] + kBlue * pixel[2];
  return static_cast<uint32_t>(luma);
}

// What is to be added to a pixel's samples. Nothing overflows: luma is below 2^16 and the amount at most 10 * 256.
int Difference(uint32_t luma, uint32_t blurred, int amount) {
  constexpr int kBits = kLumaBits + kAmountBits;
  return ((static_cast<int>(luma) - static_cast<int>(blurred)) * amount + (1 << (kBits - 1))) >> kBits;
}

class UnsharpMask {
 public:
  UnsharpMask(const Pixels& pixels, int amount)
      : pixels_(pixels), amount_(amount), luma_(pixels.size), opacity_(pixels.alpha ? pixels.size : Size{}) {}

  void Apply() {
    int read = 0;
    for (int y = 0; y < pixels_.size.height; ++y) {
      for (; read <= std::min(y + kRadius, pixels_.size.height - 1); ++read) ReadRow(read);
      ApplyToRow(y);
    }
  }

 private:
  // Luma times alpha where there is alpha.
  void ReadRow(int y) {
    const uint8_t* pixel = pixels_.row(y);
    uint32_t* luma = luma_.Row(y);
    uint32_t* opacity = opacity_.Row(pixels_.alpha ? y : 0);
    for (int x = 0; x < pixels_.size.width; ++x, pixel += pixels_.channels()) {
      luma[x] = LumaOf(pixel, pixels_.colors);
      if (!pixels_.alpha) continue;
      const uint32_t alpha = pixel[pixels_.colors];
      luma[x] *= alpha;
      opacity[x] = alpha << 16;
    }
  }

  void ApplyToRow(int y) {
    const uint32_t* blurred = luma_.Blurred(y);
    const uint32_t* opacity = pixels_.alpha ? opacity_.Blurred(y) : nullptr;
    uint8_t* pixel = pixels_.row(y);
    for (int x = 0; x < pixels_.size.width; ++x, pixel += pixels_.channels()) {
      uint32_t mean = blurred[x];
      if (pixels_.alpha) {
        if (pixel[pixels_.colors] == 0) continue;
        mean = static_cast<uint32_t>((uint64_t{mean} << 16) / opacity[x]);
      }
      const int difference = Difference(LumaOf(pixel, pixels_.colors), mean, amount_);
      for (int c = 0; c < pixels_.colors; ++c) {
        pixel[c] = static_cast<uint8_t>(std::clamp(pixel[c] + difference, 0, 255));
      }
    }
  }

  const Pixels pixels_;
  const int amount_;
  RowBlur luma_;
  RowBlur opacity_;
};

void SharpenPixels(const Pixels& pixels, double amount) {
  const auto fixed = static_cast<int>(std::clamp(amount, 0.0, kMaxSharpen) * (1 << kAmountBits) + 0.5);
  if (fixed > 0) UnsharpMask(pixels, fixed).Apply();
}

}  // namespace

void Sharpen(Raster& raster, double amount) {
  SharpenPixels({raster.size, ColorChannels(raster.color), raster.alpha, raster.u8().data()}, amount);
}

void Sharpen(YccPlanes& planes, double amount) {
  SharpenPixels({planes.size, 1, false, reinterpret_cast<uint8_t*>(planes.planes[0].data())}, amount);
}

}  // namespace tbbthumbs
