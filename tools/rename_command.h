#ifndef TBBTHUMBS_TOOLS_RENAME_COMMAND_H_
#define TBBTHUMBS_TOOLS_RENAME_COMMAND_H_

#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Shows the plan on standard output and carries it out; or takes a renaming back.
ExitCode RunRename(const RenameConfig& config, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_RENAME_COMMAND_H_
