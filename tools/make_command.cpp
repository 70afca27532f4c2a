#include "tools/make_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "pipeline/job.h"
#include "tools/job_session.h"
#include "tools/json_report.h"
#include "tools/prune_command.h"
#include "tools/report.h"
#include "tools/signals.h"
#include "tools/stop_times.h"
#include "tools/thread_limit.h"

namespace tbbthumbs::tool {
namespace {

// Says why pictures failed. Where the machine is at fault and not a picture (a disk that is gone, no memory), all
// others may fail alike, a million times: the first say enough.
class FailureLines {
 public:
  // `all`: nothing is left out.
  explicit FailureLines(bool all) : all_(all) {}

  void Say(const PictureResult& result, const TextStyle& style, Terminal& terminal) {
    const Error& error = *result.error;
    if (!all_ && IsOfTheMachine(result)) {
      const auto known = said_.find(error.message);
      if (known == said_.end() && said_.size() < kReasons) {
        said_[error.message] = 1;
      } else if (known != said_.end() && ++known->second > kMost) {
        if (known->second > kMost + 1) return;
        terminal.WriteError(ErrorLine(
            fmt::format("{}: {}: further ones are counted, not named", ErrorCodeName(error.code), error.message),
            style));
        return;
      }
    }
    terminal.WriteError(FailureLine(result.input, error, style));
  }

 private:
  static constexpr uint64_t kMost = 10;
  static constexpr size_t kReasons = 100;

  static bool IsOfTheMachine(const PictureResult& result) {
    const ErrorCode code = result.error->code;
    return code == ErrorCode::kIo || code == ErrorCode::kOutOfMemory || code == ErrorCode::kChanged ||
           (code == ErrorCode::kNotFound && result.found);
  }

  const bool all_;
  std::map<std::string, uint64_t> said_;  // how often, by reason
};

// `plan`: how lines of a plan are written, which go to standard output; null where there is none.
void ReportResult(const PictureResult& result, const DisplayConfig& display, const TextStyle& style,
                  const TextStyle* plan, FailureLines& failures, Terminal& terminal, Stopper& stopper) {
  if (result.outcome == Outcome::kFailed && result.error) {
    failures.Say(result, style, terminal);
  } else if (plan != nullptr && !display.json) {
    const bool said = result.outcome == Outcome::kPlanned || result.outcome == Outcome::kUpToDate || display.verbose;
    if (said && !terminal.WriteOut(PlanLine(result, *plan))) stopper.Stop({});
  } else if (display.verbose) {
    terminal.WriteError(ResultLine(result, style));
  }
  if (display.json && !terminal.WriteOut(PictureJson(result))) stopper.Stop({});
}

// `lines`: what else is said.
void ReportEnd(const RunSummary& summary, const std::vector<std::string>& lines, const DisplayConfig& display,
               Terminal& terminal) {
  ReportTroubles(summary, display, terminal);
  if (!display.quiet) {
    for (const std::string& line : lines) terminal.WriteError(line);
  }
}

// After a run that came to its end.
ExitCode Prune(const MakeConfig& config, Terminal& terminal, const SignalWatcher& signals) {
  PruneConfig prune;
  prune.where = {.output = config.job.output, .journal = config.job.journal};
  prune.dry_run = config.job.dry_run;
  prune.display = config.display;
  return PruneAfterRun(
             prune, {}, terminal, [&] { return signals.received() == 0; }, [&] { return signals.received(); })
      .code;
}

}  // namespace

ExitCode RunMake(MakeConfig config, Terminal& terminal) {
  const DisplayConfig display = config.display;
  RunHooks hooks;
  hooks.nice = config.nice;
  hooks.max_load = config.max_load;
  hooks.prepare = [&](const std::function<bool()>& /*go_on*/) -> std::variant<MakeConfig, ExitCode> {
    return std::move(config);
  };
  hooks.summary_lines = [](const RunSummary& summary) { return SummaryLines(summary); };
  hooks.on_end = [](const RunSummary& summary, int signal) { return ExitCodeOf(summary, signal); };
  return RunWith(hooks, display, terminal);
}

ExitCode RunWith(const RunHooks& hooks, const DisplayConfig& display, Terminal& terminal) {
  const TextStyle style = StyleOf(display, terminal.err_fd());
  if (!PrepareProcess(hooks.nice, hooks.max_load, display, terminal)) return kExitUsage;
  Stopper stopper;
  std::atomic<bool> all_said = false;
  const auto on_late = [&] {
    const bool silent = all_said || display.quiet;
    terminal.Abandon(silent ? "" : ErrorLine("stopped before all had come to its end: there is no summary", style));
  };
  StopPacer pacer([&](std::chrono::milliseconds grace) { stopper.Stop(grace); });
  const SignalWatcher signals({.on_stop = [&] { pacer.Start(); },
                               .on_exit = [&] { terminal.Abandon(); },
                               .patience = [&] { return pacer.patience(); },
                               .on_late = on_late,
                               .exit_code = hooks.exit_code_of_signal,
                               .repeats_are_one = hooks.repeats_are_one});
  auto prepared = hooks.prepare([&] { return signals.received() == 0; });
  if (const ExitCode* code = std::get_if<ExitCode>(&prepared)) return *code;
  auto& config = std::get<MakeConfig>(prepared);
  const bool shows_plan = config.job.dry_run && !config.job.names_only;
  const bool progress = WantsProgress(display, shows_plan, terminal);
  const ThreadLimit thread_limit(config.job.threads);
  config.job.count_total = progress;
  const TextStyle out_style = StyleOf(display, terminal.out_fd());
  const TextStyle* plan = shows_plan ? &out_style : nullptr;
  FailureLines failures(display.verbose);
  config.job.on_result = [&](const PictureResult& result) {
    if (hooks.on_result && !hooks.on_result(result)) stopper.Stop({});
    ReportResult(result, display, style, plan, failures, terminal, stopper);
  };
  RunSummary summary;
  {
    auto run = RunJob(config, progress, terminal, signals, stopper);
    if (!run) {
      terminal.WriteError(ErrorLine(run.error().message, style));
      return hooks.exit_code_of_start(run.error());
    }
    summary = std::move(run->summary);
  }
  // Whoever waits for the last line finds all done.
  const ExitCode code = hooks.on_end(summary, signals.received());
  ReportEnd(summary, hooks.summary_lines(summary), display, terminal);
  all_said = true;
  const bool prunes = config.prune && !summary.stopped && !summary.fatal && !summary.journal_failure;
  const ExitCode pruned = prunes ? Prune(config, terminal, signals) : kExitDone;
  if (display.json) terminal.WriteOut(SummaryJson(summary));
  if (terminal.out_error() != 0) {
    terminal.WriteError(ErrorLine(fmt::format("standard output: {}", std::strerror(terminal.out_error())), style));
    return kExitOutput;
  }
  // What comes later is worse: some failed, no output, stopped.
  return std::max(code, pruned);
}

}  // namespace tbbthumbs::tool
