#include "bench/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "bench/option_table.h"
#include "bench/strategy.h"
#include "bench/workloads.h"
#include "pipeline/cpu_count.h"
#include "pipeline/task_graph.h"
#include "tools/option_values.h"
#include "tools/raw_options.h"
#include "tools/suggest.h"
#include "tools/word_parser.h"

namespace tbbthumbs::bench {
namespace {

using tool::RawOptions;
using tool::RawValue;
template <class T>
using Parsed = tl::expected<T, std::string>;

constexpr int kMostThreads = 1024;
constexpr std::chrono::minutes kLongMinutes{60};
constexpr int kLongRounds = 30;

tl::unexpected<std::string> Wrong(std::string message) { return tl::unexpected<std::string>(std::move(message)); }

// Sets `target` from the option's value where it was given.
template <class T, class Parse>
Parsed<void> Take(const RawOptions& raw, std::string_view name, T& target, Parse parse) {
  const RawValue* value = raw.Last(name);
  if (value == nullptr) return {};
  auto parsed = parse(value->text);
  if (!parsed) return Wrong(value->origin + ": " + parsed.error());
  target = std::move(*parsed);
  return {};
}

bool IsOn(const RawOptions& raw, std::string_view name) {
  const RawValue* value = raw.Last(name);
  return value != nullptr && value->text == "yes";
}

std::filesystem::path PathOf(const RawOptions& raw, std::string_view name, std::filesystem::path otherwise) {
  const RawValue* value = raw.Last(name);
  return value == nullptr ? std::move(otherwise) : std::filesystem::path(value->text);
}

auto IntFrom(int smallest, int largest) {
  return [=](const std::string& text) { return tool::ParseInt(text, smallest, largest); };
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Names with commas between, each one of `known`; in the order of `known`.
Parsed<std::vector<std::string>> ParseNames(std::string_view text, const std::vector<std::string_view>& known) {
  const std::vector<std::string> given = SplitList(text);
  for (const std::string& name : given) {
    if (std::find(known.begin(), known.end(), name) == known.end()) return Wrong(tool::NoneOf(name, known));
  }
  std::vector<std::string> names;
  for (const std::string_view name : known) {
    if (std::find(given.begin(), given.end(), name) != given.end()) names.emplace_back(name);
  }
  return names;
}

// "4,1,2": ascending, each once.
Parsed<std::vector<int>> ParseThreads(const std::string& text) {
  std::set<int> threads;
  for (const std::string& part : SplitList(text)) {
    const auto number = tool::ParseInt(part, 1, kMostThreads);
    if (!number) return Wrong(number.error());
    threads.insert(*number);
  }
  return std::vector<int>(threads.begin(), threads.end());
}

// "2", "2%", "0.5": 0 to 100.
Parsed<double> ParsePercent(const std::string& text) {
  std::string_view number = text;
  if (number.ends_with('%')) number.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), percent);
  if (error != std::errc() || end != number.data() + number.size() || !(percent >= 0 && percent <= 100)) {
    return Wrong(fmt::format("'{}' is no percentage from 0 to 100", text));
  }
  return percent;
}

Parsed<SizeSpec> ParseSize(const std::string& text) {
  const auto size = ParseSizeSpec(text);
  if (!size) return Wrong(size.error().message);
  return *size;
}

std::vector<std::string_view> StrategyNames() {
  std::vector<std::string_view> names;
  for (const Strategy& strategy : Strategies()) names.push_back(strategy.name);
  return names;
}

std::vector<std::string_view> NamesOfWorkloads() {
  std::vector<std::string_view> names;
  for (const WorkloadName& workload : WorkloadNames()) names.push_back(workload.name);
  return names;
}

// The one argument that a command needs.
Parsed<std::filesystem::path> OneArgument(const RawOptions& raw, std::string_view command, std::string_view what) {
  if (raw.arguments.empty()) return Wrong(fmt::format("{}: {} is missing", command, what));
  if (raw.arguments.size() > 1) {
    return Wrong(fmt::format("{}: '{}' is one argument too many", command, raw.arguments[1]));
  }
  return std::filesystem::path(raw.arguments.front());
}

// The first error of several.
Parsed<void> All(std::initializer_list<Parsed<void>> results) {
  for (const Parsed<void>& result : results) {
    if (!result) return result;
  }
  return {};
}

Parsed<BenchCommand> ToRun(const RawOptions& raw) {
  RunCommand run;
  run.long_run = IsOn(raw, "long");
  run.quiet = IsOn(raw, "quiet");
  ExperimentOptions& options = run.experiment;
  options.strategies = *ParseNames(fmt::format("{}", fmt::join(StrategyNames(), ",")), StrategyNames());
  options.workloads = *ParseNames(fmt::format("{}", fmt::join(NamesOfWorkloads(), ",")), NamesOfWorkloads());
  options.threads = DoublingUpTo(UsableCpus());
  if (run.long_run) {
    options.rounds = kLongRounds;
    options.time_limit = kLongMinutes;
  }
  int minutes = 0;
  int pictures = 0;
  const auto parsed = All({
      Take(raw, "strategies", options.strategies, [](const auto& text) { return ParseNames(text, StrategyNames()); }),
      Take(raw, "workloads", options.workloads, [](const auto& text) { return ParseNames(text, NamesOfWorkloads()); }),
      Take(raw, "threads", options.threads, ParseThreads),
      Take(raw, "io-threads", options.io_threads, IntFrom(1, kMostThreads)),
      Take(raw, "tokens", options.tokens, IntFrom(1, 1'000'000)),
      Take(raw, "size", options.size, ParseSize),
      Take(raw, "pictures", pictures, IntFrom(1, 1'000'000'000)),
      Take(raw, "rounds", options.rounds, IntFrom(1, 1000)),
      Take(raw, "minutes", minutes, IntFrom(1, 10'000)),
  });
  if (!parsed) return Wrong(parsed.error());
  if (minutes > 0) options.time_limit = std::chrono::minutes(minutes);
  options.pictures = static_cast<size_t>(pictures);
  const auto directory = OneArgument(raw, "run", "the directory of the pictures");
  if (!directory) return Wrong(directory.error());
  options.directory = *directory;
  run.scratch = PathOf(raw, "scratch", {});
  run.output = PathOf(raw, "output", "tbbthumbs-bench.json");
  run.report = PathOf(raw, "report", std::filesystem::path(run.output).replace_extension(".html"));
  if (run.report == run.output) return Wrong("--report: the same file as --output");
  return run;
}

Parsed<BenchCommand> ToReport(const RawOptions& raw) {
  ReportCommand report;
  const auto results = OneArgument(raw, "report", "the file of the results");
  if (!results) return Wrong(results.error());
  report.results = *results;
  if (IsOn(raw, "markdown") && IsOn(raw, "csv")) return Wrong("--csv: not together with --markdown");
  if (IsOn(raw, "markdown")) report.format = ReportFormat::kMarkdown;
  if (IsOn(raw, "csv")) report.format = ReportFormat::kCsv;
  report.output =
      PathOf(raw, "output",
             report.format == ReportFormat::kHtml ? std::filesystem::path(report.results).replace_extension(".html")
                                                  : std::filesystem::path());
  if (report.output == report.results) return Wrong("--output: the file of the results itself");
  return report;
}

Parsed<BenchCommand> ToTrace(const RawOptions& raw) {
  TraceCommand trace;
  std::vector<std::string> strategy = {"tbb-pipeline"};
  std::vector<int> threads = {UsableCpus()};
  int tokens = 0;
  int io_threads = 2;
  const auto parsed = All({
      Take(raw, "strategy", strategy, [](const auto& text) { return ParseNames(text, StrategyNames()); }),
      Take(raw, "threads", threads, ParseThreads),
      Take(raw, "io-threads", io_threads, IntFrom(1, kMostThreads)),
      Take(raw, "tokens", tokens, IntFrom(1, 1'000'000)),
      Take(raw, "size", trace.size, ParseSize),
  });
  if (!parsed) return Wrong(parsed.error());
  if (strategy.size() != 1) return Wrong("--strategy: one at a time");
  if (threads.size() != 1) return Wrong("--threads: one number at a time");
  const auto directory = OneArgument(raw, "trace", "the directory of the pictures");
  if (!directory) return Wrong(directory.error());
  trace.directory = *directory;
  trace.scratch = PathOf(raw, "scratch", {});
  trace.output = PathOf(raw, "output", "trace.json");
  trace.config = {"trace", strategy.front(), threads.front(), tokens > 0 ? tokens : DefaultTokens(threads.front()),
                  io_threads};
  return trace;
}

Parsed<BenchCommand> ToCompare(const RawOptions& raw) {
  CompareCommand compare;
  compare.json = IsOn(raw, "json");
  double percent = compare.options.threshold * 100;
  const auto parsed = All({
      Take(raw, "metric", compare.options.metric,
           [](const std::string& text) -> Parsed<Metric> {
             if (const auto metric = ParseMetric(text)) return *metric;
             constexpr std::string_view kMetrics[] = {"real", "cpu", "both"};
             return Wrong(tool::NoneOf(text, kMetrics));
           }),
      Take(raw, "threshold", percent, ParsePercent),
  });
  if (!parsed) return Wrong(parsed.error());
  compare.options.threshold = percent / 100;
  if (raw.arguments.size() != 2) return Wrong("compare: two files are needed, the old results and the new ones");
  compare.before = raw.arguments[0];
  compare.after = raw.arguments[1];
  return compare;
}

Parsed<BenchCommand> ToScale(const RawOptions& raw) {
  ScaleCommand scale;
  scale.json = IsOn(raw, "json");
  scale.scratch = PathOf(raw, "scratch", {});
  const auto parsed = All({
      Take(raw, "io-threads", scale.predict.io_threads, IntFrom(1, kMostThreads)),
      Take(raw, "max-threads", scale.predict.max_threads, IntFrom(1, 4096)),
  });
  if (!parsed) return Wrong(parsed.error());
  if (const auto given = raw.values.find("storage"); given != raw.values.end()) {
    scale.predict.storages.clear();
    for (const RawValue& value : given->second) {
      const auto storage = ParseStorage(value.text);
      if (!storage) return Wrong(value.origin + ": " + storage.error());
      scale.predict.storages.push_back(*storage);
    }
  }
  const auto input = OneArgument(raw, "scale", "the file of the results, or a directory of pictures");
  if (!input) return Wrong(input.error());
  scale.input = *input;
  return scale;
}

Parsed<RawOptions> ParseFor(const CommandSpec& command, const std::vector<std::string>& words) {
  auto parsed = tool::SplitWords(words, {BenchOptions(), "'tbbthumbs-bench --help' lists them"});
  if (!parsed) return Wrong(parsed.error());
  RawOptions raw{.arguments = std::move(parsed->arguments)};
  for (auto& [name, value] : parsed->options) {
    if ((tool::FindOption(BenchOptions(), name)->commands & command.bit) == 0) {
      return Wrong(fmt::format("{}: not an option of '{}'", value.origin, command.name));
    }
    raw.values[name].push_back(std::move(value));
  }
  return raw;
}

Parsed<const CommandSpec*> FindCommand(const std::string& name) {
  std::vector<std::string_view> names;
  for (const CommandSpec& command : Commands()) {
    if (command.name == name) return &command;
    names.push_back(command.name);
  }
  return Wrong(tool::NoneOf(name, names));
}

}  // namespace

std::vector<int> DoublingUpTo(int most) {
  std::vector<int> numbers;
  for (int number = 1; number < most; number *= 2) numbers.push_back(number);
  numbers.push_back(most);
  return numbers;
}

Parsed<BenchCommand> ParseBenchCommand(const std::vector<std::string>& words) {
  const auto asks_for = [&](std::string_view option) {
    return std::find(words.begin(), words.end(), option) != words.end();
  };
  if (words.empty() || asks_for("--help") || asks_for("-h")) return HelpCommand{};
  if (asks_for("--version")) return VersionCommand{};
  const auto command = FindCommand(words.front());
  if (!command) return Wrong(command.error());
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if ((*command)->bit == 0) return MicroCommand{rest};
  const auto raw = ParseFor(**command, rest);
  if (!raw) return Wrong(raw.error());
  switch ((*command)->bit) {
    case kForRun:
      return ToRun(*raw);
    case kForReport:
      return ToReport(*raw);
    case kForCompare:
      return ToCompare(*raw);
    case kForTrace:
      return ToTrace(*raw);
    default:
      return ToScale(*raw);
  }
}

}  // namespace tbbthumbs::bench
