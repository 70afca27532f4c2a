#include "codecs/size_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace tbbthumbs {
namespace {

// Headers and tables of a JPEG with three components.
constexpr double kFrameBytes = 600;

struct Trial {
  size_t step = 0;
  size_t bytes = 0;
};

// A range of steps: `low` fits if it was tried, `high` does not.
struct Range {
  std::optional<Trial> low;
  Trial high;
  bool last_fits = false;  // of what was tried last,
  size_t in_a_row = 1;     // and how many like that came without another between
};

// The step to try next.
using Guess = std::function<size_t(const Range& range)>;

size_t FirstOf(const Range& range) { return range.low ? range.low->step + 1 : 0; }

size_t Middle(const Range& range) { return FirstOf(range) + (range.high.step - FirstOf(range)) / 2; }

// Looks among steps 0 to `last`, that one first.
Result<Fitted> Search(size_t last, uint64_t max_bytes, const std::function<Result<EncodedBytes>(size_t step)>& encode,
                      const Guess& guess) {
  auto first = encode(last);
  if (!first) return tl::unexpected<Error>(std::move(first.error()));
  Range range{.low = {}, .high = {last, first->size()}};
  Fitted best{std::move(*first), range.high.bytes <= max_bytes};
  while (FirstOf(range) < range.high.step && (!best.fits || range.low)) {
    const size_t step = std::clamp(guess(range), FirstOf(range), range.high.step - 1);
    auto bytes = encode(step);
    if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
    const Trial trial{step, bytes->size()};
    const bool fits = trial.bytes <= max_bytes;
    range.in_a_row = fits == range.last_fits ? range.in_a_row + 1 : 1;
    range.last_fits = fits;
    if (fits) {
      range.low = trial;
    } else {
      range.high = trial;
    }
    if (fits || (!best.fits && trial.bytes < best.bytes.size())) best = {std::move(*bytes), fits};
  }
  return best;
}

// By how much the tables of a quality divide: jpeg_quality_scaling of libjpeg, with fractions.
double ScaleOf(int quality) { return quality < 50 ? 5000.0 / quality : 200.0 - 2 * quality; }
double QualityOf(double scale) { return scale > 100 ? 5000 / scale : (200 - scale) / 2; }

// The scale to which so many bytes belong, up to a factor: bytes behind the tables go with the power -2/3 of the scale
// (256-pixel photographs: -0.6 at quality 80, -0.75 at 20). Only operations that are the same on every machine.
double ExpectedScale(uint64_t bytes) {
  const double data = std::max(static_cast<double>(bytes) - kFrameBytes, 50.0);
  return 1 / (data * std::sqrt(data));
}

}  // namespace

Result<Fitted> FitQuality(int wanted, uint64_t max_bytes,
                          const std::function<Result<EncodedBytes>(int quality)>& encode) {
  const auto quality_at = [](size_t step) { return static_cast<int>(step) + 1; };
  return Search(
      static_cast<size_t>(wanted - 1), max_bytes, [&](size_t step) { return encode(quality_at(step)); },
      [&](const Range& range) {
        const double target = ExpectedScale(max_bytes);
        const double high = ExpectedScale(range.high.bytes);
        if (target <= high) return Middle(range);  // both are hardly more than their tables
        // At quality 100 the scale is 0, but numbers are not divided by less than 1.
        const double high_scale = std::max(ScaleOf(quality_at(range.high.step)), 2.0);
        double scale = high_scale * target / high;
        if (range.low && range.low->bytes < range.high.bytes) {
          const double low_scale = ScaleOf(quality_at(range.low->step));
          const double apart = ExpectedScale(range.low->bytes) - high;
          if (apart <= 0) return Middle(range);
          scale = high_scale + (low_scale - high_scale) * (target - high) / apart;
        }
        const double quality = std::clamp(QualityOf(std::max(scale, 0.0)), 1.0, static_cast<double>(wanted));
        const size_t step = static_cast<size_t>(quality) - 1;
        // Guesses may come nearer and nearer from one side: from the fourth on they go further by 1, 2, 4...
        const size_t further = range.in_a_row < 4 ? 0 : size_t{1} << (range.in_a_row - 4);
        return range.last_fits ? step + further : step - std::min(step, further);
      });
}

Result<Fitted> FitStep(std::span<const int> steps, uint64_t max_bytes,
                       const std::function<Result<EncodedBytes>(int step)>& encode) {
  return Search(
      steps.size() - 1, max_bytes, [&](size_t step) { return encode(steps[step]); }, Middle);
}

}  // namespace tbbthumbs
