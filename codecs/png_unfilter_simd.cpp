#include "codecs/png_unfilter_simd.h"

#include <array>
#include <cstring>

// AVX-512 compares into mask registers, which takes 3 cycles where AVX2 takes 1: Paeth's chain from pixel to pixel took
// a third longer.
#define HWY_DISABLED_TARGETS (HWY_AVX3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/png_unfilter_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

#include "codecs/png_paeth_simd-inl.h"
#include "codecs/png_row_group_simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

bool UnfilterRows(const FilteredRows& rows) { return scalar::UnfilterRows(rows); }

#else

namespace hn = hwy::HWY_NAMESPACE;

// The last pixel of a block in all slots.
template <int kPixel>
HWY_INLINE V8 BroadcastLast(V8 block) {
  alignas(16) static constexpr auto kIndices = [] {
    std::array<uint8_t, 16> indices{};
    for (size_t i = 0; i < indices.size(); ++i) {
      indices[i] = static_cast<uint8_t>(16 - kSlot<kPixel> + i % kSlot<kPixel>);
    }
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

void UnfilterUp(uint8_t* row, const uint8_t* above, size_t row_bytes) {
  constexpr hn::CappedTag<uint8_t, 32> wide;
  size_t i = 0;
  for (; i + hn::Lanes(wide) <= row_bytes; i += hn::Lanes(wide)) {
    hn::StoreU(hn::Add(hn::LoadU(wide, row + i), hn::LoadU(wide, above + i)), wide, row + i);
  }
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

template <int kPixel>
void UnfilterOneRow(PngFilter filter, uint8_t* row, const uint8_t* above, size_t row_bytes) {
  switch (filter) {
    case PngFilter::kNone:
      return;
    case PngFilter::kSub:
      return UnfilterSub<kPixel>(row, row_bytes);
    case PngFilter::kUp:
      return UnfilterUp(row, above, row_bytes);
    case PngFilter::kAverage:
      if constexpr (kPixel >= 3) return UnfilterAverage<kPixel>(row, above, row_bytes);
      break;
    case PngFilter::kPaeth:
      if constexpr (kPixel >= 6) return UnfilterPaethWide<kPixel>(row, above, row_bytes);
      if constexpr (kSlot<kPixel> == 4) return UnfilterPaethRows<kPixel, false>(row, above, nullptr, row_bytes);
      break;
  }
  scalar::UnfilterRow(filter, row, above, 0, row_bytes, kPixel);
}

// Rows from the first of `rows` on that go together, which are then done; 0 where they don't.
template <int kPixel>
size_t UnfilterTogether(const FilteredRows& rows) {
  constexpr auto kPaeth = static_cast<uint8_t>(PngFilter::kPaeth);
  const size_t size = rows.row_bytes;
  if constexpr (kPixel <= 2) {
    if (rows.count < RowGroup<kPixel>::kRows) return 0;
    for (size_t r = 0; r < RowGroup<kPixel>::kRows; ++r) {
      if (rows.bytes[r * (size + 1)] > kPaeth) return 0;
    }
    RowGroup<kPixel> group(rows.bytes + 1, rows.above, size);
    if (!group.Pays()) return 0;
    group.Unfilter();
    return RowGroup<kPixel>::kRows;
  } else if constexpr (kSlot<kPixel> == 4) {
    uint8_t* const below = rows.bytes + size + 1;
    if (rows.count < 2 || rows.bytes[0] != kPaeth || *below != kPaeth) return 0;
    UnfilterPaethRows<kPixel, true>(rows.bytes + 1, rows.above, below + 1, size);
    return 2;
  }
  return 0;
}

template <int kPixel>
bool UnfilterRowsOf(FilteredRows rows) {
  while (rows.count > 0) {
    size_t done = UnfilterTogether<kPixel>(rows);
    if (done == 0) {
      if (rows.bytes[0] > static_cast<uint8_t>(PngFilter::kPaeth)) return false;
      UnfilterOneRow<kPixel>(PngFilter{rows.bytes[0]}, rows.bytes + 1, rows.above, rows.row_bytes);
      done = 1;
    }
    rows.count -= done;
    rows.bytes += done * (rows.row_bytes + 1);
    rows.above = rows.bytes - rows.row_bytes;
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
