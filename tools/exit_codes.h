// What the command says to the shell.
#ifndef TBBTHUMBS_TOOLS_EXIT_CODES_H_
#define TBBTHUMBS_TOOLS_EXIT_CODES_H_

#include <string>

#include "codecs/error.h"
#include "pipeline/run_summary.h"

namespace tbbthumbs::tool {

enum ExitCode : int {
  kExitDone = 0,
  kExitSomeFailed = 1,  // pictures failed, or directories could not be read; all others are done
  kExitUsage = 2,
  kExitOutput = 74,  // the output is full or unwritable (EX_IOERR of sysexits.h)
  // Of a plan's shard that was stopped or hindered, and of a merge that misses shards (EX_TEMPFAIL): again, later.
  kExitRequeue = 75,
  kExitInterrupted = 130,
  kExitTerminated = 143,
};

// Of a run that has ended. `signal`: the one that stopped it, 0 if none did.
ExitCode ExitCodeOf(const RunSummary& summary, int signal);

// Of a run that is a shard of a plan, likewise. Pictures that failed are no reason for kExitRequeue, those that servers
// refused neither: a scheduler would ask for what is gone for ever. `place`: the directory that its journal goes into.
ExitCode ShardExitCodeOf(const RunSummary& summary, const std::string& place);

// Of a shard that could not begin, or not end, as it should: it is to be tried again unless the disk is full or `place`
// can't be written whoever tries.
ExitCode ShardExitCodeOf(const Error& error, const std::string& place);

// Whether it is of no use to open the plan again: it is missing, damaged, none, of another version, or may not be read.
bool IsUselessPlan(const std::string& path, const Error& error);

// Of a run that StartJob refused.
ExitCode ExitCodeOf(const Error& start_error);

// Of a command that asks a journal, or changes it, and can't.
ExitCode JournalExitCodeOf(const Error& error);

// Of a run that `signal` stopped: kExitInterrupted for SIGINT, else kExitTerminated.
ExitCode ExitCodeOfSignal(int signal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_EXIT_CODES_H_
