#include "codecs/chroma_rows.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tbbthumbs {

void RowQueue::Reset(size_t row_bytes, int height) {
  row_bytes_ = row_bytes;
  height_ = height;
  bytes_.clear();
  first_ = needed_ = end_ = 0;
}

bool RowQueue::Push(std::span<const std::byte> row) {
  if (row.size() != row_bytes_ || complete()) return false;
  // Room is made when at least half of what is there is not needed any more: each row is moved once at most.
  if (2 * (needed_ - first_) > end_ - first_) {
    bytes_.erase(bytes_.begin(),
                 bytes_.begin() + static_cast<ptrdiff_t>(static_cast<size_t>(needed_ - first_) * row_bytes_));
    first_ = needed_;
  }
  const auto* samples = reinterpret_cast<const uint8_t*>(row.data());
  bytes_.insert(bytes_.end(), samples, samples + row.size());
  ++end_;
  return true;
}

void RowQueue::DropBefore(int row) { needed_ = std::clamp(row, needed_, end_); }

void ChromaRows::Reset(const PlaneFormat& chroma, const PlaneFormat& luma) {
  chroma_ = chroma;
  luma_ = luma;
  rows_.Reset(static_cast<size_t>(chroma.width), chroma.height);
  blended_.resize(static_cast<size_t>(chroma.width) + 2);
  // For the double width one sample more than an odd row has.
  widened_.resize(std::max(2 * static_cast<size_t>(chroma.width), static_cast<size_t>(luma.width)));
  columns_.clear();
  if (luma.extent_width == chroma.extent_width || luma.extent_width == 2 * chroma.extent_width) return;
  for (int x = 0; x < luma.width; ++x) {
    columns_.push_back(PlaceAt(x, chroma.extent_width, luma.extent_width, chroma.width));
  }
}

ChromaRows::Place ChromaRows::PlaceAt(int index, double chroma_extent, double luma_extent, int samples) {
  const double position = (index + 0.5) * (chroma_extent / luma_extent) - 0.5;
  const double below = std::floor(position);
  const int first = static_cast<int>(below);
  const auto inside = [samples](int at) { return std::clamp(at, 0, samples - 1); };
  return {inside(first), inside(first + 1), static_cast<int>((position - below) * kOne + 0.5)};
}

ChromaRows::Place ChromaRows::PlaceOf(int luma_row) const {
  Place place = PlaceAt(luma_row, chroma_.extent_height, luma_.extent_height, chroma_.height);
  if (place.weight == 0) place.second = place.first;
  return place;
}

const uint8_t* ChromaRows::At(int luma_row) {
  const Place place = PlaceOf(luma_row);
  rows_.DropBefore(place.first);
  // As fine as the luma: nothing to do.
  if (place.first == place.second && luma_.extent_width == chroma_.extent_width) return rows_.At(place.first);
  Blend(place);
  Widen();
  return widened_.data();
}

void ChromaRows::Blend(const Place& place) {
  const uint8_t* first = rows_.At(place.first);
  const uint8_t* second = rows_.At(place.second);
  const auto width = static_cast<size_t>(chroma_.width);
  const auto upper = static_cast<uint16_t>(kOne - place.weight);
  const auto lower = static_cast<uint16_t>(place.weight);
  uint16_t* out = blended_.data() + 1;
  for (size_t x = 0; x < width; ++x) out[x] = static_cast<uint16_t>(first[x] * upper + second[x] * lower);
  blended_.front() = out[0];
  blended_.back() = out[width - 1];
}

// Rounded to nearest, halves up.
void ChromaRows::Widen() {
  const uint16_t* in = blended_.data() + 1;
  uint8_t* out = widened_.data();
  const auto width = static_cast<size_t>(chroma_.width);
  if (!columns_.empty()) {
    for (const auto& [first, second, weight] : columns_) {
      const int sum = in[first] * (kOne - weight) + in[second] * weight;
      *out++ = static_cast<uint8_t>((sum + (1 << (2 * kBits - 1))) >> (2 * kBits));
    }
    return;
  }
  if (luma_.extent_width == chroma_.extent_width) {
    for (size_t x = 0; x < width; ++x) out[x] = static_cast<uint8_t>((in[x] + kOne / 2) >> kBits);
    return;
  }
  // Twice as many: each lies a quarter of a sample to the left or right of the nearest. The sums are at most
  // 4 * 64 * 255 + 128: they fit 16 bits.
  const uint16_t* left = blended_.data();
  for (size_t x = 0; x < width; ++x) {
    const auto middle = static_cast<uint16_t>(3 * left[x + 1] + 2 * kOne);
    out[2 * x] = static_cast<uint8_t>(static_cast<uint16_t>(middle + left[x]) >> (kBits + 2));
    out[2 * x + 1] = static_cast<uint8_t>(static_cast<uint16_t>(middle + left[x + 2]) >> (kBits + 2));
  }
}

}  // namespace tbbthumbs
