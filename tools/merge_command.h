#ifndef TBBTHUMBS_TOOLS_MERGE_COMMAND_H_
#define TBBTHUMBS_TOOLS_MERGE_COMMAND_H_

#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Makes one journal of those of a plan's shards; says what is missing and what has failed.
ExitCode RunMerge(const MergeConfig& config, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_MERGE_COMMAND_H_
