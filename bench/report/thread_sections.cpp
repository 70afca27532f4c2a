// What threads give: measured, and predicted for more than this machine has.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "bench/report/charts.h"
#include "bench/report/numbers.h"
#include "bench/report/section.h"
#include "bench/report/words.h"
#include "tools/units.h"

namespace tbbthumbs::bench {
namespace {

constexpr const char* kByHand = "std-pipeline";
// Its threads wait for what they fetch: more of them are measured on what comes from a server.
constexpr const char* kWaiting = "thread-per-picture";

// One thread of `sequential`, or nullptr.
const Summary* OneThread(const Measured::View& view) {
  const Summary* baseline = FindSummary(view.strategies, kBaseline);
  return baseline != nullptr && baseline->config.threads == 1 ? baseline : nullptr;
}

Figure SpeedUpFigure(const Measured& measured, const Measured::View& view, const Summary& baseline) {
  const std::string title = fmt::format("Speed-up by {}, {}", ThreadWords(view.threads), view.workload);
  BarChart chart{.axis = LinearAxis("times as fast as sequential on one thread", "times"),
                 .bars = {},
                 .reference = view.threads,
                 .reference_label = "ideal"};
  Table table{.title = title,
              .note = "",
              .columns = {{"Strategy"}, {"Speed-up", true}, {"95 % interval", true}, {"Efficiency", true}},
              .rows = {}};
  std::vector<std::pair<Estimate, Config>> rows;
  for (const Summary& one : view.strategies) {
    const SpeedRatio speed = CompareSpeed(measured.results.runs, one.config, baseline.config);
    if (one.config != baseline.config && speed.pairs > 0) rows.emplace_back(speed.ratio, one.config);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.first.value > b.first.value; });
  for (const auto& [speed, config] : rows) {
    const std::string label = Label(config, view.threads);
    chart.bars.push_back({label, speed, config.strategy == kProduct});
    table.rows.push_back({{label, config.strategy == kProduct ? Tone::kStrong : Tone::kPlain},
                          tool::FormatRate(speed.value),
                          FormatInterval(speed, tool::FormatRate),
                          FormatPercent(speed.value / config.threads)});
  }
  return {.workload = view.workload, .chart = ToJson(chart), .table = table};
}

// Whether `one` stands better than `other` for its number of threads beside `chosen`: with the same settings, else with
// more rounds. (Tokens may go with the threads; a sweep of tokens has fewer rounds.)
bool StandsBetter(const Summary& one, const Summary& other, const Summary& chosen) {
  const auto same = [&](const Summary& summary) {
    return summary.config.tokens == chosen.config.tokens && summary.config.io_threads == chosen.config.io_threads;
  };
  return same(one) != same(other) ? same(one) : one.rounds > other.rounds;
}

// For each number of threads the configuration that goes with the one set side by side, by threads.
std::vector<const Summary*> ByThreads(const Measured& measured, const Summary& chosen) {
  std::map<int, const Summary*> by_threads;
  for (const Summary& one : measured.summaries) {
    if (one.config.workload != chosen.config.workload || one.config.strategy != chosen.config.strategy) continue;
    const Summary*& best = by_threads[one.config.threads];
    if (best == nullptr || StandsBetter(one, *best, chosen)) best = &one;
  }
  std::vector<const Summary*> sorted;
  for (const auto& [threads, summary] : by_threads) sorted.push_back(summary);
  return sorted;
}

LineChart::Series MeasuredSeries(const std::vector<const Summary*>& by_threads) {
  LineChart::Series series{.name = by_threads.front()->config.strategy + ", measured",
                           .style = LineChart::Style::kMeasured,
                           .highlighted = by_threads.front()->config.strategy == kProduct,
                           .points = {}};
  for (const Summary* one : by_threads) {
    series.points.push_back({static_cast<double>(one->config.threads), one->pictures_per_s});
  }
  return series;
}

// Up to `threads`.
LineChart::Series PredictedSeries(const Prediction& prediction, int threads) {
  LineChart::Series series{.name = "predicted (storage: " + prediction.storage + ")",
                           .style = LineChart::Style::kPredicted,
                           .highlighted = false,
                           .points = {}};
  for (const Prediction::Point& point : prediction.points) {
    if (point.threads > threads || !(point.pictures_per_s > 0)) continue;
    series.points.push_back({static_cast<double>(point.threads), {point.pictures_per_s, 0, 0}});
  }
  return series;
}

// The predictions are made of the costs of the first workload's pictures.
Figure MeasuredFigure(const Measured& measured, const Measured::View& view) {
  const std::string title = fmt::format("Throughput by threads, measured, {}", view.workload);
  LineChart chart{.x = LinearAxis("threads", "count"), .y = LinearAxis("pictures/s", "rate"), .series = {}};
  Table table{.title = title,
              .note = "",
              .columns = {{"Strategy"}, {"Threads", true}, {"Pictures/s", true}, {"95 % interval", true}},
              .rows = {}};
  bool any_scaled = false;
  for (const char* strategy : {kProduct, kByHand, kWaiting}) {
    const Summary* chosen = FindSummary(view.strategies, strategy);
    if (chosen == nullptr) continue;
    const std::vector<const Summary*> by_threads = ByThreads(measured, *chosen);
    any_scaled |= by_threads.size() > 1;
    // The product also as a dot, to compare with.
    if (by_threads.size() > 1 || chosen->config.strategy == kProduct) {
      chart.series.push_back(MeasuredSeries(by_threads));
    }
  }
  for (const Summary& chosen : view.strategies) {
    for (const Summary* one : ByThreads(measured, chosen)) {
      table.rows.push_back({one->config.strategy, std::to_string(one->config.threads),
                            tool::FormatRate(one->pictures_per_s.value),
                            FormatInterval(one->pictures_per_s, tool::FormatRate)});
    }
  }
  if (!any_scaled) return {};
  if (&view == &measured.views.front()) {
    for (const Prediction& prediction : measured.results.predictions) {
      if (prediction.checks.empty()) continue;
      LineChart::Series predicted = PredictedSeries(prediction, view.threads);
      if (predicted.points.size() > 1) chart.series.push_back(std::move(predicted));
    }
  }
  return {.workload = view.workload, .chart = ToJson(chart), .table = table};
}

Figure PredictedFigure(const Measured& measured) {
  const auto& predictions = measured.results.predictions;
  LineChart chart{.x = LogAxis("threads", "count"), .y = LogAxis("pictures/s", "rate"), .series = {}};
  Table table{.title = "Throughput by threads, predicted",
              .note = "Predictions of the model, not measurements.",
              .columns = {{"Storage"}, {"Threads", true}, {"Pictures/s", true}, {"Memory", true}, {"Limited by"}},
              .rows = {}};
  if (!measured.views.empty()) {
    if (const Summary* chosen = FindSummary(measured.views.front().strategies, kProduct)) {
      chart.series.push_back(MeasuredSeries(ByThreads(measured, *chosen)));
    }
  }
  for (const Prediction& prediction : predictions) {
    LineChart::Series series =
        PredictedSeries(prediction, prediction.points.empty() ? 0 : prediction.points.back().threads);
    if (series.points.size() > 1) chart.series.push_back(std::move(series));
    for (const Prediction::Point& point : prediction.points) {
      table.rows.push_back({prediction.storage, std::to_string(point.threads), tool::FormatRate(point.pictures_per_s),
                            FormatByteCount(point.memory_bytes), point.limit});
    }
  }
  return {.workload = "", .chart = ToJson(chart), .table = table};
}

Figure CheckFigure(const std::vector<Prediction>& predictions) {
  Table table{.title = "The model beside what was measured",
              .note = "",
              .columns = {{"Storage"}, {"Threads", true}, {"Predicted/s", true}, {"Measured/s", true}, {"Error", true}},
              .rows = {}};
  for (const Prediction& prediction : predictions) {
    for (const Prediction::Check& check : prediction.checks) {
      if (!(check.measured > 0)) continue;
      table.rows.push_back({prediction.storage, std::to_string(check.threads), tool::FormatRate(check.predicted),
                            tool::FormatRate(check.measured), FormatDifference(check.predicted / check.measured)});
    }
  }
  return {.workload = "", .chart = "", .table = table};
}

}  // namespace

Section SpeedUpSection(const Measured& measured) {
  Section section{.id = "speedup", .title = "Speed-up", .paragraphs = {}, .figures = {}};
  for (const Measured::View& view : measured.views) {
    const Summary* baseline = OneThread(view);
    if (baseline == nullptr || view.threads < 2) continue;
    Figure figure = SpeedUpFigure(measured, view, *baseline);
    if (!figure.table.rows.empty()) section.figures.push_back(std::move(figure));
  }
  return section;
}

Section ScalingSection(const Measured& measured) {
  Section section{.id = "scaling", .title = "Scaling by threads", .paragraphs = {}, .figures = {}};
  for (const Measured::View& view : measured.views) {
    Figure figure = MeasuredFigure(measured, view);
    if (!figure.table.rows.empty()) section.figures.push_back(std::move(figure));
  }
  const bool predicted = std::any_of(measured.results.predictions.begin(), measured.results.predictions.end(),
                                     [](const Prediction& prediction) { return prediction.points.size() > 1; });
  if (!predicted) return section;
  section.figures.push_back(PredictedFigure(measured));
  Figure checks = CheckFigure(measured.results.predictions);
  if (!checks.table.rows.empty()) section.figures.push_back(std::move(checks));
  section.paragraphs.emplace_back(
      "Dashed lines are predictions of a model, not measurements; its error is stated below. It is fed with the stage "
      "times of the user's pictures on this machine, and assumes as many CPUs as threads.");
  return section;
}

}  // namespace tbbthumbs::bench
