#ifndef TBBTHUMBS_TOOLS_PRUNE_COMMAND_H_
#define TBBTHUMBS_TOOLS_PRUNE_COMMAND_H_

#include <functional>

#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Removes thumbnails whose input is gone, says so, and stops between two files when a signal asks for that or nobody
// reads what it says.
ExitCode RunPrune(const PruneConfig& config, Terminal& terminal);

// The same as a part of another command, which watches the signals: `go_on` turns false, and `received` says which came
// (0: none). Where there is no journal, nothing is to be done.
ExitCode PruneAfterRun(const PruneConfig& config, Terminal& terminal, const std::function<bool()>& go_on,
                       const std::function<int()>& received);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_PRUNE_COMMAND_H_
