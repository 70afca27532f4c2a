#ifndef TBBTHUMBS_TOOLS_HELP_H_
#define TBBTHUMBS_TOOLS_HELP_H_

#include <string>

#include "tools/option_table.h"

namespace tbbthumbs::tool {

// One screen of 80 x 24 with the usual options, or everything by groups. Ends with a line's end.
std::string HelpText(bool all);

// One option's line, or lines; 80 columns.
std::string OptionLines(const OptionSpec& option);

// "tbbthumbs 0.1.0"; `verbose`: and a line each of how it was compiled and what this kernel offers.
std::string VersionText(bool verbose);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_HELP_H_
