#include "tools/job_session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <functional>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "tools/isolated_maker.h"
#include "tools/load_limit.h"
#include "tools/priority.h"
#include "tools/progress_line.h"

namespace tbbthumbs::tool {
namespace {

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
    try {
      DrawLines(stop);
    } catch (const std::bad_alloc&) {
      // The line stays as it is.
    }
  }

  void DrawLines(const std::stop_token& stop) {
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

// Calls `start`, which starts a thread. Where threads are few, the job takes all there are for a moment, until it knows
// how many, and then gives some back.
void StartPatiently(const std::function<void()>& start) {
  constexpr int kTries = 50;
  for (int i = 1; i < kTries; ++i) {
    try {
      start();
      return;
    } catch (const std::system_error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  start();
}

}  // namespace

void Stopper::Stop(std::chrono::milliseconds grace) {
  const std::lock_guard lock(mutex_);
  grace_ = std::min(grace, grace_.value_or(grace));
  if (job_ != nullptr) job_->Cancel(*grace_);
}

void Stopper::Attach(Job& job) {
  const std::lock_guard lock(mutex_);
  job_ = &job;
  if (grace_) job.Cancel(*grace_);
}

void Stopper::Detach() {
  const std::lock_guard lock(mutex_);
  job_ = nullptr;
}

bool WantsProgress(const DisplayConfig& display, bool dry_run, const Terminal& terminal) {
  if (display.progress != When::kAuto) return display.progress == When::kAlways;
  // Records and a progress line on one terminal would disturb each other.
  const bool records_in_the_way = (display.json || dry_run) && isatty(terminal.out_fd()) == 1;
  return IsSmartTerminal(terminal.err_fd()) && !display.quiet && !records_in_the_way;
}

bool PrepareProcess(bool nice, const std::optional<double>& max_load, const DisplayConfig& display,
                    Terminal& terminal) {
  const TextStyle style = StyleOf(display, terminal.err_fd());
  // Threads inherit it: none has been started yet.
  if (const int error = nice ? GiveWay() : 0; error != 0 && !display.quiet) {
    terminal.WriteError(ErrorLine(fmt::format("--nice: {}", std::strerror(error)), style));
  }
  if (!max_load || LoadOfOthers()) return true;
  terminal.WriteError(ErrorLine("--max-load: /proc/loadavg does not tell what other programs do", style));
  return false;
}

Result<EndedJob> RunJob(const MakeConfig& config, bool progress, Terminal& terminal, const SignalWatcher& signals,
                        Stopper& stopper) {
  auto job = StartJob(config.job);
  if (!job) return tl::unexpected<Error>(std::move(job.error()));
  stopper.Attach(*job);
  std::optional<LoadLimit> load_limit;
  if (config.max_load) {
    const auto done = [&] { return job->progress().done; };
    const auto pause = [&] { job->Pause(); };
    const auto resume = [&] { job->Resume(); };
    const auto load = [&] {
      return LoadOfOthers(config.decoders ? config.decoders->Processes() : std::vector<pid_t>());
    };
    try {
      StartPatiently([&] {
        load_limit.emplace(*config.max_load,
                           LoadLimit::Functions{.load = load, .done = done, .pause = pause, .resume = resume});
      });
    } catch (const std::system_error& error) {
      stopper.Detach();
      return Fail(ErrorCode::kInternal, std::string("--max-load: no thread can be started: ") + error.what());
    }
  }
  std::optional<ProgressDrawer> drawer;
  const bool color = WantsColor(config.display.color, terminal.err_fd());
  try {
    if (progress) {
      StartPatiently([&] { drawer.emplace(*job, terminal, color, signals, load_limit ? &*load_limit : nullptr); });
    }
  } catch (const std::exception&) {
    // Without a thread for it there is no line.
  }
  RunSummary summary = job->Wait();
  stopper.Detach();
  drawer.reset();
  load_limit.reset();
  return EndedJob{std::move(*job), std::move(summary)};
}

void ReportTroubles(const RunSummary& summary, const DisplayConfig& display, Terminal& terminal) {
  const TextStyle style = StyleOf(display, terminal.err_fd());
  if (const std::string line = ShortageLine(summary); !line.empty() && !display.quiet) {
    terminal.WriteError(ErrorLine(line, style));
  }
  for (const Error& error : summary.walk_errors) terminal.WriteError(ErrorLine(error.message, style));
  if (summary.journal_set_aside) {
    terminal.WriteError(ErrorLine(fmt::format("the journal was damaged and is now {}; older thumbnails were judged by "
                                              "their dates",
                                              summary.journal_set_aside->native()),
                                  style));
  }
  if (summary.journal_damaged) {
    terminal.WriteError(ErrorLine("the journal is damaged: thumbnails were judged by their dates", style));
  }
  // One line is enough for a disk that is full or broken.
  const auto& fatal = summary.fatal;
  const auto& lost = summary.journal_failure;
  const bool said = lost && fatal && (fatal->code == ErrorCode::kNoSpace || fatal->code == lost->code);
  if (lost && !said) terminal.WriteError(ErrorLine(summary.journal_failure->message, style));
  if (summary.fatal) {
    terminal.WriteError(
        ErrorLine(fmt::format("{}: {}", ErrorCodeName(summary.fatal->code), summary.fatal->message), style));
  }
}

}  // namespace tbbthumbs::tool
