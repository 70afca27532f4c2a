#include "bench/report/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "bench/report/numbers.h"

namespace tbbthumbs::bench {
namespace {

using RunsOfOne = std::vector<const Run*>;

// Of what was measured: zeros are left out.
template <class ValueOf>
std::vector<double> Measured(const RunsOfOne& runs, ValueOf value_of) {
  std::vector<double> values;
  for (const Run* run : runs) {
    if (const double value = value_of(*run); value > 0) values.push_back(value);
  }
  return values;
}

template <class ValueOf>
double Typical(const RunsOfOne& runs, ValueOf value_of) {
  return MeanOf(Measured(runs, value_of)).value;
}

template <class ValueOf>
Estimate Estimated(const RunsOfOne& runs, ValueOf value_of) {
  const std::vector<double> values = Measured(runs, value_of);
  return values.empty() ? Estimate{} : MeanOf(values);
}

double Largest(const RunsOfOne& runs, double Run::*figure) {
  double largest = 0;
  for (const Run* run : runs) largest = std::max(largest, run->*figure);
  return largest;
}

// Arithmetic, for counts that may well be 0.
template <class ValueOf>
double Mean(const RunsOfOne& runs, ValueOf value_of) {
  double sum = 0;
  for (const Run* run : runs) sum += value_of(*run);
  return sum / static_cast<double>(runs.size());
}

Summary SummarizeOne(const Config& config, const RunsOfOne& runs) {
  Summary summary{.config = config, .rounds = runs.size()};
  summary.pictures_per_s = Estimated(runs, [](const Run& run) { return run.pictures / run.wall_s; });
  summary.cpu_s_per_picture = Estimated(runs, [](const Run& run) { return run.cpu_s / run.pictures; });
  summary.first_s = Estimated(runs, [](const Run& run) { return run.first_s; });
  summary.wall_s = Typical(runs, [](const Run& run) { return run.wall_s; });
  summary.bytes_per_s = Typical(runs, [](const Run& run) { return run.bytes_in / run.wall_s; });
  summary.latency_p50_s = Typical(runs, [](const Run& run) { return run.latency_p50_s; });
  summary.latency_p95_s = Typical(runs, [](const Run& run) { return run.latency_p95_s; });
  summary.latency_p99_s = Typical(runs, [](const Run& run) { return run.latency_p99_s; });
  summary.peak_rss_bytes = Largest(runs, &Run::peak_rss_bytes);
  summary.peak_held_bytes = Largest(runs, &Run::peak_held_bytes);
  summary.peak_at_once = Largest(runs, &Run::peak_at_once);
  summary.voluntary_per_picture = Mean(runs, [](const Run& run) { return run.voluntary_switches / run.pictures; });
  summary.involuntary_per_picture = Mean(runs, [](const Run& run) { return run.involuntary_switches / run.pictures; });
  for (size_t i = 0; i < kStageCount; ++i) {
    summary.stage_s[i] = Mean(runs, [i](const Run& run) { return run.stage_s[i] / run.pictures; });
  }
  return summary;
}

// The most threads that two strategies ran with, or one where it alone ran.
int ThreadsToCompare(const std::vector<Summary>& summaries, const std::string& workload) {
  std::map<int, std::set<std::string>> strategies;
  for (const Summary& summary : summaries) {
    if (summary.config.workload == workload) strategies[summary.config.threads].insert(summary.config.strategy);
  }
  for (auto each = strategies.rbegin(); each != strategies.rend(); ++each) {
    if (each->second.size() > 1) return each->first;
  }
  return strategies.empty() ? 0 : strategies.rbegin()->first;
}

// How many configurations of all strategies have as many tokens and I/O threads.
int Spread(const std::vector<Summary>& summaries, const Config& config) {
  return static_cast<int>(std::count_if(summaries.begin(), summaries.end(), [&](const Summary& summary) {
    return summary.config.tokens == config.tokens && summary.config.io_threads == config.io_threads;
  }));
}

}  // namespace

std::vector<Summary> Summarize(const std::vector<Run>& runs) {
  std::map<Config, RunsOfOne> by_config;
  for (const Run& run : runs) {
    if (run.wall_s > 0 && run.pictures > 0) by_config[run.config].push_back(&run);
  }
  std::vector<Summary> summaries;
  summaries.reserve(by_config.size());
  for (const auto& [config, its_runs] : by_config) summaries.push_back(SummarizeOne(config, its_runs));
  return summaries;
}

std::vector<std::string> WorkloadNames(const Results& results) {
  std::vector<std::string> names;
  std::set<std::string> ran;
  for (const Run& run : results.runs) ran.insert(run.config.workload);
  for (const Workload& workload : results.workloads) {
    if (ran.erase(workload.name) > 0) names.push_back(workload.name);
  }
  names.insert(names.end(), ran.begin(), ran.end());
  return names;
}

std::vector<Summary> SideBySide(const std::vector<Summary>& summaries, const std::string& workload) {
  const int threads = ThreadsToCompare(summaries, workload);
  const auto rank = [&](const Summary& summary) {
    return std::tuple(summary.config.threads, summary.rounds, Spread(summaries, summary.config), summary.config.tokens);
  };
  std::map<std::string, const Summary*> chosen;
  for (const Summary& summary : summaries) {
    if (summary.config.workload != workload || summary.config.threads > threads) continue;
    const Summary*& best = chosen[summary.config.strategy];
    if (best == nullptr || rank(summary) > rank(*best)) best = &summary;
  }
  std::vector<Summary> side_by_side;
  side_by_side.reserve(chosen.size());
  for (const auto& [strategy, summary] : chosen) side_by_side.push_back(*summary);
  std::stable_sort(side_by_side.begin(), side_by_side.end(),
                   [](const Summary& a, const Summary& b) { return a.pictures_per_s.value > b.pictures_per_s.value; });
  return side_by_side;
}

const Summary* FindSummary(const std::vector<Summary>& summaries, const std::string& strategy) {
  const auto found = std::find_if(summaries.begin(), summaries.end(),
                                  [&](const Summary& summary) { return summary.config.strategy == strategy; });
  return found == summaries.end() ? nullptr : &*found;
}

std::string Label(const Config& config, int threads) {
  if (config.threads == threads) return config.strategy;
  return fmt::format("{} ({} {})", config.strategy, config.threads, config.threads == 1 ? "thread" : "threads");
}

int MostThreads(const std::vector<Summary>& summaries) {
  int most = 0;
  for (const Summary& summary : summaries) most = std::max(most, summary.config.threads);
  return most;
}

SpeedRatio CompareSpeed(const std::vector<Run>& runs, const Config& config, const Config& base, size_t comparisons) {
  std::map<int, double> base_times;
  for (const Run& run : runs) {
    if (run.config == base && run.wall_s > 0) base_times[run.round] = run.wall_s;
  }
  std::vector<double> of_base;
  std::vector<double> of_config;
  for (const Run& run : runs) {
    const auto pair = base_times.find(run.round);
    if (run.config != config || !(run.wall_s > 0) || pair == base_times.end()) continue;
    of_base.push_back(pair->second);
    of_config.push_back(run.wall_s);
  }
  if (of_base.empty()) return {};
  const double confidence = 1 - 0.05 / static_cast<double>(std::max<size_t>(comparisons, 1));
  return {PairedRatio(of_base, of_config), of_base.size(), PairedRatio(of_base, of_config, confidence)};
}

Judgement Judge(const SpeedRatio& speed) {
  if (!HasInterval(speed.judged)) return Judgement::kUndecided;
  if (speed.judged.low > 1) return Judgement::kFaster;
  if (speed.judged.high < 1) return Judgement::kSlower;
  return Judgement::kUndecided;
}

}  // namespace tbbthumbs::bench
