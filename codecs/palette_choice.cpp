#include "codecs/palette_choice.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace tbbthumbs {
namespace {

// Places at which a box can be cut.
constexpr size_t kBins = 64;
constexpr int kMostRounds = 8;

// Count, sums and sum of squares of some buckets' points. Doubles are exact here: 2^21 pixels of 2^26 are less than
// 2^53.
struct Moments {
  double count = 0;
  std::array<double, 4> sums{};
  std::array<double, 4> squares{};

  void Add(const ColorBucket& bucket) {
    const auto n = static_cast<double>(bucket.count);
    count += n;
    for (size_t c = 0; c < 4; ++c) {
      const double u = bucket.point[c];
      sums[c] += n * u;
      squares[c] += n * u * u;
    }
  }
  // Sum of squared distances to the mean.
  double Error(size_t axis) const { return squares[axis] - sums[axis] * sums[axis] / count; }
};

struct Box {
  std::span<ColorBucket> buckets;
  size_t axis = 0;   // of the largest error
  double error = 0;  // along all axes
};

Box MakeBox(std::span<ColorBucket> buckets) {
  Moments moments;
  for (const ColorBucket& bucket : buckets) moments.Add(bucket);
  Box box{buckets};
  for (size_t axis = 0; axis < 4; ++axis) {
    const double error = std::max(moments.Error(axis), 0.0);
    box.error += error;
    if (error > moments.Error(box.axis)) box.axis = axis;
  }
  // One point has none, whatever the rounding.
  if (buckets.size() < 2) box.error = 0;
  return box;
}

// What the sums of a part explain of the squares: the larger, the smaller its error.
double Explained(double count, const std::array<double, 4>& sums) {
  double squares = 0;
  for (const double sum : sums) squares += sum * sum;
  return count > 0 ? squares / count : 0;
}

// Sorts the buckets of one part to the front, and says how many those are: 0 where all are in one place.
size_t Cut(const Box& box) {
  const size_t axis = box.axis;
  const auto [least, most] =
      std::minmax_element(box.buckets.begin(), box.buckets.end(),
                          [axis](const ColorBucket& a, const ColorBucket& b) { return a.point[axis] < b.point[axis]; });
  const int32_t low = least->point[axis];
  const int32_t range = most->point[axis] - low + 1;
  if (range == 1) return 0;
  const auto bin_of = [&](const ColorBucket& bucket) {
    return static_cast<size_t>((bucket.point[axis] - low) * static_cast<int64_t>(kBins) / range);
  };
  std::array<Moments, kBins> bins{};
  Moments all;
  for (const ColorBucket& bucket : box.buckets) bins[bin_of(bucket)].Add(bucket);
  for (const Moments& bin : bins) {
    all.count += bin.count;
    for (size_t c = 0; c < 4; ++c) all.sums[c] += bin.sums[c];
  }
  double best = -1;
  size_t last_of_first = 0;
  double count = 0;
  std::array<double, 4> sums{};
  std::array<double, 4> others{};
  for (size_t i = 0; i + 1 < kBins; ++i) {
    count += bins[i].count;
    for (size_t c = 0; c < 4; ++c) {
      sums[c] += bins[i].sums[c];
      others[c] = all.sums[c] - sums[c];
    }
    const double explained = Explained(count, sums) + Explained(all.count - count, others);
    if (explained > best) {
      best = explained;
      last_of_first = i;
    }
  }
  // The first bin has the lowest and the last one the highest: neither part is empty.
  const auto middle = std::partition(box.buckets.begin(), box.buckets.end(),
                                     [&](const ColorBucket& bucket) { return bin_of(bucket) <= last_of_first; });
  return static_cast<size_t>(middle - box.buckets.begin());
}

PaletteEntry EntryOf(const PaletteLight& light) {
  const PalettePixel pixel = PixelOf(light);
  return {pixel, PointOf(LightOf(pixel))};
}

// Sums of light, whose mean an entry becomes.
struct Mean {
  std::array<int64_t, 4> sums{};
  int64_t count = 0;

  void Add(const ColorBucket& bucket) {
    count += bucket.count;
    for (size_t c = 0; c < 4; ++c) sums[c] += bucket.mean[c] * bucket.count;
  }
  PaletteEntry Entry() const {
    PaletteLight light{};
    for (size_t c = 0; c < 4; ++c) light[c] = static_cast<int32_t>((sums[c] + count / 2) / count);
    return EntryOf(light);
  }
};

std::vector<PaletteEntry> CutIntoBoxes(std::span<ColorBucket> buckets, size_t most) {
  const auto opaque = std::partition(buckets.begin(), buckets.end(), [](const ColorBucket& b) { return !b.opaque; });
  const auto translucent = static_cast<size_t>(opaque - buckets.begin());
  std::vector<Box> boxes;
  for (const auto part : {buckets.first(translucent), buckets.subspan(translucent)}) {
    if (!part.empty()) boxes.push_back(MakeBox(part));
  }
  while (boxes.size() < most) {
    Box& box =
        *std::max_element(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.error < b.error; });
    if (box.error <= 0) break;
    const std::span<ColorBucket> whole = box.buckets;
    const size_t first = Cut(box);
    if (first == 0) {
      box.error = 0;
      continue;
    }
    box = MakeBox(whole.first(first));
    boxes.push_back(MakeBox(whole.subspan(first)));
  }
  std::vector<PaletteEntry> entries;
  for (const Box& box : boxes) {
    Mean mean;
    for (const ColorBucket& bucket : box.buckets) mean.Add(bucket);
    entries.push_back(mean.Entry());
  }
  return entries;
}

// Moves every entry to the mean of what is nearest to it. Returns the squared error before.
double Refine(std::span<const ColorBucket> buckets, std::vector<PaletteEntry>& entries) {
  const PaletteSearch opaque(entries, true);
  const PaletteSearch all(entries, false);
  std::vector<Mean> means(entries.size());
  double error = 0;
  for (const ColorBucket& bucket : buckets) {
    const size_t i = (bucket.opaque ? opaque : all).Nearest(bucket.point);
    error += static_cast<double>(bucket.count) * SquaredDistance(entries[i].point, bucket.point);
    // What is nearly opaque may be near to an opaque entry, and leaves it opaque.
    if (bucket.opaque == entries[i].opaque()) means[i].Add(bucket);
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    if (means[i].count > 0) entries[i] = means[i].Entry();
  }
  return error;
}

}  // namespace

std::vector<PaletteEntry> ChoosePalette(std::vector<ColorBucket> buckets, size_t most) {
  std::vector<PaletteEntry> entries = CutIntoBoxes(buckets, most);
  double before = Refine(buckets, entries);
  for (int round = 1; round < kMostRounds; ++round) {
    const double error = Refine(buckets, entries);
    // Another one would gain less than a hundredth.
    if (error >= before * 0.99) break;
    before = error;
  }
  return entries;
}

}  // namespace tbbthumbs
