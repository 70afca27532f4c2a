// RunHere: a strategy over the stages, and what can be measured of it from within.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "bench/io/slow_file_system.h"
#include "bench/one_run.h"
#include "bench/statistics.h"
#include "bench/strategy.h"
#include "pipeline/confined_file_system.h"
#include "pipeline/file_system.h"
#include "pipeline/job.h"
#include "pipeline/stages.h"
#include "tools/report.h"
#include "tools/thread_limit.h"

namespace tbbthumbs::bench {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }
double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

const StageSpan& SpanOf(const PictureResult& result, Stage stage) { return result.stages[static_cast<size_t>(stage)]; }
bool Reached(const StageSpan& span) { return span.end != Clock::time_point{}; }

// "VmHWM" of this process. (ru_maxrss is that of the program that started this one until it is passed.)
double PeakResidentBytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    double kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

// CPU time and context switches so far, of this process and of the children that it has waited for.
struct Used {
  double cpu_s = 0;
  double voluntary = 0;
  double involuntary = 0;
};

Used UsedSoFar() {
  Used used;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    used.cpu_s += Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
    used.voluntary += static_cast<double>(usage.ru_nvcsw);
    used.involuntary += static_cast<double>(usage.ru_nivcsw);
  }
  return used;
}

JobOptions ToJobOptions(const RunRequest& request) {
  JobOptions options;
  options.input.paths = request.paths;
  if (!request.list.empty()) options.input.lists = {{request.list, '\0', request.connections > 0}};
  if (request.connections > 0) {
    options.urls.connections = options.urls.per_host = request.connections;
    options.urls.allow_private = true;
  }
  options.output = request.output;
  options.specs.sizes = {request.size};
  options.if_exists = request.update ? IfExists::kUpdate : IfExists::kOverwrite;
  options.threads = request.config.threads;
  options.tokens = request.config.tokens;
  options.io_threads = std::max(request.config.io_threads, 1);
  return options;
}

SlowOptions ToSlowOptions(const RunRequest& request) {
  SlowOptions options;
  options.link.latency =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(request.latency_s));
  options.link.bytes_per_second = request.bytes_per_s;
  options.prefix = request.slow_prefix;
  return options;
}

std::string CountsOf(const RunSummary& summary) {
  std::ostringstream text;
  text << summary.inputs << " inputs, " << summary.made << " made, " << summary.up_to_date << " up to date, "
       << summary.failed << " failed, " << summary.not_pictures << " no pictures, " << summary.unsupported
       << " unsupported, " << summary.thumbnails << " thumbnails, " << summary.bytes_in << " bytes in, "
       << summary.bytes_out << " bytes out";
  return text.str();
}

void MeasureLatencies(const std::vector<PictureResult>& results, Clock::time_point begin, RunReply& reply) {
  std::vector<double> latencies;
  for (const PictureResult& result : results) {
    const StageSpan& published = SpanOf(result, Stage::kPublish);
    if (!Reached(published)) continue;
    latencies.push_back(Seconds(published.end - SpanOf(result, Stage::kLookUp).begin));
    const double end_s = Seconds(published.end - begin);
    reply.run.first_s = reply.run.first_s == 0 ? end_s : std::min(reply.run.first_s, end_s);
  }
  if (latencies.empty()) return;
  std::sort(latencies.begin(), latencies.end());
  for (int percent = 0; percent <= 100; ++percent) {
    reply.latencies_s.push_back(QuantileOfSorted(latencies, percent / 100.0));
  }
  reply.run.latency_p50_s = reply.latencies_s[50];
  reply.run.latency_p95_s = reply.latencies_s[95];
  reply.run.latency_p99_s = reply.latencies_s[99];
}

void MeasureStages(const std::vector<PictureResult>& results, Run& run) {
  for (const PictureResult& result : results) {
    for (size_t stage = 0; stage < kStageCount; ++stage) {
      run.stage_s[stage] += Seconds(result.stages[stage].end - result.stages[stage].begin);
    }
  }
}

// Of a picture that has failed; null where all is well.
const Error* FirstError(const std::vector<PictureResult>& results) {
  const auto failed = std::find_if(results.begin(), results.end(),
                                   [](const PictureResult& result) { return result.error.has_value(); });
  return failed == results.end() ? nullptr : &*failed->error;
}

// Which thread is what, by the stages it works at.
std::map<int, std::string> NameThreads(const std::vector<PictureResult>& results) {
  std::map<int, std::set<Stage>> stages;
  for (const PictureResult& result : results) {
    for (size_t stage = 0; stage < kStageCount; ++stage) {
      if (Reached(result.stages[stage])) stages[result.stages[stage].thread].insert(static_cast<Stage>(stage));
    }
  }
  std::map<int, std::string> names;
  std::map<std::string, int> counts;
  for (const auto& [thread, at] : stages) {
    std::string kind = "worker";
    if (at.count(Stage::kThumbnail) == 0) kind = at.count(Stage::kLookUp) != 0 ? "reader" : "publisher";
    names[thread] = kind + " " + std::to_string(++counts[kind]);
  }
  return names;
}

Timeline MakeTimeline(const std::vector<PictureResult>& results, const Config& config, Clock::time_point begin) {
  Timeline timeline{.config = config, .threads = NameThreads(results)};
  for (const PictureResult& result : results) {
    for (size_t stage = 0; stage < kStageCount; ++stage) {
      const StageSpan& span = result.stages[stage];
      if (!Reached(span)) continue;
      timeline.spans.push_back({.thread = span.thread,
                                .stage = static_cast<Stage>(stage),
                                .picture = result.seq,
                                .begin_s = Seconds(span.begin - begin),
                                .end_s = Seconds(span.end - begin)});
    }
  }
  return timeline;
}

std::vector<PictureCost> CostsOf(const std::vector<PictureResult>& results) {
  std::vector<PictureCost> costs;
  for (const PictureResult& result : results) {
    if (result.outcome != Outcome::kMade) continue;
    PictureCost& cost = costs.emplace_back();
    cost.bytes = result.bytes_in;
    for (size_t stage = 0; stage < kStageCount; ++stage) {
      cost.stage_s[stage] = Seconds(result.stages[stage].end - result.stages[stage].begin);
    }
  }
  return costs;
}

}  // namespace

tl::expected<RunRecord, std::string> RunHere(const RunRequest& request) {
  const auto wrong = [](std::string message) { return tl::unexpected<std::string>(std::move(message)); };
  const Strategy* strategy = FindStrategy(request.config.strategy);
  if (strategy == nullptr) return wrong("no strategy '" + request.config.strategy + "'");
  const tool::ThreadLimit thread_limit(request.config.threads);
  const JobOptions options = ToJobOptions(request);
  // As StartJob has it.
  ConfinedFileSystem real(RealFileSystem(), {options.output.string()});
  std::unique_ptr<FileSystem> wrapped;
  if (strategy->wrap != nullptr) wrapped = strategy->wrap(real);
  // In front of what the strategy brings: who waits for a slow answer waits as the strategy does.
  std::optional<SlowFileSystem> slow;
  FileSystem& fast = wrapped ? *wrapped : real;
  if (!request.slow_prefix.empty()) slow.emplace(fast, ToSlowOptions(request));
  FileSystem& files = slow ? *slow : fast;

  RunRecord record;
  RunReply& reply = record.reply;
  const Used before = UsedSoFar();
  record.begin = Clock::now();
  Usage usage;
  Stages* running = nullptr;
  Stages stages(
      files, options, [&](PictureResult result) { record.results.push_back(std::move(result)); },
      [&] { running->Stop(); });
  running = &stages;
  const Status status = strategy->run(
      stages, {request.config.threads, request.config.tokens, std::max(request.config.io_threads, 1)}, usage);
  stages.publisher().RemoveTemporaryDirectory();
  const Clock::time_point end = Clock::now();
  const Used after = UsedSoFar();
  if (!status) return wrong(status.error().message);

  const RunSummary summary = stages.publisher().counters();
  if (summary.fatal) return wrong(summary.fatal->message);
  if (request.connections > 0) {
    if (const Error* const error = FirstError(record.results)) return wrong("fetching: " + error->message);
  }
  Run& run = reply.run;
  run.config = request.config;
  run.wall_s = Seconds(end - record.begin);
  run.cpu_s = after.cpu_s - before.cpu_s;
  run.voluntary_switches = after.voluntary - before.voluntary;
  run.involuntary_switches = after.involuntary - before.involuntary;
  run.pictures = static_cast<double>(summary.made + summary.up_to_date + summary.failed);
  run.bytes_in = static_cast<double>(summary.bytes_in);
  run.bytes_out = static_cast<double>(summary.bytes_out);
  run.peak_rss_bytes = PeakResidentBytes() + static_cast<double>(usage.children_peak_rss_bytes);
  run.peak_held_bytes = static_cast<double>(stages.budget().peak() + usage.children_peak_held_bytes);
  run.peak_at_once = stages.thumbnailer().peak_at_once() + usage.children_peak_at_once;
  reply.counts = CountsOf(summary);
  reply.decoders = tool::DecodersText(summary.made_by_decoder);
  std::sort(record.results.begin(), record.results.end(),
            [](const PictureResult& a, const PictureResult& b) { return a.seq < b.seq; });
  MeasureLatencies(record.results, record.begin, reply);
  MeasureStages(record.results, run);
  if (request.want_details) {
    reply.timeline = MakeTimeline(record.results, request.config, record.begin);
    reply.costs = CostsOf(record.results);
  }
  return record;
}

}  // namespace tbbthumbs::bench
