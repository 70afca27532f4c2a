// What the commands share: saying things and saving them.
#ifndef TBBTHUMBS_BENCH_COMMAND_SUPPORT_H_
#define TBBTHUMBS_BENCH_COMMAND_SUPPORT_H_

#include <filesystem>
#include <string>
#include <string_view>

#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::bench {

// "tbbthumbs-bench: MESSAGE" on standard error; escaped where a terminal reads it.
void Complain(std::string_view message, tool::Terminal& terminal);

// Complains, and returns `code`.
tool::ExitCode Fails(std::string_view message, tool::ExitCode code, tool::Terminal& terminal);

// Complains where a file can't be written beside `file`; leaves nothing.
tool::ExitCode CheckWritable(const std::filesystem::path& file, tool::Terminal& terminal);

// Puts a file that holds `text` in the place of `file`, whole or not at all; complains where that fails.
tool::ExitCode SaveText(const std::filesystem::path& file, std::string_view text, tool::Terminal& terminal);

// Standard output.
tool::ExitCode SayLines(std::string text, tool::Terminal& terminal);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_COMMAND_SUPPORT_H_
