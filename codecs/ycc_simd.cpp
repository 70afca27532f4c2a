#include "codecs/ycc_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/ycc_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

size_t YccToRgb(const uint8_t* /*y*/, const uint8_t* /*cb*/, const uint8_t* /*cr*/, size_t /*pixels*/,
                uint8_t* /*rgb*/) {
  return 0;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::CappedTag<int16_t, 16> kI16;
constexpr hn::Half<hn::CappedTag<int16_t, 16>> kHalf16;
constexpr hn::Rebind<int32_t, hn::Half<hn::CappedTag<int16_t, 16>>> kI32;
constexpr hn::Rebind<uint8_t, hn::CappedTag<int16_t, 16>> kU8;

using V16 = hn::Vec<decltype(kI16)>;
using VHalf16 = hn::Vec<decltype(kHalf16)>;

// (factor * x + 2^15) / 2^16, rounded down, for x in -128..127: floor((floor(a / 2^15) + 1) / 2) is
// floor((a + 2^15) / 2^16).
HWY_INLINE V16 Rounded(V16 x, int factor) {
  const auto high = hn::MulHigh(hn::Add(x, x), hn::Set(kI16, static_cast<int16_t>(factor)));
  return hn::ShiftRight<1>(hn::Add(high, hn::Set(kI16, 1)));
}

HWY_INLINE VHalf16 RoundedGreen(VHalf16 cb, VHalf16 cr) {
  const auto sum = hn::Add(hn::Mul(hn::PromoteTo(kI32, cb), hn::Set(kI32, kGreenOfCb)),
                           hn::Mul(hn::PromoteTo(kI32, cr), hn::Set(kI32, kGreenOfCr)));
  return hn::DemoteTo(kHalf16, hn::ShiftRight<16>(hn::Add(sum, hn::Set(kI32, 1 << 15))));
}

HWY_INLINE V16 Load(const uint8_t* from) { return hn::PromoteTo(kI16, hn::LoadU(kU8, from)); }

size_t YccToRgb(const uint8_t* HWY_RESTRICT y, const uint8_t* HWY_RESTRICT cb, const uint8_t* HWY_RESTRICT cr,
                size_t pixels, uint8_t* HWY_RESTRICT rgb) {
  const auto middle = hn::Set(kI16, 128);
  const size_t step = hn::Lanes(kI16);
  size_t done = 0;
  for (; done + step <= pixels; done += step) {
    const auto luma = Load(y + done);
    const auto blue = hn::Sub(Load(cb + done), middle);
    const auto red = hn::Sub(Load(cr + done), middle);
    const auto green = hn::Combine(kI16, RoundedGreen(hn::UpperHalf(kHalf16, blue), hn::UpperHalf(kHalf16, red)),
                                   RoundedGreen(hn::LowerHalf(kHalf16, blue), hn::LowerHalf(kHalf16, red)));
    const auto r = hn::Add(hn::Add(luma, red), Rounded(red, kRedOfCr));
    const auto g = hn::Add(hn::Sub(luma, red), green);
    const auto b = hn::Add(hn::Add(luma, hn::Add(blue, blue)), Rounded(blue, kBlueOfCb));
    hn::StoreInterleaved3(hn::DemoteTo(kU8, r), hn::DemoteTo(kU8, g), hn::DemoteTo(kU8, b), kU8, rgb + 3 * done);
  }
  return done;
}

#endif  // HWY_TARGET

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(YccToRgb);

size_t YccToRgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, size_t pixels, uint8_t* rgb) {
  return HWY_DYNAMIC_DISPATCH(YccToRgb)(y, cb, cr, pixels, rgb);
}

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
