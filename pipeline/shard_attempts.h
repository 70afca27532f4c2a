// The journals that runs of a plan's shards keep until they are merged.
#ifndef TBBTHUMBS_PIPELINE_SHARD_ATTEMPTS_H_
#define TBBTHUMBS_PIPELINE_SHARD_ATTEMPTS_H_

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"
#include "pipeline/plan_store.h"

namespace tbbthumbs {

// A run of a shard writes a journal of its own: OUT/.tbbthumbs/shards/PLAN/SHARD.HOST+PID+RANDOM.part, which becomes
// ....db when the run has come to its end, also if it was stopped. So no journal is written by two, and none is written
// any more that others read as ....db.
struct ShardAttempt {
  std::string path;
  int shard = 0;
  bool closed = false;                  // its run has come to its end
  std::chrono::nanoseconds modified{};  // since 1970, by the clock of the file system
};

// OUT/.tbbthumbs/shards/PLAN, with the first 16 digits of the plan's id.
std::string AttemptsDirectory(const PlanInfo& plan);

// "ID 3/8": the label of their runs.
std::string ShardLabel(const PlanInfo& plan, int shard);

// The oldest first; of all shards, or of one. None where there is no such directory. Errors: kIo.
[[nodiscard]] Result<std::vector<ShardAttempt>> ListAttempts(const PlanInfo& plan, int shard = -1);

struct AttemptOptions {
  // What the plan's journal knows of the inputs is not taken over.
  bool forget = false;
  // Nor which of them have failed.
  bool retry_failed = false;
  // False: enough has been taken over.
  std::function<bool()> go_on{};
};

// Makes the journal of a new run of the shard; what the plan's own journal and earlier runs of the shard know of its
// inputs is in it. What can't be read of those is passed over: that is made again. Returns its path, ending with
// ".part". Errors: kIo.
[[nodiscard]] Result<std::string> BeginAttempt(PlanReader& plan, int shard, const AttemptOptions& options);

// When its run has come to its end, and nobody has it open. Errors: kIo.
[[nodiscard]] Status CloseAttempt(const std::string& path);

// Removes the journals and what else such runs leave beside them, no other files; and their directory where it is empty
// then.
void RemoveAttempts(const PlanInfo& plan);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_SHARD_ATTEMPTS_H_
