#include "codecs/jpeg_reduction.h"

#include <algorithm>

#include "codecs/jpeg_reduction_simd.h"

namespace tbbthumbs {
namespace {

uint8_t ToSample(int value) { return static_cast<uint8_t>(std::clamp(value + kSampleCentre, 0, 255)); }

int Dequantize(int16_t coefficient, int quant) {
  return std::clamp(coefficient * quant, -kMaxDequantized, kMaxDequantized);
}

}  // namespace

void ReduceTo1(std::span<const int16_t> dc, int quant, uint8_t* samples) {
  for (size_t i = simd::ReduceTo1(dc.data(), dc.size(), quant, samples); i < dc.size(); ++i) {
    const int value = (dc[i] * quant + 4) >> 3;
    // The low ten bits, with their sign.
    samples[i] = ToSample(((value & 1023) ^ 512) - 512);
  }
}

void ReduceTo2(std::span<const int16_t> corners, const std::array<int, 4>& quant, uint8_t* top, uint8_t* bottom) {
  constexpr int kShift = kReductionBits + 3;
  const size_t done = simd::ReduceTo2(corners.data(), corners.size() / 4, quant, top, bottom);
  top += 2 * done;
  bottom += 2 * done;
  for (size_t i = 4 * done; i + 3 < corners.size(); i += 4) {
    const int mean = (Dequantize(corners[i], quant[0]) << kReductionBits) + (1 << (kShift - 1));
    const int across = Dequantize(corners[i + 1], quant[1]) * kHalfWeight;
    const int down = Dequantize(corners[i + 2], quant[2]) * kHalfWeight;
    const int both = Dequantize(corners[i + 3], quant[3]) * kQuarterWeight;
    *top++ = ToSample((mean + across + down + both) >> kShift);
    *top++ = ToSample((mean - across + down - both) >> kShift);
    *bottom++ = ToSample((mean + across - down - both) >> kShift);
    *bottom++ = ToSample((mean - across - down + both) >> kShift);
  }
}

}  // namespace tbbthumbs
