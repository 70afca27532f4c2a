// What may be said of noisy figures.
#ifndef TBBTHUMBS_BENCH_STATISTICS_H_
#define TBBTHUMBS_BENCH_STATISTICS_H_

#include <span>
#include <vector>

namespace tbbthumbs::bench {

// A figure and the interval that holds the true one with the stated confidence. Where there are too few values to tell
// (fewer than 2) the interval is 0 to infinity for ratios and for means alike. Where there are none, or one that has no
// logarithm (0, negative, infinite, no number), the figure is 0 besides: nothing can be told, and nothing is NaN.
// Values that are all equal have an interval without width.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

// By linear interpolation (Hyndman and Fan, 1996: type 7). None of the values is NaN; of no values 0. `q` from 0 to 1.
double Quantile(std::vector<double> values, double q);
double QuantileOfSorted(std::span<const double> values, double q);
double Median(std::vector<double> values);

// Geometric mean, with Student's t on the logarithms: times are positive and skewed. `values` are positive.
Estimate MeanOf(std::span<const double> values, double confidence = 0.95);

// a[i] / b[i] are pairs measured side by side: geometric mean of the ratios, Student's t on their logarithms. What one
// has more than the other is left out.
Estimate PairedRatio(std::span<const double> a, std::span<const double> b, double confidence = 0.95);

// Ratio of the geometric means of two independent samples: Welch's t on the logarithms.
Estimate UnpairedRatio(std::span<const double> a, std::span<const double> b, double confidence = 0.95);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_STATISTICS_H_
