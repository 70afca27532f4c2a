#include "tools/exit_codes.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace tbbthumbs::tool {
namespace {

// Whether the file system says no to what `access` is asked, for a reason that does not pass by itself.
bool Denies(const std::string& path, int mode) {
  if (access(path.c_str(), mode) == 0) return false;
  switch (errno) {
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return true;
    default:
      return false;
  }
}

// Likewise of making files in `place`, or directories on the way to it.
bool DeniesWriting(std::string place) {
  while (!place.empty() && access(place.c_str(), F_OK) != 0 && errno == ENOENT) {
    place.erase(place.find_last_of('/') == std::string::npos ? 0 : place.find_last_of('/'));
  }
  return Denies(place + "/.", W_OK | X_OK);
}

}  // namespace

ExitCode ExitCodeOf(const RunSummary& summary, int signal) {
  if (summary.fatal) return kExitOutput;
  if (summary.stopped) return ExitCodeOfSignal(signal);
  if (summary.journal_failure) return kExitOutput;
  return summary.failed > 0 || summary.walk_error_count > 0 ? kExitSomeFailed : kExitDone;
}

ExitCode ShardExitCodeOf(const RunSummary& summary, const std::string& place) {
  if (summary.fatal) return ShardExitCodeOf(*summary.fatal, place);
  if (summary.stopped) return kExitRequeue;
  if (summary.journal_failure) return ShardExitCodeOf(*summary.journal_failure, place);
  return ExitCodeOf(summary, 0);
}

ExitCode ShardExitCodeOf(const Error& error, const std::string& place) {
  return error.code == ErrorCode::kNoSpace || DeniesWriting(place) ? kExitOutput : kExitRequeue;
}

bool IsUselessPlan(const std::string& path, const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
    case ErrorCode::kCorrupt:
    case ErrorCode::kUnsupported:
      return true;
    default:
      return Denies(path, R_OK);
  }
}

ExitCode ExitCodeOf(const Error& start_error) {
  const bool wrong_use = start_error.code == ErrorCode::kUnsupported || start_error.code == ErrorCode::kNotFound;
  return wrong_use ? kExitUsage : kExitOutput;
}

ExitCode JournalExitCodeOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return kExitUsage;
    case ErrorCode::kIo:
    case ErrorCode::kNoSpace:
      return kExitOutput;
    default:
      return kExitSomeFailed;
  }
}

ExitCode ExitCodeOfSignal(int signal) { return signal == SIGINT ? kExitInterrupted : kExitTerminated; }

}  // namespace tbbthumbs::tool
