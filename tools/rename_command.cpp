#include "tools/rename_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <memory>

#include "pipeline/rename_job.h"
#include "tools/json_report.h"
#include "tools/report.h"
#include "tools/signals.h"

namespace tbbthumbs::tool {
namespace {

namespace fs = std::filesystem;

// A log says by where it lies what it is about.
fs::path Absolute(const fs::path& log) {
  std::error_code error;
  fs::path absolute = fs::absolute(log, error);
  return error ? log : absolute.lexically_normal();
}

// False when nobody reads it any more: what is not shown is not done.
bool ShowPlan(const RenamePlan& plan, const RenameConfig& config, Terminal& terminal) {
  const fs::path& root = config.rename.directory;
  const TextStyle style = StyleOf(config.display, terminal.out_fd());
  if (config.display.quiet && !config.display.json) return true;
  for (const PlannedRename& rename : plan.renames) {
    const std::string line = config.display.json ? RenameJson(root, rename) : RenameLine(root, rename, style);
    if (!terminal.WriteOut(line)) return false;
  }
  return true;
}

void ReportEnd(const RenameSummary& summary, const RenameConfig& config, Terminal& terminal) {
  const TextStyle style = StyleOf(config.display, terminal.err_fd());
  for (const RenameProblem& problem : summary.problems) {
    terminal.WriteError(FailureLine(fs::path(summary.directory) / problem.path, problem.error, style));
    if (config.display.json) terminal.WriteOut(ProblemJson(summary.directory, problem));
  }
  if (summary.failure && !summary.stopped) terminal.WriteError(ErrorLine(summary.failure->message, style));
  if (!config.display.quiet) {
    for (const std::string& line : SummaryLines(summary, config.rename.dry_run, style)) terminal.WriteError(line);
  }
  if (config.display.json) terminal.WriteOut(SummaryJson(summary, config.rename.dry_run));
}

ExitCode CodeOf(const RenameSummary& summary, int signal) {
  if (signal != 0 && summary.stopped) return ExitCodeOfSignal(signal);
  const bool some = !summary.finished || !summary.problems.empty();
  if (!summary.failure) return some ? kExitSomeFailed : kExitDone;
  return summary.failure->code == ErrorCode::kExists ? kExitSomeFailed : ExitCodeOf(*summary.failure);
}

}  // namespace

ExitCode RunRename(const RenameConfig& config, Terminal& terminal) {
  std::atomic<bool> stop = false;
  const SignalWatcher signals({.on_stop = [&] { stop = true; }, .on_exit = [&] { terminal.Abandon(); }});
  RenameCallbacks callbacks;
  callbacks.on_plan = [&](const RenamePlan& plan) { return ShowPlan(plan, config, terminal); };
  callbacks.go_on = [&] { return !stop; };
  const auto job = config.undo.empty() ? std::make_unique<RenameJob>(config.rename, std::move(callbacks))
                                       : std::make_unique<RenameJob>(Absolute(config.undo), std::move(callbacks));
  const RenameSummary summary = job->Wait();
  ReportEnd(summary, config, terminal);
  if (terminal.out_error() != 0) {
    const TextStyle style = StyleOf(config.display, terminal.err_fd());
    terminal.WriteError(ErrorLine(fmt::format("standard output: {}", std::strerror(terminal.out_error())), style));
    return kExitOutput;
  }
  return CodeOf(summary, signals.received());
}

}  // namespace tbbthumbs::tool
