// Blocks of pixels, and the Paeth filter undone for pixels of 3 to 8 bytes. For png_unfilter_simd.cpp alone, which
// compiles it once for each target.
#if defined(TBBTHUMBS_CODECS_PNG_PAETH_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TBBTHUMBS_CODECS_PNG_PAETH_SIMD_INL_H_
#undef TBBTHUMBS_CODECS_PNG_PAETH_SIMD_INL_H_
#else
#define TBBTHUMBS_CODECS_PNG_PAETH_SIMD_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "codecs/png_unfilter.h"

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
// Highway includes this once for each target, each time within a namespace of that target's.
// NOLINTBEGIN(google-build-namespaces, misc-definitions-in-headers)
namespace {

#if HWY_TARGET != HWY_SCALAR

namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::Full128<uint8_t> kU8;
constexpr hn::Full128<int16_t> kI16;
constexpr hn::Full128<uint16_t> kU16;
constexpr hn::Full128<uint32_t> kU32;

using V8 = hn::Vec<decltype(kU8)>;
using V16 = hn::Vec<decltype(kI16)>;
using VU16 = hn::Vec<decltype(kU16)>;

// A block is a vector's worth of pixels, padded so that each begins where a whole number of them divides the vector:
// pixels of 3 bytes take 4, those of 6 take 8.
template <int kPixel>
constexpr int kSlot = kPixel == 3   ? 4
                      : kPixel == 6 ? 8
                                    : kPixel;
template <int kPixel>
constexpr int kBlockPixels = 16 / kSlot<kPixel>;
template <int kPixel>
constexpr int kBlockBytes = kBlockPixels<kPixel>* kPixel;

// Reads 16 bytes whatever the block has.
template <int kPixel>
HWY_INLINE V8 LoadBlock(const uint8_t* from) {
  const V8 bytes = hn::LoadU(kU8, from);
  if constexpr (kPixel == 3) {
    alignas(16) static constexpr uint8_t kSpread[16] = {0, 1, 2, 128, 3, 4, 5, 128, 6, 7, 8, 128, 9, 10, 11, 128};
    return hn::TableLookupBytesOr0(bytes, hn::Load(kU8, kSpread));
  } else if constexpr (kPixel == 6) {
    alignas(16) static constexpr uint8_t kSpread[16] = {0, 1, 2, 3, 4, 5, 128, 128, 6, 7, 8, 9, 10, 11, 128, 128};
    return hn::TableLookupBytesOr0(bytes, hn::Load(kU8, kSpread));
  } else {
    return bytes;
  }
}

// Writes the bytes that the block has and no others.
template <int kPixel>
HWY_INLINE void StoreBlock(V8 block, uint8_t* to) {
  if constexpr (kBlockBytes<kPixel> == 16) {
    hn::StoreU(block, kU8, to);
  } else {
    static_assert(kPixel == 3 || kPixel == 6);
    alignas(16) static constexpr uint8_t kPack3[16] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 128, 128, 128, 128};
    alignas(16) static constexpr uint8_t kPack6[16] = {0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 128, 128, 128, 128};
    const V8 packed = hn::TableLookupBytesOr0(block, hn::Load(kU8, kPixel == 3 ? kPack3 : kPack6));
    constexpr hn::Half<decltype(kU8)> half;
    hn::StoreU(hn::LowerHalf(packed), half, to);
    hn::StoreU(hn::LowerHalf(hn::UpperHalf(half, packed)), hn::Half<decltype(half)>(), to + 8);
  }
}

// Eight bytes in 16-bit lanes: those of one pixel, or of one pixel in each of two rows.
struct PaethLanes {
  V16 left;
  V16 above_left;

  // The predictor is `above_left`, less x = above_left - low where t >= high, more y = high - above_left where
  // t <= low, with t = 3 above_left - left - above (see png_unfilter.cpp): x and y are 0 where they would be negative,
  // and never both count. As bytes they leave the upper halves of the lanes 0, so that nothing is to be masked: `left`
  // is five operations old when it becomes the next one.
  HWY_INLINE void Next(V16 raw, V16 above) {
    const V16 sum = hn::BitCast(kI16, hn::Add(hn::BitCast(kU8, raw), hn::BitCast(kU8, above_left)));
    const V16 t = hn::Sub(hn::Sub(hn::Add(above_left, hn::Add(above_left, above_left)), above), left);
    const V16 low = hn::Min(left, above);
    const V16 high = hn::Max(left, above);
    const V16 x = hn::BitCast(kI16, hn::SaturatedSub(hn::BitCast(kU8, above_left), hn::BitCast(kU8, low)));
    const V16 y = hn::BitCast(kI16, hn::SaturatedSub(hn::BitCast(kU8, high), hn::BitCast(kU8, above_left)));
    const V16 less = hn::IfThenZeroElse(hn::Gt(high, t), x);
    const V16 more = hn::IfThenZeroElse(hn::Gt(t, low), y);
    left = hn::BitCast(kI16, hn::Add(hn::Sub(hn::BitCast(kU8, sum), hn::BitCast(kU8, less)), hn::BitCast(kU8, more)));
    above_left = above;
  }
};

HWY_INLINE V16 WidenLower(V8 v) { return hn::BitCast(kI16, hn::InterleaveLower(kU8, v, hn::Zero(kU8))); }
HWY_INLINE V16 WidenUpper(V8 v) { return hn::BitCast(kI16, hn::InterleaveUpper(kU8, v, hn::Zero(kU8))); }
// The lower bytes of the lanes.
HWY_INLINE V8 Narrow(V16 upper, V16 lower) {
  return hn::ConcatEven(kU8, hn::BitCast(kU8, upper), hn::BitCast(kU8, lower));
}

// Pixels of 6 and 8 bytes.
template <int kPixel>
void UnfilterPaethWide(uint8_t* row, const uint8_t* above, size_t row_bytes) {
  PaethLanes lanes{hn::Zero(kI16), hn::Zero(kI16)};
  size_t i = 0;
  for (; i + kBlockBytes<kPixel> <= row_bytes; i += kBlockBytes<kPixel>) {
    const V8 raw = LoadBlock<kPixel>(row + i);
    const V8 up = LoadBlock<kPixel>(above + i);
    lanes.Next(WidenLower(raw), WidenLower(up));
    const V16 first = lanes.left;
    lanes.Next(WidenUpper(raw), WidenUpper(up));
    StoreBlock<kPixel>(Narrow(lanes.left, first), row + i);
  }
  scalar::UnfilterRow(PngFilter::kPaeth, row, above, i, row_bytes, kPixel);
}

// Pixels of 3 and 4 bytes, in two rows at a time: the row below follows one pixel behind, so that what it needs of the
// row above it is the pixel that was made last. `below` may be null: the upper halves of the lanes are then of no
// meaning.
template <int kPixel, bool kTwo>
void UnfilterPaethRows(uint8_t* row, const uint8_t* above, uint8_t* below, size_t row_bytes) {
  static_assert(kSlot<kPixel> == 4);
  PaethLanes lanes{hn::Zero(kI16), hn::Zero(kI16)};
  size_t i = 0;
  if (kTwo && row_bytes >= kPixel) {
    scalar::UnfilterRow(PngFilter::kPaeth, row, above, 0, kPixel, kPixel);
    lanes.left = hn::ZeroExtendVector(kI16, hn::LowerHalf(WidenLower(LoadBlock<kPixel>(row))));
    lanes.above_left = hn::ZeroExtendVector(kI16, hn::LowerHalf(WidenLower(LoadBlock<kPixel>(above))));
    i = kPixel;
  }
  for (; i + kBlockBytes<kPixel> <= row_bytes; i += kBlockBytes<kPixel>) {
    const V8 raw = LoadBlock<kPixel>(row + i);
    const V8 raw_below = kTwo ? LoadBlock<kPixel>(below + i - kPixel) : raw;
    const V8 up = LoadBlock<kPixel>(above + i);
    const V8 raw01 = hn::BitCast(kU8, hn::InterleaveLower(kU32, hn::BitCast(kU32, raw), hn::BitCast(kU32, raw_below)));
    const V8 raw23 = hn::BitCast(kU8, hn::InterleaveUpper(kU32, hn::BitCast(kU32, raw), hn::BitCast(kU32, raw_below)));
    const V16 up01 = WidenLower(up);
    const V16 up23 = WidenUpper(up);
    lanes.Next(WidenLower(raw01), hn::ConcatLowerLower(kI16, lanes.left, up01));
    const V16 pixel0 = lanes.left;
    lanes.Next(WidenUpper(raw01), hn::ConcatLowerUpper(kI16, lanes.left, up01));
    const V16 pixel1 = lanes.left;
    lanes.Next(WidenLower(raw23), hn::ConcatLowerLower(kI16, lanes.left, up23));
    const V16 pixel2 = lanes.left;
    lanes.Next(WidenUpper(raw23), hn::ConcatLowerUpper(kI16, lanes.left, up23));
    const auto done01 = hn::BitCast(kU32, Narrow(pixel1, pixel0));
    const auto done23 = hn::BitCast(kU32, Narrow(lanes.left, pixel2));
    StoreBlock<kPixel>(hn::BitCast(kU8, hn::ConcatEven(kU32, done23, done01)), row + i);
    if (kTwo) StoreBlock<kPixel>(hn::BitCast(kU8, hn::ConcatOdd(kU32, done23, done01)), below + i - kPixel);
  }
  scalar::UnfilterRow(PngFilter::kPaeth, row, above, i, row_bytes, kPixel);
  if (kTwo) scalar::UnfilterRow(PngFilter::kPaeth, below, row, i - kPixel, row_bytes, kPixel);
}

#endif  // HWY_TARGET

}  // namespace
// NOLINTEND(google-build-namespaces, misc-definitions-in-headers)
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TBBTHUMBS_CODECS_PNG_PAETH_SIMD_INL_H_
