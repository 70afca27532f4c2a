// The options of tbbthumbs-bench.
#ifndef TBBTHUMBS_BENCH_OPTION_TABLE_H_
#define TBBTHUMBS_BENCH_OPTION_TABLE_H_

#include <span>
#include <string>
#include <string_view>

#include "tools/option_table.h"

namespace tbbthumbs::bench {

inline constexpr unsigned kForRun = 1;
inline constexpr unsigned kForReport = 2;
inline constexpr unsigned kForCompare = 4;
inline constexpr unsigned kForTrace = 8;
inline constexpr unsigned kForScale = 16;

struct CommandSpec {
  std::string_view name;
  unsigned bit;  // in OptionSpec::commands; 0: it has no options of ours
  std::string_view usage;
  std::string_view help;
};

std::span<const CommandSpec> Commands();
std::span<const tool::OptionSpec> BenchOptions();

// All of it, 80 columns wide.
std::string BenchHelp();

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_OPTION_TABLE_H_
