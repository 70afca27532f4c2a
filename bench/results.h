// What a run of the benchmark found, and the file it is kept in.
#ifndef TBBTHUMBS_BENCH_RESULTS_H_
#define TBBTHUMBS_BENCH_RESULTS_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "pipeline/stage_times.h"

namespace tbbthumbs::bench {

// What is measured: one way of making the thumbnails of one set of pictures.
struct Config {
  std::string workload;  // "photos", "uniform", ...
  std::string strategy;  // "tbb-pipeline", ...
  int threads = 1;
  int tokens = 1;      // pictures in flight at once, or the length of its queues
  int io_threads = 0;  // that read ahead; 0: the strategy's workers read for themselves
  // NOLINTNEXTLINE(modernize-use-nullptr): false alarm of clang-tidy 14 on defaulted comparisons
  friend auto operator<=>(const Config&, const Config&) = default;
};

// "uniform/tbb-pipeline/threads:2/tokens:1024/io:2", and back; nothing where it is not of that form.
std::string ToString(const Config& config);
std::optional<Config> ParseConfig(const std::string& name);

// One repetition. Times in seconds.
struct Run {
  Config config;
  int round = 0;  // runs of one round were made one after the other, in random order: they form pairs
  double wall_s = 0;
  double cpu_s = 0;  // of all its threads and processes
  double pictures = 0;
  double bytes_in = 0;   // of the files
  double bytes_out = 0;  // of the thumbnails
  double first_s = 0;    // until the first thumbnail has its name; 0: none was made
  // From opening a picture's file to its thumbnail's name.
  double latency_p50_s = 0;
  double latency_p95_s = 0;
  double latency_p99_s = 0;
  double peak_rss_bytes = 0;   // all processes together
  double peak_held_bytes = 0;  // files in memory and thumbnails not yet written
  double peak_at_once = 0;     // pictures in the thumbnail stage at the same time
  double voluntary_switches = 0;
  double involuntary_switches = 0;
  std::array<double, kStageCount> stage_s{};  // of all pictures together, by Stage
};

struct Workload {
  std::string name;
  std::string description;  // a sentence
  uint64_t pictures = 0;
  uint64_t bytes = 0;
  uint64_t largest_bytes = 0;
  double megapixels = 0;  // of all together
  // Who decoded how many: "12 lanes 1/4, 3 libpng"; "" where nothing was made.
  std::string decoders{};
  // The same bytes came out of every strategy, and the same counts (always so in a file that was written).
  bool identical = true;
};

// What could not be measured here.
struct Gap {
  std::string what;    // "async-io", "fuse"
  std::string reason;  // "io_uring: Operation not permitted"
};

// The spread of a picture's latency over all rounds of one configuration.
struct Latencies {
  Config config;
  std::vector<double> quantiles_s;  // 0 %, 1 %, ... 100 %: 101 values
};

// One run, stage by stage.
struct Timeline {
  struct Span {
    int thread = 0;  // a row of the picture
    Stage stage = Stage::kLookUp;
    uint64_t picture = 0;  // its place in the input order, from 0
    double begin_s = 0;    // since the run's begin
    double end_s = 0;
  };
  Config config;
  std::map<int, std::string> threads;  // "worker 1", "reader 2"
  std::vector<Span> spans;
};

// What each stage takes for one picture, alone on a CPU: what the model of `scale` is fed with.
struct PictureCost {
  uint64_t bytes = 0;
  std::array<double, kStageCount> stage_s{};
};

struct Prediction {
  struct Point {
    int threads = 1;
    double pictures_per_s = 0;
    double memory_bytes = 0;
    std::string limit;  // "workers", "storage latency", "storage bandwidth", "publishing"
  };
  // What the model says beside what was measured.
  struct Check {
    int threads = 1;
    double predicted = 0;  // pictures/s
    double measured = 0;
  };
  std::string storage;  // "as measured", "network disk, 2 ms, 110 MB/s"
  std::vector<Point> points;
  std::vector<Check> checks;  // of the storage as measured only
};

struct Machine {
  std::string cpu;
  int cpus = 1;  // that it may use
  uint64_t memory_bytes = 0;
  std::string kernel;
  std::string filesystem;  // where the pictures lie: "ext4"
  std::string date;        // ISO 8601
  std::string version;     // of tbbthumbs
  std::string build;       // compiler, "Release"
};

struct Results {
  Machine machine;
  std::string directory;  // the user's pictures
  std::string command;
  bool long_run = false;
  std::vector<Workload> workloads;
  std::vector<Run> runs;
  std::vector<Gap> gaps;
  std::vector<Latencies> latencies;
  std::vector<Timeline> timelines;
  std::vector<PictureCost> costs;
  std::vector<Prediction> predictions;
};

// In Google Benchmark's JSON schema, so that its tools read it: each Run is an entry of "benchmarks" with its figures
// as counters; all else stands under "tbbthumbs". Errors: a sentence that names the file.
[[nodiscard]] tl::expected<void, std::string> WriteResults(const Results& results, const std::filesystem::path& file);
[[nodiscard]] tl::expected<Results, std::string> ReadResults(const std::filesystem::path& file);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_RESULTS_H_
