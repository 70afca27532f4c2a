#include <fmt/format.h>

#include <algorithm>

#include "bench/report/charts.h"
#include "bench/report/numbers.h"
#include "bench/report/section.h"
#include "bench/report/words.h"
#include "tools/units.h"

namespace tbbthumbs::bench {
namespace {

Figure PeakFigure(const Measured::View& view) {
  BarChart chart{.axis = LinearAxis("peak resident memory of all processes", "bytes"),
                 .bars = {},
                 .reference = {},
                 .reference_label = ""};
  Table table{.title = fmt::format("Peak memory, {}", view.workload),
              .note = "Resident: of all processes together. Held: files in memory and thumbnails not yet written.",
              .columns = {{"Strategy"}, {"Resident", true}, {"Held", true}, {"Pictures at once", true}},
              .rows = {}};
  std::vector<Summary> rows;
  for (const Summary& one : view.strategies) {
    if (one.peak_rss_bytes > 0) rows.push_back(one);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Summary& a, const Summary& b) { return a.peak_rss_bytes < b.peak_rss_bytes; });
  for (const Summary& one : rows) {
    const bool product = one.config.strategy == kProduct;
    const std::string label = Label(one.config, view.threads);
    chart.bars.push_back({label, {one.peak_rss_bytes, 0, 0}, product});
    table.rows.push_back({{label, product ? Tone::kStrong : Tone::kPlain},
                          FormatByteCount(one.peak_rss_bytes),
                          one.peak_held_bytes > 0 ? FormatByteCount(one.peak_held_bytes) : "",
                          one.peak_at_once > 0 ? tool::FormatCount(static_cast<uint64_t>(one.peak_at_once)) : ""});
  }
  return {.workload = view.workload, .chart = ToJson(chart), .table = table};
}

// The configurations of tbb-pipeline that differ in tokens only from the one set side by side, by tokens.
std::vector<const Summary*> ByTokens(const Measured& measured, const Measured::View& view) {
  std::vector<const Summary*> by_tokens;
  const Summary* chosen = FindSummary(view.strategies, kProduct);
  for (const Summary& one : measured.summaries) {
    if (chosen == nullptr) break;
    Config config = one.config;
    config.tokens = chosen->config.tokens;
    if (config == chosen->config && one.config.tokens > 0 && one.peak_rss_bytes > 0) by_tokens.push_back(&one);
  }
  return by_tokens;
}

Figure TokensFigure(const Measured::View& view, const std::vector<const Summary*>& by_tokens) {
  LineChart chart{.x = LogAxis("tokens: pictures in flight at most", "count"),
                  .y = LinearAxis("peak memory", "bytes"),
                  .series = {}};
  Table table{
      .title = fmt::format("{}: memory by tokens, {}, {}", kProduct, view.workload, ThreadWords(view.threads)),
      .note = "",
      .columns = {{"Tokens", true}, {"Resident", true}, {"Held", true}, {"Pictures/s", true}, {"95 % interval", true}},
      .rows = {}};
  LineChart::Series resident{
      .name = "resident", .style = LineChart::Style::kMeasured, .highlighted = true, .points = {}};
  LineChart::Series held{.name = "files and unwritten thumbnails",
                         .style = LineChart::Style::kMeasured,
                         .highlighted = false,
                         .points = {}};
  for (const Summary* one : by_tokens) {
    const double tokens = one->config.tokens;
    resident.points.push_back({tokens, {one->peak_rss_bytes, 0, 0}});
    held.points.push_back({tokens, {one->peak_held_bytes, 0, 0}});
    table.rows.push_back({tool::FormatCount(static_cast<uint64_t>(one->config.tokens)),
                          FormatByteCount(one->peak_rss_bytes), FormatByteCount(one->peak_held_bytes),
                          tool::FormatRate(one->pictures_per_s.value),
                          FormatInterval(one->pictures_per_s, tool::FormatRate)});
  }
  chart.series = {resident, held};
  return {.workload = view.workload, .chart = ToJson(chart), .table = table};
}

}  // namespace

Section MemorySection(const Measured& measured) {
  Section section{.id = "memory", .title = "Memory", .paragraphs = {}, .figures = {}};
  for (const Measured::View& view : measured.views) {
    Figure peak = PeakFigure(view);
    if (!peak.table.rows.empty()) section.figures.push_back(std::move(peak));
    const std::vector<const Summary*> by_tokens = ByTokens(measured, view);
    if (by_tokens.size() > 1) section.figures.push_back(TokensFigure(view, by_tokens));
  }
  return section;
}

}  // namespace tbbthumbs::bench
