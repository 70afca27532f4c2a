#include "bench/report/section.h"

#include <cmath>

#include "bench/report/numbers.h"

namespace tbbthumbs::bench {
namespace {

// Full precision for programs; what was not measured stays empty.
Cell Raw(double value) { return value > 0 && std::isfinite(value) ? Cell("", value) : Cell(""); }

std::vector<Cell> Estimated(const Estimate& estimate) {
  if (!HasInterval(estimate)) return {Raw(estimate.value), "", ""};
  return {Raw(estimate.value), Raw(estimate.low), Raw(estimate.high)};
}

}  // namespace

Measured::Measured(const Results& all) : results(all), summaries(Summarize(all.runs)) {
  for (const std::string& workload : WorkloadNames(all)) {
    View view{.workload = workload, .strategies = SideBySide(summaries, workload)};
    view.threads = MostThreads(view.strategies);
    if (!view.strategies.empty()) views.push_back(std::move(view));
  }
}

std::vector<Section> MakeSections(const Results& results) {
  const Measured measured(results);
  std::vector<Section> sections;
  for (Section (*make)(const Measured&) :
       {MachineSection, PicturesSection, OverviewSection, ThroughputSection, SpeedUpSection, ScalingSection, CpuSection,
        FirstSection, LatencySection, MemorySection, StagesSection, TimelineSection, SwitchesSection, MethodSection,
        GapsSection}) {
    Section section = make(measured);
    if (!section.paragraphs.empty() || !section.figures.empty()) sections.push_back(std::move(section));
  }
  return sections;
}

Table AllFigures(const Measured& measured) {
  Table table{.title = "All figures", .note = "", .columns = {}, .rows = {}};
  for (const char* name : {"workload",
                           "strategy",
                           "threads",
                           "tokens",
                           "io_threads",
                           "rounds",
                           "pictures_per_s",
                           "pictures_per_s_low",
                           "pictures_per_s_high",
                           "bytes_per_s",
                           "wall_s",
                           "cpu_s_per_picture",
                           "cpu_s_per_picture_low",
                           "cpu_s_per_picture_high",
                           "first_s",
                           "first_s_low",
                           "first_s_high",
                           "latency_p50_s",
                           "latency_p95_s",
                           "latency_p99_s",
                           "peak_rss_bytes",
                           "peak_held_bytes",
                           "peak_at_once",
                           "voluntary_switches_per_picture",
                           "involuntary_switches_per_picture",
                           "look_up_s_per_picture",
                           "read_s_per_picture",
                           "thumbnail_s_per_picture",
                           "write_s_per_picture",
                           "publish_s_per_picture"}) {
    table.columns.push_back({name});
  }
  for (const Summary& one : measured.summaries) {
    std::vector<Cell> row = {one.config.workload, one.config.strategy};
    for (const int knob : {one.config.threads, one.config.tokens, one.config.io_threads}) {
      row.emplace_back(std::to_string(knob));
    }
    row.emplace_back(std::to_string(one.rounds));
    const auto add = [&](const std::vector<Cell>& cells) { row.insert(row.end(), cells.begin(), cells.end()); };
    add(Estimated(one.pictures_per_s));
    add({Raw(one.bytes_per_s), Raw(one.wall_s)});
    add(Estimated(one.cpu_s_per_picture));
    add(Estimated(one.first_s));
    for (const double value :
         {one.latency_p50_s, one.latency_p95_s, one.latency_p99_s, one.peak_rss_bytes, one.peak_held_bytes,
          one.peak_at_once, one.voluntary_per_picture, one.involuntary_per_picture}) {
      row.push_back(Raw(value));
    }
    for (const double stage : one.stage_s) row.push_back(Raw(stage));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace tbbthumbs::bench
