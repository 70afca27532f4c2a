#include "pipeline/rename_job.h"

#include <exception>
#include <new>
#include <utility>

#include "pipeline/confined_file_system.h"
#include "pipeline/file_system.h"
#include "pipeline/rename_log.h"
#include "pipeline/thread_name.h"

namespace tbbthumbs {
namespace {

// What a job that renamed nothing has made, where it is empty.
void RemoveEmptyLogDirectory(const std::string& root) {
  ConfinedFileSystem files(RealFileSystem(), {root});
  static_cast<void>(files.Remove(RenameLogDirectory(root)));
  static_cast<void>(files.Remove(JoinPath(root, kOwnDirectory)));
}

}  // namespace

RenameJob::RenameJob(RenameOptions options, RenameCallbacks callbacks)
    : options_(std::move(options)), callbacks_(std::move(callbacks)) {
  thread_ = std::jthread([this] { Run([this] { return RenameAll(); }); });
}

RenameJob::RenameJob(std::filesystem::path log, RenameCallbacks callbacks)
    : log_(std::move(log)), callbacks_(std::move(callbacks)) {
  thread_ = std::jthread([this] { Run([this] { return UndoAll(); }); });
}

RenameJob::~RenameJob() { Cancel(); }

RenameSummary RenameJob::Wait() {
  thread_.join();
  return std::move(summary_);
}

void RenameJob::Run(const std::function<Status()>& work) {
  NameThisThread("tbbt-rename");
  try {
    if (Status status = work(); !status) summary_.failure = std::move(status.error());
  } catch (const std::bad_alloc&) {
    summary_.failure = Error{ErrorCode::kOutOfMemory, "no memory for the names of all files"};
  } catch (const std::exception& error) {
    summary_.failure = Error{ErrorCode::kInternal, error.what()};
  }
  if (summary_.failure && summary_.failure->code == ErrorCode::kStopped) summary_.stopped = true;
}

bool RenameJob::GoesOn() const { return !cancelled_ && (!callbacks_.go_on || callbacks_.go_on()); }

Status RenameJob::Complete(const std::string& log, const RenameRecords& records, bool backwards) {
  const auto go_on = [this] { return GoesOn(); };
  const std::string& root = summary_.directory;
  RenameProgress progress = backwards ? UndoRenames(root, records, go_on) : DoRenames(root, records, go_on);
  summary_.log = log;
  summary_.steps = progress.done;
  summary_.undone = backwards;
  summary_.stopped = progress.stopped;
  // Steps that failed stay where they are: undoing tells of them and is over, renaming waits to be tried again.
  summary_.finished = !progress.stopped && (backwards || progress.problems.empty());
  for (RenameProblem& problem : progress.problems) summary_.problems.push_back(std::move(problem));
  if (!summary_.finished) return {};
  return AppendRenameState(log, backwards ? RenameState::kUndone : RenameState::kRenamed);
}

Status RenameJob::RenameAll() {
  const std::string root = options_.directory.string();
  summary_.directory = root;
  const auto unfinished = FindUnfinishedRename(root);
  if (!unfinished) return tl::unexpected<Error>(unfinished.error());
  if (*unfinished) {
    const std::string& log = **unfinished;
    if (options_.dry_run) return Fail(ErrorCode::kExists, "a renaming was interrupted here, which comes first: " + log);
    const auto lock = RenameLock::Take(root);
    if (!lock) return tl::unexpected<Error>(lock.error());
    const auto records = ReadRenameLog(log);
    if (!records) return Fail(records.error().code, log + ": " + records.error().message);
    summary_.resumed = true;
    return Complete(log, *records, records->state == RenameState::kUndoing);
  }

  const auto plan = PlanRenames(RealFileSystem(), options_, [this] { return GoesOn(); });
  if (!plan) return tl::unexpected<Error>(plan.error());
  summary_.pictures = plan->pictures;
  summary_.not_pictures = plan->not_pictures;
  summary_.left_out = plan->left_out;
  summary_.to_rename = plan->renames.size();
  summary_.problems = plan->problems;
  const bool wanted = !callbacks_.on_plan || callbacks_.on_plan(*plan);
  if (!plan->obstacles.empty()) {
    summary_.problems.insert(summary_.problems.end(), plan->obstacles.begin(), plan->obstacles.end());
    return Fail(ErrorCode::kExists, "nothing was renamed: files that keep their names have the new ones");
  }
  if (!wanted || !GoesOn()) return Fail(ErrorCode::kStopped, "stopped");
  summary_.finished = options_.dry_run || plan->renames.empty();
  return summary_.finished ? Status() : RenamePlanned(root, *plan);
}

Status RenameJob::RenamePlanned(const std::string& root, const RenamePlan& plan) {
  const auto lock = RenameLock::Take(root);
  if (!lock) return tl::unexpected<Error>(lock.error());
  // Files that are gone since are an error here.
  const auto records = ToRecords(RealFileSystem(), root, plan);
  if (!records) {
    RemoveEmptyLogDirectory(root);
    return Fail(records.error().code, "nothing was renamed: " + records.error().message);
  }
  const auto log = WriteRenameLog(root, *records);
  if (!log) {
    RemoveEmptyLogDirectory(root);
    return Fail(log.error().code, "nothing was renamed: " + log.error().message);
  }
  return Complete(*log, *records, false);
}

Status RenameJob::UndoAll() {
  const std::string log = log_.string();
  auto root = RootOfRenameLog(log);
  if (!root) return Fail(root.error().code, log + ": " + root.error().message);
  summary_.directory = *root;
  const auto there = RealFileSystem().Stat(log, true);
  if (!there) return Fail(there.error().code, log + ": " + there.error().message);
  const auto lock = RenameLock::Take(*root);
  if (!lock) return tl::unexpected<Error>(lock.error());
  const auto records = ReadRenameLog(log);
  if (!records) return Fail(records.error().code, log + ": " + records.error().message);
  if (records->state == RenameState::kUndone) return Fail(ErrorCode::kExists, log + ": it is undone already");
  if (records->state != RenameState::kUndoing) {
    if (Status status = AppendRenameState(log, RenameState::kUndoing); !status) return status;
  }
  return Complete(log, *records, true);
}

}  // namespace tbbthumbs
