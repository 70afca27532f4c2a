#include "bench/experiment.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "bench/machine.h"
#include "bench/one_run.h"
#include "bench/page_cache.h"
#include "bench/prediction.h"
#include "bench/statistics.h"
#include "bench/strategy.h"
#include "pipeline/task_graph.h"

namespace tbbthumbs::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kProduct = "tbb-pipeline";
// The two that are measured at every number of threads.
constexpr std::array<std::string_view, 2> kScaled = {kProduct, "std-pipeline"};
// Where reading is what takes the time: one strategy of each kind.
constexpr std::array<std::string_view, 4> kReaders = {kProduct, "std-pipeline", "async-io", "sequential"};
// Whose threads wait for what they fetch, each for its own: measured with up to as many as the product fetches at once.
constexpr std::string_view kWaiting = "thread-per-picture";
// More rounds of what is slow and differs widely tell nothing more.
constexpr int kRoundsOfSlow = 3;
// Spans beyond this make a picture that nobody can read.
constexpr size_t kTimelinePictures = 200;

tl::unexpected<std::string> Wrong(std::string message) { return tl::unexpected<std::string>(std::move(message)); }

template <class Names>
bool Contains(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Of the names and bytes of all files below `directory`.
std::string FingerprintOf(const fs::path& directory) {
  std::set<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.insert(entry.path());
  }
  XXH64_hash_t hash = 0;
  for (const fs::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::string name = path.lexically_relative(directory).native();
    hash = XXH3_64bits_withSeed(name.data(), name.size(), hash);
    hash = XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash);
  }
  return fmt::format("{} files, XXH3 {:016x}", files.size(), hash);
}

// All is written elsewhere: Results keeps what is measured.
class NoReport final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

// Of the same pictures, stage by stage.
void TakeLeast(const std::vector<PictureCost>& from, std::vector<PictureCost>& into) {
  for (size_t i = 0; i < std::min(from.size(), into.size()); ++i) {
    for (size_t stage = 0; stage < kStageCount; ++stage) {
      into[i].stage_s[stage] = std::min(into[i].stage_s[stage], from[i].stage_s[stage]);
    }
  }
}

void UseRandomInterleaving() {
  // Google Benchmark keeps pointers to both.
  static std::string program = "tbbthumbs-bench";
  static std::string flag = "--benchmark_enable_random_interleaving=true";
  std::array<char*, 3> arguments{program.data(), flag.data(), nullptr};
  int count = 2;
  benchmark::Initialize(&count, arguments.data());
}

}  // namespace

std::vector<MeasuredPoint> MeasuredPoints(const std::vector<Run>& runs) {
  // Of one number of threads the token counts of a sweep are measured less often than the usual one.
  std::map<int, std::map<Config, std::vector<const Run*>>> by_threads;
  for (const Run& run : runs) {
    if (run.config.workload == kPhotos && run.config.strategy == kProduct) {
      by_threads[run.config.threads][run.config].push_back(&run);
    }
  }
  std::vector<MeasuredPoint> points;
  for (const auto& [threads, configs] : by_threads) {
    const auto usual = std::max_element(configs.begin(), configs.end(),
                                        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    std::vector<double> rates;
    std::vector<double> cpu_s;
    MeasuredPoint& point = points.emplace_back(MeasuredPoint{.threads = threads});
    for (const Run* run : usual->second) {
      rates.push_back(run->pictures / run->wall_s);
      cpu_s.push_back(run->cpu_s / run->pictures);
      point.peak_rss_bytes = std::max(point.peak_rss_bytes, run->peak_rss_bytes);
    }
    point.pictures_per_s = MeanOf(rates).value;
    point.cpu_s_per_picture = MeanOf(cpu_s).value;
  }
  return points;
}

Experiment::Experiment(ExperimentOptions options, std::function<void(std::string, bool)> on_progress)
    : options_(std::move(options)), on_progress_(std::move(on_progress)) {}

void Experiment::Stop() {
  stopped_ = true;
  if (const pid_t child = child_; child > 0) kill(child, SIGKILL);
}

int Experiment::TokensFor(int threads) const { return options_.tokens > 0 ? options_.tokens : DefaultTokens(threads); }

bool Experiment::Wants(std::string_view workload) const { return Contains(options_.workloads, workload); }

tl::expected<Results, std::string> Experiment::Measure() {
  results_.machine = DescribeMachine(options_.directory);
  results_.directory = options_.directory;
  for (const std::string& name : options_.strategies) {
    const Strategy* strategy = FindStrategy(name);
    if (strategy->check == nullptr) continue;
    if (const Status can = strategy->check(); !can) results_.gaps.push_back({name, can.error().message});
  }
  for (const auto& step : {&Experiment::PreparePhotos, &Experiment::PrepareSets, &Experiment::MeasureDetails,
                           &Experiment::MeasureRounds}) {
    const Done done = (this->*step)();
    if (stopped_) return Wrong("stopped");
    if (!done) return Wrong(done.error());
  }
  for (const PictureSet& set : sets_) results_.workloads.push_back(set.about);
  Predict();
  for (const Entry& entry : entries_) {
    // The mean of each quantile over the rounds (Vincent, 1912).
    Latencies& spread = results_.latencies.emplace_back(Latencies{.config = entry.config});
    for (const auto& quantiles : entry.latencies) {
      if (spread.quantiles_s.empty()) spread.quantiles_s.resize(quantiles.size());
      for (size_t i = 0; i < quantiles.size(); ++i) {
        spread.quantiles_s[i] += quantiles[i] / static_cast<double>(entry.latencies.size());
      }
    }
    if (spread.quantiles_s.empty()) results_.latencies.pop_back();
  }
  return std::move(results_);
}

// As many of the user's pictures as the time allows, tried out on a few.
Experiment::Done Experiment::PreparePhotos() {
  if (!Wants(kPhotos) && !Wants(kPhotosCold)) return {};
  on_progress_("looking for pictures", true);
  auto found = FindPictures(options_.directory);
  if (!found) return Wrong(found.error());
  size_t count = options_.pictures;
  if (count == 0) {
    auto trial = SetOf("trial", "", Sample(*found, 12), options_.scratch);
    if (!trial) return Wrong(trial.error());
    const int threads = options_.threads.back();
    const auto reply = RunOne(*trial, {"trial", std::string(kProduct), threads, TokensFor(threads), 2}, false);
    if (!reply) return Wrong(reply.error());
    count = PhotosThatFit(reply->run.wall_s / static_cast<double>(trial->files.size()));
  }
  const auto files = Sample(*found, count);
  const std::string which =
      files.size() == found->size()
          ? fmt::format("all {} pictures of the directory", found->size())
          : fmt::format("{} of the {} pictures of the directory, evenly spread", files.size(), found->size());
  for (const std::string_view name : {kPhotos, kPhotosCold}) {
    if (!Wants(name)) continue;
    const bool cold = name == kPhotosCold;
    auto set = SetOf(name, which + (cold ? ", dropped from the page cache before each run" : ", in the page cache"),
                     files, options_.scratch);
    if (!set) return Wrong(set.error());
    set->cold = cold;
    if (cold && DropFromPageCache(set->files) > 0.1) {
      results_.gaps.push_back(
          {std::string(name), "the kernel keeps the files in memory (" + results_.machine.filesystem + ")"});
      continue;
    }
    sets_.push_back(std::move(*set));
  }
  return {};
}

// Half of the time is theirs. A run at the most threads is 1, one at fewer threads longer by so much.
size_t Experiment::PhotosThatFit(double seconds_each) const {
  const double most = options_.threads.back();
  double units = 0;
  for (const std::string& strategy : options_.strategies) units += strategy == "sequential" ? most : 1;
  for (const int threads : options_.threads) units += 2 * most / threads;
  const double seconds_a_round = options_.time_limit.count() * 0.5 / options_.rounds;
  return std::max<size_t>(8, static_cast<size_t>(seconds_a_round / (units * seconds_each)));
}

Experiment::Done Experiment::PrepareSets() {
  for (const std::string& name : options_.workloads) {
    if (name == kPhotos || name == kPhotosCold || stopped_) continue;
    on_progress_("making pictures: " + name, true);
    auto set = MakeSet(name, options_.scratch);
    if (!set) return Wrong(set.error());
    if (name == kFuse || name == kUrl) {
      auto behind = name == kFuse ? Mounted(std::move(*set)) : Served(std::move(*set));
      if (!behind) return Wrong(behind.error());
      if (!*behind) continue;
      sets_.push_back(std::move(**behind));
    } else {
      sets_.push_back(std::move(*set));
    }
  }
  for (size_t set = 0; set < sets_.size(); ++set) PlanEntries(set);
  return {};
}

// The same files seen through a mount that answers late; nothing, and a gap, where none can be made.
tl::expected<std::optional<PictureSet>, std::string> Experiment::Mounted(PictureSet set) {
  const fs::path below = set.files.front().parent_path();
  const fs::path mountpoint = options_.scratch / "mount";
  std::error_code error;
  fs::create_directory(mountpoint, error);
  if (error) return Wrong(mountpoint.string() + ": " + error.message());
  auto mount = FuseMount::Mount(below, mountpoint, SlowDisk());
  if (!mount) {
    results_.gaps.push_back({set.about.name, mount.error().message});
    return std::nullopt;
  }
  mount_ = std::move(*mount);
  std::vector<fs::path> files;
  for (const fs::path& file : set.files) files.push_back(mountpoint / file.filename());
  auto mounted = SetOf(set.about.name, set.about.description, std::move(files), options_.scratch);
  if (!mounted) return Wrong(mounted.error());
  return std::move(*mounted);
}

// The same files behind a web server; nothing, and a gap, where none can be run.
tl::expected<std::optional<PictureSet>, std::string> Experiment::Served(PictureSet set) {
  auto server = PictureServer::Start(set.files.front().parent_path(), {.delay = kServerDelay});
  if (!server) {
    results_.gaps.push_back({set.about.name, server.error()});
    return std::nullopt;
  }
  server_.emplace(std::move(*server));
  if (Done taken = TakeFromServer(set, *server_); !taken) return Wrong(taken.error());
  return set;
}

void Experiment::AddEntry(size_t set, const std::string& name, int threads, int tokens, int rounds) {
  const Strategy* strategy = FindStrategy(name);
  const auto same = [&](const Gap& gap) { return gap.what == name; };
  if (std::any_of(results_.gaps.begin(), results_.gaps.end(), same)) return;
  Config config{sets_[set].about.name, name, name == "sequential" ? 1 : threads, strategy->uses_tokens ? tokens : 0,
                strategy->uses_io_threads ? options_.io_threads : 0};
  const auto there = [&](const Entry& entry) { return entry.config == config; };
  if (std::any_of(entries_.begin(), entries_.end(), there)) return;
  entries_.push_back({.config = std::move(config), .set = set, .rounds = std::min(rounds, options_.rounds)});
}

void Experiment::PlanEntries(size_t set) {
  const int most = options_.threads.back();
  const PictureSet& pictures = sets_[set];
  const bool slow = pictures.cold || pictures.latency_s > 0 || pictures.connections > 0 || pictures.about.name == kFuse;
  const int rounds = slow ? std::max(kRoundsOfSlow, options_.rounds / 2) : options_.rounds;
  for (const std::string& strategy : options_.strategies) {
    if ((pictures.cold || pictures.about.name == kFuse) && !Contains(kReaders, strategy)) continue;
    AddEntry(set, strategy, most, TokensFor(most), rounds);
  }
  if (pictures.connections > 0 && Contains(options_.strategies, kWaiting)) {
    for (int threads = 4; threads <= pictures.connections; threads *= 4) {
      AddEntry(set, std::string(kWaiting), threads, TokensFor(threads), rounds);
    }
  }
  if (pictures.about.name != kPhotos) return;
  for (const int threads : options_.threads) {
    for (const std::string_view strategy : kScaled) {
      if (!Contains(options_.strategies, strategy)) continue;
      AddEntry(set, std::string(strategy), threads, TokensFor(threads), rounds);
    }
  }
  if (!Contains(options_.strategies, kProduct)) return;
  if (!options_.token_sweep) return;
  for (const int tokens : {1, 4, 16, 64, 256, 1024}) AddEntry(set, std::string(kProduct), most, tokens, 2);
}

// The user's pictures one after the other, for the costs of each, and the pipelines for their timelines. It also brings
// the files into the page cache.
Experiment::Done Experiment::MeasureDetails() {
  const auto photos =
      std::find_if(sets_.begin(), sets_.end(), [](const auto& set) { return set.about.name == kPhotos; });
  if (photos == sets_.end()) return {};
  on_progress_("measuring the stages of each picture", true);
  const Config alone{std::string(kPhotos), "sequential", 1, 0, 0};
  // The first time fills the page cache; of the others the least, which other programs have lengthened least.
  for (int time = 0; time < 3 && !stopped_; ++time) {
    auto reply = RunOne(*photos, alone, true);
    if (!reply) return Wrong(reply.error());
    if (time <= 1) {
      results_.costs = std::move(reply->costs);
    } else {
      TakeLeast(reply->costs, results_.costs);
    }
  }
  const int most = options_.threads.back();
  for (const std::string_view name : kScaled) {
    if (!Contains(options_.strategies, name) || stopped_) continue;
    auto reply =
        RunOne(*photos, {std::string(kPhotos), std::string(name), most, TokensFor(most), options_.io_threads}, true);
    if (!reply) return Wrong(reply.error());
    std::erase_if(reply->timeline.spans, [](const auto& span) { return span.picture >= kTimelinePictures; });
    results_.timelines.push_back(std::move(reply->timeline));
  }
  return {};
}

void Experiment::Predict() {
  const std::vector<MeasuredPoint> measured = MeasuredPoints(results_.runs);
  if (results_.costs.empty() || measured.empty()) return;
  results_.predictions =
      bench::Predict(results_.costs, measured,
                     {.cpus = results_.machine.cpus, .io_threads = options_.io_threads, .tokens = options_.tokens});
}

Experiment::Done Experiment::MeasureRounds() {
  UseRandomInterleaving();
  const Clock::time_point begin = Clock::now();
  // Later rounds are shorter: of what is slow there are fewer.
  double last_round = 0;
  for (int round = 0; round < options_.rounds && !stopped_; ++round) {
    if (round >= 2 && SecondsSince(begin) + last_round > options_.time_limit.count()) break;
    const Clock::time_point round_begin = Clock::now();
    if (Done done = MeasureRound(round); !done) return done;
    last_round = SecondsSince(round_begin);
    const double left =
        std::min((options_.rounds - round - 1) * last_round, options_.time_limit.count() - SecondsSince(begin));
    on_progress_(fmt::format("round {} of at most {} is done; at most {:.0f} s left", round + 1, options_.rounds,
                             std::max(left, 0.0)),
                 true);
  }
  return {};
}

void Experiment::Register(size_t index, int round) {
#ifndef __clang_analyzer__  // which takes the registration, that Google Benchmark owns, for a leak
  const auto run = [this, index, round](benchmark::State& state) {
    for (auto _ : state) {
      const Config& config = entries_[index].config;
      on_progress_(fmt::format("round {} of at most {}: {}, {}, threads {}", round + 1, options_.rounds,
                               config.workload, config.strategy, config.threads),
                   false);
      Execute(index, round);
      if (!results_.runs.empty()) state.SetIterationTime(results_.runs.back().wall_s);
    }
  };
  benchmark::RegisterBenchmark(ToString(entries_[index].config).c_str(), run)->UseManualTime()->Iterations(1);
#endif
}

Experiment::Done Experiment::MeasureRound(int round) {
  NoReport reporter;
  for (const PictureSet& set : sets_) {
    benchmark::ClearRegisteredBenchmarks();
    bool any = false;
    for (size_t i = 0; i < entries_.size(); ++i) {
      const Entry& entry = entries_[i];
      if (entry.config.workload != set.about.name || round >= entry.rounds) continue;
      any = true;
      Register(i, round);
    }
    if (any) benchmark::RunSpecifiedBenchmarks(&reporter, "all");
    if (!failure_.empty()) return Wrong(failure_);
  }
  return {};
}

void Experiment::Execute(size_t index, int round) {
  if (stopped_ || !failure_.empty()) return;
  Entry& entry = entries_[index];
  auto reply = RunOne(sets_[entry.set], entry.config, false);
  if (!reply) {
    failure_ = ToString(entry.config) + ": " + reply.error();
    return;
  }
  reply->run.round = round;
  results_.runs.push_back(reply->run);
  if (!reply->latencies_s.empty()) entry.latencies.push_back(std::move(reply->latencies_s));
}

tl::expected<RunReply, std::string> Experiment::RunOne(PictureSet& set, const Config& config, bool details) {
  if (stopped_) return Wrong("stopped");
  RunRequest request{.config = config,
                     .list = set.list,
                     .size = options_.size,
                     .update = set.up_to_date,
                     .slow_prefix = set.slow_prefix,
                     .latency_s = set.latency_s,
                     .bytes_per_s = set.bytes_per_s,
                     .connections = set.connections,
                     .want_details = details};
  // A new directory each time, and nothing is deleted until the end: ext4 takes ten times as long to make files while
  // it has just deleted others, since it does not use their inodes again at once and searches past them.
  request.output = options_.scratch /
                   (set.up_to_date ? set.about.name + ".thumbnails" : "thumbnails." + std::to_string(next_output_++));
  std::error_code error;
  const bool first = fs::create_directories(request.output, error);
  if (error) return Wrong(request.output.string() + ": " + error.message());
  if (set.up_to_date && first) {
    // Made once; what is measured is that there is nothing to do.
    if (auto made = RunInChild(request, child_); !made) return made;
  }
  if (set.cold) DropFromPageCache(set.files);
  auto reply = RunInChild(request, child_);
  if (!reply) return reply;
  if (Done same = CheckIdentical(set, request, *reply); !same) return Wrong(same.error());
  return reply;
}

Experiment::Done Experiment::CheckIdentical(PictureSet& set, const RunRequest& request, const RunReply& reply) {
  const std::string made = reply.counts + "; " + reply.decoders + "; " + FingerprintOf(request.output);
  const auto [first, is_first] = fingerprints_.emplace(set.about.name, made);
  if (is_first) set.about.decoders = reply.decoders;
  if (is_first || first->second == made) return {};
  return Wrong(fmt::format("{} on {} {}: {} instead of {}", request.config.strategy, set.about.name, kMadeSomethingElse,
                           made, first->second));
}

}  // namespace tbbthumbs::bench
