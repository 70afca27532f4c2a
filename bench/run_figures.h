// The figures of a Run that stand in a results file as counters of Google Benchmark.
#ifndef TBBTHUMBS_BENCH_RUN_FIGURES_H_
#define TBBTHUMBS_BENCH_RUN_FIGURES_H_

#include <array>
#include <string>

#include "bench/results.h"

namespace tbbthumbs::bench {

struct RunFigure {
  const char* name;
  double Run::*field;
};

inline constexpr std::array<RunFigure, 12> kRunFigures = {{
    {"pictures", &Run::pictures},
    {"bytes_in", &Run::bytes_in},
    {"bytes_out", &Run::bytes_out},
    {"first_s", &Run::first_s},
    {"latency_p50_s", &Run::latency_p50_s},
    {"latency_p95_s", &Run::latency_p95_s},
    {"latency_p99_s", &Run::latency_p99_s},
    {"peak_rss_bytes", &Run::peak_rss_bytes},
    {"peak_held_bytes", &Run::peak_held_bytes},
    {"peak_at_once", &Run::peak_at_once},
    {"voluntary_switches", &Run::voluntary_switches},
    {"involuntary_switches", &Run::involuntary_switches},
}};

// "stage_read_s".
inline std::string StageFigureName(Stage stage) { return std::string("stage_") + StageName(stage) + "_s"; }

inline constexpr const char* kRoundFigure = "round";

// Of the part of the file that is not Google Benchmark's. Raised when a reader of this version would misunderstand it.
inline constexpr int kResultsFormat = 1;

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_RUN_FIGURES_H_
