#include "bench/option_table.h"

#include <fmt/format.h>

#include "bench/strategy.h"
#include "bench/workloads.h"
#include "tools/help.h"

namespace tbbthumbs::bench {
namespace {

using enum tool::OptionKind;
using enum tool::OptionGroup;

constexpr CommandSpec kCommands[] = {
    {"run", kForRun, "DIR [-o RESULTS.json]", "measure on the pictures in DIR and on made ones"},
    {"report", kForReport, "RESULTS.json [-o FILE]", "what was measured, as a page, Markdown or CSV"},
    {"compare", kForCompare, "OLD.json NEW.json", "what has become slower; exit status 1 if anything has"},
    {"trace", kForTrace, "DIR [-o FILE]", "one run's stages, for about:tracing or ui.perfetto.dev"},
    {"scale", kForScale, "RESULTS.json|DIR", "predict more threads and slower storage"},
    {"micro", 0, "[--benchmark_...]", "parts of the work one by one (options of Google Benchmark)"},
};

constexpr unsigned kForDriven = kForRun | kForTrace;

constexpr tool::OptionSpec kOptions[] = {
    {"strategies", 0, true, kValue, kRun, kForRun, "NAMES", "of these only, with commas between (default: all)"},
    {"workloads", 0, true, kValue, kRun, kForRun, "NAMES", "on these only, with commas between (default: all)"},
    {"strategy", 0, true, kValue, kRun, kForTrace, "NAME", "default: tbb-pipeline"},
    {"threads", 'j', true, kValue, kRun, kForDriven, "LIST",
     "numbers of threads, as in 1,2,4 (default: doubling\nup to the CPUs; trace: the CPUs)"},
    {"max-threads", 0, true, kValue, kRun, kForScale, "N", "predict up to so many (default 256)"},
    {"io-threads", 0, true, kValue, kRun, kForDriven | kForScale, "N", "threads that read ahead (default 2)"},
    {"tokens", 0, true, kValue, kRun, kForDriven, "N",
     "pictures in flight, or the length of queues\n(default: as tbbthumbs)"},
    {"size", 's', true, kValue, kRun, kForDriven, "SIZE", "of the thumbnails (default 256)"},
    {"pictures", 0, true, kValue, kRun, kForRun, "N", "of DIR at most, evenly spread (default: what the\ntime allows)"},
    {"rounds", 0, true, kValue, kRun, kForRun, "N", "repetitions of each (default 5)"},
    {"minutes", 0, true, kValue, kRun, kForRun, "N", "start no round that would end later (default 4)"},
    {"long", 0, true, kFlag, kRun, kForRun, "", "30 rounds, 60 minutes: to settle small differences"},
    {"scratch", 0, true, kValue, kRun, kForDriven | kForScale, "DIR",
     "where made pictures and thumbnails go meanwhile\n(default: TMPDIR)"},
    {"output", 'o', true, kValue, kOutput, kForRun | kForReport | kForTrace, "FILE",
     "default: tbbthumbs-bench.json, .html, trace.json"},
    {"report", 0, true, kValue, kOutput, kForRun, "FILE", "the report of the run (default: beside its results)"},
    {"markdown", 0, true, kFlag, kOutput, kForReport, "", "Markdown, by default on standard output"},
    {"csv", 0, true, kFlag, kOutput, kForReport, "", "CSV, by default on standard output"},
    {"json", 0, true, kFlag, kOutput, kForCompare | kForScale, "", "JSON on standard output"},
    {"threshold", 0, true, kValue, kRun, kForCompare, "PERCENT", "what is less than that slower passes (default 2)"},
    {"metric", 0, true, kValue, kRun, kForCompare, "NAME", "that decides: real (default), cpu, both"},
    {"storage", 0, true, kList, kRun, kForScale, "SPEC",
     "LATENCY_MS:MB_PER_S[:REQUESTS_AT_ONCE] instead of\nthe usual kinds"},
    {"quiet", 0, true, kFlag, kDisplay, kForRun, "", "say nothing while it lasts"},
    {"version", 0, true, kAction, kDisplay, ~0U, "", "say the version"},
    {"help", 'h', true, kAction, kDisplay, ~0U, "", "this"},
};

}  // namespace

std::span<const CommandSpec> Commands() { return kCommands; }
std::span<const tool::OptionSpec> BenchOptions() { return kOptions; }

std::string BenchHelp() {
  std::string text = "Which way of using threads is best here, and is tbbthumbs as fast as it can be?\n\n";
  for (const CommandSpec& command : kCommands) {
    text += fmt::format("  tbbthumbs-bench {}\n      {}\n", fmt::format("{} {}", command.name, command.usage),
                        command.help);
  }
  for (const CommandSpec& command : kCommands) {
    if (command.bit == 0) continue;
    text += fmt::format("\n{}:\n", command.name);
    for (const tool::OptionSpec& option : kOptions) {
      if ((option.commands & command.bit) != 0 && option.kind != kAction) text += tool::OptionLines(option);
    }
  }
  text += "\nstrategies:\n";
  for (const Strategy& strategy : Strategies())
    text += fmt::format("  {:<20}{}\n", strategy.name, strategy.description);
  text += "\nworkloads:\n";
  for (const WorkloadName& workload : WorkloadNames())
    text += fmt::format("  {:<20}{}\n", workload.name, workload.purpose);
  text +=
      "\nExit status: 0 done; 1 compare: something is slower, run: strategies differ;\n2 wrong use, or a file that "
      "can't be read; 74 the output can't be written;\n130, 143 interrupted.\n";
  return text;
}

}  // namespace tbbthumbs::bench
