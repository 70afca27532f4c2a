// Entering the locked room, before a command starts its threads.
#ifndef TBBTHUMBS_TOOLS_LOCK_ROOM_H_
#define TBBTHUMBS_TOOLS_LOCK_ROOM_H_

#include <optional>

#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Makes what the command would make first (its output directory, since only what is there can be allowed), and limits
// the process for ever to the room of the command, where it is one that reads pictures. Starts the processes that
// decode first, where they are wanted: the command's job has its maker then. What the command is going to refuse before
// it reads any picture is left to it. The code where it may not go on; why has been said.
std::optional<ExitCode> LockRoom(CommandConfig& command, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_LOCK_ROOM_H_
