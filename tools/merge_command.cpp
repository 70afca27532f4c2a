#include "tools/merge_command.h"

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <vector>

#include "pipeline/plan_merge.h"
#include "pipeline/plan_store.h"
#include "tools/json_report.h"
#include "tools/report.h"
#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

std::vector<std::string> Lines(const MergeSummary& summary) {
  const JournalRun& totals = summary.totals;
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{}{} of {} merged: {} made, {} up to date, {} failed, {} other",
                              summary.merged_before ? "complete already: " : "",
                              FormatCount(static_cast<uint64_t>(summary.shards) - summary.missing.size()),
                              FormatCountOf(static_cast<uint64_t>(summary.shards), "shard"), FormatCount(totals.made),
                              FormatCount(totals.up_to_date), FormatCount(totals.failed), FormatCount(totals.skipped)));
  if (!summary.missing.empty()) {
    lines.push_back(fmt::format("missing {} ({}): {}", FormatCountOf(summary.missing.size(), "shard"),
                                FormatCountOf(summary.missing_inputs, "file"), RangesText(summary.missing)));
  }
  return lines;
}

}  // namespace

ExitCode RunMerge(const MergeConfig& config, Terminal& terminal) {
  const TextStyle style = StyleOf(config.display, terminal.err_fd());
  const auto refuse = [&](const std::string& message, ExitCode code) {
    terminal.WriteError(ErrorLine(message, style));
    return code;
  };
  const std::string path = config.plan.string();
  const auto plan = PlanReader::Open(path);
  const auto refuse_plan = [&](const Error& error) {
    return refuse(path + ": " + error.message, IsUselessPlan(path, error) ? kExitUsage : kExitOutput);
  };
  if (!plan) return refuse_plan(plan.error());
  const auto summary = MergePlan(**plan, [&](const std::string& input, const Error& error) {
    terminal.WriteError(FailureLine(input, error, style));
    if (config.display.json) terminal.WriteOut(FailureJson(input, error));
  });
  if (!summary && summary.error().of_plan) return refuse_plan(summary.error().error);
  if (!summary) return refuse(summary.error().error.message, kExitOutput);
  if (summary->set_aside) {
    terminal.WriteError(
        ErrorLine(fmt::format("the journal was damaged and is now {}; what others had made is no longer known",
                              *summary->set_aside),
                  style));
  }
  if (!config.display.quiet) {
    for (const std::string& line : Lines(*summary)) terminal.WriteError(line);
  }
  if (config.display.json) {
    terminal.WriteOut(SummaryJson(*summary));
  } else if (!summary->missing.empty()) {
    terminal.WriteOut("--array=" + RangesText(summary->missing));
  }
  if (terminal.out_error() != 0) {
    return refuse(fmt::format("standard output: {}", std::strerror(terminal.out_error())), kExitOutput);
  }
  if (!summary->missing.empty()) return kExitRequeue;
  return summary->totals.failed > 0 ? kExitSomeFailed : kExitDone;
}

}  // namespace tbbthumbs::tool
