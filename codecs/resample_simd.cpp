#include "codecs/resample_simd.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/resample_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR  // lacks the operations on blocks; only where nothing better is known

void PairRowsU8(const uint8_t* even, const uint8_t* odd, size_t samples, int16_t* pair) {
  scalar::PairRows(even, odd, samples, pair);
}
void WeightedRowsU8(std::span<const RowSum8> sums, size_t samples) { scalar::WeightedRows(sums, samples); }
void WeightedRowsU16(std::span<const RowSum16> sums, size_t samples) { scalar::WeightedRows(sums, samples); }
void PlaceColumnsU8(const Band<int16_t>& band, int begin, int end, int16_t* pairs) {
  scalar::PlaceColumns(band, begin, end, pairs);
}
void WeightedColumnsU8(const int16_t* pairs, std::span<const FilterTaps::Output> outputs, const int16_t* weights,
                       uint8_t* out) {
  scalar::WeightedColumns(pairs, outputs, weights, out);
}
void WeightedColumnsU16(const float* columns, std::span<const FilterTaps::Output> outputs, const float* weights,
                        uint16_t* out) {
  scalar::WeightedColumns(columns, outputs, weights, out);
}
void PlaceRowsU8(const uint8_t* columns, int count, int rows, uint8_t* out, size_t stride) {
  scalar::PlaceRows(columns, count, rows, out, stride);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

// At most 32 bytes: 64-byte vectors lower the clock of several CPUs, and their blocks would need another shuffle.
template <class T>
using Wide = hn::CappedTag<T, 32 / sizeof(T)>;
constexpr Wide<int16_t> kI16;
constexpr Wide<int32_t> kI32;
constexpr Wide<float> kF32;
using I16 = hn::Vec<Wide<int16_t>>;
using I32 = hn::Vec<Wide<int32_t>>;
using F32 = hn::Vec<Wide<float>>;

// Two weights for pairs of samples, in every 32-bit lane.
HWY_INLINE I16 WeightPair(const int16_t* weights) {
  int32_t pair;
  std::memcpy(&pair, weights, sizeof(pair));
  return hn::BitCast(kI16, hn::Set(kI32, pair));
}

// Sums of products of adjacent int16. Where the target multiplies in two halves the second one is kept apart.
struct PairSum {
  I32 first;
  I32 second;
  HWY_INLINE void Reset(int32_t start) {
    first = hn::Set(kI32, start);
    second = hn::Zero(kI32);
  }
  HWY_INLINE void Add(I16 samples, I16 weights) {
    first = hn::ReorderWidenMulAccumulate(kI32, samples, weights, first, second);
  }
  HWY_INLINE I32 Total() const { return hn::RearrangeToOddPlusEven(first, second); }
};

void PairRowsU8(const uint8_t* HWY_RESTRICT even, const uint8_t* HWY_RESTRICT odd, size_t samples,
                int16_t* HWY_RESTRICT pair) {
  const hn::FixedTag<uint8_t, 16> d8;
  const hn::FixedTag<int16_t, 8> d16;
  for (size_t x = 0; x < samples; x += 16) {
    const auto v0 = hn::LoadU(d8, even + x);
    const auto v1 = hn::LoadU(d8, odd + x);
    const auto lower = hn::InterleaveLower(d8, v0, v1);
    const auto upper = hn::InterleaveUpper(d8, v0, v1);
    hn::StoreU(hn::BitCast(d16, hn::InterleaveLower(d8, lower, hn::Zero(d8))), d16, pair + 2 * x);
    hn::StoreU(hn::BitCast(d16, hn::InterleaveUpper(d8, lower, hn::Zero(d8))), d16, pair + 2 * x + 8);
    hn::StoreU(hn::BitCast(d16, hn::InterleaveLower(d8, upper, hn::Zero(d8))), d16, pair + 2 * x + 16);
    hn::StoreU(hn::BitCast(d16, hn::InterleaveUpper(d8, upper, hn::Zero(d8))), d16, pair + 2 * x + 24);
  }
}

// Sums held in registers at a time: half of those that AVX2 and SSE have.
constexpr int kSums = 8;

HWY_INLINE void WeightedRowU8(const RowSum8& row, size_t x) {
  const size_t lanes = hn::Lanes(kI32);
  const hn::Rebind<int16_t, Wide<int32_t>> narrow;
  PairSum sums[kSums];
  for (PairSum& sum : sums) sum.Reset(1 << (kWeightBits - kMiddleBits - 1));
  size_t i = 0;
  do {  // at least one pair: GCC then keeps each sum in one register
    const I16 weight = WeightPair(row.weights + 2 * i);
    const int16_t* pair = row.rows[i] + 2 * x;
    for (int k = 0; k < kSums; ++k) sums[k].Add(hn::LoadU(kI16, pair + 2 * lanes * k), weight);
  } while (++i < row.rows.size());
  for (int k = 0; k < kSums; ++k) {
    const I32 rounded = hn::ShiftRight<kWeightBits - kMiddleBits>(sums[k].Total());
    hn::StoreU(hn::DemoteTo(narrow, rounded), narrow, row.out + x + lanes * k);
  }
}

void WeightedRowsU8(std::span<const RowSum8> sums, size_t samples) {
  for (size_t x = 0; x < samples; x += kSums * hn::Lanes(kI32)) {
    for (const RowSum8& row : sums) WeightedRowU8(row, x);
  }
}

HWY_INLINE void WeightedRowU16(const RowSum16& row, size_t x) {
  const size_t lanes = hn::Lanes(kF32);
  const hn::Rebind<uint16_t, Wide<float>> narrow;
  F32 sums[kSums];
  for (F32& sum : sums) sum = hn::Zero(kF32);
  size_t i = 0;
  do {
    const F32 weight = hn::Set(kF32, row.weights[i]);
    const uint16_t* source = row.rows[i] + x;
    for (int k = 0; k < kSums; ++k) {
      const auto samples = hn::PromoteTo(kI32, hn::LoadU(narrow, source + lanes * k));
      sums[k] = hn::Add(sums[k], hn::Mul(hn::ConvertTo(kF32, samples), weight));
    }
  } while (++i < row.rows.size());
  for (int k = 0; k < kSums; ++k) hn::StoreU(sums[k], kF32, row.out + x + lanes * k);
}

void WeightedRowsU16(std::span<const RowSum16> sums, size_t samples) {
  for (size_t x = 0; x < samples; x += kSums * hn::Lanes(kF32)) {
    for (const RowSum16& row : sums) WeightedRowU16(row, x);
  }
}

// Pixels of three or four channels: two of them become 16 bytes. With three channels the last two samples written are
// of the row below, or unused at the end of the column.
template <int kChannels>
void PlacePairs(const Band<int16_t>& band, int begin, int end, int16_t* HWY_RESTRICT pairs) {
  const hn::FixedTag<int16_t, 8> d;
  for (int x = begin; x < end; x += 2) {
    const int16_t* HWY_RESTRICT pixels = band.rows + static_cast<size_t>(x) * kChannels;
    int16_t* HWY_RESTRICT pair = pairs + static_cast<size_t>(x) * kColumnSamples;
    for (int r = 0; r < band.count; ++r, pixels += band.stride, pair += 2 * kChannels) {
      hn::StoreU(hn::InterleaveLower(d, hn::LoadU(d, pixels), hn::LoadU(d, pixels + kChannels)), d, pair);
    }
  }
}

// Pixels of one channel: pairs of four rows by four pairs of columns are turned at a time.
void PlaceSinglePairs(const Band<int16_t>& band, int begin, int end, int16_t* HWY_RESTRICT pairs) {
  const hn::FixedTag<int32_t, 4> d32;
  const hn::FixedTag<int64_t, 2> d64;
  const hn::FixedTag<int16_t, 8> d16;
  const auto load = [&](int x, int r) {
    return hn::BitCast(d32, hn::LoadU(d16, band.rows + static_cast<size_t>(r) * band.stride + x));
  };
  const auto column = [&](int x) { return pairs + static_cast<size_t>(x) * kColumnSamples; };
  int x = begin;
  for (; x + 8 <= end; x += 8) {
    int r = 0;
    for (; r + 4 <= band.count; r += 4) {
      const auto v0 = load(x, r), v1 = load(x, r + 1), v2 = load(x, r + 2), v3 = load(x, r + 3);
      const auto low01 = hn::BitCast(d64, hn::InterleaveLower(d32, v0, v1));
      const auto low23 = hn::BitCast(d64, hn::InterleaveLower(d32, v2, v3));
      const auto high01 = hn::BitCast(d64, hn::InterleaveUpper(d32, v0, v1));
      const auto high23 = hn::BitCast(d64, hn::InterleaveUpper(d32, v2, v3));
      hn::StoreU(hn::BitCast(d16, hn::InterleaveLower(d64, low01, low23)), d16, column(x) + 2 * r);
      hn::StoreU(hn::BitCast(d16, hn::InterleaveUpper(d64, low01, low23)), d16, column(x + 2) + 2 * r);
      hn::StoreU(hn::BitCast(d16, hn::InterleaveLower(d64, high01, high23)), d16, column(x + 4) + 2 * r);
      hn::StoreU(hn::BitCast(d16, hn::InterleaveUpper(d64, high01, high23)), d16, column(x + 6) + 2 * r);
    }
    for (; r < band.count; ++r) {
      const int16_t* pair = band.rows + static_cast<size_t>(r) * band.stride + x;
      for (int i = 0; i < 8; i += 2) std::memcpy(column(x + i) + 2 * r, pair + i, 2 * sizeof(int16_t));
    }
  }
  scalar::PlaceColumns(band, x, end, pairs);
}

void PlaceColumnsU8(const Band<int16_t>& band, int begin, int end, int16_t* pairs) {
  if (band.channels == 1) {
    PlaceSinglePairs(band, begin, end, pairs);
  } else if (band.channels == 3) {
    PlacePairs<3>(band, begin, end, pairs);
  } else if (band.channels == 4) {
    PlacePairs<4>(band, begin, end, pairs);
  } else {
    scalar::PlaceColumns(band, begin, end, pairs);
  }
}

HWY_INLINE void WeightedColumnU8(const int16_t* HWY_RESTRICT source, int taps, const int16_t* HWY_RESTRICT weights,
                                 uint8_t* HWY_RESTRICT out) {
  const size_t lanes = hn::Lanes(kI32);
  const hn::Rebind<uint8_t, Wide<int32_t>> narrow;
  PairSum sums[kSums];
  for (PairSum& sum : sums) sum.Reset(1 << (kWeightBits + kMiddleBits - 1));
  int i = 0;
  do {
    const I16 weight = WeightPair(weights + i);
    for (int k = 0; k < kSums; ++k) sums[k].Add(hn::LoadU(kI16, source + 2 * lanes * k), weight);
    source += 2 * kColumnSamples;
    i += 2;
  } while (i < taps);
  for (int k = 0; k < kSums; ++k) {
    const I32 rounded = hn::ShiftRight<kWeightBits + kMiddleBits>(sums[k].Total());
    hn::StoreU(hn::DemoteTo(narrow, rounded), narrow, out + lanes * k);
  }
}

void WeightedColumnsU8(const int16_t* pairs, std::span<const FilterTaps::Output> outputs, const int16_t* weights,
                       uint8_t* out) {
  const size_t step = kSums * hn::Lanes(kI32);
  for (const FilterTaps::Output& output : outputs) {
    const int16_t* source = pairs + static_cast<size_t>(output.first) * kColumnSamples;
    for (size_t k = 0; k < kColumnSamples; k += step) {
      WeightedColumnU8(source + 2 * k, output.count, weights + output.offset, out + k);
    }
    out += kColumnSamples;
  }
}

HWY_INLINE void WeightedColumnU16(const float* HWY_RESTRICT source, int taps, const float* HWY_RESTRICT weights,
                                  uint16_t* HWY_RESTRICT out) {
  const size_t lanes = hn::Lanes(kF32);
  const hn::Rebind<uint16_t, Wide<float>> narrow;
  F32 sums[kSums];
  for (F32& sum : sums) sum = hn::Zero(kF32);
  int i = 0;
  do {
    const F32 weight = hn::Set(kF32, weights[i]);
    for (int k = 0; k < kSums; ++k) {
      sums[k] = hn::Add(sums[k], hn::Mul(hn::LoadU(kF32, source + lanes * k), weight));
    }
    source += kColumnSamples;
  } while (++i < taps);
  for (int k = 0; k < kSums; ++k) {
    const F32 clamped = hn::Min(hn::Max(sums[k], hn::Zero(kF32)), hn::Set(kF32, 65535.0f));
    const I32 rounded = hn::ConvertTo(kI32, hn::Add(clamped, hn::Set(kF32, 0.5f)));
    hn::StoreU(hn::DemoteTo(narrow, rounded), narrow, out + lanes * k);
  }
}

void WeightedColumnsU16(const float* columns, std::span<const FilterTaps::Output> outputs, const float* weights,
                        uint16_t* out) {
  const size_t step = kSums * hn::Lanes(kF32);
  for (const FilterTaps::Output& output : outputs) {
    const float* source = columns + static_cast<size_t>(output.first) * kColumnSamples;
    for (size_t k = 0; k < kColumnSamples; k += step) {
      WeightedColumnU16(source + k, output.count, weights + output.offset, out + k);
    }
    out += kColumnSamples;
  }
}

// Eight rows of sixteen columns are turned at a time.
void PlaceRowsU8(const uint8_t* HWY_RESTRICT columns, int count, int rows, uint8_t* HWY_RESTRICT out, size_t stride) {
  const hn::FixedTag<uint8_t, 16> d8;
  const hn::FixedTag<uint8_t, 8> half;
  const hn::FixedTag<uint16_t, 8> d16;
  const hn::FixedTag<uint32_t, 4> d32;
  const hn::FixedTag<uint64_t, 2> d64;
  const int whole_rows = rows / 8 * 8;
  int x = 0;
  for (; x + 16 <= count; x += 16) {
    for (int r = 0; r < whole_rows; r += 8) {
      const uint8_t* from = columns + x * kColumnSamples + r;
      // Of two, four, eight and sixteen columns: in each step one vector holds half as many rows.
      hn::Vec<decltype(d16)> two[8];
      for (int i = 0; i < 8; ++i, from += 2 * kColumnSamples) {
        const auto v0 = hn::ZeroExtendVector(d8, hn::LoadU(half, from));
        const auto v1 = hn::ZeroExtendVector(d8, hn::LoadU(half, from + kColumnSamples));
        two[i] = hn::BitCast(d16, hn::InterleaveLower(d8, v0, v1));
      }
      hn::Vec<decltype(d32)> four[2][4];
      for (int i = 0; i < 4; ++i) {
        four[0][i] = hn::BitCast(d32, hn::InterleaveLower(d16, two[2 * i], two[2 * i + 1]));
        four[1][i] = hn::BitCast(d32, hn::InterleaveUpper(d16, two[2 * i], two[2 * i + 1]));
      }
      uint8_t* to = out + static_cast<size_t>(r) * stride + x;
      for (const auto& part : four) {
        const auto low0 = hn::BitCast(d64, hn::InterleaveLower(d32, part[0], part[1]));
        const auto low1 = hn::BitCast(d64, hn::InterleaveLower(d32, part[2], part[3]));
        const auto high0 = hn::BitCast(d64, hn::InterleaveUpper(d32, part[0], part[1]));
        const auto high1 = hn::BitCast(d64, hn::InterleaveUpper(d32, part[2], part[3]));
        hn::StoreU(hn::BitCast(d8, hn::InterleaveLower(d64, low0, low1)), d8, to);
        hn::StoreU(hn::BitCast(d8, hn::InterleaveUpper(d64, low0, low1)), d8, to + stride);
        hn::StoreU(hn::BitCast(d8, hn::InterleaveLower(d64, high0, high1)), d8, to + 2 * stride);
        hn::StoreU(hn::BitCast(d8, hn::InterleaveUpper(d64, high0, high1)), d8, to + 3 * stride);
        to += 4 * stride;
      }
    }
  }
  scalar::PlaceRows(columns + whole_rows, x, rows - whole_rows, out + static_cast<size_t>(whole_rows) * stride, stride);
  scalar::PlaceRows(columns + x * kColumnSamples, count - x, rows, out + x, stride);
}

#endif  // HWY_TARGET

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(PairRowsU8);
HWY_EXPORT(WeightedRowsU8);
HWY_EXPORT(WeightedRowsU16);
HWY_EXPORT(PlaceColumnsU8);
HWY_EXPORT(WeightedColumnsU8);
HWY_EXPORT(WeightedColumnsU16);
HWY_EXPORT(PlaceRowsU8);

void PairRows(const uint8_t* even, const uint8_t* odd, size_t samples, int16_t* pair) {
  HWY_DYNAMIC_DISPATCH(PairRowsU8)(even, odd, samples, pair);
}
void WeightedRows(std::span<const RowSum8> sums, size_t samples) {
  HWY_DYNAMIC_DISPATCH(WeightedRowsU8)(sums, samples);
}
void WeightedRows(std::span<const RowSum16> sums, size_t samples) {
  HWY_DYNAMIC_DISPATCH(WeightedRowsU16)(sums, samples);
}
void PlaceColumns(const Band<int16_t>& band, int begin, int end, int16_t* pairs) {
  HWY_DYNAMIC_DISPATCH(PlaceColumnsU8)(band, begin, end, pairs);
}
void WeightedColumns(const int16_t* pairs, std::span<const FilterTaps::Output> outputs, const int16_t* weights,
                     uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(WeightedColumnsU8)(pairs, outputs, weights, out);
}
void WeightedColumns(const float* columns, std::span<const FilterTaps::Output> outputs, const float* weights,
                     uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(WeightedColumnsU16)(columns, outputs, weights, out);
}
void PlaceRows(const uint8_t* columns, int count, int rows, uint8_t* out, size_t stride) {
  HWY_DYNAMIC_DISPATCH(PlaceRowsU8)(columns, count, rows, out, stride);
}

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
