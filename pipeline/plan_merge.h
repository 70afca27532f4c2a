// The journals of a plan's shards as one.
#ifndef TBBTHUMBS_PIPELINE_PLAN_MERGE_H_
#define TBBTHUMBS_PIPELINE_PLAN_MERGE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "codecs/error.h"
#include "pipeline/journal_store.h"
#include "pipeline/plan_store.h"

namespace tbbthumbs {

struct MergeSummary {
  int shards = 0;
  std::vector<int> missing;     // shards that no run has brought to its end, in order
  uint64_t missing_inputs = 0;  // of these
  bool merged_before = false;   // it was complete when this began
  // The last runs of the shards that are there, added up. Of a plan that was complete before, as it was then, but for
  // `failed`.
  JournalRun totals;
  // Where the plan's journal was put, as it was damaged: all that others had written there is no longer known.
  std::optional<std::string> set_aside;
};

struct MergeFailure {
  Error error;           // names the journal, where it is of that
  bool of_plan = false;  // that could not be read
};

// Takes over what the last completed run of each shard says of its inputs into the plan's journal, and where none is
// missing removes the shards' journals. `on_failure` is called for each input that has failed, shard by shard. Killed
// at any instant, the same again brings it to its end; done again, it says the same again. A journal that is damaged
// is set aside first. Errors: kIo, kNoSpace,
// kOutOfMemory, kCorrupt; those of the plan as PlanReader has them.
[[nodiscard]] tl::expected<MergeSummary, MergeFailure> MergePlan(
    PlanReader& plan, const std::function<void(const std::string& input, const Error&)>& on_failure);

// "1,3-5": numbers that follow each other as one range.
std::string RangesText(const std::vector<int>& numbers);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_PLAN_MERGE_H_
