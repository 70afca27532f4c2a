#include "tools/shard_index.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string_view>

#include "tools/option_values.h"
#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

// Of Slurm, Kubernetes, AWS Batch, Google's Cloud Run and Batch. The number of tasks is not asked for: of an array that
// was submitted in part it is that of the part.
constexpr const char* kVariables[] = {"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX",
                                      "CLOUD_RUN_TASK_INDEX", "BATCH_TASK_INDEX"};

tl::unexpected<std::string> Wrong(std::string message) { return tl::unexpected<std::string>(std::move(message)); }

// `origin`: who says it, for the message.
tl::expected<int, std::string> CheckedIndex(const std::string& origin, std::string_view text, int shards) {
  const auto index = ParseInt(text, 0, std::numeric_limits<int>::max());
  if (!index) return Wrong(fmt::format("{}: {}", origin, index.error()));
  if (*index < shards) return *index;
  return Wrong(fmt::format("{}: there is no shard {}: the plan has {}, numbered from 0", origin, *index,
                           FormatCountOf(static_cast<uint64_t>(shards), "shard")));
}

tl::expected<int, std::string> FromEnvironment(int shards, const std::function<const char*(const char*)>& getenv) {
  const char* chosen = nullptr;
  std::string value;
  for (const char* const variable : kVariables) {
    const char* const text = getenv(variable);
    if (text == nullptr || *text == '\0') continue;
    if (chosen != nullptr && value != text) {
      return Wrong(fmt::format("--shard auto: {} is {}, but {} is {}", chosen, value, variable, text));
    }
    if (chosen == nullptr) chosen = variable;
    value = text;
  }
  if (chosen != nullptr) return CheckedIndex(chosen, value, shards);
  return Wrong(fmt::format("--shard auto: none of {} is set", fmt::join(kVariables, ", ")));
}

}  // namespace

tl::expected<int, std::string> ChooseShard(const std::string& text, int shards,
                                           const std::function<const char*(const char*)>& getenv) {
  if (text == "auto") return FromEnvironment(shards, getenv);
  const size_t slash = text.find('/');
  if (slash != std::string::npos) {
    const auto count = ParseInt(std::string_view(text).substr(slash + 1), 1, std::numeric_limits<int>::max());
    if (!count) return Wrong(fmt::format("--shard: '{}' is neither a number, nor 3/8, nor auto", text));
    if (*count != shards) {
      return Wrong(
          fmt::format("--shard: {}: the plan has {}", text, FormatCountOf(static_cast<uint64_t>(shards), "shard")));
    }
  }
  return CheckedIndex("--shard", std::string_view(text).substr(0, slash), shards);
}

}  // namespace tbbthumbs::tool
