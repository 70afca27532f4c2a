#ifndef TBBTHUMBS_TOOLS_SHARD_COMMAND_H_
#define TBBTHUMBS_TOOLS_SHARD_COMMAND_H_

#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Makes the thumbnails of one shard of a plan. Call it before any other thread is started.
ExitCode RunShard(const ShardConfig& config, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_SHARD_COMMAND_H_
