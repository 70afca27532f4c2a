#include "codecs/png_filter_simd.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/png_filter_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

bool FilterRow(const uint8_t* /*row*/, const uint8_t* /*above*/, size_t /*row_bytes*/, size_t /*pixel_bytes*/,
               FilteredRow& /*out*/) {
  return false;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::CappedTag<uint8_t, 32> kU8;
constexpr hn::RepartitionToWide<hn::CappedTag<uint8_t, 32>> kU16;
constexpr hn::Repartition<uint64_t, hn::CappedTag<uint8_t, 32>> kU64;
static_assert(hn::MaxLanes(kU8) <= simd::kFilterSlack);

using Bytes = hn::Vec<decltype(kU8)>;
using Sums = hn::Vec<decltype(kU64)>;

HWY_INLINE Bytes Distance(Bytes a, Bytes b) { return hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a)); }

// (a + b) / 2, rounded down.
HWY_INLINE Bytes Average(Bytes a, Bytes b) {
  return hn::Sub(hn::AverageRound(a, b), hn::And(hn::Xor(a, b), hn::Set(kU8, 1)));
}

// Which of left, above and above-left is nearest to left + above - corner, in eight bits: with a = left - corner and
// b = above - corner the distances are |b|, |a| and |a + b|. Where a and b have one sign the last is their sum, which
// is the nearest only where it ties, and a saturated sum says the same; else it is the difference of the first two.
HWY_INLINE Bytes Paeth(Bytes left, Bytes above, Bytes corner) {
  const auto to_left = Distance(above, corner);
  const auto to_above = Distance(left, corner);
  const auto left_below = hn::Max(left, corner) == corner;
  const auto above_below = hn::Max(above, corner) == corner;
  const auto to_corner = hn::IfThenElse(hn::Xor(left_below, above_below), Distance(to_left, to_above),
                                        hn::SaturatedAdd(to_left, to_above));
  const auto above_wins = hn::Min(to_above, to_corner) == to_above;
  const auto left_wins = hn::Min(to_left, hn::Min(to_above, to_corner)) == to_left;
  return hn::IfThenElse(left_wins, left, hn::IfThenElse(above_wins, above, corner));
}

// Adds the bits of the bytes' absolute values: those of the upper four of them, or else of the lower four.
HWY_INLINE Sums AddCosts(Sums sums, Bytes bytes) {
  alignas(16) static constexpr uint8_t kLow[16] = {0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4};
  alignas(16) static constexpr uint8_t kHigh[16] = {0, 5, 6, 6, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 8, 8};
  const auto nibble = hn::Set(kU8, 15);
  const auto magnitudes = hn::Min(bytes, hn::Sub(hn::Zero(kU8), bytes));
  const auto upper = hn::BitCast(kU8, hn::ShiftRight<4>(hn::BitCast(kU16, magnitudes)));
  const auto high = hn::TableLookupBytes(hn::LoadDup128(kU8, kHigh), hn::And(upper, nibble));
  const auto low = hn::TableLookupBytes(hn::LoadDup128(kU8, kLow), hn::And(magnitudes, nibble));
  return hn::Add(sums, hn::SumsOf8(hn::Max(high, low)));
}

bool FilterRow(const uint8_t* row, const uint8_t* above_row, size_t row_bytes, size_t pixel_bytes, FilteredRow& out) {
  Sums none = hn::Zero(kU64);
  Sums sub = none, up = none, average = none, paeth = none;
  const size_t lanes = hn::Lanes(kU8);
  for (size_t i = 0; i < row_bytes; i += lanes) {
    // What lies behind the row does not count. (FirstN takes its count for one of the lanes' type.)
    const auto valid = hn::FirstN(kU8, std::min(row_bytes - i, lanes));
    const auto store = [&](size_t filter, Bytes bytes, Sums& sums) {
      hn::StoreU(bytes, kU8, out.bytes[filter] + i);
      sums = AddCosts(sums, hn::IfThenElseZero(valid, bytes));
    };
    const auto pixel = hn::LoadU(kU8, row + i);
    const auto left = hn::LoadU(kU8, row + i - pixel_bytes);
    const auto above = hn::LoadU(kU8, above_row + i);
    const auto corner = hn::LoadU(kU8, above_row + i - pixel_bytes);
    none = AddCosts(none, hn::IfThenElseZero(valid, pixel));
    store(1, hn::Sub(pixel, left), sub);
    store(2, hn::Sub(pixel, above), up);
    store(3, hn::Sub(pixel, Average(left, above)), average);
    store(4, hn::Sub(pixel, Paeth(left, above, corner)), paeth);
  }
  const auto total = [](Sums sums) { return hn::GetLane(hn::SumOfLanes(kU64, sums)); };
  out.costs = {total(none), total(sub), total(up), total(average), total(paeth)};
  return true;
}

#endif  // HWY_TARGET

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(FilterRow);

bool FilterRow(const uint8_t* row, const uint8_t* above, size_t row_bytes, size_t pixel_bytes, FilteredRow& out) {
  return HWY_DYNAMIC_DISPATCH(FilterRow)(row, above, row_bytes, pixel_bytes, out);
}

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
