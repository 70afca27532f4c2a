#ifndef TBBTHUMBS_TOOLS_HELP_H_
#define TBBTHUMBS_TOOLS_HELP_H_

#include <string>

namespace tbbthumbs::tool {

// One screen of 80 x 24 with the usual options, or everything by groups. Ends with a line's end.
std::string HelpText(bool all);

// "tbbthumbs 0.1.0".
std::string VersionText();

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_HELP_H_
