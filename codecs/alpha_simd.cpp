#include "codecs/alpha_simd.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/alpha_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

// Pixels from `first` on, one by one.
bool DropOpaqueAlphaFrom(size_t first, const uint8_t* row, size_t pixels, uint8_t* rgb) {
  uint8_t alphas = 255;
  for (size_t x = first; x < pixels; ++x) {
    std::memcpy(rgb + 3 * x, row + 4 * x, 3);
    alphas &= row[4 * x + 3];
  }
  return alphas == 255;
}

void SplitRgbaFrom(size_t first, const uint8_t* row, size_t pixels, uint8_t* rgb, uint8_t* alpha) {
  for (size_t x = first; x < pixels; ++x) {
    std::memcpy(rgb + 3 * x, row + 4 * x, 3);
    alpha[x] = row[4 * x + 3];
  }
}

#if HWY_TARGET == HWY_SCALAR

size_t MultiplyRgba(const uint8_t* /*row*/, size_t /*pixels*/, uint8_t* /*out*/) { return 0; }
bool DropOpaqueAlpha(const uint8_t* row, size_t pixels, uint8_t* rgb) {
  return DropOpaqueAlphaFrom(0, row, pixels, rgb);
}
void SplitRgba(const uint8_t* row, size_t pixels, uint8_t* rgb, uint8_t* alpha) {
  SplitRgbaFrom(0, row, pixels, rgb, alpha);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::FixedTag<uint8_t, 16> kBlock;

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

bool DropOpaqueAlpha(const uint8_t* HWY_RESTRICT row, size_t pixels, uint8_t* HWY_RESTRICT rgb) {
  alignas(16) static constexpr uint8_t kColours[16] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 12, 13, 14, 12};
  const auto colours = hn::Load(kBlock, kColours);
  auto all = hn::Set(kBlock, 255);
  size_t done = 0;
  for (; done + 4 <= pixels; done += 4) {
    const auto four = hn::LoadU(kBlock, row + 4 * done);
    all = hn::And(all, four);
    hn::StoreU(hn::TableLookupBytes(four, colours), kBlock, rgb + 3 * done);
  }
  alignas(16) uint8_t bytes[16];
  hn::Store(all, kBlock, bytes);
  return (bytes[3] & bytes[7] & bytes[11] & bytes[15]) == 255 && DropOpaqueAlphaFrom(done, row, pixels, rgb);
}

void SplitRgba(const uint8_t* HWY_RESTRICT row, size_t pixels, uint8_t* HWY_RESTRICT rgb, uint8_t* HWY_RESTRICT alpha) {
  size_t done = 0;
  for (; done + 16 <= pixels; done += 16) {
    hn::Vec<decltype(kBlock)> red, green, blue, opacity;
    hn::LoadInterleaved4(kBlock, row + 4 * done, red, green, blue, opacity);
    hn::StoreInterleaved3(red, green, blue, kBlock, rgb + 3 * done);
    hn::StoreU(opacity, kBlock, alpha + done);
  }
  SplitRgbaFrom(done, row, pixels, rgb, alpha);
}

#endif  // HWY_TARGET

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(MultiplyRgba);
HWY_EXPORT(DropOpaqueAlpha);
HWY_EXPORT(SplitRgba);

size_t MultiplyRgba(const uint8_t* row, size_t pixels, uint8_t* out) {
  return HWY_DYNAMIC_DISPATCH(MultiplyRgba)(row, pixels, out);
}
bool DropOpaqueAlpha(const uint8_t* row, size_t pixels, uint8_t* rgb) {
  return HWY_DYNAMIC_DISPATCH(DropOpaqueAlpha)(row, pixels, rgb);
}
void SplitRgba(const uint8_t* row, size_t pixels, uint8_t* rgb, uint8_t* alpha) {
  HWY_DYNAMIC_DISPATCH(SplitRgba)(row, pixels, rgb, alpha);
}

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
