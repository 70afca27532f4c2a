#include "codecs/png_unfilter_simd.h"

#include <array>
#include <cstring>

// AVX-512 compares into mask registers, which takes 3 cycles where AVX2 takes 1: too long for a chain from pixel to
// pixel.
#define HWY_DISABLED_TARGETS (HWY_AVX3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/png_unfilter_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

bool UnfilterRows(const FilteredRows& rows) { return scalar::UnfilterRows(rows); }

#else

namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::Full128<uint8_t> kU8;
constexpr hn::Full128<int16_t> kI16;
constexpr hn::Full128<uint32_t> kU32;

using V8 = hn::Vec<decltype(kU8)>;
using V16 = hn::Vec<decltype(kI16)>;

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

// The last pixel of a block in all slots.
template <int kPixel>
HWY_INLINE V8 BroadcastLast(V8 block) {
  alignas(16) static constexpr auto kIndices = [] {
    std::array<uint8_t, 16> indices{};
    for (size_t i = 0; i < indices.size(); ++i)
      indices[i] = static_cast<uint8_t>(16 - kSlot<kPixel> + i % kSlot<kPixel>);
    return indices;
  }();
  return hn::TableLookupBytes(block, hn::Load(kU8, kIndices.data()));
}

// Sums within the block take log2 steps that do not wait for the block before.
template <int kPixel>
void UnfilterSub(uint8_t* row, size_t row_bytes) {
  V8 left = hn::Zero(kU8);
  size_t i = 0;
  for (; i + kBlockBytes<kPixel> <= row_bytes; i += kBlockBytes<kPixel>) {
    V8 block = LoadBlock<kPixel>(row + i);
    if constexpr (kSlot<kPixel> <= 1) block = hn::Add(block, hn::ShiftLeftBytes<1>(kU8, block));
    if constexpr (kSlot<kPixel> <= 2) block = hn::Add(block, hn::ShiftLeftBytes<2>(kU8, block));
    if constexpr (kSlot<kPixel> <= 4) block = hn::Add(block, hn::ShiftLeftBytes<4>(kU8, block));
    block = hn::Add(block, hn::ShiftLeftBytes<8>(kU8, block));
    // The chain is this sum alone: the broadcast is of both parts.
    const V8 done = hn::Add(block, left);
    left = hn::Add(BroadcastLast<kPixel>(block), left);
    StoreBlock<kPixel>(done, row + i);
  }
  scalar::UnfilterRow(PngFilter::kSub, row, row, i, row_bytes, kPixel);
}

void UnfilterUp(uint8_t* row, const uint8_t* above, size_t row_bytes, int pixel_bytes) {
  constexpr hn::CappedTag<uint8_t, 32> wide;
  size_t i = 0;
  for (; i + hn::Lanes(wide) <= row_bytes; i += hn::Lanes(wide)) {
    hn::StoreU(hn::Add(hn::LoadU(wide, row + i), hn::LoadU(wide, above + i)), wide, row + i);
  }
  // What is left need not begin with a pixel, which this filter doesn't ask for.
  static_cast<void>(pixel_bytes);
  for (; i < row_bytes; ++i) row[i] = static_cast<uint8_t>(row[i] + above[i]);
}

// Kept as its complement a pixel costs two operations after the one before: floor((a + b) / 2) is
// ~ceil((~a + ~b) / 2), so ~(raw + floor((a + b) / 2)) is ceil((~a + ~b) / 2) - raw.
template <int kPixel>
void UnfilterAverage(uint8_t* row, const uint8_t* above, size_t row_bytes) {
  constexpr hn::CappedTag<uint8_t, kSlot<kPixel>> slot;
  const auto ones = hn::Set(slot, 0xFF);
  auto left = ones;
  auto raw = hn::LoadU(slot, row);
  size_t i = 0;
  for (; i + kPixel < row_bytes; i += kPixel) {
    left = hn::Sub(hn::AverageRound(left, hn::Xor(hn::LoadU(slot, above + i), ones)), raw);
    // A slot is longer than a pixel of 3 or 6 bytes: what follows is read before it is written over.
    raw = hn::LoadU(slot, row + i + kPixel);
    hn::StoreU(hn::Xor(left, ones), slot, row + i);
  }
  left = hn::Sub(hn::AverageRound(left, hn::Xor(hn::LoadU(slot, above + i), ones)), raw);
  alignas(16) uint8_t last[kSlot<kPixel>];
  hn::StoreU(hn::Xor(left, ones), slot, last);
  std::memcpy(row + i, last, kPixel);
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

template <int kPixel>
void UnfilterPaeth(uint8_t* row, const uint8_t* above, size_t row_bytes) {
  if constexpr (kPixel >= 6) {
    UnfilterPaethWide<kPixel>(row, above, row_bytes);
  } else if constexpr (kPixel >= 3) {
    UnfilterPaethRows<kPixel, false>(row, above, nullptr, row_bytes);
  } else {
    scalar::UnfilterRow(PngFilter::kPaeth, row, above, 0, row_bytes, kPixel);
  }
}

template <int kPixel>
bool UnfilterRowsOf(const FilteredRows& rows) {
  constexpr auto kPaeth = static_cast<uint8_t>(PngFilter::kPaeth);
  const size_t size = rows.row_bytes;
  const uint8_t* above = rows.above;
  uint8_t* row = rows.bytes;
  for (size_t y = 0; y < rows.count; ++y, row += size) {
    const uint8_t filter = *row++;
    if (filter > kPaeth) return false;
    switch (PngFilter{filter}) {
      case PngFilter::kNone:
        break;
      case PngFilter::kSub:
        UnfilterSub<kPixel>(row, size);
        break;
      case PngFilter::kUp:
        UnfilterUp(row, above, size, kPixel);
        break;
      case PngFilter::kAverage:
        if constexpr (kPixel >= 3) {
          UnfilterAverage<kPixel>(row, above, size);
        } else {
          scalar::UnfilterRow(PngFilter::kAverage, row, above, 0, size, kPixel);
        }
        break;
      case PngFilter::kPaeth:
        if constexpr (kSlot<kPixel> == 4) {
          if (y + 1 < rows.count && row[size] == kPaeth) {
            UnfilterPaethRows<kPixel, true>(row, above, row + size + 1, size);
            row += size + 1;
            ++y;
            break;
          }
        }
        UnfilterPaeth<kPixel>(row, above, size);
        break;
    }
    above = row;
  }
  return true;
}

bool UnfilterRows(const FilteredRows& rows) {
  switch (rows.pixel_bytes) {
    case 1:
      return UnfilterRowsOf<1>(rows);
    case 2:
      return UnfilterRowsOf<2>(rows);
    case 3:
      return UnfilterRowsOf<3>(rows);
    case 4:
      return UnfilterRowsOf<4>(rows);
    case 6:
      return UnfilterRowsOf<6>(rows);
    default:
      return UnfilterRowsOf<8>(rows);
  }
}

#endif  // HWY_TARGET

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(UnfilterRows);

bool UnfilterRows(const FilteredRows& rows) { return HWY_DYNAMIC_DISPATCH(UnfilterRows)(rows); }

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
