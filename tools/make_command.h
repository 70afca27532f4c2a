#ifndef TBBTHUMBS_TOOLS_MAKE_COMMAND_H_
#define TBBTHUMBS_TOOLS_MAKE_COMMAND_H_

#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Makes the thumbnails: starts the job, shows how far it is, ends it early when a signal asks for that or nobody reads
// the JSON any more, and reports. Call it before any other thread is started.
ExitCode RunMake(MakeConfig config, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_MAKE_COMMAND_H_
