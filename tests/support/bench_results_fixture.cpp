#include "tests/support/bench_results_fixture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace tbbthumbs::testing {
namespace {

using bench::Config;
using bench::Results;
using bench::Run;

struct FixtureStrategy {
  const char* name;
  double slowness;  // its time beside tbb-pipeline's with as many threads
  double memory_mb;
  int tokens;
  int io_threads;
};

constexpr std::array<FixtureStrategy, 12> kStrategies = {{
    {"sequential", 1.0, 31, 0, 0},
    {"thread-per-picture", 1.06, 148, 64, 0},
    {"static-split", 1.13, 58, 0, 0},
    {"async-futures", 1.05, 71, 64, 0},
    {"std-pipeline", 1.002, 66, 64, 1},
    {"priority-queue", 1.035, 69, 64, 1},
    {"std-par", 1.045, 62, 0, 0},
    {"tbb-for-each", 1.025, 63, 0, 0},
    {"tbb-flow-graph", 1.03, 68, 64, 0},
    {"tbb-pipeline", 1.0, 64, 64, 1},
    {"process-pool", 1.09, 102, 0, 0},
    {"async-io", 1.02, 70, 64, 1},
}};

struct FixtureWorkload {
  const char* name;
  const char* description;
  uint64_t pictures;
  double picture_s;  // of one thread
  double picture_bytes;
  double largest_bytes;
};

constexpr std::array<FixtureWorkload, 7> kWorkloads = {{
    {"photos", "The pictures of the directory, read before: they come from the cache.", 214, 0.0271, 2.9e6, 11.2e6},
    {"photos-cold", "The same, each round with an empty cache.", 214, 0.0302, 2.9e6, 11.2e6},
    {"uniform", "Photographs of one size.", 240, 0.0188, 1.1e6, 1.15e6},
    {"skewed", "One picture of 100 megapixels among small ones, in the middle of the list.", 301, 0.0104, 0.4e6, 38e6},
    {"tiny", "Many pictures of 160 x 120.", 4000, 0.00042, 7.1e3, 9.0e3},
    {"up-to-date", "Every thumbnail is there already.", 4000, 0.000021, 7.1e3, 9.0e3},
    {"slow-disk", "Each read takes 8 ms longer, as on a network disk.", 240, 0.0188, 1.1e6, 1.15e6},
}};

constexpr std::array<double, kStageCount> kStageShares = {0.004, 0.045, 0.905, 0.031, 0.015};

// A little noise, the same on every machine: a pair of rounds shares most of it.
class Noise {
 public:
  double Factor(double spread) { return 1 + spread * (static_cast<double>(engine_() % 2001) / 1000 - 1); }

 private:
  std::minstd_rand engine_{42};
};

Run MakeRun(const FixtureWorkload& workload, const FixtureStrategy& strategy, const Config& config, int round,
            Noise& noise) {
  const auto pictures = static_cast<double>(workload.pictures);
  const double efficiency = config.threads == 1 ? 1.0 : 0.97;
  const double waiting = std::string_view(workload.name) == "slow-disk" && config.io_threads == 0 ? 0.008 : 0;
  const double cpu = pictures * workload.picture_s * (1 + (strategy.slowness - 1) / 3);
  const double wall = pictures * (workload.picture_s + waiting) * strategy.slowness / (config.threads * efficiency);
  const bool makes = std::string_view(workload.name) != "up-to-date";
  Run run{.config = config, .round = round};
  run.wall_s = wall * (1 + 0.01 * std::sin(round)) * noise.Factor(0.006);
  run.cpu_s = cpu * noise.Factor(0.008);
  run.pictures = pictures;
  run.bytes_in = makes ? pictures * workload.picture_bytes : 0;
  run.bytes_out = makes ? pictures * 14e3 : 0;
  run.peak_rss_bytes = (strategy.memory_mb + workload.largest_bytes / 4e5) * 1e6 * noise.Factor(0.01);
  run.peak_held_bytes = makes ? config.threads * workload.largest_bytes + 14e3 * config.tokens : 0;
  run.peak_at_once = config.threads;
  run.voluntary_switches = pictures * (strategy.memory_mb / 30) * noise.Factor(0.1);
  run.involuntary_switches = pictures * 0.35 * noise.Factor(0.2);
  if (makes) {
    run.first_s = workload.picture_s * strategy.slowness * noise.Factor(0.1);
    run.latency_p50_s = workload.picture_s * 0.9 * strategy.slowness * noise.Factor(0.02);
    run.latency_p95_s = workload.picture_s * 2.4 * strategy.slowness * noise.Factor(0.03);
    run.latency_p99_s = workload.picture_s * 3.6 * strategy.slowness * noise.Factor(0.05);
  }
  for (size_t i = 0; i < kStageCount; ++i) run.stage_s[i] = cpu * kStageShares[i] * noise.Factor(0.05);
  return run;
}

std::vector<Config> ConfigsOf(const FixtureWorkload& workload, const FixtureStrategy& strategy) {
  Config config{workload.name, strategy.name, 1, strategy.tokens, strategy.io_threads};
  std::vector<Config> configs = {config};
  const std::string_view name = strategy.name;
  if (name == "sequential") return configs;
  config.threads = 2;
  configs.push_back(config);
  if (name != "tbb-pipeline" || std::string_view(workload.name) != "photos") return configs;
  for (const int tokens : {2, 4, 16, 256, 1024}) {
    config.tokens = tokens;
    configs.push_back(config);
  }
  return configs;
}

// Log-normal, as latencies are.
bench::Latencies MakeLatencies(const Run& run) {
  bench::Latencies latencies{.config = run.config};
  for (int i = 0; i <= 100; ++i) {
    const double odds = (i + 0.5) / (100.5 - i);
    latencies.quantiles_s.push_back(run.latency_p50_s * std::pow(odds, 0.33));
  }
  return latencies;
}

// A reader ahead of two workers; whoever made a thumbnail writes it.
bench::Timeline MakeTimeline(const Config& config, int pictures) {
  bench::Timeline timeline{.config = config, .threads = {{1, "reader 1"}, {2, "worker 1"}, {3, "worker 2"}}};
  Noise noise;
  double read_until = 0;
  double published_until = 0;
  std::array<double, 2> free = {0, 0};
  for (int i = 0; i < pictures; ++i) {
    const auto picture = static_cast<uint64_t>(i);
    const double size = noise.Factor(0.8);
    const auto add = [&](int thread, Stage stage, double begin, double length) {
      timeline.spans.push_back({thread, stage, picture, begin, begin + length});
      return begin + length;
    };
    read_until = add(1, Stage::kLookUp, read_until, 0.0002);
    read_until = add(1, Stage::kRead, read_until, 0.0015 * size);
    const size_t worker = free[0] <= free[1] ? 0 : 1;
    const int thread = 2 + static_cast<int>(worker);
    const double made = add(thread, Stage::kThumbnail, std::max(read_until, free[worker]), 0.024 * size);
    const double written = add(thread, Stage::kWrite, made, 0.0008);
    published_until = add(thread, Stage::kPublish, std::max(written, published_until), 0.0004);
    free[worker] = published_until;
  }
  return timeline;
}

bench::Prediction MakePrediction(const std::string& storage, double ceiling, const std::string& limit) {
  bench::Prediction prediction{.storage = storage};
  for (int threads = 1; threads <= 256; threads *= 2) {
    const double alone = 36.5 * threads;
    prediction.points.push_back({.threads = threads,
                                 .pictures_per_s = std::min(alone, ceiling),
                                 .memory_bytes = 28e6 + 11.2e6 * threads,
                                 .limit = alone < ceiling ? "workers" : limit});
  }
  return prediction;
}

}  // namespace

Results RichResults(const FixtureSize& size) {
  Results results{.machine = {.cpu = "Intel(R) Xeon(R) Processor @ 2.90GHz",
                              .cpus = 2,
                              .memory_bytes = 16'400'000'000,
                              .kernel = "Linux 6.1.0-21-amd64",
                              .filesystem = "ext4",
                              .date = "2024-05-17T14:03:22Z",
                              .version = "0.1.0",
                              .build = "GCC 12.2.0, Release"},
                  .directory = "/home/anna/Pictures/Summer",
                  .command = "tbbthumbs-bench run /home/anna/Pictures/Summer"};
  Noise noise;
  for (int i = 0; i < size.workloads; ++i) {
    const FixtureWorkload& workload = kWorkloads[static_cast<size_t>(i)];
    results.workloads.push_back({.name = workload.name,
                                 .description = workload.description,
                                 .pictures = workload.pictures,
                                 .bytes = workload.pictures * static_cast<uint64_t>(workload.picture_bytes),
                                 .largest_bytes = static_cast<uint64_t>(workload.largest_bytes),
                                 .megapixels = static_cast<double>(workload.pictures) * workload.picture_bytes / 3e5,
                                 .decoders = "40 lanes 1/4, 2 libpng"});
    for (const FixtureStrategy& strategy : kStrategies) {
      for (const Config& config : ConfigsOf(workload, strategy)) {
        const bool sweeps = config.tokens != strategy.tokens;
        for (int round = 0; round < (sweeps ? std::min(2, size.rounds) : size.rounds); ++round) {
          results.runs.push_back(MakeRun(workload, strategy, config, round, noise));
        }
        if (!sweeps && config.threads == 2 && results.runs.back().latency_p50_s > 0) {
          results.latencies.push_back(MakeLatencies(results.runs.back()));
        }
      }
    }
  }
  results.gaps.push_back({.what = "fuse", .reason = "/dev/fuse: No such file or directory"});
  results.timelines.push_back(MakeTimeline({"photos", "tbb-pipeline", 2, 64, 1}, size.timeline_pictures));
  for (int i = 0; i < 20; ++i)
    results.costs.push_back({.bytes = 2'900'000, .stage_s = {1e-4, 1e-3, 0.025, 1e-3, 4e-4}});
  results.predictions.push_back(MakePrediction("as measured", 1480, "publishing"));
  results.predictions[0].checks = {{.threads = 1, .predicted = 36.5, .measured = 36.9},
                                   {.threads = 2, .predicted = 73, .measured = 71.4}};
  results.predictions.push_back(MakePrediction("network disk, 2 ms, 110 MB/s", 38, "storage bandwidth"));
  return results;
}

std::vector<Run> RunsOf(const std::string& strategy, double wall_s, int rounds, double noise) {
  std::vector<Run> runs;
  for (int round = 0; round < rounds; ++round) {
    const double wall = wall_s * (round % 2 == 1 ? 1 + noise : 1);
    runs.push_back({.config = {"photos", strategy, strategy == "sequential" ? 1 : 2, 64, 1},
                    .round = round,
                    .wall_s = wall,
                    .cpu_s = 2 * wall,
                    .pictures = 100});
  }
  return runs;
}

}  // namespace tbbthumbs::testing
