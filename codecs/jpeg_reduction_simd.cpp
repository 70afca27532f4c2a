#include "codecs/jpeg_reduction_simd.h"

#include "codecs/jpeg_reduction.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/jpeg_reduction_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// One block a lane.
using Wide = hn::CappedTag<int32_t, 16>;
using Coefficients = hn::Rebind<int16_t, Wide>;
using Samples = hn::Rebind<uint8_t, Wide>;
using Lanes = hn::Vec<Wide>;

size_t Reduce1(const int16_t* HWY_RESTRICT dc, size_t blocks, int quant, uint8_t* HWY_RESTRICT samples) {
  constexpr Wide kWide;
  const size_t lanes = hn::Lanes(kWide);
  const Lanes by = hn::Set(kWide, quant);
  size_t i = 0;
  for (; blocks - i >= lanes; i += lanes) {
    const Lanes product = hn::Mul(hn::PromoteTo(kWide, hn::LoadU(Coefficients(), dc + i)), by);
    const Lanes value = hn::ShiftRight<3>(hn::Add(product, hn::Set(kWide, 4)));
    // The low ten bits, with their sign.
    const Lanes wrapped = hn::ShiftRight<22>(hn::ShiftLeft<22>(value));
    hn::StoreU(hn::DemoteTo(Samples(), hn::Add(wrapped, hn::Set(kWide, kSampleCentre))), Samples(), samples + i);
  }
  return i;
}

Lanes Dequantize(hn::Vec<Coefficients> coefficients, int quant) {
  constexpr Wide kWide;
  const Lanes product = hn::Mul(hn::PromoteTo(kWide, coefficients), hn::Set(kWide, quant));
  return hn::Clamp(product, hn::Set(kWide, -kMaxDequantized), hn::Set(kWide, kMaxDequantized));
}

size_t Reduce2(const int16_t* HWY_RESTRICT corners, size_t blocks, const std::array<int, 4>& quant,
               uint8_t* HWY_RESTRICT top, uint8_t* HWY_RESTRICT bottom) {
  constexpr Wide kWide;
  constexpr int kShift = kReductionBits + 3;
  const size_t lanes = hn::Lanes(kWide);
  // Half a step for rounding, and the centre.
  const Lanes offset = hn::Set(kWide, (1 << (kShift - 1)) + (kSampleCentre << kShift));
  const auto sample = [](Lanes sum) { return hn::DemoteTo(Samples(), hn::ShiftRight<kShift>(sum)); };
  size_t i = 0;
  for (; blocks - i >= lanes; i += lanes) {
    hn::Vec<Coefficients> c0, c1, c2, c3;
    hn::LoadInterleaved4(Coefficients(), corners + 4 * i, c0, c1, c2, c3);
    const Lanes mean = hn::Add(hn::ShiftLeft<kReductionBits>(Dequantize(c0, quant[0])), offset);
    const Lanes across = hn::Mul(Dequantize(c1, quant[1]), hn::Set(kWide, kHalfWeight));
    const Lanes down = hn::Mul(Dequantize(c2, quant[2]), hn::Set(kWide, kHalfWeight));
    const Lanes both = hn::Mul(Dequantize(c3, quant[3]), hn::Set(kWide, kQuarterWeight));
    const Lanes upper = hn::Add(mean, down);
    const Lanes lower = hn::Sub(mean, down);
    const Lanes upper_slope = hn::Add(across, both);
    const Lanes lower_slope = hn::Sub(across, both);
    hn::StoreInterleaved2(sample(hn::Add(upper, upper_slope)), sample(hn::Sub(upper, upper_slope)), Samples(),
                          top + 2 * i);
    hn::StoreInterleaved2(sample(hn::Add(lower, lower_slope)), sample(hn::Sub(lower, lower_slope)), Samples(),
                          bottom + 2 * i);
  }
  return i;
}

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(Reduce1);
HWY_EXPORT(Reduce2);

size_t ReduceTo1(const int16_t* dc, size_t blocks, int quant, uint8_t* samples) {
  return HWY_DYNAMIC_DISPATCH(Reduce1)(dc, blocks, quant, samples);
}

size_t ReduceTo2(const int16_t* corners, size_t blocks, const std::array<int, 4>& quant, uint8_t* top,
                 uint8_t* bottom) {
  return HWY_DYNAMIC_DISPATCH(Reduce2)(corners, blocks, quant, top, bottom);
}

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
