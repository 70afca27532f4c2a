#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "bench/results.h"
#include "bench/run_figures.h"
#include "bench/statistics.h"

namespace tbbthumbs::bench {
namespace {

using Json = nlohmann::ordered_json;
using BenchmarkRun = benchmark::BenchmarkReporter::Run;

// JSON knows no NaN and no infinity.
double Finite(double value) { return std::isfinite(value) ? value : 0; }

// The runs of one configuration, in the order in which they were made.
struct Family {
  Config config;
  std::vector<const Run*> runs;
};

// In the order in which the configurations first ran.
std::vector<Family> Families(const std::vector<Run>& runs) {
  std::vector<Family> families;
  std::map<Config, size_t> places;
  for (const Run& run : runs) {
    const auto [place, is_new] = places.emplace(run.config, families.size());
    if (is_new) families.push_back({run.config, {}});
    families[place->second].runs.push_back(&run);
  }
  return families;
}

BenchmarkRun BareRun(const Family& family, size_t family_index) {
  BenchmarkRun run;
  run.run_name.function_name = ToString(family.config);
  run.family_index = static_cast<int64_t>(family_index);
  run.per_family_instance_index = 0;
  run.repetitions = static_cast<int64_t>(family.runs.size());
  run.repetition_index = BenchmarkRun::no_repetition_index;
  run.threads = family.config.threads;
  run.time_unit = benchmark::kMillisecond;
  run.statistics = nullptr;
  return run;
}

BenchmarkRun Repetition(const Family& family, size_t family_index, size_t repetition) {
  const Run& from = *family.runs[repetition];
  BenchmarkRun run = BareRun(family, family_index);
  run.repetition_index = static_cast<int64_t>(repetition);
  run.real_accumulated_time = Finite(from.wall_s);
  run.cpu_accumulated_time = Finite(from.cpu_s);
  for (const RunFigure& figure : kRunFigures) run.counters[figure.name] = Finite(from.*figure.field);
  for (size_t i = 0; i < kStageCount; ++i) {
    run.counters[StageFigureName(static_cast<Stage>(i))] = Finite(from.stage_s[i]);
  }
  run.counters[kRoundFigure] = from.round;
  // As the library calls them; for people and its tools, not read back.
  run.counters["items_per_second"] = Finite(from.pictures / from.wall_s);
  run.counters["bytes_per_second"] = Finite(from.bytes_in / from.wall_s);
  return run;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Unbiased, as the library's.
double StandardDeviation(const std::vector<double>& values) {
  const double mean = Mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double VariationCoefficient(const std::vector<double>& values) { return StandardDeviation(values) / Mean(values); }

struct Aggregate {
  const char* name;
  benchmark::StatisticUnit unit;
  double (*compute)(const std::vector<double>& values);
};

constexpr std::array<Aggregate, 4> kAggregates = {{
    {"mean", benchmark::kTime, Mean},
    {"median", benchmark::kTime, [](const std::vector<double>& values) { return Median(values); }},
    {"stddev", benchmark::kTime, StandardDeviation},
    {"cv", benchmark::kPercentage, VariationCoefficient},
}};

// Of the repetitions of one family. The library's own code for this is not part of its interface.
BenchmarkRun Aggregated(const Family& family, size_t family_index, const std::vector<BenchmarkRun>& repetitions,
                        const Aggregate& aggregate) {
  const auto compute = [&](auto value_of) {
    std::vector<double> values;
    values.reserve(repetitions.size());
    for (const BenchmarkRun& repetition : repetitions) values.push_back(value_of(repetition));
    return Finite(aggregate.compute(values));
  };
  BenchmarkRun run = BareRun(family, family_index);
  run.run_type = BenchmarkRun::RT_Aggregate;
  run.aggregate_name = aggregate.name;
  run.aggregate_unit = aggregate.unit;
  run.iterations = static_cast<int64_t>(repetitions.size());
  // Times are divided by the iterations when they are printed, percentages are not.
  const double scale = aggregate.unit == benchmark::kTime ? static_cast<double>(run.iterations) : 1;
  run.real_accumulated_time = scale * compute([](const BenchmarkRun& one) { return one.real_accumulated_time; });
  run.cpu_accumulated_time = scale * compute([](const BenchmarkRun& one) { return one.cpu_accumulated_time; });
  for (const auto& [name, counter] : repetitions.front().counters) {
    if (name == kRoundFigure) continue;
    // Clang 14 captures no structured binding.
    const std::string& key = name;
    run.counters[key] = compute([&](const BenchmarkRun& one) { return one.counters.at(key).value; });
  }
  return run;
}

// What the library's own reporter makes of the runs.
Json BenchmarkJson(const std::vector<Run>& runs) {
  std::ostringstream text;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&text);
  reporter.SetErrorStream(&text);
  reporter.ReportContext(benchmark::BenchmarkReporter::Context());
  const std::vector<Family> families = Families(runs);
  for (size_t i = 0; i < families.size(); ++i) {
    std::vector<BenchmarkRun> report;
    for (size_t j = 0; j < families[i].runs.size(); ++j) report.push_back(Repetition(families[i], i, j));
    if (report.size() > 1) {
      const std::vector<BenchmarkRun> repetitions = report;
      for (const Aggregate& aggregate : kAggregates)
        report.push_back(Aggregated(families[i], i, repetitions, aggregate));
    }
    reporter.ReportRuns(report);
  }
  reporter.Finalize();
  return Json::parse(text.str());
}

Json NumbersJson(const auto& numbers) {
  Json json = Json::array();
  for (const double number : numbers) json.push_back(Finite(number));
  return json;
}

Json MachineJson(const Machine& machine) {
  return {{"cpu", machine.cpu},
          {"cpus", machine.cpus},
          {"memory_bytes", machine.memory_bytes},
          {"kernel", machine.kernel},
          {"filesystem", machine.filesystem},
          {"date", machine.date},
          {"version", machine.version},
          {"build", machine.build}};
}

Json WorkloadJson(const Workload& workload) {
  return {{"name", workload.name},
          {"description", workload.description},
          {"pictures", workload.pictures},
          {"bytes", workload.bytes},
          {"largest_bytes", workload.largest_bytes},
          {"megapixels", Finite(workload.megapixels)},
          {"decoders", workload.decoders},
          {"identical", workload.identical}};
}

Json TimelineJson(const Timeline& timeline) {
  Json json{{"config", ToString(timeline.config)}, {"threads", Json::array()}, {"spans", Json::array()}};
  for (const auto& [thread, name] : timeline.threads) json["threads"].push_back({thread, name});
  for (const Timeline::Span& span : timeline.spans) {
    json["spans"].push_back(
        {span.thread, static_cast<int>(span.stage), span.picture, Finite(span.begin_s), Finite(span.end_s)});
  }
  return json;
}

Json PredictionJson(const Prediction& prediction) {
  Json json{{"storage", prediction.storage}, {"points", Json::array()}, {"checks", Json::array()}};
  for (const Prediction::Point& point : prediction.points) {
    json["points"].push_back({{"threads", point.threads},
                              {"pictures_per_s", Finite(point.pictures_per_s)},
                              {"memory_bytes", Finite(point.memory_bytes)},
                              {"limit", point.limit}});
  }
  for (const Prediction::Check& check : prediction.checks) {
    json["checks"].push_back(
        {{"threads", check.threads}, {"predicted", Finite(check.predicted)}, {"measured", Finite(check.measured)}});
  }
  return json;
}

template <class Item>
Json ListJson(const std::vector<Item>& items, Json (*item_json)(const Item&)) {
  Json json = Json::array();
  for (const Item& item : items) json.push_back(item_json(item));
  return json;
}

Json GapJson(const Gap& gap) { return {{"what", gap.what}, {"reason", gap.reason}}; }

Json LatenciesJson(const Latencies& latencies) {
  return {{"config", ToString(latencies.config)}, {"quantiles_s", NumbersJson(latencies.quantiles_s)}};
}

Json CostJson(const PictureCost& cost) { return {{"bytes", cost.bytes}, {"stage_s", NumbersJson(cost.stage_s)}}; }

Json OwnJson(const Results& results) {
  return {{"format", kResultsFormat},
          {"machine", MachineJson(results.machine)},
          {"directory", results.directory},
          {"command", results.command},
          {"long_run", results.long_run},
          {"workloads", ListJson(results.workloads, WorkloadJson)},
          {"gaps", ListJson(results.gaps, GapJson)},
          {"latencies", ListJson(results.latencies, LatenciesJson)},
          {"timelines", ListJson(results.timelines, TimelineJson)},
          {"costs", ListJson(results.costs, CostJson)},
          {"predictions", ListJson(results.predictions, PredictionJson)}};
}

// "cannot write FILE: Permission denied".
tl::unexpected<std::string> WriteError(const std::filesystem::path& file, std::error_code error) {
  return tl::unexpected(fmt::format("cannot write {}: {}", file.native(), error.message()));
}

}  // namespace

tl::expected<void, std::string> WriteResults(const Results& results, const std::filesystem::path& file) {
  Json json = BenchmarkJson(results.runs);
  json["tbbthumbs"] = OwnJson(results);
  std::filesystem::path temporary = file;
  temporary += fmt::format(".{}.tmp", getpid());
  errno = 0;
  std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
  // File names need not be UTF-8; JSON must be.
  stream << json.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  stream.close();
  std::error_code error;
  if (!stream) {
    error.assign(errno != 0 ? errno : EIO, std::generic_category());
  } else {
    std::filesystem::rename(temporary, file, error);
  }
  if (!error) return {};
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  return WriteError(file, error);
}

}  // namespace tbbthumbs::bench
