#include "tools/watch_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/changed_inputs.h"
#include "pipeline/file_system.h"
#include "pipeline/journal.h"
#include "pipeline/missing_disk.h"
#include "pipeline/tree_follower.h"
#include "pipeline/tree_watcher.h"
#include "tools/job_session.h"
#include "tools/json_report.h"
#include "tools/prune_command.h"
#include "tools/report.h"
#include "tools/signals.h"
#include "tools/stop_times.h"
#include "tools/thread_limit.h"
#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

using Changes = TreeWatcher::Changes;

// Of failures that are not said yet, and of directories that can't be read. Beyond that some may be said twice, or not
// (the journal has them).
constexpr size_t kMostRemembered = 10'000;

// "a/b/" of "a/b" and of "a/b/".
std::string WithSlash(std::string path) {
  if (!path.ends_with('/')) path += '/';
  return path;
}

class Watch {
 public:
  Watch(WatchConfig config, Terminal& terminal);
  ExitCode Run();

 private:
  // Of one run.
  struct Round {
    uint64_t number = 0;     // 0: over everything, before anything has changed
    Changes changes;         // that it is for
    bool everything = true;  // is looked at
    uint64_t failed = 0;     // that were said
    uint64_t put_off = 0;    // failures that were not, as the files are changing
    std::array<uint64_t, kErrorCodeCount> put_off_by_code{};
    uint64_t removed = 0;  // thumbnails
  };

  std::optional<ExitCode> Begin();
  std::optional<ExitCode> CheckOutput();
  // A run, and what is to be done behind it. The code where it was the last one.
  std::optional<ExitCode> MakeRound(Round round);
  void OnResult(const PictureResult& result, Round& round);
  void OnFailure(const PictureResult& result, Round& round);
  void Say(const PictureResult& result);
  void ForgetPutOff(RunSummary& summary, const Round& round);
  void FilterWalkErrors(RunSummary& summary, const Round& round);
  void Report(const RunSummary& summary, const Round& round);
  std::optional<ExitCode> Prune(Round& round);
  PruneScope ScopeOf(const Changes& changes) const;
  bool WasEmptied(const std::string& directory, const Round& round);
  void UpdateKeptPlaces(const PruneSummary& summary);
  ExitCode Refuse(const std::string& message, ExitCode code);

  // Of a file as the walk names it, and of an absolute path; nothing where it is in none of the trees.
  std::optional<TreePath> Locate(const std::string& path, const std::vector<std::string>& roots) const;

  WatchConfig config_;
  const DisplayConfig& display_ = config_.make.display;
  Terminal& terminal_;
  const TextStyle style_;
  std::vector<std::string> roots_;           // as files below them are named, with '/' at the end or ""
  std::vector<std::string> absolute_roots_;  // as the journal names them, with '/' at the end
  FileId output_id_;

  std::set<std::string> put_off_;      // failures to be said when they come again
  std::set<std::string> said_errors_;  // of directories that can't be read
  PruneKnowledge prune_;
  bool prune_everything_ = true;  // next time
  bool trust_empty_ = true;

  Stopper stopper_;
  std::stop_source stop_;
  std::atomic<bool> working_ = false;
  StopPacer pacer_{[this](std::chrono::milliseconds grace) { stopper_.Stop(grace); }};
  std::optional<SignalWatcher> signals_;
  std::optional<ThreadLimit> thread_limit_;
  std::optional<TreeFollower> follower_;
  std::optional<ChangedInputs> inputs_;
};

Watch::Watch(WatchConfig config, Terminal& terminal)
    : config_(std::move(config)), terminal_(terminal), style_(StyleOf(display_, terminal.err_fd())) {
  for (const auto& path : config_.make.job.input.paths) {
    const std::string root = path.string();
    roots_.push_back(root == "." ? "" : WithSlash(root));
    absolute_roots_.push_back(WithSlash(JournalInput(root)));
  }
  prune_.out_of_use = true;
}

ExitCode Watch::Refuse(const std::string& message, ExitCode code) {
  terminal_.WriteError(ErrorLine(message, style_));
  return code;
}

ExitCode Watch::Run() {
  if (!PrepareProcess(config_.make.nice, config_.make.max_load, display_, terminal_)) return kExitUsage;
  const auto on_late = [&] {
    const bool silent = !working_ || display_.quiet;
    terminal_.Abandon(silent ? "" : ErrorLine("stopped before all had come to its end: there is no summary", style_));
  };
  const auto on_stop = [&] {
    pacer_.Start();
    stop_.request_stop();
  };
  signals_.emplace(SignalActions{.on_stop = on_stop,
                                 .on_exit = [&] { terminal_.Abandon(); },
                                 .patience = [this] { return pacer_.patience(); },
                                 .on_late = on_late});
  if (const auto code = Begin()) return *code;
  if (const auto code = MakeRound({})) return *code;
  if (!display_.quiet) {
    const size_t count = follower_->directory_count();
    terminal_.WriteError(fmt::format("watching {} {}", FormatCount(count), count == 1 ? "directory" : "directories"));
  }
  JobOptions& job = config_.make.job;
  job.journal.retry_failed = job.journal.forget = job.count_total = false;
  job.journal.only_news = true;
  for (uint64_t number = 1;; ++number) {
    auto changes = follower_->Next(stop_.get_token());
    if (!changes) return Refuse(changes.error().message, kExitSomeFailed);
    if (!*changes) return ExitCodeOfSignal(signals_->received());
    if (const auto code = MakeRound({.number = number, .changes = std::move(**changes)})) return *code;
  }
}

std::optional<ExitCode> Watch::Begin() {
  JobOptions& job = config_.make.job;
  FileSystem& files = RealFileSystem();
  for (const auto& path : job.input.paths) {
    const auto info = files.Stat(path.string(), true);
    const bool is_directory = info && info->kind == FileKind::kDirectory;
    if (info && !is_directory)
      return Refuse(path.string() + ": it is no directory: only those can be watched", kExitUsage);
  }
  const std::string output = job.output.string();
  if (const Status made = CreateNamedDirectory(files, "output", output); !made) {
    return Refuse(made.error().message, kExitOutput);
  }
  const auto info = files.Stat(output, true);
  if (!info) return Refuse("the output directory " + output + ": " + info.error().message, kExitOutput);
  output_id_ = info->id;
  // Before the first run: what changes while that goes on is looked at after it.
  auto watcher = TreeWatcher::Start({.input = job.input, .skip = {output_id_}, .times = config_.times});
  if (!watcher) {
    const bool wrong_use = watcher.error().code == ErrorCode::kUnsupported;
    return Refuse(watcher.error().message, wrong_use ? kExitUsage : kExitSomeFailed);
  }
  thread_limit_.emplace(job.threads);
  follower_.emplace(std::move(*watcher), [&] { stopper_.Stop({}); });
  inputs_.emplace(RealFileSystem(), job);
  job.journal.one_naming = true;
  return std::nullopt;
}

// A new one would be watched as if it were full of pictures, and what lay in the old one has to be made again.
std::optional<ExitCode> Watch::CheckOutput() {
  const std::string output = config_.make.job.output.string();
  const auto info = RealFileSystem().Stat(output, true);
  if (info && info->id == output_id_) return std::nullopt;
  return Refuse("the output directory " + output + " was removed or replaced", kExitOutput);
}

std::optional<ExitCode> Watch::MakeRound(Round round) {
  if (const auto code = CheckOutput()) return code;
  working_ = true;
  MakeConfig make = config_.make;
  const bool first = round.number == 0;
  const bool progress = first && WantsProgress(display_, false, terminal_);
  make.job.count_total = progress;
  if (!first) make.job.input = inputs_->After(round.changes);
  round.everything = !make.job.input.only;
  make.job.on_result = [&](const PictureResult& result) { OnResult(result, round); };
  auto run = RunJob(make, progress, terminal_, *signals_, stopper_);
  if (!run) return Refuse(run.error().message, ExitCodeOf(run.error()));
  RunSummary& summary = run->summary;
  ForgetPutOff(summary, round);
  FilterWalkErrors(summary, round);
  ReportTroubles(summary, display_, terminal_);
  const bool ended = !summary.stopped && !summary.fatal && !summary.journal_failure;
  const auto pruned = config_.make.prune && ended ? Prune(round) : std::nullopt;
  Report(summary, round);
  working_ = false;
  if (terminal_.out_error() != 0) {
    return Refuse(fmt::format("standard output: {}", std::strerror(terminal_.out_error())), kExitOutput);
  }
  if (summary.fatal || summary.journal_failure) return kExitOutput;
  // Stopped because no more can be watched: that is told next.
  if (signals_->received() != 0) return ExitCodeOfSignal(signals_->received());
  return pruned;
}

void Watch::OnResult(const PictureResult& result, Round& round) {
  if (result.outcome == Outcome::kFailed && result.error) return OnFailure(result, round);
  if (!put_off_.empty()) put_off_.erase(result.input.string());
  // Later nobody wants to hear of all that is as it was.
  if (round.number == 0 || result.outcome == Outcome::kMade) Say(result);
}

void Watch::OnFailure(const PictureResult& result, Round& round) {
  const std::string path = result.input.string();
  const bool said_before = result.known && round.number > 0 && !put_off_.contains(path);
  if (said_before) return;
  const auto place = Locate(path, roots_);
  const bool gone = result.error->code == ErrorCode::kNotFound;
  if (gone || (place && !follower_->IsSettled(*place))) {
    if (put_off_.size() == kMostRemembered) put_off_.clear();
    if (!gone) put_off_.insert(path);
    ++round.put_off;
    ++round.put_off_by_code[static_cast<size_t>(result.error->code)];
    return;
  }
  put_off_.erase(path);
  ++round.failed;
  Say(result);
}

void Watch::Say(const PictureResult& result) {
  if (result.outcome == Outcome::kFailed) {
    terminal_.WriteError(FailureLine(result.input, *result.error, style_));
  } else if (display_.verbose) {
    terminal_.WriteError(ResultLine(result, style_));
  }
  if (display_.json && !terminal_.WriteOut(PictureJson(result))) stopper_.Stop({});
}

// As if they had been left out.
void Watch::ForgetPutOff(RunSummary& summary, const Round& round) {
  summary.failed -= round.put_off;
  summary.left += round.put_off;
  for (size_t i = 0; i < summary.failed_by_code.size(); ++i) summary.failed_by_code[i] -= round.put_off_by_code[i];
}

void Watch::FilterWalkErrors(RunSummary& summary, const Round& round) {
  const bool first = round.number == 0;
  std::set<std::string> errors;
  const size_t old = std::erase_if(summary.walk_errors, [&](const Error& error) {
    errors.insert(error.message);
    return !first && (error.code == ErrorCode::kNotFound || said_errors_.contains(error.message));
  });
  summary.walk_error_count -= old;
  if (round.everything || said_errors_.size() + errors.size() > kMostRemembered) said_errors_.clear();
  said_errors_.merge(errors);
}

void Watch::Report(const RunSummary& summary, const Round& round) {
  const bool first = round.number == 0;
  const bool news = summary.made + round.failed + round.removed + summary.walk_error_count > 0;
  if (!first && !news && !summary.fatal && !summary.journal_failure) return;
  if (display_.json) terminal_.WriteOut(SummaryJson(summary, round.number));
  if (display_.quiet) return;
  if (first) {
    for (const std::string& line : SummaryLines(summary)) terminal_.WriteError(line);
    return;
  }
  std::string line = "made " + FormatCount(summary.made);
  if (round.failed > 0) line += ", failed " + FormatCount(round.failed);
  if (round.removed > 0) line += ", removed " + FormatCountOf(round.removed, "thumbnail");
  terminal_.WriteError(line + " in " + FormatDuration(summary.wall_time));
}

std::optional<ExitCode> Watch::Prune(Round& round) {
  PruneConfig config;
  config.where = {.output = config_.make.job.output, .journal = config_.make.job.journal};
  config.display = display_;
  prune_.only_news = round.number > 0;
  prune_.scope.reset();
  if (!round.everything && !prune_everything_) prune_.scope = ScopeOf(round.changes);
  prune_.emptied = [&](const std::string& directory) { return WasEmptied(directory, round); };
  const auto go_on = [&] { return !stop_.stop_requested(); };
  const PruneOutcome outcome = PruneAfterRun(config, prune_, terminal_, go_on, [&] { return signals_->received(); });
  const PruneSummary& summary = outcome.summary;
  round.removed = summary.thumbnails;
  if (!prune_.scope) prune_everything_ = summary.all_missing || summary.stopped || summary.failure.has_value();
  UpdateKeptPlaces(summary);
  return outcome.code == kExitOutput ? std::optional(kExitOutput) : std::nullopt;
}

PruneScope Watch::ScopeOf(const Changes& changes) const {
  const auto absolute = [&](const TreePath& path) {
    return WithSlash(JoinPath(absolute_roots_[path.root], path.path));
  };
  // Sorted: a tree comes before what is in it.
  std::set<std::string> trees;
  for (const TreePath& path : changes.gone) trees.insert(absolute(path));
  for (const TreePath& path : changes.changed) {
    // What was kept below it, where a disk might have been missing, is looked at again.
    const std::string directory = absolute(path);
    if (prune_.kept_places.contains(ParentDirectory(directory + "."))) trees.insert(directory);
  }
  PruneScope scope;
  scope.apart = absolute_roots_;
  const auto in_trees = [&](const std::string& directory) {
    return std::any_of(scope.trees.begin(), scope.trees.end(),
                       [&](const std::string& tree) { return directory.starts_with(tree); });
  };
  for (const std::string& tree : trees) {
    if (!in_trees(tree)) scope.trees.push_back(tree);
  }
  std::set<std::string> directories;
  for (const TreePath& path : changes.changed) directories.insert(absolute(path));
  for (const std::string& directory : directories) {
    if (!in_trees(directory)) scope.directories.push_back(directory);
  }
  return scope;
}

// A directory that has been watched from when it had files to when it had none.
bool Watch::WasEmptied(const std::string& directory, const Round& round) {
  if (round.number == 0 || round.changes.everything || !trust_empty_) return false;
  const auto holds = [](const std::string& path, const std::string& place) {
    return WithSlash(path).starts_with(WithSlash(place));
  };
  const auto& kept = prune_.kept_places;
  if (std::any_of(kept.begin(), kept.end(), [&](const auto& place) { return holds(directory, place); })) return false;
  const auto place = Locate(WithSlash(directory), absolute_roots_);
  if (!place) return false;
  const auto& gone = round.changes.gone;
  if (std::any_of(gone.begin(), gone.end(), [&](const TreePath& path) { return LiesIn(*place, path); })) return false;
  return follower_->Stands(*place);
}

void Watch::UpdateKeptPlaces(const PruneSummary& summary) {
  // What has files again is no place for a disk that is missing.
  std::erase_if(prune_.kept_places, [](const std::string& place) {
    const auto listing = RealFileSystem().List(place);
    return listing && listing->size() > 0;
  });
  uint64_t pictures = 0;
  for (const KeptPlace& place : summary.kept_places) {
    prune_.kept_places.insert(place.directory);
    pictures += place.pictures;
  }
  // Not all places are told.
  if (pictures < summary.kept || prune_.kept_places.size() > kMostRemembered) trust_empty_ = false;
}

std::optional<TreePath> Watch::Locate(const std::string& path, const std::vector<std::string>& roots) const {
  for (size_t i = 0; i < roots.size(); ++i) {
    if (!path.starts_with(roots[i])) continue;
    std::string below = path.substr(roots[i].size());
    if (below.ends_with('/')) below.pop_back();
    return TreePath{i, std::move(below)};
  }
  return std::nullopt;
}

}  // namespace

ExitCode RunWatch(WatchConfig config, Terminal& terminal) { return Watch(std::move(config), terminal).Run(); }

}  // namespace tbbthumbs::tool
