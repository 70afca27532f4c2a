// Rows of pixels of 1 or 2 bytes, unfiltered several at a time. For png_unfilter_simd.cpp alone, which compiles it once
// for each target.
#if defined(TBBTHUMBS_CODECS_PNG_ROW_GROUP_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TBBTHUMBS_CODECS_PNG_ROW_GROUP_SIMD_INL_H_
#undef TBBTHUMBS_CODECS_PNG_ROW_GROUP_SIMD_INL_H_
#else
#define TBBTHUMBS_CODECS_PNG_ROW_GROUP_SIMD_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "codecs/png_paeth_simd-inl.h"
#include "codecs/png_unfilter.h"

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
// Highway includes this once for each target, each time within a namespace of that target's.
// NOLINTBEGIN(google-build-namespaces, misc-definitions-in-headers)
namespace {

#if HWY_TARGET != HWY_SCALAR

namespace hn = hwy::HWY_NAMESPACE;

// Pixels of 1 and 2 bytes, in eight or four rows at a time: each row follows one pixel behind the one above it, so that
// what a row needs of it is the pixel that was made last. One such row after the other waits on each byte.
template <int kPixel>
class RowGroup {
  static_assert(kPixel <= 2);

 public:
  static constexpr size_t kRows = 8 / kPixel;

  // `row` is the first one, behind its filter byte; the others follow.
  RowGroup(uint8_t* row, const uint8_t* above, size_t row_bytes) : row_bytes_(row_bytes) {
    pixels_[0] = above;
    for (size_t r = 0; r < kRows; ++r) rows_[r] = row + r * (row_bytes + 1);
    for (size_t r = 1; r < kRows; ++r) pixels_[r] = rows_[r - 1];
  }

  PngFilter filter(size_t r) const { return PngFilter{rows_[r][-1]}; }

  // Whether the group is worth it: a row of Paeth takes 10 times as long alone as in a group, one of Average 3 times,
  // one of the others less.
  bool Pays() const {
    if (row_bytes_ < kStart + kStep) return false;
    int gain = 0;
    for (size_t r = 0; r < kRows; ++r) {
      gain += filter(r) == PngFilter::kPaeth ? 3 : filter(r) == PngFilter::kAverage ? 1 : 0;
    }
    return gain >= 3;
  }

  void Unfilter() {
    bool average = false;
    for (size_t r = 0; r < kRows; ++r) average = average || filter(r) == PngFilter::kAverage;
    // Until the last row may begin.
    for (size_t r = 0; r < kRows; ++r) {
      scalar::UnfilterRow(filter(r), rows_[r], pixels_[r], 0, kStart - r * kPixel, kPixel);
    }
    const size_t done = average ? Steps<true>() : Steps<false>();
    for (size_t r = 0; r < kRows; ++r) {
      scalar::UnfilterRow(filter(r), rows_[r], pixels_[r], done - r * kPixel, row_bytes_, kPixel);
    }
  }

 private:
  // Of each row, bytes that are read and written at a time.
  static constexpr size_t kStep = 8;
  // Where the first row is when the last one begins.
  static constexpr size_t kStart = (kRows - 1) * kPixel;

  using Columns = V8[4 / kPixel];  // each of two pixels of all rows

  // A lane is a byte of a pixel of a row. Returns how far the first row came.
  template <bool kAverage>
  size_t Steps() {
    alignas(16) int16_t left[8];
    alignas(16) int16_t above_left[8];
    alignas(16) int16_t uses_left[8];
    alignas(16) int16_t uses_above[8];
    alignas(16) int16_t uses_above_left[8];
    alignas(16) int16_t averages[8];
    for (size_t lane = 0; lane < 8; ++lane) {
      const size_t r = lane / kPixel;
      const PngFilter f = filter(r);
      // The others are Paeth's with zeros for what they do not use.
      uses_left[lane] = f == PngFilter::kSub || f == PngFilter::kAverage || f == PngFilter::kPaeth ? -1 : 0;
      uses_above[lane] = f == PngFilter::kUp || f == PngFilter::kAverage || f == PngFilter::kPaeth ? -1 : 0;
      uses_above_left[lane] = f == PngFilter::kPaeth ? -1 : 0;
      averages[lane] = f == PngFilter::kAverage ? -1 : 0;
      const ptrdiff_t before = static_cast<ptrdiff_t>(kStart - r * kPixel) - kPixel + static_cast<int>(lane % kPixel);
      left[lane] = before < 0 ? int16_t{0} : rows_[r][before];
      above_left[lane] = before < 0 ? int16_t{0} : pixels_[r][before];
    }
    const V16 left_mask = hn::Load(kI16, uses_left);
    const V16 above_mask = hn::Load(kI16, uses_above);
    const V16 above_left_mask = hn::Load(kI16, uses_above_left);
    const V16 average_mask = hn::Load(kI16, averages);
    V16 made = hn::Load(kI16, left);
    V16 last_above = hn::Load(kI16, above_left);
    const auto next = [&](V16 raw, V16 above) HWY_ATTR {
      PaethLanes lanes{hn::And(made, left_mask), hn::And(last_above, above_left_mask)};
      if constexpr (kAverage) {
        const V16 mean = hn::ShiftRight<1>(hn::Add(made, above));
        const V16 sum = hn::BitCast(kI16, hn::Add(hn::BitCast(kU8, raw), hn::BitCast(kU8, mean)));
        lanes.Next(raw, hn::And(above, above_mask));
        made = hn::Or(hn::And(average_mask, sum), hn::AndNot(average_mask, lanes.left));
      } else {
        lanes.Next(raw, hn::And(above, above_mask));
        made = lanes.left;
      }
      last_above = above;
      return made;
    };
    size_t i = kStart;
    for (; i + kStep <= row_bytes_; i += kStep) {
      Columns raw;
      LoadColumns(i, raw);
      const V16 above = WidenLower(hn::LoadU(kU8, pixels_[0] + i));
      // The row above the group comes in below the lanes of the first row, and all move up by a pixel.
      if constexpr (kPixel == 1) {
        V16 even = next(WidenLower(raw[0]), Above<7>(made, above));
        raw[0] = Narrow(next(WidenUpper(raw[0]), Above<6>(made, above)), even);
        even = next(WidenLower(raw[1]), Above<5>(made, above));
        raw[1] = Narrow(next(WidenUpper(raw[1]), Above<4>(made, above)), even);
        even = next(WidenLower(raw[2]), Above<3>(made, above));
        raw[2] = Narrow(next(WidenUpper(raw[2]), Above<2>(made, above)), even);
        even = next(WidenLower(raw[3]), Above<1>(made, above));
        raw[3] = Narrow(next(WidenUpper(raw[3]), Above<0>(made, above)), even);
      } else {
        V16 even = next(WidenLower(raw[0]), Above<6>(made, above));
        raw[0] = Narrow(next(WidenUpper(raw[0]), Above<4>(made, above)), even);
        even = next(WidenLower(raw[1]), Above<2>(made, above));
        raw[1] = Narrow(next(WidenUpper(raw[1]), Above<0>(made, above)), even);
      }
      StoreColumns(raw, i);
    }
    return i;
  }

  // The pixel above the first row, moved up to the end of `above` by kLanes, and the pixels of the other rows but the
  // last.
  template <int kLanes>
  static HWY_INLINE V16 Above(V16 made, V16 above) {
    return hn::CombineShiftRightBytes<16 - 2 * kPixel>(kI16, made, hn::ShiftLeftLanes<kLanes>(kI16, above));
  }

  HWY_INLINE V8 LoadRow(size_t r, size_t i) const {
    return hn::ZeroExtendVector(kU8, hn::LoadU(hn::Half<decltype(kU8)>(), rows_[r] + i - r * kPixel));
  }
  HWY_INLINE void StoreRows(V8 two_rows, size_t r, size_t i) const {
    constexpr hn::Half<decltype(kU8)> half;
    hn::StoreU(hn::LowerHalf(two_rows), half, rows_[r] + i - r * kPixel);
    hn::StoreU(hn::UpperHalf(half, two_rows), half, rows_[r + 1] + i - (r + 1) * kPixel);
  }

  HWY_INLINE void LoadColumns(size_t i, Columns& columns) const {
    if constexpr (kPixel == 1) {
      const auto pair = [&](size_t r) HWY_ATTR {
        return hn::BitCast(kU16, hn::InterleaveLower(kU8, LoadRow(r, i), LoadRow(r + 1, i)));
      };
      const auto rows01 = pair(0);
      const auto rows23 = pair(2);
      const auto rows45 = pair(4);
      const auto rows67 = pair(6);
      Merge(hn::InterleaveLower(kU16, rows01, rows23), hn::InterleaveLower(kU16, rows45, rows67), columns);
      Merge(hn::InterleaveUpper(kU16, rows01, rows23), hn::InterleaveUpper(kU16, rows45, rows67), columns + 2);
    } else {
      const auto pair = [&](size_t r) HWY_ATTR {
        return hn::InterleaveLower(kU16, hn::BitCast(kU16, LoadRow(r, i)), hn::BitCast(kU16, LoadRow(r + 1, i)));
      };
      Merge(pair(0), pair(2), columns);
    }
  }

  HWY_INLINE void StoreColumns(const Columns& columns, size_t i) const {
    if constexpr (kPixel == 1) {
      alignas(16) static constexpr uint8_t kMix[16] = {0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15};
      const V8 mix = hn::Load(kU8, kMix);
      const auto pair = [&](size_t k) HWY_ATTR { return hn::BitCast(kU16, hn::TableLookupBytes(columns[k], mix)); };
      const auto pixels01 = pair(0);
      const auto pixels23 = pair(1);
      const auto pixels45 = pair(2);
      const auto pixels67 = pair(3);
      V8 rows[4];
      Merge(hn::InterleaveLower(kU16, pixels01, pixels23), hn::InterleaveLower(kU16, pixels45, pixels67), rows);
      Merge(hn::InterleaveUpper(kU16, pixels01, pixels23), hn::InterleaveUpper(kU16, pixels45, pixels67), rows + 2);
      for (size_t k = 0; k < 4; ++k) StoreRows(rows[k], 2 * k, i);
    } else {
      alignas(16) static constexpr uint8_t kMix[16] = {0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15};
      const V8 mix = hn::Load(kU8, kMix);
      const auto pair = [&](size_t k) HWY_ATTR { return hn::BitCast(kU16, hn::TableLookupBytes(columns[k], mix)); };
      V8 rows[2];
      Merge(pair(0), pair(1), rows);
      for (size_t k = 0; k < 2; ++k) StoreRows(rows[k], 2 * k, i);
    }
  }

  // 32-bit words of two vectors in turn.
  static HWY_INLINE void Merge(VU16 lower, VU16 upper, V8* out) {
    const auto a = hn::BitCast(kU32, lower);
    const auto b = hn::BitCast(kU32, upper);
    out[0] = hn::BitCast(kU8, hn::InterleaveLower(kU32, a, b));
    out[1] = hn::BitCast(kU8, hn::InterleaveUpper(kU32, a, b));
  }

  const size_t row_bytes_;
  uint8_t* rows_[kRows];
  const uint8_t* pixels_[kRows];  // above each
};

#endif  // HWY_TARGET

}  // namespace
// NOLINTEND(google-build-namespaces, misc-definitions-in-headers)
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TBBTHUMBS_CODECS_PNG_ROW_GROUP_SIMD_INL_H_
