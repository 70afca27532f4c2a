// Plans, shards and merges: what to do, checked.
#ifndef TBBTHUMBS_TOOLS_PLAN_CONFIG_H_
#define TBBTHUMBS_TOOLS_PLAN_CONFIG_H_

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "tools/command_config.h"
#include "tools/raw_options.h"

namespace tbbthumbs::tool {

// Errors as of those in command_config.h.
[[nodiscard]] tl::expected<PlanConfig, std::string> ToPlanConfig(const RawOptions& raw);
[[nodiscard]] tl::expected<ShardConfig, std::string> ToShardConfig(const RawOptions& raw);
[[nodiscard]] tl::expected<MergeConfig, std::string> ToMergeConfig(const RawOptions& raw);

// What a shard is made with: PlanConfig::options, and those of its own run, which win. The inputs are left open.
[[nodiscard]] tl::expected<MakeConfig, std::string> ToMakeConfig(
    const std::vector<std::pair<std::string, std::string>>& planned, const ShardConfig& shard);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_PLAN_CONFIG_H_
