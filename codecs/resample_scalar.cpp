#include "codecs/resample_scalar.h"

#include <algorithm>
#include <cstring>

namespace tbbthumbs::scalar {
namespace {

constexpr int kRowShift = kWeightBits - kMiddleBits;
constexpr int kColumnShift = kWeightBits + kMiddleBits;

template <int kChannels>
void PlacePairs(const Band<int16_t>& band, int begin, int end, int16_t* pairs) {
  for (int x = begin; x < end; x += 2) {
    const int16_t* pixels = band.rows + static_cast<size_t>(x) * kChannels;
    int16_t* pair = pairs + static_cast<size_t>(x) * kColumnSamples;
    for (int r = 0; r < band.count; ++r, pixels += band.stride, pair += 2 * kChannels) {
      for (int c = 0; c < kChannels; ++c) {
        pair[2 * c] = pixels[c];
        pair[2 * c + 1] = pixels[kChannels + c];
      }
    }
  }
}

template <int kChannels>
void PlaceSingles(const Band<float>& band, int begin, int end, float* columns) {
  for (int x = begin; x < end; ++x) {
    const float* pixel = band.rows + static_cast<size_t>(x) * kChannels;
    float* column = columns + static_cast<size_t>(x) * kColumnSamples;
    for (int r = 0; r < band.count; ++r, pixel += band.stride, column += kChannels) {
      std::memcpy(column, pixel, kChannels * sizeof(float));
    }
  }
}

// Division by a constant `count` in 1..2^16 of sums of that many samples, by multiplication. With m = ceil(2^48 /
// count) the product is too large by less than sum * count / 2^48 < 1 / count, as sum < 2^16 * count and count <= 2^16,
// so that the quotient is exact; and sum * m < 2^64.
class RoundedMean {
 public:
  explicit RoundedMean(uint64_t count) : half_(count / 2), inverse_(((uint64_t{1} << 48) + count - 1) / count) {}
  uint64_t operator()(uint64_t sum) const { return (sum + half_) * inverse_ >> 48; }

 private:
  uint64_t half_;
  uint64_t inverse_;
};

template <int kChannels, class Sum, class Sample>
void MeansOf(const Sum* sums, const BlockRow& blocks, Sample* out) {
  int width = blocks.factor;
  RoundedMean mean(static_cast<uint64_t>(width) * blocks.rows);
  for (int x = 0; x < blocks.width; x += width, out += kChannels) {
    if (x + width > blocks.width) {
      width = blocks.width - x;
      mean = RoundedMean(static_cast<uint64_t>(width) * blocks.rows);
    }
    uint64_t total[kChannels] = {};
    for (int i = 0; i < width; ++i, sums += kChannels) {
      for (int c = 0; c < kChannels; ++c) total[c] += sums[c];
    }
    for (int c = 0; c < kChannels; ++c) out[c] = static_cast<Sample>(mean(total[c]));
  }
}

template <class Sum, class Sample>
void Means(const Sum* sums, const BlockRow& blocks, Sample* out) {
  switch (blocks.channels) {
    case 1:
      return MeansOf<1>(sums, blocks, out);
    case 2:
      return MeansOf<2>(sums, blocks, out);
    case 3:
      return MeansOf<3>(sums, blocks, out);
    default:
      return MeansOf<4>(sums, blocks, out);
  }
}

template <class Sample, class Sum>
void Add(const Sample* row, bool first, size_t samples, Sum* sums) {
  if (first) std::fill_n(sums, samples, Sum{0});
  for (size_t i = 0; i < samples; ++i) sums[i] = static_cast<Sum>(sums[i] + row[i]);
}

}  // namespace

void PairRows(const uint8_t* even, const uint8_t* odd, size_t samples, int16_t* pair) {
  for (size_t x = 0; x < samples; ++x) {
    pair[2 * x] = even[x];
    pair[2 * x + 1] = odd[x];
  }
}

void WeightedRows(std::span<const RowSum8> sums, size_t samples) {
  for (const auto& [pairs, weights, out] : sums) {
    for (size_t x = 0; x < samples; ++x) {
      int32_t sum = 1 << (kRowShift - 1);
      for (size_t i = 0; i < pairs.size(); ++i) {
        sum += pairs[i][2 * x] * weights[2 * i] + pairs[i][2 * x + 1] * weights[2 * i + 1];
      }
      out[x] = static_cast<int16_t>(sum >> kRowShift);
    }
  }
}

void WeightedRows(std::span<const RowSum16> sums, size_t samples) {
  for (const auto& [rows, weights, out] : sums) {
    for (size_t x = 0; x < samples; ++x) {
      float sum = 0;
      for (size_t i = 0; i < rows.size(); ++i) sum += static_cast<float>(rows[i][x]) * weights[i];
      out[x] = sum;
    }
  }
}

void PlaceColumns(const Band<int16_t>& band, int begin, int end, int16_t* pairs) {
  switch (band.channels) {
    case 1:
      return PlacePairs<1>(band, begin, end, pairs);
    case 2:
      return PlacePairs<2>(band, begin, end, pairs);
    case 3:
      return PlacePairs<3>(band, begin, end, pairs);
    default:
      return PlacePairs<4>(band, begin, end, pairs);
  }
}

void PlaceColumns(const Band<float>& band, int begin, int end, float* columns) {
  switch (band.channels) {
    case 1:
      return PlaceSingles<1>(band, begin, end, columns);
    case 2:
      return PlaceSingles<2>(band, begin, end, columns);
    case 3:
      return PlaceSingles<3>(band, begin, end, columns);
    default:
      return PlaceSingles<4>(band, begin, end, columns);
  }
}

void WeightedColumns(const int16_t* pairs, std::span<const FilterTaps::Output> outputs, const int16_t* weights,
                     uint8_t* out) {
  for (const FilterTaps::Output& output : outputs) {
    const int16_t* source = pairs + static_cast<size_t>(output.first) * kColumnSamples;
    const int16_t* weight = weights + output.offset;
    for (int k = 0; k < kColumnSamples; ++k) {
      int32_t sum = 1 << (kColumnShift - 1);
      for (int i = 0; i < output.count; i += 2) {
        const int16_t* pair = source + (i * kColumnSamples + 2 * k);
        sum += pair[0] * weight[i] + pair[1] * weight[i + 1];
      }
      out[k] = static_cast<uint8_t>(std::clamp(sum >> kColumnShift, 0, 255));
    }
    out += kColumnSamples;
  }
}

void WeightedColumns(const float* columns, std::span<const FilterTaps::Output> outputs, const float* weights,
                     uint16_t* out) {
  for (const FilterTaps::Output& output : outputs) {
    const float* source = columns + static_cast<size_t>(output.first) * kColumnSamples;
    const float* weight = weights + output.offset;
    for (int k = 0; k < kColumnSamples; ++k) {
      float sum = 0;
      for (int i = 0; i < output.count; ++i) sum += source[i * kColumnSamples + k] * weight[i];
      // NOLINTNEXTLINE(bugprone-incorrect-roundings): nothing is below zero
      out[k] = static_cast<uint16_t>(std::clamp(sum, 0.0f, 65535.0f) + 0.5f);
    }
    out += kColumnSamples;
  }
}

void PlaceRows(const uint8_t* columns, int count, int rows, uint8_t* out, size_t stride) {
  for (int r = 0; r < rows; ++r, out += stride) {
    for (int x = 0; x < count; ++x) out[x] = columns[x * kColumnSamples + r];
  }
}

void AddRow(const uint8_t* row, bool first, size_t samples, uint16_t* sums) { Add(row, first, samples, sums); }
void AddRow(const uint16_t* row, bool first, size_t samples, uint32_t* sums) { Add(row, first, samples, sums); }

void BlockMeans(const uint16_t* sums, const BlockRow& blocks, uint8_t* out) { Means(sums, blocks, out); }
void BlockMeans(const uint32_t* sums, const BlockRow& blocks, uint16_t* out) { Means(sums, blocks, out); }

}  // namespace tbbthumbs::scalar
