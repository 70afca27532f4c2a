#include "codecs/plane_resizer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "codecs/aligned_buffer.h"
#include "codecs/resample_scalar.h"
#include "codecs/resample_simd.h"

namespace tbbthumbs {
namespace {

// From one row of a buffer to the next, in samples of T. Not a multiple of 4096 bytes: such rows would fight for the
// same few lines of the first-level cache.
template <class T>
size_t Stride(size_t samples) {
  const size_t padded = PaddedSamples(samples);
  return padded * sizeof(T) % 4096 == 0 ? padded + kRowStep : padded;
}

// Rows resampled at a time: what their filters have in common is then read from the first-level cache.
constexpr int kBatch = 4;

// The outputs of the batch that begins with `index`.
std::span<const FilterTaps::Output> BatchAt(const FilterTaps& taps, int index) {
  const std::span<const FilterTaps::Output> outputs = taps.outputs;
  return outputs.subspan(index, std::min<size_t>(kBatch, outputs.size() - index));
}

int End(const FilterTaps::Output& output) { return output.first + output.count; }

// The row or column after the last one that is needed. Not always that of the last output: weights of 0 are cut.
int End(std::span<const FilterTaps::Output> outputs) {
  int end = 0;
  for (const FilterTaps::Output& output : outputs) end = std::max(end, End(output));
  return end;
}

// Source rows to hold: at the time of each batch those that came, back to the first that it needs.
int BatchRows(const FilterTaps& taps) {
  int rows = 0;
  int came = 0;
  for (size_t i = 0; i < taps.outputs.size(); i += kBatch) {
    const auto batch = BatchAt(taps, static_cast<int>(i));
    came = std::max(came, End(batch));
    for (const FilterTaps::Output& output : batch) rows = std::max(rows, came - output.first);
  }
  return rows;
}

// The rows of 8-bit samples that the filter needs, as pairs.
class Ring8 {
 public:
  using Sample = uint8_t;
  using Middle = int16_t;
  using Sum = RowSum8;
  static constexpr TapLayout kTaps = TapLayout::kPairs;
  static constexpr int kRowsOfEntry = 2;

  Ring8(size_t samples, int height, int rows)
      : samples_(samples),
        height_(height),
        capacity_(rows / 2),
        stride_(Stride<int16_t>(2 * PaddedSamples(samples))),
        pairs_(stride_ * capacity_),
        even_(PaddedSamples(samples)) {}

  void Push(std::span<const std::byte> row) {
    const auto* samples = reinterpret_cast<const uint8_t*>(row.data());
    int16_t* pair = pairs_.data() + rows_ / 2 % capacity_ * stride_;
    if (rows_ % 2 == 1) {  // read in place: whole steps, then what is left
      const size_t whole = samples_ / kRowStep * kRowStep;
      simd::PairRows(even_.data(), samples, whole, pair);
      scalar::PairRows(even_.data() + whole, samples + whole, samples_ - whole, pair + 2 * whole);
    } else if (rows_ + 1 < height_) {
      std::memcpy(even_.data(), samples, samples_);
    } else {  // the last row of an odd number: the other one of its pair weighs nothing
      scalar::PairRows(samples, samples, samples_, pair);
    }
    ++rows_;
  }

  // Rows that may be asked for, from the first on.
  int available() const { return (rows_ + (rows_ == height_ ? 1 : 0)) / 2 * 2; }

  const int16_t* At(int row) const { return pairs_.data() + row / 2 % capacity_ * stride_; }

 private:
  const size_t samples_;
  const int height_;
  const int capacity_;
  const size_t stride_;
  AlignedBuffer<int16_t> pairs_;
  AlignedBuffer<uint8_t> even_;
  int rows_ = 0;
};

// The rows of 16-bit samples that the filter needs.
class Ring16 {
 public:
  using Sample = uint16_t;
  using Middle = float;
  using Sum = RowSum16;
  static constexpr TapLayout kTaps = TapLayout::kSingles;
  static constexpr int kRowsOfEntry = 1;

  Ring16(size_t samples, int /*height*/, int rows)
      : capacity_(rows), stride_(Stride<uint16_t>(samples)), ring_(stride_ * capacity_) {}

  void Push(std::span<const std::byte> row) {
    std::memcpy(ring_.data() + rows_ % capacity_ * stride_, row.data(), row.size());
    ++rows_;
  }

  int available() const { return rows_; }

  const uint16_t* At(int row) const { return ring_.data() + row % capacity_ * stride_; }

 private:
  const int capacity_;
  const size_t stride_;
  AlignedBuffer<uint16_t> ring_;
  int rows_ = 0;
};

const int16_t* Weights(const FilterTaps& taps, int16_t /*middle*/) { return taps.integers.data(); }
const float* Weights(const FilterTaps& taps, float /*middle*/) { return taps.floats.data(); }

template <class Ring>
class RingResizer final : public PlaneResizer {
  using Sample = typename Ring::Sample;
  using Middle = typename Ring::Middle;

 public:
  RingResizer(const PlaneFormat& plane, Kernel kernel, const PlaneTarget& target, TapCache& taps)
      : channels_(plane.channels),
        samples_(static_cast<size_t>(plane.width) * plane.channels),
        target_(target),
        row_taps_(taps.Get({plane.extent_height, plane.height, target.size.height, kernel, Ring::kTaps,
                            target.whole_height, target.top})),
        column_taps_(taps.Get({plane.extent_width, plane.width, target.size.width, kernel, Ring::kTaps,
                               target.whole_width, target.left})),
        ring_(samples_, plane.height, BatchRows(*row_taps_)),
        band_stride_(Stride<Middle>(samples_ + kRowStep)),
        // A multiple of kBatch: with three channels one of the 21 rows that a column could hold stays unused.
        band_rows_(kColumnSamples / plane.channels / kBatch * kBatch),
        band_(band_stride_ * band_rows_),
        columns_(static_cast<size_t>(plane.width + plane.width % 2) * kColumnSamples),
        resampled_(kChunk * kColumnSamples) {}

  void Row(std::span<const std::byte> row) override {
    ring_.Push(row);
    while (next_out_ < target_.size.height) {
      const auto batch = BatchAt(*row_taps_, next_out_);
      if (End(batch) > ring_.available()) return;
      MakeRows(batch);
      if (in_band_ == band_rows_ || next_out_ == target_.size.height) MakeColumns();
    }
  }

 private:
  // Columns resampled at a time: they and what they are made of stay in the first-level cache until they are in place.
  static constexpr int kChunk = 32;

  void MakeRows(std::span<const FilterTaps::Output> batch) {
    pointers_.clear();
    for (const FilterTaps::Output& output : batch) {
      for (int y = output.first; y < End(output); y += Ring::kRowsOfEntry) pointers_.push_back(ring_.At(y));
    }
    std::array<typename Ring::Sum, kBatch> sums;
    size_t used = 0;
    for (size_t i = 0; i < batch.size(); ++i) {
      const size_t count = batch[i].count / Ring::kRowsOfEntry;
      sums[i] = {std::span(pointers_).subspan(used, count), Weights(*row_taps_, Middle{}) + batch[i].offset,
                 band_.data() + in_band_ * band_stride_};
      used += count;
      ++in_band_;
    }
    simd::WeightedRows(std::span(sums).first(batch.size()), samples_);
    next_out_ += static_cast<int>(batch.size());
  }

  void MakeColumns() {
    const Band<Middle> band{band_.data(), band_stride_, in_band_, channels_};
    const std::span<const FilterTaps::Output> outputs = column_taps_->outputs;
    int placed = 0;
    for (int x = 0; x < target_.size.width; x += kChunk) {
      const auto chunk = outputs.subspan(x, std::min(kChunk, target_.size.width - x));
      const int needed = End(chunk);
      if (needed > placed) {
        Place(band, placed, needed);
        placed = needed;
      }
      simd::WeightedColumns(columns_.data(), chunk, Weights(*column_taps_, Middle{}), resampled_.data());
      PutInPlace(x, static_cast<int>(chunk.size()));
    }
    in_band_ = 0;
  }

  void Place(const Band<int16_t>& band, int begin, int end) { simd::PlaceColumns(band, begin, end, columns_.data()); }
  void Place(const Band<float>& band, int begin, int end) { scalar::PlaceColumns(band, begin, end, columns_.data()); }

  // Pixels x .. x + count - 1 of the band's rows, from the columns into the picture.
  void PutInPlace(int x, int count) {
    if constexpr (sizeof(Sample) == 1) {
      if (channels_ == 1 && target_.channels == 1) {
        const size_t width = static_cast<size_t>(target_.size.width);
        std::byte* to = target_.pixels + static_cast<size_t>(next_out_ - in_band_) * width + x;
        return simd::PlaceRows(resampled_.data(), count, in_band_, reinterpret_cast<uint8_t*>(to), width);
      }
    }
    for (int r = 0; r < in_band_; ++r) PutRowInPlace(r, x, count);
  }

  void PutRowInPlace(int r, int x, int count) {
    const Sample* from = resampled_.data() + static_cast<ptrdiff_t>(r) * channels_;
    const int y = next_out_ - in_band_ + r;
    std::byte* to =
        target_.pixels + (static_cast<size_t>(y) * target_.size.width + x) * target_.channels * sizeof(Sample);
    switch (channels_) {
      case 1:
        return Copy<1, 1>(from, to, count);
      case 2:
        return Copy<2, 2>(from, to, count);
      case 3:
        // Four samples are copied at once where the next pixel overwrites the fourth.
        if (target_.channels != 3) return Copy<3, 3>(from, to, count);
        Copy<3, 4>(from, to, count - 1);
        return Copy<3, 3>(from + static_cast<ptrdiff_t>(count - 1) * kColumnSamples,
                          to + static_cast<ptrdiff_t>(count - 1) * 3 * sizeof(Sample), 1);
      default:
        return Copy<4, 4>(from, to, count);
    }
  }

  template <int kChannels, int kCopied>
  void Copy(const Sample* from, std::byte* to, int count) const {
    const size_t step = target_.channels * sizeof(Sample);
    for (int i = 0; i < count; ++i, from += kColumnSamples, to += step) {
      std::memcpy(to, from, kCopied * sizeof(Sample));
    }
  }

  const int channels_;
  const size_t samples_;
  const PlaneTarget target_;
  const std::shared_ptr<const FilterTaps> row_taps_;
  const std::shared_ptr<const FilterTaps> column_taps_;
  Ring ring_;
  const size_t band_stride_;
  const int band_rows_;
  AlignedBuffer<Middle> band_;
  AlignedBuffer<Middle> columns_;
  AlignedBuffer<Sample> resampled_;
  std::vector<std::remove_cvref_t<decltype(std::declval<Ring>().At(0))>> pointers_;
  int next_out_ = 0;
  int in_band_ = 0;
};

}  // namespace

std::unique_ptr<PlaneResizer> MakePlaneResizer(const PlaneFormat& plane, SampleType sample, Kernel kernel,
                                               const PlaneTarget& target, TapCache& taps) {
  if (sample == SampleType::kU8) return std::make_unique<RingResizer<Ring8>>(plane, kernel, target, taps);
  return std::make_unique<RingResizer<Ring16>>(plane, kernel, target, taps);
}

}  // namespace tbbthumbs
