// Pictures of figures, as JSON for report.js, which draws them. Numbers only: texts of numbers are made there, by the
// format's name: "rate", "seconds", "bytes", "percent" (of 1), "count", "times".
#ifndef TBBTHUMBS_BENCH_REPORT_CHARTS_H_
#define TBBTHUMBS_BENCH_REPORT_CHARTS_H_

#include <optional>
#include <string>
#include <vector>

#include "bench/results.h"
#include "bench/statistics.h"

namespace tbbthumbs::bench {

struct Axis {
  std::string title;
  std::string format;
  bool logarithmic = false;
};

inline Axis LinearAxis(const std::string& title, const std::string& format) { return {title, format, false}; }
inline Axis LogAxis(const std::string& title, const std::string& format) { return {title, format, true}; }

// A bar for each row, with its interval as whiskers.
struct BarChart {
  struct Bar {
    std::string label;
    Estimate value;
    bool highlighted = false;
  };
  Axis axis;
  std::vector<Bar> bars;
  std::optional<double> reference;  // a dashed line there
  std::string reference_label;
};
std::string ToJson(const BarChart& chart);

// A bar of parts for each row.
struct StackChart {
  struct Row {
    std::string label;
    std::vector<double> values;  // by part
    bool highlighted = false;
  };
  Axis axis;
  std::vector<std::string> parts;
  bool stages = false;  // the parts are stages, with their colours
  std::vector<Row> rows;
};
std::string ToJson(const StackChart& chart);

// From the lowest to the highest of marks for each row.
struct RangeChart {
  struct Row {
    std::string label;
    std::vector<double> values;  // by mark, ascending
    bool highlighted = false;
  };
  Axis axis;
  std::vector<std::string> marks;
  std::vector<Row> rows;
};
std::string ToJson(const RangeChart& chart);

struct LineChart {
  struct Point {
    double x = 0;
    Estimate y;
  };
  enum class Style { kMeasured, kCurve, kPredicted };
  struct Series {
    std::string name;
    Style style = Style::kMeasured;
    bool highlighted = false;
    std::vector<Point> points;
  };
  Axis x;
  Axis y;
  std::vector<Series> series;
};
std::string ToJson(const LineChart& chart);

// A row for each thread, time from left to right, coloured by stage. Spans too short to be seen are drawn as one with
// their neighbours of the same stage.
std::string ToJson(const Timeline& timeline);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_REPORT_CHARTS_H_
