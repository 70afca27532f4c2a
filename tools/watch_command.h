#ifndef TBBTHUMBS_TOOLS_WATCH_COMMAND_H_
#define TBBTHUMBS_TOOLS_WATCH_COMMAND_H_

#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Makes what is missing, then follows the directories: until a signal comes, a directory goes, or the output is full.
ExitCode RunWatch(WatchConfig config, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_WATCH_COMMAND_H_
