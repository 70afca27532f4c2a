#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "bench/results.h"
#include "bench/run_figures.h"

namespace tbbthumbs::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// A long run of all strategies has some megabytes; this keeps a wrong file from filling the memory.
constexpr uintmax_t kMaxFileBytes = 1'000'000'000;

// What is wrong with the file's content; thrown and caught in this file only.
class BadContent : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A value of the file and where it stands, for messages: "tbbthumbs.workloads[2].bytes".
class Value {
 public:
  Value(const Json& json, std::string place) : json_(json), place_(std::move(place)) {}

  Value At(const std::string& key) const {
    if (!json_.is_object()) Fail("is no object");
    const auto found = json_.find(key);
    const std::string place = place_.empty() ? key : place_ + "." + key;
    if (found == json_.end()) throw BadContent(place + " is missing");
    return {*found, place};
  }

  bool Has(const std::string& key) const { return json_.is_object() && json_.contains(key); }

  std::vector<Value> Items() const {
    if (!json_.is_array()) Fail("is no list");
    std::vector<Value> items;
    for (size_t i = 0; i < json_.size(); ++i) items.emplace_back(json_[i], fmt::format("{}[{}]", place_, i));
    return items;
  }

  std::vector<Value> Items(size_t count) const {
    std::vector<Value> items = Items();
    if (items.size() != count) Fail(fmt::format("has {} items, not {}", items.size(), count));
    return items;
  }

  std::string Text() const {
    if (!json_.is_string()) Fail("is no text");
    return json_.get<std::string>();
  }

  bool Flag() const {
    if (!json_.is_boolean()) Fail("is neither true nor false");
    return json_.get<bool>();
  }

  // All figures are finite and none is negative.
  double Number() const {
    if (!json_.is_number()) Fail("is no number");
    const auto number = json_.get<double>();
    if (!std::isfinite(number) || number < 0) Fail("is out of range");
    return number;
  }

  uint64_t Count() const {
    if (!json_.is_number_unsigned()) Fail("is no whole number");
    return json_.get<uint64_t>();
  }

  int Int(int least = 0) const {
    const uint64_t count = Count();
    if (count > static_cast<uint64_t>(std::numeric_limits<int>::max()) || static_cast<int>(count) < least) {
      Fail("is out of range");
    }
    return static_cast<int>(count);
  }

  bench::Config Configuration() const {
    const std::optional<bench::Config> config = ParseConfig(Text());
    if (!config) Fail("is no name like uniform/tbb-pipeline/threads:2/tokens:64/io:2");
    return *config;
  }

  [[noreturn]] void Fail(const std::string& what) const {
    throw BadContent((place_.empty() ? "it" : place_) + " " + what);
  }

 private:
  const Json& json_;
  std::string place_;
};

template <class Item>
std::vector<Item> ReadList(const Value& value, Item (*read)(const Value&)) {
  std::vector<Item> items;
  for (const Value& item : value.Items()) items.push_back(read(item));
  return items;
}

// Google Benchmark prints whole counters as floating point.
int ReadRound(const Value& value) {
  const double round = value.Number();
  if (round != std::floor(round) || round > std::numeric_limits<int>::max()) value.Fail("is no whole number");
  return static_cast<int>(round);
}

Run ReadRun(const Value& value) {
  if (value.At("time_unit").Text() != "ms") value.At("time_unit").Fail("is not ms");
  Run run;
  run.config = value.At("name").Configuration();
  run.round = ReadRound(value.At(kRoundFigure));
  run.wall_s = value.At("real_time").Number() / 1000;
  run.cpu_s = value.At("cpu_time").Number() / 1000;
  if (run.wall_s == 0) value.At("real_time").Fail("is 0");
  for (const RunFigure& figure : kRunFigures) run.*figure.field = value.At(figure.name).Number();
  for (size_t i = 0; i < kStageCount; ++i) {
    run.stage_s[i] = value.At(StageFigureName(static_cast<Stage>(i))).Number();
  }
  return run;
}

// Means and medians are made of the runs, which are all here.
std::vector<Run> ReadRuns(const Value& value) {
  std::vector<Run> runs;
  for (const Value& item : value.Items()) {
    if (item.Has("run_type") && item.At("run_type").Text() == "aggregate") continue;
    runs.push_back(ReadRun(item));
  }
  return runs;
}

Machine ReadMachine(const Value& value) {
  return {.cpu = value.At("cpu").Text(),
          .cpus = value.At("cpus").Int(1),
          .memory_bytes = value.At("memory_bytes").Count(),
          .kernel = value.At("kernel").Text(),
          .filesystem = value.At("filesystem").Text(),
          .date = value.At("date").Text(),
          .version = value.At("version").Text(),
          .build = value.At("build").Text()};
}

Workload ReadWorkload(const Value& value) {
  return {.name = value.At("name").Text(),
          .description = value.At("description").Text(),
          .pictures = value.At("pictures").Count(),
          .bytes = value.At("bytes").Count(),
          .largest_bytes = value.At("largest_bytes").Count(),
          .megapixels = value.At("megapixels").Number(),
          // Older files do not say it.
          .decoders = value.Has("decoders") ? value.At("decoders").Text() : "",
          .identical = value.At("identical").Flag()};
}

Gap ReadGap(const Value& value) { return {.what = value.At("what").Text(), .reason = value.At("reason").Text()}; }

Latencies ReadLatencies(const Value& value) {
  Latencies latencies{.config = value.At("config").Configuration()};
  for (const Value& quantile : value.At("quantiles_s").Items()) latencies.quantiles_s.push_back(quantile.Number());
  return latencies;
}

Timeline::Span ReadSpan(const Value& value) {
  const std::vector<Value> items = value.Items(5);
  const int stage = items[1].Int();
  if (stage >= static_cast<int>(kStageCount)) items[1].Fail("is no stage");
  Timeline::Span span{.thread = items[0].Int(),
                      .stage = static_cast<Stage>(stage),
                      .picture = items[2].Count(),
                      .begin_s = items[3].Number(),
                      .end_s = items[4].Number()};
  if (span.end_s < span.begin_s) value.Fail("ends before it begins");
  return span;
}

Timeline ReadTimeline(const Value& value) {
  Timeline timeline{.config = value.At("config").Configuration()};
  for (const Value& thread : value.At("threads").Items()) {
    const std::vector<Value> items = thread.Items(2);
    timeline.threads[items[0].Int()] = items[1].Text();
  }
  timeline.spans = ReadList(value.At("spans"), ReadSpan);
  return timeline;
}

PictureCost ReadCost(const Value& value) {
  PictureCost cost{.bytes = value.At("bytes").Count()};
  const std::vector<Value> stages = value.At("stage_s").Items(kStageCount);
  for (size_t i = 0; i < kStageCount; ++i) cost.stage_s[i] = stages[i].Number();
  return cost;
}

Prediction::Point ReadPoint(const Value& value) {
  return {.threads = value.At("threads").Int(1),
          .pictures_per_s = value.At("pictures_per_s").Number(),
          .memory_bytes = value.At("memory_bytes").Number(),
          .limit = value.At("limit").Text()};
}

Prediction::Check ReadCheck(const Value& value) {
  return {.threads = value.At("threads").Int(1),
          .predicted = value.At("predicted").Number(),
          .measured = value.At("measured").Number()};
}

Prediction ReadPrediction(const Value& value) {
  return {.storage = value.At("storage").Text(),
          .points = ReadList(value.At("points"), ReadPoint),
          .checks = ReadList(value.At("checks"), ReadCheck)};
}

Results ReadContent(const Value& value) {
  if (!value.Has("tbbthumbs") || !value.Has("benchmarks")) value.Fail("is no results file of tbbthumbs-bench");
  const Value own = value.At("tbbthumbs");
  if (own.At("format").Count() > kResultsFormat) value.Fail("was written by a newer tbbthumbs-bench");
  return {.machine = ReadMachine(own.At("machine")),
          .directory = own.At("directory").Text(),
          .command = own.At("command").Text(),
          .long_run = own.At("long_run").Flag(),
          .workloads = ReadList(own.At("workloads"), ReadWorkload),
          .runs = ReadRuns(value.At("benchmarks")),
          .gaps = ReadList(own.At("gaps"), ReadGap),
          .latencies = ReadList(own.At("latencies"), ReadLatencies),
          .timelines = ReadList(own.At("timelines"), ReadTimeline),
          .costs = ReadList(own.At("costs"), ReadCost),
          .predictions = ReadList(own.At("predictions"), ReadPrediction)};
}

tl::expected<std::string, std::string> ReadText(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!error && fs::is_directory(status)) return tl::unexpected(std::string("it is a directory"));
  if (!error && fs::is_regular_file(status) && fs::file_size(file, error) > kMaxFileBytes && !error) {
    return tl::unexpected(std::string("it is too large for a results file"));
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) return tl::unexpected(std::generic_category().message(errno != 0 ? errno : EIO));
  return text;
}

}  // namespace

tl::expected<Results, std::string> ReadResults(const fs::path& file) {
  const auto failed = [&](const std::string& why) {
    return tl::unexpected(fmt::format("cannot read {}: {}", file.native(), why));
  };
  const tl::expected<std::string, std::string> text = ReadText(file);
  if (!text) return failed(text.error());
  try {
    const Json json = Json::parse(*text);
    return ReadContent(Value(json, ""));
  } catch (const BadContent& error) {
    return failed(error.what());
  } catch (const Json::parse_error& error) {
    return failed(fmt::format("it is no JSON (at byte {})", error.byte));
  } catch (const Json::exception&) {
    return failed("a number in it is too large");
  }
}

}  // namespace tbbthumbs::bench
