#ifndef TBBTHUMBS_TOOLS_PRUNE_COMMAND_H_
#define TBBTHUMBS_TOOLS_PRUNE_COMMAND_H_

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "pipeline/journal_prune.h"
#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Removes thumbnails whose input is gone, says so, and stops between two files when a signal asks for that or nobody
// reads what it says.
ExitCode RunPrune(const PruneConfig& config, Terminal& terminal);

// What a command that prunes more than once knows.
struct PruneKnowledge {
  bool out_of_use = false;  // these three as in PruneOptions
  std::optional<PruneScope> scope;
  std::function<bool(const std::string& directory)> emptied;
  // Only what is removed and what goes wrong is said, and of what is kept, what is not in places of these.
  bool only_news = false;
  std::set<std::string> kept_places;
};

struct PruneOutcome {
  ExitCode code = kExitDone;
  PruneSummary summary;
};

// The same as a part of another command, which watches the signals: `go_on` turns false, and `received` says which came
// (0: none). Where there is no journal, nothing is to be done.
PruneOutcome PruneAfterRun(const PruneConfig& config, const PruneKnowledge& knowledge, Terminal& terminal,
                           const std::function<bool()>& go_on, const std::function<int()>& received);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_PRUNE_COMMAND_H_
