// What the command says to the shell.
#ifndef TBBTHUMBS_TOOLS_EXIT_CODES_H_
#define TBBTHUMBS_TOOLS_EXIT_CODES_H_

#include "codecs/error.h"
#include "pipeline/run_summary.h"

namespace tbbthumbs::tool {

enum ExitCode : int {
  kExitDone = 0,
  kExitSomeFailed = 1,  // pictures failed, or directories could not be read; all others are done
  kExitUsage = 2,
  kExitOutput = 74,  // the output is full or unwritable (EX_IOERR of sysexits.h)
  kExitRequeue =
      75,  // of a plan's shard that was stopped, and of a merge that misses shards (EX_TEMPFAIL): again, later
  kExitInterrupted = 130,
  kExitTerminated = 143,
};

// Of a run that has ended. `signal`: the one that stopped it, 0 if none did.
ExitCode ExitCodeOf(const RunSummary& summary, int signal);

// Of a run that is a shard of a plan, likewise.
ExitCode ShardExitCodeOf(const RunSummary& summary);

// Of a run that StartJob refused.
ExitCode ExitCodeOf(const Error& start_error);

// Of a run that `signal` stopped: kExitInterrupted for SIGINT, else kExitTerminated.
ExitCode ExitCodeOfSignal(int signal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_EXIT_CODES_H_
