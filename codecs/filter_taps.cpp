#include "codecs/filter_taps.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace tbbthumbs {
namespace {

// sin(x) for x in [0, pi] by its Taylor series, to 1e-13. The C library's may differ between CPUs in the last bit.
double Sine(double x) {
  x = std::min(x, std::numbers::pi - x);
  const double x2 = x * x;
  double sum = 1.0 / 355687428096000.0;  // 17!
  for (const double term : {-1.0 / 1307674368000.0, 1.0 / 6227020800.0, -1.0 / 39916800.0, 1.0 / 362880.0,
                            -1.0 / 5040.0, 1.0 / 120.0, -1.0 / 6.0, 1.0}) {
    sum = sum * x2 + term;
  }
  return sum * x;
}

// sinc(x) sinc(x / 3), with sin(3 a) = 3 sin(a) - 4 sin(a)^3.
double Lanczos3(double x) {
  if (x >= 3) return 0;
  if (x < 1e-8) return 1;
  const double sine = Sine(x * (std::numbers::pi / 3));
  return 3 * sine * (3 * sine - 4 * sine * sine * sine) / (std::numbers::pi * std::numbers::pi * x * x);
}

// The cubics of Mitchell and Netravali, "Reconstruction filters in computer graphics", 1988.
double Cubic(double x, double b, double c) {
  if (x >= 2) return 0;
  if (x < 1) return ((12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x + (6 - 2 * b)) / 6;
  return ((-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x + (-12 * b - 48 * c) * x + (8 * b + 24 * c)) / 6;
}

double Radius(Kernel kernel) {
  switch (kernel) {
    case Kernel::kLanczos3:
      return 3;
    case Kernel::kMitchell:
    case Kernel::kCatmullRom:
      return 2;
    case Kernel::kArea:
      return 0.5;
  }
  return 3;
}

// The weight of source sample [index, index + 1] for an output centred on `centre`.
double Weight(Kernel kernel, double centre, double stretch, int index) {
  const double distance = std::abs(index + 0.5 - centre) / stretch;
  switch (kernel) {
    case Kernel::kLanczos3:
      return Lanczos3(distance);
    case Kernel::kMitchell:
      return Cubic(distance, 1.0 / 3, 1.0 / 3);
    case Kernel::kCatmullRom:
      return Cubic(distance, 0, 0.5);
    case Kernel::kArea:  // not the kernel's value at the sample's centre, but how much of the sample it covers
      return std::max(0.0, std::min(index + 1.0, centre + stretch / 2) - std::max(index + 0.0, centre - stretch / 2));
  }
  return 0;
}

// The weights of one output sample, exact and as integers.
struct OutputTaps {
  int first = 0;
  std::vector<double> weights;
  std::vector<int> integers;
};

// Of the sample that begins at `position` of the whole.
OutputTaps MakeExact(const AxisGeometry& axis, double position) {
  OutputTaps taps;
  const double stretch = std::max(1.0, axis.extent / axis.scaled());
  // One rounding only: the middle output of an odd number lies exactly in the middle.
  const double centre = axis.extent * (2.0 * position + 1) / (2.0 * axis.scaled());
  const double radius = Radius(axis.kernel) * stretch;
  taps.first = static_cast<int>(std::clamp(std::floor(centre - radius), 0.0, axis.samples - 1.0));
  const int end = static_cast<int>(std::clamp(std::ceil(centre + radius), taps.first + 1.0, axis.samples + 0.0));
  taps.weights.reserve(static_cast<size_t>(end - taps.first));
  double sum = 0;
  for (int i = taps.first; i < end; ++i) {
    taps.weights.push_back(Weight(axis.kernel, centre, stretch, i));
    sum += taps.weights.back();
  }
  for (double& weight : taps.weights) weight /= sum;
  return taps;
}

// Rounds to integers; what is missing to one goes to the largest weight, or evenly to the outermost two of equally
// large ones, so that symmetric weights stay symmetric.
std::vector<int> RoundWeights(std::span<const double> exact) {
  constexpr int kOne = 1 << kWeightBits;
  std::vector<int> rounded;
  rounded.reserve(exact.size());
  int missing = kOne;
  for (const double weight : exact) {
    rounded.push_back(static_cast<int>(std::floor(weight * kOne + 0.5)));
    missing -= rounded.back();
  }
  const int largest = *std::max_element(rounded.begin(), rounded.end());
  const auto low = std::find(rounded.begin(), rounded.end(), largest) - rounded.begin();
  const auto high = rounded.rend() - std::find(rounded.rbegin(), rounded.rend(), largest) - 1;
  rounded[low] += missing / 2;
  rounded[high] += missing / 2;
  rounded[(low + high) / 2] += missing % 2;
  return rounded;
}

// Cuts weights that change nothing off both ends. Returns how many were cut at the front.
template <class T>
int Trim(std::vector<T>& weights, T negligible) {
  const auto matters = [negligible](T weight) { return std::abs(weight) > negligible; };
  weights.erase(std::find_if(weights.rbegin(), weights.rend(), matters).base(), weights.end());
  const auto begin = std::find_if(weights.begin(), weights.end(), matters);
  const auto cut = static_cast<int>(begin - weights.begin());
  weights.erase(weights.begin(), begin);
  return cut;
}

void AppendPairs(OutputTaps& output, FilterTaps& taps) {
  int first = output.first + Trim(output.integers, 0);
  const size_t offset = taps.integers.size();
  if (first % 2 != 0) {
    --first;
    taps.integers.push_back(0);
  }
  for (const int weight : output.integers) taps.integers.push_back(static_cast<int16_t>(weight));
  if ((taps.integers.size() - offset) % 2 != 0) taps.integers.push_back(0);
  taps.outputs.push_back({first, static_cast<int>(taps.integers.size() - offset), offset});
}

void AppendSingles(OutputTaps& output, FilterTaps& taps) {
  const int first = output.first + Trim(output.weights, 1e-9);
  taps.outputs.push_back({first, static_cast<int>(output.weights.size()), taps.floats.size()});
  for (const double weight : output.weights) taps.floats.push_back(static_cast<float>(weight));
}

// Where the picture has a middle, the second half mirrors the first: exactly, and for half the time.
OutputTaps Mirrored(const OutputTaps& twin, int samples) {
  return {samples - twin.first - static_cast<int>(twin.weights.size()),
          {twin.weights.rbegin(), twin.weights.rend()},
          {twin.integers.rbegin(), twin.integers.rend()}};
}

}  // namespace

size_t FilterTaps::bytes() const {
  return outputs.size() * sizeof(Output) + integers.size() * sizeof(int16_t) + floats.size() * sizeof(float);
}

FilterTaps MakeFilterTaps(const AxisGeometry& axis) {
  const double whole = axis.scaled();
  const bool copy =
      axis.extent == whole && axis.begin == std::floor(axis.begin) && axis.begin + axis.out <= axis.samples;
  const bool symmetric = axis.extent == axis.samples && whole == std::floor(whole);
  const auto exact = [&](double position) {
    OutputTaps output = MakeExact(axis, position);
    if (axis.layout == TapLayout::kPairs) output.integers = RoundWeights(output.weights);
    return output;
  };
  std::vector<OutputTaps> outputs;
  outputs.reserve(static_cast<size_t>(axis.out));
  for (int i = 0; i < axis.out; ++i) {
    const double position = axis.begin + i;
    const double twin = whole - 1 - position;
    if (copy) {
      outputs.push_back({static_cast<int>(axis.begin) + i, {1.0}, {1 << kWeightBits}});
    } else if (!symmetric || position <= twin) {
      outputs.push_back(exact(position));
    } else if (axis.begin == 0) {
      outputs.push_back(Mirrored(outputs[static_cast<size_t>(twin)], axis.samples));
    } else {
      outputs.push_back(Mirrored(exact(twin), axis.samples));
    }
  }
  FilterTaps taps;
  taps.outputs.reserve(outputs.size());
  for (OutputTaps& output : outputs) {
    if (axis.layout == TapLayout::kSingles) {
      AppendSingles(output, taps);
    } else {
      AppendPairs(output, taps);
    }
  }
  return taps;
}

std::shared_ptr<const FilterTaps> TapCache::Get(const AxisGeometry& axis) {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&axis](const Entry& entry) { return entry.axis == axis; });
  if (found != entries_.end()) {
    std::rotate(entries_.begin(), found, found + 1);
    return entries_.front().taps;
  }
  auto taps = std::make_shared<const FilterTaps>(MakeFilterTaps(axis));
  bytes_ += taps->bytes();
  entries_.insert(entries_.begin(), {axis, taps});
  while (entries_.size() > kMaxEntries || (bytes_ > kMaxBytes && entries_.size() > 1)) {
    bytes_ -= entries_.back().taps->bytes();
    entries_.pop_back();
  }
  return taps;
}

}  // namespace tbbthumbs
