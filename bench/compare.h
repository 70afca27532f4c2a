// `tbbthumbs-bench compare`: whether one set of measurements is slower than another, or merely looks so.
#ifndef TBBTHUMBS_BENCH_COMPARE_H_
#define TBBTHUMBS_BENCH_COMPARE_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bench/benchmark_file.h"
#include "bench/statistics.h"

namespace tbbthumbs::bench {

// What decides. Wall time by default: it is what people wait for, and threads that stand still show in it alone. CPU
// time suits machines that others use too: it hardly knows of them, nor of lost parallelism. With both, a benchmark is
// slower if either is. (Other programs on Google Benchmark count the CPU time of the calling thread only, unless they
// use MeasureProcessCPUTime.)
enum class Metric { kReal, kCpu, kBoth };
// "real", "cpu", "both"; nullopt for anything else.
std::optional<Metric> ParseMetric(std::string_view text);

struct CompareOptions {
  Metric metric = Metric::kReal;
  // A regression is slower by more than this, as a share: 0.02 is 2 %. Differences that can be told but are smaller are
  // shown, not counted. From 0; anything else is an error.
  double threshold = 0.02;
  // That all intervals of a comparison together hold the true ratios.
  double confidence = 0.95;
};

enum class Change { kSlower, kFaster, kNoDifference, kOnlyInOld, kOnlyInNew, kTooFew };
// "slower", "no difference can be told", "too few repetitions", ...
const char* ChangeText(Change verdict);

struct CompareRow {
  // NEW over OLD: above 1 is slower.
  struct Ratio {
    double old_s = 0;  // geometric means
    double new_s = 0;
    Estimate ratio;
    bool judged = false;  // counts for the verdict
  };
  std::string name;
  size_t old_repetitions = 0;
  size_t new_repetitions = 0;
  Ratio real;  // unset where a file lacks it
  Ratio cpu;
  // Slower or faster: the interval of a metric that counts is wholly above or below 1. No difference can be told: none
  // is; also where a time was too short for the clock.
  Change verdict = Change::kNoDifference;
  // Slower, with the interval wholly above 1 + threshold.
  bool regression = false;
};

struct Comparison {
  std::vector<CompareRow> rows;  // in OLD's order, then those only in NEW
  size_t regressions = 0;
  // Ratios that were judged; 0: there were too few repetitions of all, so that nothing has been compared.
  size_t judged = 0;
  // Of the interval of each ratio, by Bonferroni: with 95 % for each one, of 40 benchmarks that are as they were one
  // would seem slower; so each has 1 - 5 % / judged.
  double confidence_each = 0;
  CompareOptions options;
};

// Ratios by Welch's t on the logarithms: the repetitions of the two files are independent of each other. At least 2 of
// each are needed, and 5 or more wanted. What the statistics cannot know: that the whole machine was slower on the day
// of one file.
Comparison Compare(const std::vector<Repetitions>& before, const std::vector<Repetitions>& after,
                   const CompareOptions& options);

// Errors, one sentence each: of reading either file; no benchmark is in both; a threshold or confidence that makes no
// sense.
[[nodiscard]] tl::expected<Comparison, std::string> CompareFiles(const std::filesystem::path& before,
                                                                 const std::filesystem::path& after,
                                                                 const CompareOptions& options);

// A table and a verdict in words, for a terminal; names escaped. Ends with a line feed.
std::string ComparisonText(const Comparison& comparison);
// The same for programs, one object. Ends with a line feed.
std::string ComparisonJson(const Comparison& comparison);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_COMPARE_H_
