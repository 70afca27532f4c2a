#include "tools/make_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "pipeline/job.h"
#include "tools/json_report.h"
#include "tools/load_limit.h"
#include "tools/priority.h"
#include "tools/progress_line.h"
#include "tools/prune_command.h"
#include "tools/report.h"
#include "tools/signals.h"
#include "tools/thread_limit.h"

namespace tbbthumbs::tool {
namespace {

// After a signal: pictures being worked on may be finished for so long, and this late the process ends, whatever holds
// it (an encoder, a disk that does not answer, a reader of the records who does not read). Taking back the memory of
// pictures of 100 megapixels costs the system another 0.1 s; all is to be over after a second.
constexpr std::chrono::milliseconds kGrace{500};
constexpr std::chrono::milliseconds kPatience{850};

// Cancels a job that may not be there yet. Thread-safe: signals and results come from threads that exist before
// StartJob has returned.
class Stopper {
 public:
  void Stop(std::chrono::milliseconds grace) {
    const std::lock_guard lock(mutex_);
    grace_ = std::min(grace, grace_.value_or(grace));
    if (job_ != nullptr) job_->Cancel(*grace_);
  }

  void Attach(Job& job) {
    const std::lock_guard lock(mutex_);
    job_ = &job;
    if (grace_) job.Cancel(*grace_);
  }

  void Detach() {
    const std::lock_guard lock(mutex_);
    job_ = nullptr;
  }

 private:
  std::mutex mutex_;  // between Attach, Detach and Stop: a job that is going away is not cancelled
  Job* job_ = nullptr;
  std::optional<std::chrono::milliseconds> grace_;  // once stopped
};

bool WantsProgress(const DisplayConfig& display, bool dry_run, const Terminal& terminal) {
  if (display.progress != When::kAuto) return display.progress == When::kAlways;
  // Records and a progress line on one terminal would disturb each other.
  const bool records_in_the_way = (display.json || dry_run) && isatty(terminal.out_fd()) == 1;
  return IsSmartTerminal(terminal.err_fd()) && !display.quiet && !records_in_the_way;
}

// Draws the progress line ten times a second while it lives, on a thread of its own.
class ProgressDrawer {
 public:
  // `load_limit`: null where there is none.
  ProgressDrawer(const Job& job, Terminal& terminal, bool color, const SignalWatcher& signals,
                 const LoadLimit* load_limit)
      : job_(job), terminal_(terminal), signals_(signals), load_limit_(load_limit), color_(color) {
    thread_ = std::jthread([this](const std::stop_token& stop) { Draw(stop); });
  }

  // Takes the line away.
  ~ProgressDrawer() {
    thread_.request_stop();
    thread_.join();
    terminal_.SetStatus("");
  }

 private:
  void Draw(const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), "progress");
    const bool unicode = LocaleIsUtf8();
    SpeedMeter meter;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    do {
      const Progress progress = job_.progress();
      const LineStyle style{.width = TerminalWidth(terminal_.err_fd()),
                            .color = color_,
                            .unicode = unicode,
                            .stopping = signals_.received() != 0,
                            .load = load_limit_ != nullptr ? load_limit_->holding() : std::nullopt};
      terminal_.SetStatus(RenderProgressLine(progress, meter.Update(progress), style));
      never.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
    } while (!stop.stop_requested());
  }

  const Job& job_;
  Terminal& terminal_;
  const SignalWatcher& signals_;
  const LoadLimit* const load_limit_;
  const bool color_;
  std::jthread thread_;
};

// `plan`: how lines of a plan are written, which go to standard output; null where there is none.
void ReportResult(const PictureResult& result, const DisplayConfig& display, const TextStyle& style,
                  const TextStyle* plan, Terminal& terminal, Stopper& stopper) {
  if (result.outcome == Outcome::kFailed && result.error) {
    terminal.WriteError(FailureLine(result.input, *result.error, style));
  } else if (plan != nullptr && !display.json) {
    const bool said = result.outcome == Outcome::kPlanned || result.outcome == Outcome::kUpToDate || display.verbose;
    if (said && !terminal.WriteOut(PlanLine(result, *plan))) stopper.Stop({});
  } else if (display.verbose) {
    terminal.WriteError(ResultLine(result, style));
  }
  if (display.json && !terminal.WriteOut(PictureJson(result))) stopper.Stop({});
}

void ReportEnd(const RunSummary& summary, const std::vector<std::string>& lines, const DisplayConfig& display,
               const TextStyle& style, Terminal& terminal) {
  for (const Error& error : summary.walk_errors) terminal.WriteError(ErrorLine(error.message, style));
  if (summary.journal_set_aside) {
    terminal.WriteError(ErrorLine(fmt::format("the journal was damaged and is now {}; older thumbnails were judged by "
                                              "their dates",
                                              summary.journal_set_aside->native()),
                                  style));
  }
  // One line is enough for a full disk.
  const bool full = summary.fatal && summary.fatal->code == ErrorCode::kNoSpace;
  if (summary.journal_failure && !full) terminal.WriteError(ErrorLine(summary.journal_failure->message, style));
  if (summary.fatal) {
    terminal.WriteError(
        ErrorLine(fmt::format("{}: {}", ErrorCodeName(summary.fatal->code), summary.fatal->message), style));
  }
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
      prune, terminal, [&] { return signals.received() == 0; }, [&] { return signals.received(); });
}

}  // namespace

ExitCode RunMake(MakeConfig config, Terminal& terminal) {
  const DisplayConfig display = config.display;
  RunHooks hooks;
  hooks.nice = config.nice;
  hooks.prepare = [&](const std::function<bool()>& /*go_on*/) -> std::variant<MakeConfig, ExitCode> {
    return std::move(config);
  };
  hooks.summary_lines = [](const RunSummary& summary) { return SummaryLines(summary); };
  hooks.on_end = [](const RunSummary& summary, int signal) { return ExitCodeOf(summary, signal); };
  return RunWith(hooks, display, terminal);
}

ExitCode RunWith(const RunHooks& hooks, const DisplayConfig& display, Terminal& terminal) {
  const TextStyle style = StyleOf(display, terminal.err_fd());
  // Threads inherit it: none has been started yet.
  if (const int error = hooks.nice ? GiveWay() : 0; error != 0 && !display.quiet) {
    terminal.WriteError(ErrorLine(fmt::format("--nice: {}", std::strerror(error)), style));
  }
  Stopper stopper;
  std::atomic<bool> all_said = false;
  const auto on_late = [&] {
    const bool silent = all_said || display.quiet;
    terminal.Abandon(silent ? "" : ErrorLine("stopped before all had come to its end: there is no summary", style));
  };
  const SignalWatcher signals({.on_stop = [&] { stopper.Stop(kGrace); },
                               .on_exit = [&] { terminal.Abandon(); },
                               .patience = kPatience,
                               .on_late = on_late,
                               .exit_code = hooks.exit_code_of_signal,
                               .repeats_are_one = hooks.repeats_are_one});
  auto prepared = hooks.prepare([&] { return signals.received() == 0; });
  if (const ExitCode* code = std::get_if<ExitCode>(&prepared)) return *code;
  auto& config = std::get<MakeConfig>(prepared);
  if (config.max_load && !LoadOfOthers()) {
    terminal.WriteError(ErrorLine("--max-load: /proc/loadavg does not tell what other programs do", style));
    return kExitUsage;
  }
  const bool shows_plan = config.job.dry_run && !config.job.names_only;
  const bool progress = WantsProgress(display, shows_plan, terminal);
  const ThreadLimit thread_limit(config.job.threads);
  config.job.count_total = progress;
  const TextStyle out_style = StyleOf(display, terminal.out_fd());
  const TextStyle* plan = shows_plan ? &out_style : nullptr;
  config.job.on_result = [&](const PictureResult& result) {
    if (hooks.on_result && !hooks.on_result(result)) stopper.Stop({});
    ReportResult(result, display, style, plan, terminal, stopper);
  };
  RunSummary summary;
  {
    auto job = StartJob(config.job);
    if (!job) {
      terminal.WriteError(ErrorLine(job.error().message, style));
      return ExitCodeOf(job.error());
    }
    stopper.Attach(*job);
    std::optional<LoadLimit> load_limit;
    if (config.max_load) {
      load_limit.emplace(*config.max_load, LoadLimit::Functions{.done = [&] { return job->progress().done; },
                                                                .pause = [&] { job->Pause(); },
                                                                .resume = [&] { job->Resume(); }});
    }
    std::optional<ProgressDrawer> drawer;
    if (progress) drawer.emplace(*job, terminal, style.color, signals, load_limit ? &*load_limit : nullptr);
    summary = job->Wait();
    stopper.Detach();
  }
  // Whoever waits for the last line finds all done.
  const ExitCode code = hooks.on_end(summary, signals.received());
  ReportEnd(summary, hooks.summary_lines(summary), display, style, terminal);
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
