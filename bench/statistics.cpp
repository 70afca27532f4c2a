#include "bench/statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace tbbthumbs::bench {
namespace {

struct Sample {
  double mean = 0;
  double variance = 0;  // unbiased; 0 for fewer than 2 values
  size_t count = 0;
};

Sample Describe(const std::vector<double>& values) {
  Sample sample{.count = values.size()};
  for (const double value : values) sample.mean += value;
  if (!values.empty()) sample.mean /= static_cast<double>(values.size());
  if (values.size() < 2) return sample;
  for (const double value : values) sample.variance += (value - sample.mean) * (value - sample.mean);
  sample.variance /= static_cast<double>(values.size() - 1);
  return sample;
}

// What has a logarithm.
bool ArePositive(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value) && value > 0; });
}

std::vector<double> Logarithms(std::span<const double> values) {
  std::vector<double> logarithms(values.begin(), values.end());
  for (double& value : logarithms) value = std::log(value);
  return logarithms;
}

Estimate Unknown(double value) { return {value, 0, std::numeric_limits<double>::infinity()}; }

// exp of mean -+ t * error.
Estimate Back(double mean, double error, double degrees, double confidence) {
  if (!(degrees >= 1)) return Unknown(std::exp(mean));
  if (error == 0) return {std::exp(mean), std::exp(mean), std::exp(mean)};
  const boost::math::students_t_distribution<double> student(degrees);
  const double reach = error * boost::math::quantile(boost::math::complement(student, (1 - confidence) / 2));
  return {std::exp(mean), std::exp(mean - reach), std::exp(mean + reach)};
}

}  // namespace

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return QuantileOfSorted(values, q);
}

double QuantileOfSorted(std::span<const double> values, double q) {
  if (values.empty()) return 0;
  const double place = std::clamp(q, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

double Median(std::vector<double> values) { return Quantile(std::move(values), 0.5); }

Estimate MeanOf(std::span<const double> values, double confidence) {
  if (values.empty() || !ArePositive(values)) return Unknown(0);
  const Sample sample = Describe(Logarithms(values));
  const auto count = static_cast<double>(sample.count);
  return Back(sample.mean, std::sqrt(sample.variance / count), count - 1, confidence);
}

Estimate PairedRatio(std::span<const double> a, std::span<const double> b, double confidence) {
  const size_t pairs = std::min(a.size(), b.size());
  if (!ArePositive(a.first(pairs)) || !ArePositive(b.first(pairs))) return Unknown(0);
  std::vector<double> ratios(pairs);
  for (size_t i = 0; i < pairs; ++i) ratios[i] = a[i] / b[i];
  return MeanOf(ratios, confidence);
}

Estimate UnpairedRatio(std::span<const double> a, std::span<const double> b, double confidence) {
  if (a.empty() || b.empty() || !ArePositive(a) || !ArePositive(b)) return Unknown(0);
  const Sample first = Describe(Logarithms(a));
  const Sample second = Describe(Logarithms(b));
  if (first.count < 2 || second.count < 2) return Back(first.mean - second.mean, 0, 0, confidence);
  const double first_error = first.variance / static_cast<double>(first.count);
  const double second_error = second.variance / static_cast<double>(second.count);
  const double error = first_error + second_error;
  // Welch (1947) and Satterthwaite (1946): shares of the error, so that no square of a small one underflows. At least
  // 1 but for rounding.
  const double first_share = error == 0 ? 0.5 : first_error / error;
  const double second_share = 1 - first_share;
  const double degrees = std::max(1.0, 1 / (first_share * first_share / static_cast<double>(first.count - 1) +
                                            second_share * second_share / static_cast<double>(second.count - 1)));
  return Back(first.mean - second.mean, std::sqrt(error), degrees, confidence);
}

}  // namespace tbbthumbs::bench
