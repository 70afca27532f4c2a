// The weights of a resampling filter for one axis.
#ifndef TBBTHUMBS_CODECS_FILTER_TAPS_H_
#define TBBTHUMBS_CODECS_FILTER_TAPS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "codecs/kernel.h"

namespace tbbthumbs {

// Fractional bits of the integer weights: one is 1 << 14, so that a weight and its overshoot fit 16 bits.
inline constexpr int kWeightBits = 14;

// How the weights of one output sample are laid out for the loops that use them.
enum class TapLayout {
  kPairs,    // integers, an even number of them, and the first source sample is even: two are multiplied at a time
  kSingles,  // floats, any number of them
};

// One axis of a picture and what it is resampled to.
struct AxisGeometry {
  double extent = 0;  // source samples that the picture covers, in (samples - 1, samples]; see PlaneFormat
  int samples = 0;    // source samples there are
  int out = 0;        // samples wanted
  Kernel kernel = Kernel::kLanczos3;
  TapLayout layout = TapLayout::kPairs;
  // Samples that the whole picture becomes; 0: `out`. Not always a whole number: two samples that stand for three
  // pixels, two each, cover 1.5 samples, and the second is centred on the picture's edge.
  double whole = 0;
  // Where in the whole the samples wanted begin.
  double begin = 0;

  double scaled() const { return whole > 0 ? whole : out; }
  friend bool operator==(const AxisGeometry&, const AxisGeometry&) = default;
};

// The filter of one axis. Immutable once made.
struct FilterTaps {
  // Output sample i is the sum of source samples first .. first + count - 1, weighted.
  struct Output {
    int first = 0;
    int count = 0;      // of pairs, the last one may be of weight 0 and lie past the picture
    size_t offset = 0;  // of the first weight in `integers` or `floats`
  };
  std::vector<Output> outputs;
  std::vector<int16_t> integers;  // each output's sum to exactly 1 << kWeightBits
  std::vector<float> floats;      // each output's sum to 1, within float

  size_t bytes() const;
};

// Makes the filter of an axis: output i is centred on (begin + i + 0.5) * extent / scaled in a source whose sample k
// spans [k, k + 1]; the kernel is stretched by max(1, extent / scaled). What lies past the picture is cut and the rest
// weighted up. An axis that is only copied (extent == scaled, from a whole sample on) gives the identity. No libm: the
// same bits everywhere.
FilterTaps MakeFilterTaps(const AxisGeometry& axis);

// Filter taps by geometry, the most recently used kept. Not thread-safe; part of a Workspace.
class TapCache {
 public:
  // Shared, so that a filter in use outlives its place in the cache.
  std::shared_ptr<const FilterTaps> Get(const AxisGeometry& axis);

  // Of all that it keeps.
  size_t bytes() const { return bytes_; }

 private:
  // A run with several sizes and both orientations uses some forty, chroma among them; more bytes are only held by
  // large outputs.
  static constexpr size_t kMaxEntries = 64;
  static constexpr size_t kMaxBytes = size_t{4} << 20;

  struct Entry {
    AxisGeometry axis;
    std::shared_ptr<const FilterTaps> taps;
  };
  std::vector<Entry> entries_;  // the last used first
  size_t bytes_ = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_FILTER_TAPS_H_
