#include "tools/plan_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <string_view>

#include "pipeline/absolute_path.h"
#include "pipeline/plan_store.h"
#include "tools/isolated_maker.h"
#include "tools/option_reader.h"
#include "tools/option_table.h"
#include "tools/option_values.h"
#include "tools/read_inputs.h"
#include "tools/read_job.h"
#include "tools/word_parser.h"

namespace tbbthumbs::tool {
namespace {

std::string TextOf(std::chrono::system_clock::time_point time) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  return fmt::format("@{}.{:09}", seconds.count(), (since_epoch - seconds).count());
}

// Does not outlive the plan's own run.
bool IsKeptInPlan(const OptionSpec& option) {
  // Of looking for inputs, and of how it is done here.
  constexpr std::string_view kNotKept[] = {"recursive", "include", "exclude", "files-from", "urls",
                                           "null",      "hidden",  "follow",  "plan",       "shards",
                                           "config",    "sandbox", "isolate"};
  return option.group != OptionGroup::kDisplay && option.group != OptionGroup::kWeb &&
         std::find(std::begin(kNotKept), std::end(kNotKept), option.name) == std::end(kNotKept);
}

// Paths and times as they are seen from everywhere.
std::vector<std::pair<std::string, std::string>> OptionsToKeep(const RawOptions& raw, const JobOptions& job) {
  std::vector<std::pair<std::string, std::string>> kept;
  const std::string directory = CurrentDirectory();
  for (const OptionSpec& option : OptionTable()) {
    const auto found = raw.values.find(option.name);
    if (found == raw.values.end() || !IsKeptInPlan(option)) continue;
    for (const RawValue& value : found->second) {
      std::string text = value.text;
      if (option.name == "output" || option.name == "journal") text = AbsolutePath(directory, text);
      if (option.name == "newer-than" && job.input.newer_than) text = TextOf(*job.input.newer_than);
      kept.emplace_back(option.name, std::move(text));
    }
  }
  return kept;
}

void ReadPlanFile(OptionReader& reader, const std::string& command, std::filesystem::path& plan) {
  reader.Read("plan", plan, ParsePath);
  if (plan.empty()) reader.Refuse(fmt::format("--plan FILE is missing, as in: tbbthumbs {} --plan plan.db", command));
}

void RefuseArguments(const RawOptions& raw, OptionReader& reader) {
  if (!raw.arguments.empty()) {
    reader.Refuse(fmt::format("'{}': the inputs are those of the plan", raw.arguments.front()));
  }
}

}  // namespace

tl::expected<PlanConfig, std::string> ToPlanConfig(const RawOptions& raw) {
  PlanConfig config;
  OptionReader reader(raw);
  reader.Read("output", config.make.job.output, ParsePath);
  ReadInputs(raw, reader, config.make.job.input);
  ReadJob(reader, config.make.job);
  ReadSandbox(reader, config.make.sandbox);
  reader.ReadFlag("isolate", config.make.isolate);
  ReadDisplay(reader, config.make.display);
  ReadPlanFile(reader, "plan photos/ -o thumbs/ --shards 8", config.plan);
  reader.ReadInt("shards", config.shards, 1, kMostShards);
  if (config.make.job.if_exists == IfExists::kFail) {
    reader.Refuse("--if-exists fail: not for a plan: a shard that is run again would fail by its own thumbnails");
  }
  if (config.shards == 0) reader.Refuse("--shards N is missing: into how many parts the plan is divided");
  for (const auto& [name, values] : raw.values) {
    const OptionSpec* option = FindOption(OptionTable(), name);
    if ((option->commands & (kForPlan | kForRun)) == 0) {
      reader.Refuse(fmt::format("{}: not for a plan", values.back().origin));
    }
  }
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  config.options = OptionsToKeep(raw, config.make.job);
  return config;
}

tl::expected<ShardConfig, std::string> ToShardConfig(const RawOptions& raw) {
  ShardConfig config;
  OptionReader reader(raw);
  RefuseArguments(raw, reader);
  ReadPlanFile(reader, "run --shard 0/8", config.plan);
  reader.Read("shard", config.shard, ParseText);
  if (config.shard.empty()) reader.Refuse("--shard is missing: 0/8 (the first of eight), 0, or auto");
  JobOptions ignored;
  ignored.output = ".";
  ReadJob(reader, ignored);
  ReadManners(reader, config.nice, config.max_load);
  ReadSandbox(reader, config.sandbox);
  reader.ReadFlag("isolate", config.isolate);
  ReadDisplay(reader, config.display);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  config.options = raw;
  return config;
}

tl::expected<MergeConfig, std::string> ToMergeConfig(const RawOptions& raw) {
  MergeConfig config;
  OptionReader reader(raw);
  RefuseArguments(raw, reader);
  ReadPlanFile(reader, "merge", config.plan);
  ReadDisplay(reader, config.display);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<MakeConfig, std::string> ToMakeConfig(const std::vector<std::pair<std::string, std::string>>& planned,
                                                   const ShardConfig& shard) {
  RawOptions raw;
  for (const auto& [name, value] : planned) {
    raw.values[name].push_back({value, fmt::format("{}: --{}", shard.plan.string(), name)});
  }
  for (const auto& [name, values] : shard.options.values) raw.values.insert_or_assign(name, values);
  MakeConfig config;
  OptionReader reader(raw);
  reader.Read("output", config.job.output, ParsePath);
  ReadFilters(reader, config.job.input);
  ReadJob(reader, config.job);
  ReadManners(reader, config.nice, config.max_load);
  ReadDisplay(reader, config.display);
  CheckPlaceholders(reader, config);
  config.job.maker = config.decoders = shard.decoders;
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

}  // namespace tbbthumbs::tool
