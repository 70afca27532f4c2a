#include "pipeline/plan_merge.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "pipeline/confined_file_system.h"
#include "pipeline/file_system.h"
#include "pipeline/journal.h"
#include "pipeline/journal_copy.h"
#include "pipeline/shard_attempts.h"

namespace tbbthumbs {
namespace {

using FailureVisitor = std::function<void(const std::string& input, const Error&)>;

constexpr std::string_view kDone = "done";

std::string MergedLabel(const PlanInfo& plan) { return plan.id + " merged"; }

// The run that made the journal of an attempt, where it came to its end and is of this plan.
std::optional<JournalRun> CompletedRun(JournalStore& store, const std::string& label) {
  auto runs = store.Runs(1);
  if (!runs || runs->empty()) return std::nullopt;
  JournalRun& run = runs->front();
  if (run.label != label || run.end != kDone || !run.ended) return std::nullopt;
  return std::move(run);
}

void AddTo(JournalRun& totals, const JournalRun& run) {
  totals.inputs += run.inputs;
  totals.made += run.made;
  totals.up_to_date += run.up_to_date;
  totals.failed += run.failed;
  totals.skipped += run.skipped;
  totals.bytes_in += run.bytes_in;
  totals.bytes_out += run.bytes_out;
  totals.wall_time += run.wall_time;
  totals.cpu_time += run.cpu_time;
  totals.version = run.version;
  totals.started = totals.started.count() == 0 ? run.started : std::min(totals.started, run.started);
}

class Merger {
 public:
  Merger(PlanReader& plan, JournalStore& journal, const FailureVisitor& on_failure)
      : plan_(plan), journal_(journal), on_failure_(on_failure) {
    summary_.shards = plan.info().shards;
  }

  Result<MergeSummary> Run();
  // Whether it was the plan that Run has failed by.
  bool plan_failed() const { return plan_failed_; }

 private:
  Result<bool> WasMerged();
  Status MergeAttempts();
  Result<bool> MergeShard(int shard, const std::vector<ShardAttempt>& attempts);
  Status VisitFailures();
  Status WriteRun();

  PlanReader& plan_;
  JournalStore& journal_;
  const FailureVisitor& on_failure_;
  MergeSummary summary_;
  bool merged_any_ = false;
  bool plan_failed_ = false;
};

// Reads what the merge wrote that completed it.
Result<bool> Merger::WasMerged() {
  const auto runs = journal_.Runs(JournalStore::kMostRuns);
  if (!runs) return tl::unexpected<Error>(runs.error());
  const std::string label = MergedLabel(plan_.info());
  for (const JournalRun& run : *runs) {
    if (run.label != label || run.end != kDone) continue;
    summary_.merged_before = true;
    summary_.totals = run;
    return true;
  }
  return false;
}

Result<bool> Merger::MergeShard(int shard, const std::vector<ShardAttempt>& attempts) {
  // The newest first.
  for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt) {
    if (!attempt->closed) continue;
    // What can't be read is no attempt.
    const auto store = JournalStore::Open(attempt->path, JournalStore::Mode::kReadOnly);
    if (!store) continue;
    const auto run = CompletedRun(**store, ShardLabel(plan_.info(), shard));
    // Read once before anything is written: what is damaged is no attempt either.
    if (!run || !(*store)->Counts()) continue;
    Status copied = CopyJournalRows(**store, journal_, [&](const JournalEntry& entry) {
      const bool failed = entry.row.status == PictureStatus::kFailed && entry.row.error;
      if (failed && !summary_.merged_before) on_failure_(entry.input, *entry.row.error);
    });
    if (!copied) {
      return Fail(copied.error().code, "from " + attempt->path + ": " + copied.error().message);
    }
    merged_any_ = true;
    if (!summary_.merged_before) AddTo(summary_.totals, *run);
    return true;
  }
  return false;
}

Status Merger::MergeAttempts() {
  auto attempts = ListAttempts(plan_.info());
  if (!attempts) return tl::unexpected<Error>(std::move(attempts.error()));
  std::map<int, std::vector<ShardAttempt>> of_shards;
  for (ShardAttempt& attempt : *attempts) of_shards[attempt.shard].push_back(std::move(attempt));
  for (int shard = 0; shard < summary_.shards; ++shard) {
    const auto merged = MergeShard(shard, of_shards[shard]);
    if (!merged) return tl::unexpected<Error>(merged.error());
    if (*merged || summary_.merged_before) continue;
    summary_.missing.push_back(shard);
    summary_.missing_inputs += plan_.CountOf(shard);
  }
  return {};
}

// Of all shards, as the plan's journal knows them.
Status Merger::VisitFailures() {
  uint64_t failed = 0;
  for (int shard = 0; shard < summary_.shards; ++shard) {
    for (uint64_t place = 0;;) {
      const auto items = plan_.Page(shard, place);
      if (!items) {
        plan_failed_ = true;
        return tl::unexpected<Error>(items.error());
      }
      if (items->empty()) break;
      place += items->size();
      std::vector<std::string_view> paths;
      for (const PlanItem& item : *items) paths.push_back(item.path);
      std::vector<std::optional<JournalRow>> rows(paths.size());
      if (Status status = journal_.Find(paths, rows); !status) return status;
      for (size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i] || !rows[i]->error) continue;
        ++failed;
        on_failure_((*items)[i].path, *rows[i]->error);
      }
    }
  }
  // Some failures leave no row. A run since then has made up for them, or said so again.
  summary_.totals.failed = merged_any_ ? failed : std::max(failed, summary_.totals.failed);
  return {};
}

Status Merger::WriteRun() {
  JournalRun run = summary_.totals;
  run.label = MergedLabel(plan_.info());
  run.left = summary_.missing_inputs;
  const auto id = journal_.BeginRun(run);
  if (!id) return tl::unexpected<Error>(id.error());
  run.id = *id;
  run.ended = std::chrono::system_clock::now().time_since_epoch();
  run.end = summary_.missing.empty() ? kDone : "shards are missing";
  return journal_.EndRun(run);
}

Result<MergeSummary> Merger::Run() {
  const auto merged = WasMerged();
  if (!merged) return tl::unexpected<Error>(merged.error());
  Status status = MergeAttempts();
  if (status && summary_.merged_before) status = VisitFailures();
  if (!status) return tl::unexpected<Error>(std::move(status.error()));
  if (!summary_.missing.empty() && !*merged) {
    // Another merge may have been faster, and has removed what this one was looking for.
    const auto now = WasMerged();
    if (!now) return tl::unexpected<Error>(now.error());
    if (*now) {
      Merger complete(plan_, journal_, on_failure_);
      auto summary = complete.Run();
      plan_failed_ = complete.plan_failed();
      return summary;
    }
  }
  if (!summary_.merged_before || merged_any_) status = WriteRun();
  if (!status) return tl::unexpected<Error>(std::move(status.error()));
  if (summary_.missing.empty()) RemoveAttempts(plan_.info());
  return summary_;
}

}  // namespace

tl::expected<MergeSummary, MergeFailure> MergePlan(PlanReader& plan, const FailureVisitor& on_failure) {
  const auto fail = [&](const Error& error) {
    return tl::unexpected<MergeFailure>(
        MergeFailure{{error.code, "the journal " + plan.info().journal + ": " + error.message}});
  };
  const std::string& path = plan.info().journal;
  if (Status status = CreateDirectoriesBelow(plan.info().output, path.substr(0, path.rfind('/'))); !status) {
    return fail(status.error());
  }
  // Before anything is told of what is merged into it.
  auto journal = OpenJournal(path, path == JournalPath({}, plan.info().output), true);
  if (!journal) return fail(journal.error());
  Merger merger(plan, *journal->store, on_failure);
  auto summary = merger.Run();
  if (!summary && merger.plan_failed()) {
    return tl::unexpected<MergeFailure>(MergeFailure{std::move(summary.error()), true});
  }
  if (!summary) return fail(summary.error());
  summary->set_aside = std::move(journal->set_aside);
  return std::move(*summary);
}

std::string RangesText(const std::vector<int>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace tbbthumbs
