// The command line of tbbthumbs-bench.
#ifndef TBBTHUMBS_BENCH_OPTIONS_H_
#define TBBTHUMBS_BENCH_OPTIONS_H_

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "bench/compare.h"
#include "bench/experiment.h"
#include "bench/prediction.h"
#include "bench/results.h"

namespace tbbthumbs::bench {

struct HelpCommand {};
struct VersionCommand {};

struct RunCommand {
  ExperimentOptions experiment;   // without its scratch directory
  std::filesystem::path scratch;  // in which that is made; "": the system's for temporary files
  std::filesystem::path output;   // of the results
  std::filesystem::path report;
  bool long_run = false;
  bool quiet = false;
};

enum class ReportFormat { kHtml, kMarkdown, kCsv };

struct ReportCommand {
  std::filesystem::path results;
  ReportFormat format = ReportFormat::kHtml;
  std::filesystem::path output;  // "": standard output
};

struct CompareCommand {
  std::filesystem::path before;
  std::filesystem::path after;
  CompareOptions options;
  bool json = false;
};

struct TraceCommand {
  std::filesystem::path directory;
  std::filesystem::path output;
  std::filesystem::path scratch;  // as RunCommand
  Config config;
  SizeSpec size;
};

struct ScaleCommand {
  std::filesystem::path input;    // results, or a directory of pictures
  std::filesystem::path scratch;  // as RunCommand
  PredictOptions predict;         // without the CPUs
  bool json = false;
};

struct MicroCommand {
  std::vector<std::string> arguments;  // for Google Benchmark
};

using BenchCommand = std::variant<HelpCommand, VersionCommand, RunCommand, ReportCommand, CompareCommand, TraceCommand,
                                  ScaleCommand, MicroCommand>;

// 1, 2, 4, ... and `most`.
std::vector<int> DoublingUpTo(int most);

// Errors: a sentence that names the option.
[[nodiscard]] tl::expected<BenchCommand, std::string> ParseBenchCommand(const std::vector<std::string>& words);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_OPTIONS_H_
