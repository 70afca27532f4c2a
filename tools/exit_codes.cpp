#include "tools/exit_codes.h"

#include <csignal>

namespace tbbthumbs::tool {

ExitCode ExitCodeOf(const RunSummary& summary, int signal) {
  if (summary.fatal) return kExitOutput;
  if (summary.stopped) return ExitCodeOfSignal(signal);
  if (summary.journal_failure) return kExitOutput;
  return summary.failed > 0 || summary.walk_error_count > 0 ? kExitSomeFailed : kExitDone;
}

ExitCode ShardExitCodeOf(const RunSummary& summary) {
  return summary.stopped && !summary.fatal ? kExitRequeue : ExitCodeOf(summary, 0);
}

ExitCode ExitCodeOf(const Error& start_error) {
  const bool wrong_use = start_error.code == ErrorCode::kUnsupported || start_error.code == ErrorCode::kNotFound;
  return wrong_use ? kExitUsage : kExitOutput;
}

ExitCode ExitCodeOfSignal(int signal) { return signal == SIGINT ? kExitInterrupted : kExitTerminated; }

}  // namespace tbbthumbs::tool
