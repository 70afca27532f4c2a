#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/compare.h"
#include "tools/escape.h"

namespace tbbthumbs::bench {
namespace {

const char* MetricName(Metric metric) {
  switch (metric) {
    case Metric::kReal:
      return "real";
    case Metric::kCpu:
      return "cpu";
    case Metric::kBoth:
      return "both";
  }
  return "";
}

// "1.23 ms": three digits that count.
std::string TimeText(double seconds) {
  if (!(seconds > 0)) return "-";
  constexpr std::array<std::pair<double, const char*>, 4> kUnits = {
      {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}}};
  for (const auto& [unit, name] : kUnits) {
    // What rounds to 1 of a unit is written in it.
    if (seconds >= 0.9995 * unit) return fmt::format("{:.3g} {}", seconds / unit, name);
  }
  return fmt::format("{:.3g} ns", seconds / 1e-9);
}

// "1.034 [1.020, 1.049]"; "-" where nothing can be told.
std::string RatioText(const CompareRow::Ratio& ratio) {
  if (!(ratio.ratio.value > 0)) return "-";
  if (std::isinf(ratio.ratio.high)) return fmt::format("{:.3f}", ratio.ratio.value);
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", ratio.ratio.value, ratio.ratio.low, ratio.ratio.high);
}

std::string Percent(double share) { return fmt::format("{:.4g} %", share * 100); }

std::string RowVerdict(const CompareRow& row, double threshold) {
  std::string text = ChangeText(row.verdict);
  if (row.verdict == Change::kSlower && !row.regression)
    text += ", not by more than " + Percent(threshold) + " for sure";
  if (row.regression) text = "SLOWER";
  return text;
}

// What the whole says.
std::string Summary(const Comparison& comparison) {
  if (comparison.judged == 0) {
    return "Nothing has been compared: at least 2 repetitions of a benchmark are needed in each file, 5 or more are "
           "better.\n";
  }
  const std::string threshold = Percent(comparison.options.threshold);
  std::string text = comparison.regressions == 0
                         ? fmt::format("No benchmark is slower by more than {} for sure.\n", threshold)
                         : fmt::format("{} {} slower by more than {}.\n", comparison.regressions,
                                       comparison.regressions == 1 ? "benchmark is" : "benchmarks are", threshold);
  if (comparison.judged == 1) {
    text += fmt::format("The interval holds the true ratio with {}.\n", Percent(comparison.options.confidence));
  } else {
    text += fmt::format("All {} intervals together hold the true ratios with {} (Bonferroni: {} each).\n",
                        comparison.judged, Percent(comparison.options.confidence),
                        fmt::format("{:.6g} %", comparison.confidence_each * 100));
  }
  return text;
}

// JSON knows no infinity: null.
nlohmann::ordered_json Number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json RatioJson(const CompareRow::Ratio& ratio) {
  return {{"old_s", ratio.old_s},
          {"new_s", ratio.new_s},
          {"ratio", Number(ratio.ratio.value)},
          {"low", Number(ratio.ratio.low)},
          {"high", Number(ratio.ratio.high)},
          {"judged", ratio.judged}};
}

}  // namespace

std::string ComparisonText(const Comparison& comparison) {
  using Line = std::array<std::string, 6>;
  std::vector<Line> lines = {{"benchmark", "OLD", "NEW", "wall time NEW/OLD", "CPU time NEW/OLD", "verdict"}};
  for (const CompareRow& row : comparison.rows) {
    lines.push_back({tool::EscapeForTerminal(row.name), TimeText(row.real.old_s), TimeText(row.real.new_s),
                     RatioText(row.real), RatioText(row.cpu), RowVerdict(row, comparison.options.threshold)});
  }
  std::array<size_t, 5> widths{};
  for (const Line& line : lines) {
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const Line& line : lines) {
    text += fmt::format("{:<{}}  {:>{}}  {:>{}}  {:<{}}  {:<{}}  {}\n", line[0], widths[0], line[1], widths[1], line[2],
                        widths[2], line[3], widths[3], line[4], widths[4], line[5]);
  }
  return text + "\n" + Summary(comparison);
}

std::string ComparisonJson(const Comparison& comparison) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const CompareRow& row : comparison.rows) {
    rows.push_back({{"name", row.name},
                    {"verdict", ChangeText(row.verdict)},
                    {"regression", row.regression},
                    {"old_repetitions", row.old_repetitions},
                    {"new_repetitions", row.new_repetitions},
                    {"real", RatioJson(row.real)},
                    {"cpu", RatioJson(row.cpu)}});
  }
  const nlohmann::ordered_json json = {{"metric", MetricName(comparison.options.metric)},
                                       {"threshold", comparison.options.threshold},
                                       {"confidence", comparison.options.confidence},
                                       {"confidence_each", comparison.confidence_each},
                                       {"judged", comparison.judged},
                                       {"regressions", comparison.regressions},
                                       {"benchmarks", std::move(rows)}};
  return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tbbthumbs::bench
