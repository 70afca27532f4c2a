// The command line, from words to a command that can be run.
#ifndef TBBTHUMBS_TOOLS_OPTIONS_H_
#define TBBTHUMBS_TOOLS_OPTIONS_H_

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "tools/command_config.h"
#include "tools/raw_options.h"

namespace tbbthumbs::tool {

// SplitWords by the command's own options.
[[nodiscard]] tl::expected<RawOptions, std::string> ParseWords(const std::vector<std::string>& words);

// ParseWords, then configuration files, then everything checked. Reads the configuration files and the time of a file
// named by --newer-than, nothing else.
[[nodiscard]] tl::expected<CommandConfig, std::string> ParseCommand(const std::vector<std::string>& words);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_OPTIONS_H_
