#include <fmt/format.h>

#include <algorithm>

#include "bench/report/charts.h"
#include "bench/report/numbers.h"
#include "bench/report/section.h"
#include "bench/statistics.h"

namespace tbbthumbs::bench {
namespace {

Figure PercentileFigure(const Measured::View& view) {
  RangeChart chart{.axis = LogAxis("from opening the file to the thumbnail's name", "seconds"),
                   .marks = {"p50", "p95", "p99"},
                   .rows = {}};
  Table table{.title = fmt::format("Latency of a picture, {}", view.workload),
              .note = "",
              .columns = {{"Strategy"}, {"p50", true}, {"p95", true}, {"p99", true}},
              .rows = {}};
  std::vector<Summary> rows;
  for (const Summary& one : view.strategies) {
    if (one.latency_p50_s > 0) rows.push_back(one);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Summary& a, const Summary& b) { return a.latency_p50_s < b.latency_p50_s; });
  for (const Summary& one : rows) {
    const bool product = one.config.strategy == kProduct;
    const std::string label = Label(one.config, view.threads);
    chart.rows.push_back({label, {one.latency_p50_s, one.latency_p95_s, one.latency_p99_s}, product});
    table.rows.push_back({{label, product ? Tone::kStrong : Tone::kPlain},
                          FormatSeconds(one.latency_p50_s),
                          FormatSeconds(one.latency_p95_s),
                          FormatSeconds(one.latency_p99_s)});
  }
  return {.workload = view.workload, .chart = ToJson(chart), .table = table};
}

Figure DistributionFigure(const Measured& measured, const Measured::View& view) {
  LineChart chart{
      .x = LogAxis("latency", "seconds"), .y = LinearAxis("share of pictures done", "percent"), .series = {}};
  Table table{.title = fmt::format("Distribution of latency, {}", view.workload),
              .note = "",
              .columns = {{"Strategy"},
                          {"Least", true},
                          {"10 %", true},
                          {"25 %", true},
                          {"50 %", true},
                          {"75 %", true},
                          {"90 %", true},
                          {"99 %", true},
                          {"Most", true}},
              .rows = {}};
  for (const Summary& one : view.strategies) {
    const auto found = std::find_if(measured.results.latencies.begin(), measured.results.latencies.end(),
                                    [&](const Latencies& latencies) { return latencies.config == one.config; });
    if (found == measured.results.latencies.end() || found->quantiles_s.size() < 2) continue;
    const bool product = one.config.strategy == kProduct;
    const std::string label = Label(one.config, view.threads);
    LineChart::Series series{.name = label, .style = LineChart::Style::kCurve, .highlighted = product, .points = {}};
    const size_t last = found->quantiles_s.size() - 1;
    for (size_t i = 0; i <= last; ++i) {
      // Zeros have no place on a logarithmic axis.
      if (found->quantiles_s[i] <= 0) continue;
      series.points.push_back({found->quantiles_s[i], {static_cast<double>(i) / static_cast<double>(last), 0, 0}});
    }
    if (series.points.size() < 2) continue;
    chart.series.push_back(std::move(series));
    std::vector<Cell> row = {{label, product ? Tone::kStrong : Tone::kPlain}};
    for (const double share : {0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0}) {
      row.emplace_back(FormatSeconds(Quantile(found->quantiles_s, share)));
    }
    table.rows.push_back(std::move(row));
  }
  return {.workload = view.workload, .chart = ToJson(chart), .table = table};
}

}  // namespace

Section LatencySection(const Measured& measured) {
  Section section{.id = "latency", .title = "Latency", .paragraphs = {}, .figures = {}};
  for (const Measured::View& view : measured.views) {
    Figure percentiles = PercentileFigure(view);
    if (!percentiles.table.rows.empty()) section.figures.push_back(std::move(percentiles));
    Figure distribution = DistributionFigure(measured, view);
    if (!distribution.table.rows.empty()) section.figures.push_back(std::move(distribution));
  }
  return section;
}

}  // namespace tbbthumbs::bench
