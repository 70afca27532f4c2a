// What the threads do with their time.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "bench/report/charts.h"
#include "bench/report/numbers.h"
#include "bench/report/section.h"
#include "bench/report/words.h"
#include "tools/units.h"

namespace tbbthumbs::bench {
namespace {

std::vector<std::string> StageNames() {
  std::vector<std::string> names;
  for (size_t i = 0; i < kStageCount; ++i) names.emplace_back(StageName(static_cast<Stage>(i)));
  return names;
}

Table StageTable(const std::string& title, const char* first, const char* last) {
  Table table{.title = title, .note = "", .columns = {{first}}, .rows = {}};
  for (const std::string& name : StageNames()) table.columns.push_back({name, true});
  table.columns.push_back({last, true});
  return table;
}

Figure ShareFigure(const Measured::View& view) {
  StackChart chart{
      .axis = LinearAxis("share of the time in stages", "percent"), .parts = StageNames(), .stages = true, .rows = {}};
  Table table = StageTable(fmt::format("Share of time per stage, {}", view.workload), "Strategy", "All, a picture");
  for (const Summary& one : view.strategies) {
    const double all = std::accumulate(one.stage_s.begin(), one.stage_s.end(), 0.0);
    if (!(all > 0)) continue;
    const bool product = one.config.strategy == kProduct;
    StackChart::Row row{.label = Label(one.config, view.threads), .values = {}, .highlighted = product};
    std::vector<Cell> cells = {{row.label, product ? Tone::kStrong : Tone::kPlain}};
    for (const double stage : one.stage_s) {
      row.values.push_back(stage / all);
      cells.emplace_back(FormatPercent(stage / all));
    }
    cells.emplace_back(FormatSeconds(all));
    chart.rows.push_back(std::move(row));
    table.rows.push_back(std::move(cells));
  }
  return {.workload = view.workload, .chart = ToJson(chart), .table = table};
}

Figure TimelineFigure(const Timeline& timeline) {
  double end = 0;
  std::map<int, std::array<double, kStageCount>> busy;
  for (const Timeline::Span& span : timeline.spans) {
    end = std::max(end, span.end_s);
    busy[span.thread][static_cast<size_t>(span.stage)] += span.end_s - span.begin_s;
  }
  Table table = StageTable(fmt::format("{}, {}, {}", timeline.config.strategy, timeline.config.workload,
                                       ThreadWords(timeline.config.threads)),
                           "Thread", "In no stage");
  for (const auto& [thread, stages] : busy) {
    const auto name = timeline.threads.find(thread);
    std::vector<Cell> row = {name == timeline.threads.end() ? "thread " + std::to_string(thread) : name->second};
    double idle = end;
    for (const double stage : stages) {
      row.emplace_back(FormatSeconds(stage));
      idle -= stage;
    }
    row.emplace_back(FormatSeconds(std::max(idle, 0.0)));
    table.rows.push_back(std::move(row));
  }
  return {.workload = "", .chart = ToJson(timeline), .table = table};
}

Figure SwitchFigure(const Measured::View& view) {
  StackChart chart{.axis = LinearAxis("context switches per picture", "rate"),
                   .parts = {"voluntary", "involuntary"},
                   .stages = false,
                   .rows = {}};
  Table table{.title = fmt::format("Context switches per picture, {}", view.workload),
              .note = "",
              .columns = {{"Strategy"}, {"Voluntary", true}, {"Involuntary", true}},
              .rows = {}};
  std::vector<Summary> rows;
  for (const Summary& one : view.strategies) {
    if (one.voluntary_per_picture + one.involuntary_per_picture > 0) rows.push_back(one);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Summary& a, const Summary& b) {
    return a.voluntary_per_picture + a.involuntary_per_picture < b.voluntary_per_picture + b.involuntary_per_picture;
  });
  for (const Summary& one : rows) {
    const bool product = one.config.strategy == kProduct;
    const std::string label = Label(one.config, view.threads);
    chart.rows.push_back({label, {one.voluntary_per_picture, one.involuntary_per_picture}, product});
    table.rows.push_back({{label, product ? Tone::kStrong : Tone::kPlain},
                          tool::FormatRate(one.voluntary_per_picture),
                          tool::FormatRate(one.involuntary_per_picture)});
  }
  return {.workload = view.workload, .chart = ToJson(chart), .table = table};
}

}  // namespace

Section StagesSection(const Measured& measured) {
  Section section{.id = "stages", .title = "Share of time per stage", .paragraphs = {}, .figures = {}};
  for (const Measured::View& view : measured.views) {
    Figure figure = ShareFigure(view);
    if (!figure.table.rows.empty()) section.figures.push_back(std::move(figure));
  }
  return section;
}

Section TimelineSection(const Measured& measured) {
  Section section{.id = "timeline", .title = "Timeline", .paragraphs = {}, .figures = {}};
  for (const Timeline& timeline : measured.results.timelines) {
    if (!timeline.spans.empty()) section.figures.push_back(TimelineFigure(timeline));
  }
  if (!section.figures.empty()) {
    section.paragraphs.emplace_back(
        "One run, stage by stage: a row for each thread, time from left to right. Where a row is empty its thread "
        "waits.");
  }
  return section;
}

Section SwitchesSection(const Measured& measured) {
  Section section{.id = "switches", .title = "Context switches", .paragraphs = {}, .figures = {}};
  for (const Measured::View& view : measured.views) {
    Figure figure = SwitchFigure(view);
    if (!figure.table.rows.empty()) section.figures.push_back(std::move(figure));
  }
  if (!section.figures.empty()) {
    section.paragraphs.emplace_back(
        "Voluntary: a thread waits for another, or for storage. Involuntary: the system takes its CPU away.");
  }
  return section;
}

}  // namespace tbbthumbs::bench
