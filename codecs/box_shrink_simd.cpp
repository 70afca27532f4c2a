#include "codecs/box_shrink_simd.h"

#include <algorithm>
#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/box_shrink_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR  // lacks the operations on blocks; only where nothing better is known

void AddRowU8(const uint8_t* row, bool first, size_t samples, uint16_t* sums) {
  scalar::AddRow(row, first, samples, sums);
}
void AddRowU16(const uint16_t* row, bool first, size_t samples, uint32_t* sums) {
  scalar::AddRow(row, first, samples, sums);
}
void BlockMeansU8(const uint16_t* sums, const BlockRow& blocks, uint8_t* out) { scalar::BlockMeans(sums, blocks, out); }
void BlockMeansU16(const uint32_t* sums, const BlockRow& blocks, uint16_t* out) {
  scalar::BlockMeans(sums, blocks, out);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

// At most 32 bytes: 64-byte vectors lower the clock of several CPUs.
template <class T>
using Wide = hn::CappedTag<T, 32 / sizeof(T)>;

template <class Sample, class Sum>
HWY_INLINE void AddSamples(const Sample* HWY_RESTRICT row, bool first, size_t samples, Sum* HWY_RESTRICT sums) {
  constexpr Wide<Sum> wide;
  const hn::Rebind<Sample, Wide<Sum>> narrow;
  const size_t lanes = hn::Lanes(wide);
  for (size_t x = 0; x < samples; x += 2 * lanes) {
    auto sum0 = hn::PromoteTo(wide, hn::LoadU(narrow, row + x));
    auto sum1 = hn::PromoteTo(wide, hn::LoadU(narrow, row + x + lanes));
    if (!first) {
      sum0 = hn::Add(sum0, hn::LoadU(wide, sums + x));
      sum1 = hn::Add(sum1, hn::LoadU(wide, sums + x + lanes));
    }
    hn::StoreU(sum0, wide, sums + x);
    hn::StoreU(sum1, wide, sums + x + lanes);
  }
}

void AddRowU8(const uint8_t* row, bool first, size_t samples, uint16_t* sums) { AddSamples(row, first, samples, sums); }

void AddRowU16(const uint16_t* row, bool first, size_t samples, uint32_t* sums) {
  AddSamples(row, first, samples, sums);
}

// Division by a constant, by multiplication with m = ceil(2^s / divisor), where s is as large as m fits a lane. The
// product exceeds the exact one by n * (m * divisor - 2^s): where that is below 2^s, the quotient is exact.
template <class Sum>
class Divider {
 public:
  // Of dividends below `end` times `divisor`, both at most 2^16.
  Divider(uint64_t divisor, uint64_t end) {
    if (divisor < 2) return;
    shift_ = static_cast<int>(std::bit_width(divisor - 1)) - 1;
    const int bits = static_cast<int>(8 * sizeof(Sum)) + shift_;
    const uint64_t inverse = ((uint64_t{1} << bits) + divisor - 1) / divisor;
    const uint64_t excess = inverse * divisor - (uint64_t{1} << bits);
    inverse_ = static_cast<Sum>(inverse);
    exact_ = end * divisor <= uint64_t{1} << (8 * sizeof(Sum)) && end * divisor * excess <= uint64_t{1} << bits;
  }

  bool exact() const { return exact_; }

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D d, V dividend) const {
    return hn::ShiftRightSame(High(d, dividend, hn::Set(d, inverse_)), shift_);
  }

 private:
  template <class D, class V>
  static HWY_INLINE V High(D d, V a, V b) {
    if constexpr (sizeof(Sum) == 2) {
      return hn::MulHigh(a, b);
    } else {
      const hn::RepartitionToWide<D> wide;
      const auto odd = hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a)));
      return hn::OddEven(hn::BitCast(d, hn::MulEven(odd, b)), hn::BitCast(d, hn::ShiftRight<32>(hn::MulEven(a, b))));
    }
  }

  int shift_ = 0;
  Sum inverse_ = 0;
  bool exact_ = false;
};

// Samples looked at between two visits to the results, which stay in the first-level cache.
constexpr size_t kChunk = 512;
// Wider blocks would cost more additions than one block after the other.
constexpr int kMaxSlidingFactor = 16;

// The first `count` blocks of a row. Means are taken at every sample, whether a block begins there or not, for a block
// is no wider than few vectors are long; those of the blocks are then picked.
template <int kChannels, class Sum, class Sample>
void SlidingMeans(const Sum* HWY_RESTRICT sums, const BlockRow& blocks, size_t count, const Divider<Sum>& divide,
                  Sample* HWY_RESTRICT out) {
  constexpr Wide<Sum> wide;
  const hn::RebindToSigned<Wide<Sum>> wide_signed;
  const hn::Rebind<Sample, Wide<Sum>> narrow;
  const size_t lanes = hn::Lanes(wide);
  const auto half = hn::Set(wide, static_cast<Sum>(blocks.factor * blocks.rows / 2));
  const size_t step = static_cast<size_t>(blocks.factor) * kChannels;
  alignas(32) Sample means[kChunk + 64];
  while (count > 0) {
    const size_t now = std::min(count, kChunk / step);
    const size_t end = (now - 1) * step + kChannels;
    for (size_t x = 0; x < end; x += lanes) {
      auto sum = half;
      for (size_t i = 0; i < step; i += kChannels) sum = hn::Add(sum, hn::LoadU(wide, sums + x + i));
      hn::StoreU(hn::DemoteTo(narrow, hn::BitCast(wide_signed, divide(wide, sum))), narrow, means + x);
    }
    // Four samples at once, of which the next block overwrites the fourth.
    constexpr size_t kCopied = std::bit_ceil(size_t{kChannels});
    for (size_t b = 0; b < now; ++b, out += kChannels) std::memcpy(out, means + b * step, kCopied * sizeof(Sample));
    sums += now * step;
    count -= now;
  }
}

template <class Sum, class Sample>
void SlidingMeansOf(const Sum* sums, const BlockRow& blocks, size_t count, const Divider<Sum>& divide, Sample* out) {
  switch (blocks.channels) {
    case 1:
      return SlidingMeans<1>(sums, blocks, count, divide, out);
    case 2:
      return SlidingMeans<2>(sums, blocks, count, divide, out);
    case 3:
      return SlidingMeans<3>(sums, blocks, count, divide, out);
    default:
      return SlidingMeans<4>(sums, blocks, count, divide, out);
  }
}

// The whole blocks of a row, one pixel a vector. (sum + half + 0.5) / count in float lies at least 0.5 / count from an
// integer, and errs by less than 256 * 2^-23: the integer part is that of the exact quotient up to 8192 pixels a block.
constexpr int kMaxFloatBlock = 8192;

template <int kChannels>
void WholeBlockMeans(const uint16_t* HWY_RESTRICT sums, int factor, int blocks, int pixels, uint8_t* HWY_RESTRICT out) {
  const hn::FixedTag<int32_t, 4> d32;
  const hn::FixedTag<float, 4> df;
  const hn::FixedTag<uint16_t, 4> d16;
  const hn::FixedTag<uint8_t, 4> d8;
  const auto half = hn::Set(d32, pixels / 2);
  const auto inverse = hn::Set(df, 1.0f / static_cast<float>(pixels));
  for (int b = 0; b < blocks; ++b, out += kChannels) {
    auto sum = half;
    for (int i = 0; i < factor; ++i, sums += kChannels) {
      sum = hn::Add(sum, hn::PromoteTo(d32, hn::LoadU(d16, sums)));
    }
    const auto mean = hn::Mul(hn::Add(hn::ConvertTo(df, sum), hn::Set(df, 0.5f)), inverse);
    hn::StoreU(hn::DemoteTo(d8, hn::ConvertTo(d32, mean)), d8, out);
  }
}

// The blocks that are whole, where there is vector code for them: their number, else 0.
int WholeMeans(const uint16_t* sums, const BlockRow& blocks, uint8_t* out) {
  const int pixels = blocks.factor * blocks.rows;
  const int whole = blocks.width / blocks.factor;
  const Divider<uint16_t> divide(pixels, 256);
  if (divide.exact() && blocks.factor <= kMaxSlidingFactor) {
    SlidingMeansOf(sums, blocks, whole, divide, out);
    return whole;
  }
  if (blocks.channels < 3 || pixels > kMaxFloatBlock) return 0;
  if (blocks.channels == 3) {
    WholeBlockMeans<3>(sums, blocks.factor, whole, pixels, out);
  } else {
    WholeBlockMeans<4>(sums, blocks.factor, whole, pixels, out);
  }
  return whole;
}

int WholeMeans(const uint32_t* sums, const BlockRow& blocks, uint16_t* out) {
  const int whole = blocks.width / blocks.factor;
  const Divider<uint32_t> divide(static_cast<uint64_t>(blocks.factor) * blocks.rows, 65536);
  if (!divide.exact() || blocks.factor > kMaxSlidingFactor) return 0;
  SlidingMeansOf(sums, blocks, whole, divide, out);
  return whole;
}

template <class Sum, class Sample>
HWY_INLINE void Means(const Sum* sums, const BlockRow& blocks, Sample* out) {
  const int whole = WholeMeans(sums, blocks, out);
  BlockRow rest = blocks;
  rest.width -= whole * blocks.factor;
  scalar::BlockMeans(sums + static_cast<size_t>(whole) * blocks.factor * blocks.channels, rest,
                     out + static_cast<size_t>(whole) * blocks.channels);
}

void BlockMeansU8(const uint16_t* sums, const BlockRow& blocks, uint8_t* out) { Means(sums, blocks, out); }
void BlockMeansU16(const uint32_t* sums, const BlockRow& blocks, uint16_t* out) { Means(sums, blocks, out); }

#endif  // HWY_TARGET

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(AddRowU8);
HWY_EXPORT(AddRowU16);
HWY_EXPORT(BlockMeansU8);
HWY_EXPORT(BlockMeansU16);

void AddRow(const uint8_t* row, bool first, size_t samples, uint16_t* sums) {
  HWY_DYNAMIC_DISPATCH(AddRowU8)(row, first, samples, sums);
}
void AddRow(const uint16_t* row, bool first, size_t samples, uint32_t* sums) {
  HWY_DYNAMIC_DISPATCH(AddRowU16)(row, first, samples, sums);
}
void BlockMeans(const uint16_t* sums, const BlockRow& blocks, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(BlockMeansU8)(sums, blocks, out);
}
void BlockMeans(const uint32_t* sums, const BlockRow& blocks, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(BlockMeansU16)(sums, blocks, out);
}

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
