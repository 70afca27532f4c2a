#include "codecs/png_filter.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "codecs/png_filter_simd.h"

namespace tbbthumbs {
namespace {

// Before each row in memory, for the pixel left of the first: zeros, and the row itself on a vector's border.
constexpr size_t kMargin = 32;
// Rows between two looks at the watch: a millisecond's work, but for the slowest filtering.
constexpr size_t kPollBytes = size_t{1} << 20;

uint8_t Paeth(int left, int above, int corner) {
  const int estimate = left + above - corner;
  const int to_left = std::abs(estimate - left);
  const int to_above = std::abs(estimate - above);
  const int to_corner = std::abs(estimate - corner);
  if (to_left <= to_above && to_left <= to_corner) return static_cast<uint8_t>(left);
  return static_cast<uint8_t>(to_above <= to_corner ? above : corner);
}

uint64_t Cost(uint8_t byte) { return static_cast<uint64_t>(std::bit_width(byte < 128 ? byte : 256u - byte)); }

// Different pairs of neighbours among the bytes.
size_t CountPairs(const uint8_t* bytes, size_t count) {
  std::array<uint64_t, 1024> seen{};  // a bit for each pair
  size_t pairs = 0;
  for (size_t i = 1; i < count; ++i) {
    uint64_t& word = seen[bytes[i - 1] * 4u + bytes[i] / 64u];
    const uint64_t bit = uint64_t{1} << bytes[i] % 64u;
    pairs += (word & bit) == 0 ? 1 : 0;
    word |= bit;
  }
  return pairs;
}

size_t SumMagnitudes(const uint8_t* bytes, size_t count) {
  size_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += bytes[i] < 128 ? bytes[i] : 256u - bytes[i];
  return sum;
}

size_t ChooseFilter(PngFiltering filtering, const FilteredRow& filtered, size_t row_bytes) {
  const auto lowest = [](const auto& measures) {
    return static_cast<size_t>(std::min_element(measures.begin(), measures.end()) - measures.begin());
  };
  if (filtering == PngFiltering::kAdaptive) return lowest(filtered.costs);
  if (filtering < PngFiltering::kAdaptive) return static_cast<size_t>(filtering);
  std::array<size_t, kPngFilters> measures{};
  for (size_t filter = 0; filter < kPngFilters; ++filter) {
    const auto measure = filtering == PngFiltering::kLeastSum ? SumMagnitudes : CountPairs;
    measures[filter] = measure(filtered.bytes[filter], row_bytes);
  }
  return lowest(measures);
}

}  // namespace

void FilterRowScalar(const uint8_t* row, const uint8_t* above, size_t row_bytes, size_t pixel_bytes, FilteredRow& out) {
  out.costs = {};
  const uint8_t* left = row - pixel_bytes;
  const uint8_t* corner = above - pixel_bytes;
  for (size_t i = 0; i < row_bytes; ++i) {
    const uint8_t predictions[kPngFilters] = {0, left[i], above[i], static_cast<uint8_t>((left[i] + above[i]) / 2),
                                              Paeth(left[i], above[i], corner[i])};
    for (size_t filter = 0; filter < kPngFilters; ++filter) {
      const auto byte = static_cast<uint8_t>(row[i] - predictions[filter]);
      out.costs[filter] += Cost(byte);
      if (filter > 0) out.bytes[filter][i] = byte;
    }
  }
}

Status FilterRows(const PngRows& rows, PngFiltering filtering, PngFilterScratch& scratch, std::span<uint8_t> out,
                  const Watch* watch) {
  const size_t band = std::max<size_t>(1, kPollBytes / (1 + rows.row_bytes));
  const auto poll = [&](size_t y) { return watch != nullptr && y % band == 0 ? watch->PollStop() : Status(); };
  uint8_t* to = out.data();
  if (filtering == PngFiltering::kNone) {
    for (size_t y = 0; y < rows.count; ++y) {
      if (Status status = poll(y); !status) return status;
      *to++ = 0;
      std::memcpy(to, rows.bytes + y * rows.row_bytes, rows.row_bytes);
      to += rows.row_bytes;
    }
    return {};
  }
  // Two rows of pixels and four filtered ones.
  const size_t stride = kMargin + (rows.row_bytes + simd::kFilterSlack + kMargin - 1) / kMargin * kMargin;
  scratch.assign(6 * stride, 0);
  uint8_t* row = scratch.data() + kMargin;
  uint8_t* above = row + stride;
  FilteredRow filtered;
  for (size_t filter = 1; filter < kPngFilters; ++filter) filtered.bytes[filter] = above + filter * stride;
  for (size_t y = 0; y < rows.count; ++y) {
    if (Status status = poll(y); !status) return status;
    std::memcpy(row, rows.bytes + y * rows.row_bytes, rows.row_bytes);
    filtered.bytes[0] = row;
    if (!simd::FilterRow(row, above, rows.row_bytes, rows.pixel_bytes, filtered)) {
      FilterRowScalar(row, above, rows.row_bytes, rows.pixel_bytes, filtered);
    }
    const size_t filter = ChooseFilter(filtering, filtered, rows.row_bytes);
    *to++ = static_cast<uint8_t>(filter);
    std::memcpy(to, filtered.bytes[filter], rows.row_bytes);
    to += rows.row_bytes;
    std::swap(row, above);
  }
  return {};
}

}  // namespace tbbthumbs
