// Options: what the parser takes, what the help says, what a wrong name may have meant.
#ifndef TBBTHUMBS_TOOLS_OPTION_TABLE_H_
#define TBBTHUMBS_TOOLS_OPTION_TABLE_H_

#include <span>
#include <string_view>

namespace tbbthumbs::tool {

enum class OptionKind {
  kFlag,    // stands alone; `--no-NAME` takes it back
  kAction,  // stands alone and asks for one thing: no twin, not for a configuration file
  kValue,   // has a value; the last one counts
  kList,    // has a value; all count
};

enum class OptionGroup { kInput, kSize, kOutput, kRun, kWeb, kDisplay };

inline constexpr unsigned kForMake = 1;
inline constexpr unsigned kForInfo = 2;
inline constexpr unsigned kForRename = 4;
inline constexpr unsigned kForStatus = 8;
inline constexpr unsigned kForFailed = 16;
inline constexpr unsigned kForPrune = 32;
inline constexpr unsigned kForWatch = 64;
inline constexpr unsigned kForPlan = 128;
inline constexpr unsigned kForRun = 256;  // of a plan's shard
inline constexpr unsigned kForMerge = 512;
// Of those that ask a journal.
inline constexpr unsigned kForJournals = kForStatus | kForFailed | kForPrune;

struct OptionSpec {
  std::string_view name;  // without the dashes
  char letter;            // 0: none
  bool usual;             // on the short help screen
  OptionKind kind;
  OptionGroup group;
  unsigned commands;          // which of the program's commands take it: kForMake | ...
  std::string_view argument;  // "DIR"; "" for flags
  std::string_view help;
};

// Those of the command.
std::span<const OptionSpec> OptionTable();

// "input", "size", ...
std::string_view GroupName(OptionGroup group);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_OPTION_TABLE_H_
