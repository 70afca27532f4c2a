// The commands of tbbthumbs-bench, each from its options to its exit code.
#ifndef TBBTHUMBS_BENCH_COMMANDS_H_
#define TBBTHUMBS_BENCH_COMMANDS_H_

#include <string>

#include "bench/options.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::bench {

// `command`: as it was typed, for the results.
tool::ExitCode Execute(const RunCommand& run, const std::string& command, tool::Terminal& terminal);
tool::ExitCode Execute(const ReportCommand& report, tool::Terminal& terminal);
tool::ExitCode Execute(const CompareCommand& compare, tool::Terminal& terminal);
tool::ExitCode Execute(const TraceCommand& trace, tool::Terminal& terminal);
tool::ExitCode Execute(const ScaleCommand& scale, tool::Terminal& terminal);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_COMMANDS_H_
