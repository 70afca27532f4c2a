#include "codecs/transfer_curve.h"

#include <algorithm>
#include <cmath>

namespace tbbthumbs {
namespace {

constexpr double kMaxLight = 65535;
// Tables in profiles may waver by a rounding.
constexpr double kMaxFall = 0.001;
// From black to white.
constexpr double kMinRange = 0.5;

}  // namespace

double SrgbLight(double sample) { return sample <= 0.04045 ? sample / 12.92 : std::pow((sample + 0.055) / 1.055, 2.4); }

std::optional<TransferCurve> MakeTransferCurve(const LightFunction& light_of, SampleType sample) {
  const int max = sample == SampleType::kU8 ? 255 : 65535;
  // Light at samples 0, 1/2, 1, 3/2, ..., never falling.
  std::vector<double> light(static_cast<size_t>(2 * max) + 1);
  double largest = 0;
  for (size_t i = 0; i < light.size(); ++i) {
    const double value = std::clamp(light_of(static_cast<double>(i) / (2.0 * max)), 0.0, 1.0);
    if (!(value >= largest - kMaxFall)) return std::nullopt;  // NaN too
    largest = std::max(largest, value);
    light[i] = largest * kMaxLight;
  }
  if (light.back() - light.front() < kMinRange * kMaxLight) return std::nullopt;
  TransferCurve curve;
  curve.to_linear.resize(static_cast<size_t>(max) + 1);
  for (size_t i = 0; i < curve.to_linear.size(); ++i) curve.to_linear[i] = static_cast<uint16_t>(light[2 * i] + 0.5);
  curve.from_linear.resize(65536);
  int nearest = 0;
  for (int level = 0; level < 65536; ++level) {
    while (nearest < max && light[static_cast<size_t>(2 * nearest) + 1] < level) ++nearest;
    curve.from_linear[static_cast<size_t>(level)] = static_cast<uint16_t>(nearest);
  }
  return curve;
}

TransferCurve OfInk(const TransferCurve& curve) {
  TransferCurve ink = curve;
  std::reverse(ink.to_linear.begin(), ink.to_linear.end());
  const auto max = static_cast<int>(ink.to_linear.size()) - 1;
  for (uint16_t& sample : ink.from_linear) sample = static_cast<uint16_t>(max - sample);
  return ink;
}

}  // namespace tbbthumbs
