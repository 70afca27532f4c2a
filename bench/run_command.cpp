// `tbbthumbs-bench run` and `scale`: what measures.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "bench/command_support.h"
#include "bench/commands.h"
#include "bench/experiment.h"
#include "bench/prediction.h"
#include "bench/report/report.h"
#include "bench/report/verdict.h"
#include "bench/scratch.h"
#include "pipeline/cpu_count.h"
#include "tools/signals.h"
#include "tools/units.h"

namespace tbbthumbs::bench {
namespace {

using tool::ExitCode;
using tool::Terminal;

// Measures in a scratch directory, with signals heeded and progress shown. The exit code of what went wrong otherwise;
// it has been said then.
tl::expected<Results, ExitCode> MeasureNow(ExperimentOptions options, const std::filesystem::path& scratch_parent,
                                           bool quiet, Terminal& terminal) {
  const auto fails = [&](const std::string& message, ExitCode code) {
    Complain(message, terminal);
    return tl::unexpected<ExitCode>(code);
  };
  const auto scratch = Scratch::Make(scratch_parent);
  if (!scratch) return fails(scratch.error(), tool::kExitOutput);
  options.scratch = scratch->path();
  const bool smart = tool::IsSmartTerminal(terminal.err_fd());
  Experiment experiment(std::move(options), [&](const std::string& line, bool keep) {
    if (quiet) return;
    if (smart) terminal.SetStatus(line.substr(0, static_cast<size_t>(tool::TerminalWidth(terminal.err_fd()) - 1)));
    if (!smart && keep) terminal.WriteError(line);
  });
  const tool::SignalWatcher signals({.on_stop = [&] { experiment.Stop(); }, .on_exit = [&] { terminal.Abandon(); }});
  auto results = experiment.Measure();
  terminal.SetStatus("");
  if (signals.received() != 0) return tl::unexpected<ExitCode>(tool::ExitCodeOfSignal(signals.received()));
  // Strategies that differ are the one failure that is not the caller's to mend.
  if (!results)
    return fails(results.error(), results.error().find(kMadeSomethingElse) == std::string::npos
                                      ? tool::kExitUsage
                                      : tool::kExitSomeFailed);
  return std::move(*results);
}

std::string PredictionText(const std::vector<Prediction>& predictions) {
  std::string text;
  for (const Prediction& prediction : predictions) {
    text += fmt::format("\n{}\n{:>9} {:>14} {:>12}  {}\n", prediction.storage, "threads", "pictures/s", "memory",
                        "limited by");
    for (const Prediction::Point& point : prediction.points) {
      text += fmt::format("{:>9} {:>14} {:>12}  {}\n", point.threads, tool::FormatRate(point.pictures_per_s),
                          tool::FormatBytes(static_cast<uint64_t>(point.memory_bytes)), point.limit);
    }
    for (const Prediction::Check& check : prediction.checks) {
      text += fmt::format("  checked here with {} threads: predicted {}, measured {} pictures/s: {:+.1f} %\n",
                          check.threads, tool::FormatRate(check.predicted), tool::FormatRate(check.measured),
                          (check.predicted / check.measured - 1) * 100);
    }
  }
  return text;
}

std::string PredictionJson(const std::vector<Prediction>& predictions) {
  nlohmann::json all = nlohmann::json::array();
  for (const Prediction& prediction : predictions) {
    nlohmann::json points = nlohmann::json::array();
    nlohmann::json checks = nlohmann::json::array();
    for (const auto& point : prediction.points) {
      points.push_back({{"threads", point.threads},
                        {"pictures_per_s", point.pictures_per_s},
                        {"memory_bytes", point.memory_bytes},
                        {"limit", point.limit}});
    }
    for (const auto& check : prediction.checks) {
      checks.push_back({{"threads", check.threads}, {"predicted", check.predicted}, {"measured", check.measured}});
    }
    all.push_back({{"storage", prediction.storage}, {"points", std::move(points)}, {"checks", std::move(checks)}});
  }
  return nlohmann::json{{"predictions", std::move(all)}}.dump();
}

// What the pictures cost one after the other, and the product at every number of threads.
ExperimentOptions ForPrediction(const ScaleCommand& scale) {
  ExperimentOptions options;
  options.directory = scale.input;
  options.strategies = {"tbb-pipeline"};
  options.workloads = {std::string(kPhotos)};
  options.threads = DoublingUpTo(UsableCpus());
  options.io_threads = scale.predict.io_threads;
  options.time_limit = std::chrono::minutes(1);
  options.token_sweep = false;
  return options;
}

}  // namespace

ExitCode Execute(const RunCommand& run, const std::string& command, Terminal& terminal) {
  // Before minutes of measuring: that it can be kept.
  for (const auto& file : {run.output, run.report}) {
    if (const ExitCode code = CheckWritable(file, terminal); code != tool::kExitDone) return code;
  }
  auto results = MeasureNow(run.experiment, run.scratch, run.quiet, terminal);
  if (!results) return results.error();
  results->command = command;
  results->long_run = run.long_run;
  if (const auto written = WriteResults(*results, run.output); !written) {
    return Fails(written.error(), tool::kExitOutput, terminal);
  }
  if (const ExitCode code = SaveText(run.report, HtmlReport(*results), terminal); code != tool::kExitDone) return code;
  if (run.quiet) return tool::kExitDone;
  const Verdict verdict = MakeVerdict(*results);
  std::string text = verdict.headline + "\n";
  for (const Statement& statement : verdict.statements)
    text += fmt::format("{}: {}\n", statement.topic, statement.text);
  text += fmt::format("The report is in {}, the figures are in {}", run.report.string(), run.output.string());
  return SayLines(std::move(text), terminal);
}

ExitCode Execute(const ScaleCommand& scale, Terminal& terminal) {
  Results results;
  std::error_code ignored;
  if (std::filesystem::is_directory(scale.input, ignored)) {
    auto measured = MeasureNow(ForPrediction(scale), scale.scratch, scale.json, terminal);
    if (!measured) return measured.error();
    results = std::move(*measured);
  } else {
    auto read = ReadResults(scale.input);
    if (!read) return Fails(read.error(), tool::kExitUsage, terminal);
    results = std::move(*read);
  }
  PredictOptions options = scale.predict;
  options.cpus = results.machine.cpus;
  const std::vector<MeasuredPoint> measured = MeasuredPoints(results.runs);
  if (results.costs.empty() || measured.empty()) {
    return Fails(scale.input.string() + ": the user's pictures have not been measured with tbb-pipeline in it",
                 tool::kExitUsage, terminal);
  }
  const auto predictions = Predict(results.costs, measured, options);
  return SayLines(scale.json ? PredictionJson(predictions) : PredictionText(predictions), terminal);
}

}  // namespace tbbthumbs::bench
