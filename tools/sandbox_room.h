// The room that each command needs.
#ifndef TBBTHUMBS_TOOLS_SANDBOX_ROOM_H_
#define TBBTHUMBS_TOOLS_SANDBOX_ROOM_H_

#include "pipeline/plan_store.h"
#include "tools/command_config.h"
#include "tools/sandbox.h"

namespace tbbthumbs::tool {

// Inputs named as arguments are read, directories with all below them; files by the thousand by their directories.
// What is not known yet makes the room wider: with lists of files, plans and --follow everything may be read; lists and
// plans may hold addresses, with any port; a watched directory may be made anew, so what lies beside it may be read
// too. With --prune the names in all directories may be listed. Written are the output directory and kept originals,
// which must be there, and what a journal or plan elsewhere lies in.
SandboxRoom RoomOf(const MakeConfig& config);
SandboxRoom RoomOf(const WatchConfig& config);
SandboxRoom RoomOf(const PlanConfig& config);
SandboxRoom RoomOf(const InfoConfig& config);
SandboxRoom RoomOf(const RenameConfig& config);
SandboxRoom RoomOf(const ShardConfig& config, const PlanInfo& plan);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_SANDBOX_ROOM_H_
