#include "bench/report/charts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "bench/report/numbers.h"

namespace tbbthumbs::bench {
namespace {

using Json = nlohmann::ordered_json;

// In a page "</script>" and "<!--" would end or change the script that the text stands in; in JSON '<' occurs only in
// strings, where it may be written like this.
std::string Dump(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    text.append(c == '<' ? "\\u003c" : std::string(1, c));
  }
  return text;
}

// Four significant figures are more than a picture can show.
double Short(double value) {
  if (value == 0 || !std::isfinite(value)) return 0;
  const double scale = std::pow(10, 4 - std::ceil(std::log10(std::abs(value))));
  return std::isfinite(scale) && scale > 0 ? std::round(value * scale) / scale : value;
}

Json AxisJson(const Axis& axis) { return {{"title", axis.title}, {"format", axis.format}, {"log", axis.logarithmic}}; }

Json EstimateJson(const Estimate& estimate) {
  if (!HasInterval(estimate)) return Json::array({Short(estimate.value)});
  return Json::array({Short(estimate.value), Short(estimate.low), Short(estimate.high)});
}

template <class Row>
Json RowsJson(const std::vector<Row>& rows) {
  Json json = Json::array();
  for (const Row& row : rows) {
    Json values = Json::array();
    for (const double value : row.values) values.push_back(Short(value));
    json.push_back(Json{{"label", row.label}, {"values", values}, {"strong", row.highlighted}});
  }
  return json;
}

const char* StyleName(LineChart::Style style) {
  switch (style) {
    case LineChart::Style::kMeasured:
      return "measured";
    case LineChart::Style::kCurve:
      return "curve";
    case LineChart::Style::kPredicted:
      return "predicted";
  }
  return "";
}

// A page is about a thousand points wide: gaps and lengths below this share of the whole can't be seen.
constexpr double kVisibleShare = 1.0 / 2000;

std::vector<Timeline::Span> Visible(std::vector<Timeline::Span> spans) {
  double end = 0;
  for (const Timeline::Span& span : spans) end = std::max(end, span.end_s);
  std::stable_sort(spans.begin(), spans.end(), [](const Timeline::Span& a, const Timeline::Span& b) {
    return std::tuple(a.thread, a.stage, a.begin_s) < std::tuple(b.thread, b.stage, b.begin_s);
  });
  std::vector<Timeline::Span> visible;
  for (const Timeline::Span& span : spans) {
    Timeline::Span* last = visible.empty() ? nullptr : &visible.back();
    if (last != nullptr && last->thread == span.thread && last->stage == span.stage &&
        span.begin_s - last->end_s < end * kVisibleShare && span.end_s - span.begin_s < end * kVisibleShare) {
      last->end_s = std::max(last->end_s, span.end_s);
    } else {
      visible.push_back(span);
    }
  }
  return visible;
}

}  // namespace

std::string ToJson(const BarChart& chart) {
  Json json{{"kind", "bars"}, {"axis", AxisJson(chart.axis)}, {"rows", Json::array()}};
  for (const BarChart::Bar& bar : chart.bars) {
    json["rows"].push_back(
        Json{{"label", bar.label}, {"values", EstimateJson(bar.value)}, {"strong", bar.highlighted}});
  }
  if (chart.reference) json["reference"] = Json{{"value", *chart.reference}, {"label", chart.reference_label}};
  return Dump(json);
}

std::string ToJson(const StackChart& chart) {
  return Dump(Json{{"kind", "stack"},
                   {"axis", AxisJson(chart.axis)},
                   {"parts", chart.parts},
                   {"stages", chart.stages},
                   {"rows", RowsJson(chart.rows)}});
}

std::string ToJson(const RangeChart& chart) {
  return Dump(
      Json{{"kind", "ranges"}, {"axis", AxisJson(chart.axis)}, {"marks", chart.marks}, {"rows", RowsJson(chart.rows)}});
}

std::string ToJson(const LineChart& chart) {
  Json json{{"kind", "lines"}, {"x", AxisJson(chart.x)}, {"y", AxisJson(chart.y)}, {"series", Json::array()}};
  for (const LineChart::Series& series : chart.series) {
    Json points = Json::array();
    for (const LineChart::Point& point : series.points) {
      points.push_back(Json::array({Short(point.x), EstimateJson(point.y)}));
    }
    json["series"].push_back(Json{
        {"name", series.name}, {"style", StyleName(series.style)}, {"strong", series.highlighted}, {"points", points}});
  }
  return Dump(json);
}

std::string ToJson(const Timeline& timeline) {
  Json threads = Json::array();
  std::map<int, size_t> rows;
  for (const Timeline::Span& span : timeline.spans) rows.emplace(span.thread, 0);
  for (auto& [thread, row] : rows) {
    row = threads.size();
    const auto name = timeline.threads.find(thread);
    threads.push_back(name == timeline.threads.end() ? "thread " + std::to_string(thread) : name->second);
  }
  Json stages = Json::array();
  for (size_t i = 0; i < kStageCount; ++i) stages.push_back(StageName(static_cast<Stage>(i)));
  Json spans = Json::array();
  for (const Timeline::Span& span : Visible(timeline.spans)) {
    // To the microsecond.
    const auto time = [](double seconds) { return std::round(seconds * 1e6) / 1e6; };
    spans.push_back(Json::array(
        {rows[span.thread], static_cast<int>(span.stage), time(span.begin_s), time(span.end_s), span.picture}));
  }
  return Dump(Json{{"kind", "gantt"}, {"threads", threads}, {"stages", stages}, {"spans", spans}});
}

}  // namespace tbbthumbs::bench
