// The third stage: thumbnails under their names.
#ifndef TBBTHUMBS_PIPELINE_PUBLISHER_H_
#define TBBTHUMBS_PIPELINE_PUBLISHER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "pipeline/file_system.h"
#include "pipeline/item.h"
#include "pipeline/job.h"
#include "pipeline/journal.h"
#include "pipeline/run_summary.h"
#include "pipeline/temporary_files.h"

namespace tbbthumbs {

// How temporary files get their names.
enum class Naming {
  kRename,
  // By links, where the file system has them; RemoveStaged takes the temporary names away. The kernel renames one file
  // at a time from a directory to another, however long its storage takes to answer; a link stops only who names files
  // in the same directory.
  kLink,
};

// A thumbnail is written whole into OUT/.tbbthumbs/tmp, then renamed: under its name it is there whole or not at all.
// Stage and Publish are concurrent; Commit is serial, in the order in which results are wanted; counters and ending may
// be called from any thread.
class Publisher {
 public:
  // Makes OUT/.tbbthumbs/tmp with the first thumbnail. All must outlive it. `on_result` is called by Commit for each
  // item that has ended (not for those left by a stop).
  // `on_fatal`: the output is full or can't be written any more; called once, from any thread. `journal`: null where
  // there is none.
  Publisher(FileSystem& file_system, std::string output, IfExists if_exists,
            std::function<void(PictureResult)> on_result, std::function<void()> on_fatal, Journal* journal = nullptr);

  // Writes the item's thumbnails into temporary files, and drops them from memory with their claim. Throws nothing.
  // `lane`: files of different lanes, from 0, lie in different directories: the system makes one file at a time in
  // each, which takes a round trip. -1: in that of all.
  void Stage(Item& item, int lane = -1);

  // Gives the temporary files their names, in any order: no two items share one. Throws nothing.
  void Publish(Item& item, Naming naming = Naming::kRename);
  // After Publish with kLink. Throws nothing.
  void RemoveStaged(Item& item);

  // Publishes what is not published yet; notes the item's end in the journal, counts, reports. Throws nothing.
  void Commit(Item& item);

  // The item is left and the run ends, for that reason. Any thread.
  void EndRun(Item& item, Error error);

  // Removes what other runs that died have left in OUT/.tbbthumbs/tmp (see IsAbandoned). Call it before the first
  // Stage. What they have left beside thumbnails goes when a thumbnail is put there.
  void RemoveStaleFiles() { others_died_ = temporary_.RemoveStale(); }
  // Removes OUT/.tbbthumbs where it is empty.
  void RemoveTemporaryDirectory() { temporary_.RemoveDirectories(); }

  // Counters so far: all but inputs, times, threads and errors of walking.
  RunSummary counters() const;

 private:
  Status StageAll(Item& item, int lane);
  Status PublishAll(Item& item, Naming naming);
  // Clears `from` where it is no longer there.
  Status Name(std::string& from, const std::string& to, Naming naming);
  // For a thumbnail of that path. `anew`: also where it was made before.
  Status MakeDirectoryOf(const std::string& path, bool anew = false);
  void FailOutput(Item& item, Error error, int lane);
  void GiveUp(Item& item, const Error& error);
  uint64_t TemporaryDevice();
  void RemoveAbandonedParts(const std::string& directory);
  void Count(const PictureResult& result);

  FileSystem& file_system_;
  const std::string output_;
  TemporaryFiles temporary_;
  const IfExists if_exists_;
  const std::function<void(PictureResult)> on_result_;
  const std::function<void()> on_fatal_;
  Journal* const journal_;
  bool others_died_ = false;  // set before the first Stage

  std::atomic<bool> has_links_ = true;  // as far as is known

  std::mutex directories_mutex_;                      // guards the next two
  std::unordered_set<std::string> made_directories_;  // some of those that were made
  std::optional<uint64_t> temporary_device_;          // of the temporary directory, once it was asked for

  mutable std::mutex mutex_;  // guards all below: progress is read while the run lasts
  RunSummary counters_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_PUBLISHER_H_
