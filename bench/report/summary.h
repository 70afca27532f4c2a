// What all runs of one configuration say together, and which configurations are set side by side.
#ifndef TBBTHUMBS_BENCH_REPORT_SUMMARY_H_
#define TBBTHUMBS_BENCH_REPORT_SUMMARY_H_

#include <array>
#include <string>
#include <vector>

#include "bench/results.h"
#include "bench/statistics.h"

namespace tbbthumbs::bench {

inline constexpr const char* kProduct = "tbb-pipeline";
inline constexpr const char* kBaseline = "sequential";

// Estimates and means over the runs; a figure of 0 was not measured.
struct Summary {
  Config config;
  size_t rounds = 0;
  Estimate pictures_per_s;
  Estimate cpu_s_per_picture;
  Estimate first_s;
  double wall_s = 0;
  double bytes_per_s = 0;
  double latency_p50_s = 0;
  double latency_p95_s = 0;
  double latency_p99_s = 0;
  double peak_rss_bytes = 0;  // the largest of the rounds, as the next two
  double peak_held_bytes = 0;
  double peak_at_once = 0;
  double voluntary_per_picture = 0;
  double involuntary_per_picture = 0;
  std::array<double, kStageCount> stage_s{};  // for one picture
};

// One for each configuration that ran, sorted by configuration. Runs without pictures or time are left out.
std::vector<Summary> Summarize(const std::vector<Run>& runs);

// Names of the workloads that ran: in the order of results.workloads, then others.
std::vector<std::string> WorkloadNames(const Results& results);

// Which configuration of each strategy stands for it in a comparison on one workload: of its runs with the most threads
// that two or more strategies ran with, the one with the most rounds; then the one whose tokens and I/O threads the
// most configurations have (those of a sweep stand alone); then the one with the most tokens. Fastest first.
std::vector<Summary> SideBySide(const std::vector<Summary>& summaries, const std::string& workload);

// The summary of `strategy` in a list of them, or nullptr.
const Summary* FindSummary(const std::vector<Summary>& summaries, const std::string& strategy);

// "tbb-pipeline", or "sequential (1 thread)" where that is not the `threads` of the others.
std::string Label(const Config& config, int threads);

// The most threads in the list.
int MostThreads(const std::vector<Summary>& summaries);

// How many times as fast `config` is as `base`: over the rounds that both have.
struct SpeedRatio {
  Estimate ratio;
  size_t pairs = 0;
  // With the confidence that all comparisons made side by side hold together at 95 % (Bonferroni): of twenty equals one
  // would seem different by chance.
  Estimate judged;
};
SpeedRatio CompareSpeed(const std::vector<Run>& runs, const Config& config, const Config& base, size_t comparisons = 1);

enum class Judgement { kFaster, kSlower, kUndecided };
// A difference is one only where the whole interval is on one side of 1.
Judgement Judge(const SpeedRatio& speed);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_REPORT_SUMMARY_H_
