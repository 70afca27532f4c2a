// The words of a command line, split by a table of options. The one part that knows Boost.Program_options.
#ifndef TBBTHUMBS_TOOLS_WORD_PARSER_H_
#define TBBTHUMBS_TOOLS_WORD_PARSER_H_

#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "tools/option_table.h"
#include "tools/raw_options.h"

namespace tbbthumbs::tool {

// What a program's command line may hold. What the views point to outlives it.
struct Vocabulary {
  std::span<const OptionSpec> options;
  std::string_view more;  // where all options are listed: "'tbbthumbs --help all' lists them"
};

// nullptr where there is none of that name.
const OptionSpec* FindOption(std::span<const OptionSpec> options, std::string_view name);

struct ParsedWords {
  std::vector<std::string> arguments;                     // what is no option, in order
  std::vector<std::pair<std::string, RawValue>> options;  // by name, in order; flags are "yes", their twins "no"
};

// Splits the words after the program's name into options and arguments. The error names the option and the nearest one
// that exists.
[[nodiscard]] tl::expected<ParsedWords, std::string> SplitWords(const std::vector<std::string>& words,
                                                                const Vocabulary& vocabulary);

// "unknown option '--sise'; the nearest is '--size'". `shown`: as it was written; `dashes`: before the nearest.
std::string UnknownOption(const Vocabulary& vocabulary, std::string_view shown, std::string_view dashes);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_WORD_PARSER_H_
