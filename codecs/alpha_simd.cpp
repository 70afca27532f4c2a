#include "codecs/alpha_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/alpha_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

size_t MultiplyRgba(const uint8_t* /*row*/, size_t /*pixels*/, uint8_t* /*out*/) { return 0; }

#else

namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::CappedTag<uint8_t, 32> kU8;
constexpr hn::RepartitionToWide<hn::CappedTag<uint8_t, 32>> kU16;

// 256 times the rounded product over 255, in 16-bit lanes: the low byte is to be dropped.
template <class V>
HWY_INLINE V TimesAlpha(V colours, V alphas) {
  const V t = hn::Add(hn::Mul(colours, alphas), hn::Set(kU16, 128));
  return hn::Add(t, hn::ShiftRight<8>(t));
}

size_t MultiplyRgba(const uint8_t* HWY_RESTRICT row, size_t pixels, uint8_t* HWY_RESTRICT out) {
  alignas(16) static constexpr uint8_t kAlphas[16] = {3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15};
  // Alpha itself is multiplied by 255.
  alignas(16) static constexpr uint8_t kOne[16] = {0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255};
  const auto alpha_index = hn::LoadDup128(kU8, kAlphas);
  const auto one = hn::LoadDup128(kU8, kOne);
  const auto low_byte = hn::Set(kU16, 0xFF);
  const size_t step = hn::Lanes(kU8) / 4;
  size_t done = 0;
  for (; done + step <= pixels; done += step) {
    const auto colours = hn::LoadU(kU8, row + 4 * done);
    const auto alphas = hn::BitCast(kU16, hn::Or(hn::TableLookupBytes(colours, alpha_index), one));
    const auto words = hn::BitCast(kU16, colours);
    const auto even = TimesAlpha(hn::And(words, low_byte), hn::And(alphas, low_byte));
    const auto odd = TimesAlpha(hn::ShiftRight<8>(words), hn::ShiftRight<8>(alphas));
    const auto products = hn::OddEven(hn::BitCast(kU8, odd), hn::BitCast(kU8, hn::ShiftRight<8>(even)));
    hn::StoreU(products, kU8, out + 4 * done);
  }
  return done;
}

#endif  // HWY_TARGET

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(MultiplyRgba);

size_t MultiplyRgba(const uint8_t* row, size_t pixels, uint8_t* out) {
  return HWY_DYNAMIC_DISPATCH(MultiplyRgba)(row, pixels, out);
}

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
