// How fast each strategy is.
#include <fmt/format.h>

#include <algorithm>

#include "bench/report/charts.h"
#include "bench/report/numbers.h"
#include "bench/report/section.h"
#include "bench/report/verdict.h"
#include "bench/report/words.h"
#include "tools/units.h"

namespace tbbthumbs::bench {
namespace {

// Differences below this are coloured lightly.
constexpr double kSlight = 0.05;

Cell StandingCell(const SpeedRatio& speed, Judgement judgement) {
  if (speed.pairs == 0) return "";
  const std::string difference = FormatDifference(speed.ratio.value);
  switch (judgement) {
    case Judgement::kFaster:
      return {difference, speed.ratio.value < 1 + kSlight ? Tone::kSlightlyBetter : Tone::kBetter};
    case Judgement::kSlower:
      return {difference, speed.ratio.value > 1 - kSlight ? Tone::kSlightlyWorse : Tone::kWorse};
    case Judgement::kUndecided:
      break;
  }
  return {"≈ " + difference, Tone::kSame};
}

// One figure of each strategy as a bar; strategies without it are left out. `less_is_better` sorts the other way.
Figure BarFigure(const Measured::View& view, const std::string& title, const Axis& axis, const std::string& column,
                 Estimate Summary::*figure, std::string (*format)(double), bool less_is_better) {
  std::vector<Summary> rows;
  for (const Summary& one : view.strategies) {
    if ((one.*figure).value > 0) rows.push_back(one);
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const Summary& a, const Summary& b) {
    return less_is_better ? (a.*figure).value < (b.*figure).value : (a.*figure).value > (b.*figure).value;
  });
  BarChart chart{.axis = axis, .bars = {}, .reference = {}, .reference_label = ""};
  Table table{.title = title,
              .note = "",
              .columns = {{"Strategy"}, {column, true}, {"95 % interval", true}, {"Rounds", true}},
              .rows = {}};
  for (const Summary& one : rows) {
    const std::string label = Label(one.config, view.threads);
    chart.bars.push_back({label, one.*figure, one.config.strategy == kProduct});
    table.rows.push_back({{label, one.config.strategy == kProduct ? Tone::kStrong : Tone::kPlain},
                          format((one.*figure).value),
                          FormatInterval(one.*figure, format),
                          std::to_string(one.rounds)});
  }
  return {.workload = view.workload, .chart = ToJson(chart), .table = table};
}

void AddFigure(Section& section, Figure figure) {
  if (!figure.table.rows.empty()) section.figures.push_back(std::move(figure));
}

}  // namespace

Section OverviewSection(const Measured& measured) {
  Section section{.id = "overview", .title = "Every strategy beside tbb-pipeline", .paragraphs = {}, .figures = {}};
  const std::vector<Standing> standings = Standings(measured.results);
  if (standings.empty()) return section;
  section.paragraphs.emplace_back(
      "How much faster (+) or slower (−) than tbb-pipeline, by pairs of runs of the same round. ≈: no difference "
      "can be told from so many rounds.");
  Table table{.title = "Speed beside tbb-pipeline", .note = "", .columns = {{"Strategy"}}, .rows = {}};
  std::vector<Cell> product = {{kProduct, Tone::kStrong}};
  std::vector<std::string> names;
  for (const Standing& standing : standings) {
    table.columns.push_back({standing.workload, true});
    product.emplace_back(tool::FormatRate(standing.product.pictures_per_s.value) + "/s", Tone::kStrong);
    for (const Standing::Rival& rival : standing.rivals) {
      const std::string& name = rival.summary.config.strategy;
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  table.rows.push_back(product);
  for (const std::string& name : names) {
    std::vector<Cell> row = {name};
    for (const Standing& standing : standings) {
      Cell cell = "";
      for (const Standing::Rival& rival : standing.rivals) {
        if (rival.summary.config.strategy == name) cell = StandingCell(rival.speed, rival.judgement);
      }
      row.push_back(cell);
    }
    table.rows.push_back(row);
  }
  section.figures.push_back({.workload = "", .chart = "", .table = table});
  return section;
}

Section ThroughputSection(const Measured& measured) {
  Section section{.id = "throughput", .title = "Throughput", .paragraphs = {}, .figures = {}};
  for (const Measured::View& view : measured.views) {
    Figure figure =
        BarFigure(view, fmt::format("Pictures per second, {}, {}", view.workload, ThreadWords(view.threads)),
                  LinearAxis("", "rate"), "Pictures/s", &Summary::pictures_per_s, tool::FormatRate, false);
    figure.table.columns.push_back({"MB/s", true});
    for (size_t i = 0; i < figure.table.rows.size(); ++i) {
      const double bytes_per_s = view.strategies[i].bytes_per_s;
      figure.table.rows[i].emplace_back(bytes_per_s > 0 ? tool::FormatRate(bytes_per_s / 1e6) : "");
    }
    AddFigure(section, std::move(figure));
  }
  return section;
}

Section CpuSection(const Measured& measured) {
  Section section{.id = "cpu", .title = "CPU time per picture", .paragraphs = {}, .figures = {}};
  for (const Measured::View& view : measured.views) {
    AddFigure(section, BarFigure(view, fmt::format("CPU time per picture, {}", view.workload),
                                 LinearAxis("of all threads and processes", "seconds"), "CPU time",
                                 &Summary::cpu_s_per_picture, FormatSeconds, true));
  }
  return section;
}

Section FirstSection(const Measured& measured) {
  Section section{.id = "first", .title = "Time to the first thumbnail", .paragraphs = {}, .figures = {}};
  for (const Measured::View& view : measured.views) {
    AddFigure(section, BarFigure(view, fmt::format("Time to the first thumbnail, {}", view.workload),
                                 LinearAxis("from the start", "seconds"), "First thumbnail", &Summary::first_s,
                                 FormatSeconds, true));
  }
  return section;
}

}  // namespace tbbthumbs::bench
