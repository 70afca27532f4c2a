// Jobs of the command: how they are stopped, shown and reported.
#ifndef TBBTHUMBS_TOOLS_JOB_SESSION_H_
#define TBBTHUMBS_TOOLS_JOB_SESSION_H_

#include <chrono>
#include <mutex>
#include <optional>

#include "pipeline/job.h"
#include "tools/command_config.h"
#include "tools/report.h"
#include "tools/signals.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Cancels a job that may not be there yet, and all that come after it. Thread-safe: signals and results come from
// threads that exist before StartJob has returned.
class Stopper {
 public:
  void Stop(std::chrono::milliseconds grace);
  void Attach(Job& job);
  void Detach();

 private:
  std::mutex mutex_;  // between Attach, Detach and Stop: a job that is going away is not cancelled
  Job* job_ = nullptr;
  std::optional<std::chrono::milliseconds> grace_;  // once stopped
};

// Gives way to other programs, where that is wanted, before any thread is started. False, with a line of why, where the
// machine can't do what is wanted.
[[nodiscard]] bool PrepareProcess(bool nice, const std::optional<double>& max_load, const DisplayConfig& display,
                                  Terminal& terminal);

bool WantsProgress(const DisplayConfig& display, bool dry_run, const Terminal& terminal);

// To let the job go may take a while.
struct EndedJob {
  Job job;
  RunSummary summary;
};

// Runs the job of `config` to its end, held back by the load of others where that is wanted, with a line of progress
// where `progress`. Errors: as of StartJob.
[[nodiscard]] Result<EndedJob> RunJob(const MakeConfig& config, bool progress, Terminal& terminal,
                                      const SignalWatcher& signals, Stopper& stopper);

// What is said at the end of a run that went wrong as a whole.
void ReportTroubles(const RunSummary& summary, const DisplayConfig& display, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_JOB_SESSION_H_
