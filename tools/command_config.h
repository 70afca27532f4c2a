// What to do, checked: the last of the three forms of a command line (words, raw options, this).
#ifndef TBBTHUMBS_TOOLS_COMMAND_CONFIG_H_
#define TBBTHUMBS_TOOLS_COMMAND_CONFIG_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "codecs/limits.h"
#include "codecs/thumbnail_spec.h"
#include "pipeline/job.h"
#include "pipeline/rename_plan.h"
#include "pipeline/settling_changes.h"
#include "tools/raw_options.h"
#include "tools/report.h"
#include "tools/sandbox.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

class IsolatedMaker;  // tools/isolated_maker.h

struct DisplayConfig {
  When progress = When::kAuto;
  When color = When::kAuto;
  bool verbose = false;  // a line for each picture
  bool quiet = false;    // only errors; verbose is off then
  bool json = false;
};

// How text is written to `fd`.
TextStyle StyleOf(const DisplayConfig& display, int fd);

// Thumbnails of many pictures.
struct MakeConfig {
  JobOptions job;
  bool nice = false;               // give way to other programs
  std::optional<double> max_load;  // of others: above it no picture is started (see LoadLimit)
  bool prune = false;              // afterwards
  SandboxMode sandbox = SandboxMode::kAuto;
  bool isolate = false;                     // decode in other processes
  std::shared_ptr<IsolatedMaker> decoders;  // these, once they are there; also the job's maker
  DisplayConfig display;
};

// Thumbnails that follow their directories until the command is stopped.
struct WatchConfig {
  MakeConfig make;
  SettleTimes times;
};

// What the headers of some pictures say.
struct InfoConfig {
  std::vector<std::filesystem::path> files;
  std::vector<SizeSpec> sizes{SizeSpec{}};  // for which the decoder's scale is told
  DecodeLimits limits;
  SandboxMode sandbox = SandboxMode::kAuto;
  bool json = false;
};

// Bulk renaming, or taking one back.
struct RenameConfig {
  RenameOptions rename;
  std::filesystem::path undo;  // the log; empty: rename
  SandboxMode sandbox = SandboxMode::kAuto;
  DisplayConfig display;
};

// Where earlier runs put thumbnails, and their journal.
struct JournalConfig {
  std::filesystem::path output = ".";
  JournalOptions journal;  // its path
};

// What the journal knows, in numbers.
struct StatusConfig {
  JournalConfig where;
  DisplayConfig display;
};

// The inputs that failed.
struct FailedConfig {
  JournalConfig where;
  bool null = false;  // paths end with NUL
  DisplayConfig display;
};

// Removing the thumbnails of inputs that are gone.
struct PruneConfig {
  JournalConfig where;
  bool dry_run = false;
  bool even_all = false;
  DisplayConfig display;
};

// A plan for many machines.
struct PlanConfig {
  MakeConfig make;  // what is to be planned
  std::filesystem::path plan;
  int shards = 0;
  // Options that each shard is made with, by name, in order: they mean the same on every machine.
  std::vector<std::pair<std::string, std::string>> options;
};

// A shard of a plan.
struct ShardConfig {
  std::filesystem::path plan;
  std::string shard;  // as it was said: see ChooseShard
  RawOptions options;
  bool nice = false;  // as in MakeConfig
  std::optional<double> max_load;
  SandboxMode sandbox = SandboxMode::kAuto;
  bool isolate = false;
  std::shared_ptr<IsolatedMaker> decoders;
  DisplayConfig display;
};

// The journals of a plan's shards as one.
struct MergeConfig {
  std::filesystem::path plan;
  DisplayConfig display;
};

struct HelpConfig {
  bool all = false;
};

struct VersionConfig {
  bool verbose = false;  // also what this machine offers
};

using CommandConfig = std::variant<MakeConfig, WatchConfig, InfoConfig, RenameConfig, StatusConfig, FailedConfig,
                                   PruneConfig, PlanConfig, ShardConfig, MergeConfig, HelpConfig, VersionConfig>;

// Checks every value. Errors: a message for people that begins with the option; more lines may follow that show where
// in a value the mistake is.
[[nodiscard]] tl::expected<MakeConfig, std::string> ToMakeConfig(const RawOptions& raw);
[[nodiscard]] tl::expected<WatchConfig, std::string> ToWatchConfig(const RawOptions& raw);
[[nodiscard]] tl::expected<InfoConfig, std::string> ToInfoConfig(const RawOptions& raw);
[[nodiscard]] tl::expected<RenameConfig, std::string> ToRenameConfig(const RawOptions& raw);
[[nodiscard]] tl::expected<StatusConfig, std::string> ToStatusConfig(const RawOptions& raw);
[[nodiscard]] tl::expected<FailedConfig, std::string> ToFailedConfig(const RawOptions& raw);
[[nodiscard]] tl::expected<PruneConfig, std::string> ToPruneConfig(const RawOptions& raw);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_COMMAND_CONFIG_H_
