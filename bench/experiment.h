// All measurements of `tbbthumbs-bench run`.
#ifndef TBBTHUMBS_BENCH_EXPERIMENT_H_
#define TBBTHUMBS_BENCH_EXPERIMENT_H_

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bench/io/fuse_mount.h"
#include "bench/one_run.h"
#include "bench/picture_server.h"
#include "bench/prediction.h"
#include "bench/results.h"
#include "bench/workloads.h"
#include "codecs/thumbnail_spec.h"

namespace tbbthumbs::bench {

// What is measured. A plain value.
struct ExperimentOptions {
  std::filesystem::path directory;      // of the user's pictures
  std::filesystem::path scratch;        // exists and is empty: for made pictures and thumbnails
  std::vector<std::string> strategies;  // names; all must exist
  std::vector<std::string> workloads;   // names; all must exist
  // The largest is the one that all strategies are measured at; the pipelines at all. Not empty, ascending.
  std::vector<int> threads;
  int tokens = 0;  // 0: the product's default for the threads
  int io_threads = 2;
  SizeSpec size;
  int rounds = 5;  // at most
  // Measuring ends with the round that is expected to go over it, but not before the second.
  std::chrono::duration<double> time_limit{255};
  size_t pictures = 0;      // of the user's at most; 0: as many as the time allows
  bool token_sweep = true;  // also other numbers of tokens, for what they cost in memory
};

// In the error of Measure when two strategies make different thumbnails.
inline constexpr std::string_view kMadeSomethingElse = "made something else than the first strategy";

// The product's speed on the user's pictures by threads, for Predict.
std::vector<MeasuredPoint> MeasuredPoints(const std::vector<Run>& runs);

// Runs each configuration once a round, those of a workload one after the other in random order (Google Benchmark's
// random interleaving), each in a process of its own. Not thread-safe but for Stop.
class Experiment {
 public:
  // `on_progress` gets a line for people about what is being done, and whether it is worth keeping when the next comes.
  Experiment(ExperimentOptions options, std::function<void(std::string line, bool keep)> on_progress);

  // All of it. Errors: a sentence; "stopped" after Stop. It is an error too when two strategies make different
  // thumbnails.
  tl::expected<Results, std::string> Measure();

  // Ends Measure soon. Any thread.
  void Stop();

 private:
  struct Entry {
    Config config;
    size_t set = 0;                              // in sets_
    int rounds = 0;                              // at most
    std::vector<std::vector<double>> latencies;  // a round each
  };

  using Done = tl::expected<void, std::string>;

  Done PreparePhotos();
  Done PrepareSets();
  tl::expected<std::optional<PictureSet>, std::string> Mounted(PictureSet set);
  tl::expected<std::optional<PictureSet>, std::string> Served(PictureSet set);
  Done MeasureDetails();
  void Predict();
  Done MeasureRounds();
  Done MeasureRound(int round);
  void Register(size_t index, int round);
  void PlanEntries(size_t set);
  void AddEntry(size_t set, const std::string& strategy, int threads, int tokens, int rounds);
  tl::expected<RunReply, std::string> RunOne(PictureSet& set, const Config& config, bool details);
  Done CheckIdentical(PictureSet& set, const RunRequest& request, const RunReply& reply);
  void Execute(size_t entry, int round);
  int TokensFor(int threads) const;
  bool Wants(std::string_view workload) const;
  size_t PhotosThatFit(double seconds_each) const;

  const ExperimentOptions options_;
  const std::function<void(std::string, bool)> on_progress_;
  std::unique_ptr<FuseMount> mount_;
  std::optional<PictureServer> server_;
  std::vector<PictureSet> sets_;
  std::vector<Entry> entries_;
  std::map<std::string, std::string> fingerprints_;  // of each workload: what the first run of it made
  Results results_;
  int next_output_ = 0;
  std::string failure_;  // of the round that is under way
  std::atomic<bool> stopped_ = false;
  std::atomic<pid_t> child_ = 0;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_EXPERIMENT_H_
