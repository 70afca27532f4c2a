// Bulk renaming of the pictures in a directory, in the background.
//
//   tbbthumbs::RenameOptions options;
//   options.directory = "photos";
//   options.names.name_template = "{date:%Y-%m-%d_%H%M%S}";
//   tbbthumbs::RenameJob job(options, {});
//   ...
//   tbbthumbs::RenameSummary summary = job.Wait();
#ifndef TBBTHUMBS_PIPELINE_RENAME_JOB_H_
#define TBBTHUMBS_PIPELINE_RENAME_JOB_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "codecs/error.h"
#include "pipeline/rename_plan.h"

namespace tbbthumbs {

// Called from the background thread, one call at a time. Must not throw.
struct RenameCallbacks {
  // Once, with the whole plan, before anything is renamed; not for what an earlier job has left. False stops it.
  std::function<bool(const RenamePlan&)> on_plan;
  // Before each file that is looked at and each step of the renaming; false stops it there.
  std::function<bool()> go_on;
};

struct RenameSummary {
  uint64_t pictures = 0;      // looked at, that had to be named
  uint64_t to_rename = 0;     // of those
  uint64_t not_pictures = 0;  // by their bytes
  uint64_t left_out = 0;      // by RenameOptions::only
  uint64_t steps = 0;         // that were done: those of swaps have one more
  bool resumed = false;       // an earlier job that was killed was brought to its end instead of a new plan
  bool undone = false;        // what was done, is what a log had said, taken back
  bool finished = false;      // all was carried out, or nothing was to do
  bool stopped = false;
  std::string directory;
  std::string log;  // that undoes it; "" where nothing was renamed
  std::vector<RenameProblem> problems;
  std::optional<Error> failure;  // why nothing, or not all, was done
};

// Plans all, writes a log to the disk (DIRECTORY/.tbbthumbs/renames/TIME.log), then renames file by file, never
// replacing any. Killed at whatever moment, the next job for that directory brings it to its end before anything else,
// and an undoing takes it back. One job at a time in a directory, of all processes. Not thread-safe.
class RenameJob {
 public:
  RenameJob(RenameOptions options, RenameCallbacks callbacks);
  // Takes back what `log` says. Callbacks: go_on.
  RenameJob(std::filesystem::path log, RenameCallbacks callbacks);
  // Stops and waits.
  ~RenameJob();
  RenameJob(const RenameJob&) = delete;
  RenameJob& operator=(const RenameJob&) = delete;

  // Soon, between two steps; any thread.
  void Cancel() { cancelled_ = true; }
  // May be called once.
  RenameSummary Wait();

 private:
  void Run(const std::function<Status()>& work);
  bool GoesOn() const;
  Status RenameAll();
  Status RenamePlanned(const std::string& root, const RenamePlan& plan);
  Status UndoAll();
  // Forwards or backwards to the end of what `log` says.
  Status Complete(const std::string& log, const RenameRecords& records, bool backwards);

  const RenameOptions options_;
  const std::filesystem::path log_;
  const RenameCallbacks callbacks_;
  std::atomic<bool> cancelled_ = false;
  RenameSummary summary_;  // of the thread until it has ended
  std::jthread thread_;    // last: it uses all of the above
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_RENAME_JOB_H_
