#include "bench/commands.h"

#include <fmt/format.h>

#include <utility>

#include "bench/command_support.h"
#include "bench/compare.h"
#include "bench/one_run.h"
#include "bench/report/report.h"
#include "bench/scratch.h"
#include "bench/trace.h"
#include "bench/workloads.h"

namespace tbbthumbs::bench {

using tool::ExitCode;
using tool::Terminal;

ExitCode Execute(const ReportCommand& report, Terminal& terminal) {
  const auto results = ReadResults(report.results);
  if (!results) return Fails(results.error(), tool::kExitUsage, terminal);
  std::string text;
  switch (report.format) {
    case ReportFormat::kHtml:
      text = HtmlReport(*results);
      break;
    case ReportFormat::kMarkdown:
      text = MarkdownReport(*results);
      break;
    case ReportFormat::kCsv:
      text = CsvReport(*results);
      break;
  }
  if (report.output.empty() || report.output == "-") return SayLines(std::move(text), terminal);
  const ExitCode code = SaveText(report.output, text, terminal);
  if (code == tool::kExitDone) terminal.WriteError("The report is in " + report.output.string());
  return code;
}

ExitCode Execute(const CompareCommand& compare, Terminal& terminal) {
  const auto comparison = CompareFiles(compare.before, compare.after, compare.options);
  if (!comparison) return Fails(comparison.error(), tool::kExitUsage, terminal);
  const ExitCode said = SayLines(compare.json ? ComparisonJson(*comparison) : ComparisonText(*comparison), terminal);
  if (said != tool::kExitDone) return said;
  return comparison->regressions > 0 ? tool::kExitSomeFailed : tool::kExitDone;
}

ExitCode Execute(const TraceCommand& trace, Terminal& terminal) {
  // Before anything: that there is something to trace.
  if (const auto pictures = FindPictures(trace.directory); !pictures) {
    return Fails(pictures.error(), tool::kExitUsage, terminal);
  }
  const auto scratch = Scratch::Make(trace.scratch);
  if (!scratch) return Fails(scratch.error(), tool::kExitOutput, terminal);
  RunRequest request{.config = trace.config,
                     .paths = {trace.directory},
                     .output = scratch->path(),
                     .size = trace.size,
                     .want_details = true};
  const auto record = RunHere(request);
  if (!record) return Fails(record.error(), tool::kExitUsage, terminal);
  const ExitCode code = SaveText(trace.output, ChromeTrace(*record, request), terminal);
  if (code != tool::kExitDone) return code;
  terminal.WriteError(
      fmt::format("{}; open {} in chrome://tracing or ui.perfetto.dev", record->reply.counts, trace.output.string()));
  return code;
}

}  // namespace tbbthumbs::bench
