#ifndef TBBTHUMBS_TOOLS_PLAN_COMMAND_H_
#define TBBTHUMBS_TOOLS_PLAN_COMMAND_H_

#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Finds and names the inputs, and writes the plan. Call it before any other thread is started.
ExitCode RunPlan(PlanConfig config, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_PLAN_COMMAND_H_
