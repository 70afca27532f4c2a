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

// One number for each pixel of a picture, each at most 255 << 16: weighted sums of them fit 32 bits.
struct Field {
  Size size;
  std::vector<uint32_t> values;

  explicit Field(Size of) : size(of), values(of.pixels()) {}
};

// Both ways, rounded to nearest after each. At the edges pixels are repeated.
Field Blurred(const Field& field) {
  const int width = field.size.width;
  const int height = field.size.height;
  constexpr uint32_t kHalf = 1 << (kWeightBits - 1);
  Field blurred(field.size);
  std::vector<uint32_t> line(static_cast<size_t>(width) + 2 * kRadius);
  for (int y = 0; y < height; ++y) {
    std::fill(line.begin(), line.end(), kHalf);
    for (int i = 0; i < 5; ++i) {
      const int from = std::clamp(y + i - kRadius, 0, height - 1);
      const uint32_t* row = field.values.data() + static_cast<size_t>(from) * static_cast<size_t>(width);
      const uint32_t weight = kGaussian[static_cast<size_t>(i)];
      for (int x = 0; x < width; ++x) line[static_cast<size_t>(x + kRadius)] += row[x] * weight;
    }
    for (int x = 0; x < width; ++x) line[static_cast<size_t>(x + kRadius)] >>= kWeightBits;
    std::fill_n(line.begin(), kRadius, line[kRadius]);
    std::fill_n(line.end() - kRadius, kRadius, line[static_cast<size_t>(width) + kRadius - 1]);
    uint32_t* out = blurred.values.data() + static_cast<size_t>(y) * static_cast<size_t>(width);
    for (int x = 0; x < width; ++x) {
      uint32_t sum = kHalf;
      for (size_t i = 0; i < 5; ++i) sum += line[static_cast<size_t>(x) + i] * kGaussian[i];
      out[x] = sum >> kWeightBits;
    }
  }
  return blurred;
}

// What is to be added to a pixel's samples. Nothing overflows: luma is below 2^16 and the amount at most 10 * 256.
int Difference(uint32_t luma, uint32_t blurred, int amount) {
  constexpr int kBits = kLumaBits + kAmountBits;
  return ((static_cast<int>(luma) - static_cast<int>(blurred)) * amount + (1 << (kBits - 1))) >> kBits;
}

uint8_t Sum(uint8_t sample, int difference) { return static_cast<uint8_t>(std::clamp(sample + difference, 0, 255)); }

int FixedAmount(double amount) {
  return static_cast<int>(std::clamp(amount, 0.0, kMaxSharpen) * (1 << kAmountBits) + 0.5);
}

uint32_t LumaOf(const uint8_t* pixel, int colors) {
  const int luma = colors == 1 ? pixel[0] << kLumaBits : kRed * pixel[0] + kGreen * pixel[1] + kBlue * pixel[2];
  return static_cast<uint32_t>(luma);
}

}  // namespace

void Sharpen(Raster& raster, double amount) {
  const int fixed = FixedAmount(amount);
  if (fixed == 0) return;
  const int colors = ColorChannels(raster.color);
  const auto channels = static_cast<size_t>(raster.channels());
  const uint64_t pixels = raster.size.pixels();
  uint8_t* samples = raster.u8().data();
  Field luma(raster.size);
  Field opacity(raster.alpha ? raster.size : Size{});
  for (size_t i = 0; i < pixels; ++i) {
    const uint8_t* pixel = samples + i * channels;
    luma.values[i] = LumaOf(pixel, colors);
    if (!raster.alpha) continue;
    const uint32_t alpha = pixel[channels - 1];
    luma.values[i] *= alpha;
    opacity.values[i] = alpha << 16;
  }
  const Field blurred = Blurred(luma);
  const Field seen = raster.alpha ? Blurred(opacity) : Field(Size{});
  for (size_t i = 0; i < pixels; ++i) {
    uint8_t* pixel = samples + i * channels;
    uint32_t mean = blurred.values[i];
    if (raster.alpha) {
      if (pixel[channels - 1] == 0) continue;
      mean = static_cast<uint32_t>((uint64_t{mean} << 16) / seen.values[i]);
    }
    const int difference = Difference(LumaOf(pixel, colors), mean, fixed);
    for (int c = 0; c < colors; ++c) pixel[c] = Sum(pixel[c], difference);
  }
}

void Sharpen(YccPlanes& planes, double amount) {
  const int fixed = FixedAmount(amount);
  if (fixed == 0) return;
  auto* samples = reinterpret_cast<uint8_t*>(planes.planes[0].data());
  Field luma(planes.size);
  for (size_t i = 0; i < luma.values.size(); ++i) luma.values[i] = static_cast<uint32_t>(samples[i]) << kLumaBits;
  const Field blurred = Blurred(luma);
  for (size_t i = 0; i < luma.values.size(); ++i) {
    samples[i] = Sum(samples[i], Difference(luma.values[i], blurred.values[i], fixed));
  }
}

}  // namespace tbbthumbs
