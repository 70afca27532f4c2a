// Removing the thumbnails of pictures that are gone.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_PRUNE_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_PRUNE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/journal_store.h"

namespace tbbthumbs {

// Where inputs may have gone, or have got other names, when that is known. Directories are absolute, with '/' at their
// ends; none is named twice, also not by a tree that it is in.
struct PruneScope {
  std::vector<std::string> directories;  // inputs in these
  std::vector<std::string> trees;        // inputs in these and below
  // Of the inputs in and below these no two from different directories can have the same thumbnail.
  std::vector<std::string> apart;
};

// A plain value.
struct PruneOptions {
  std::string output;     // the directory that the paths of the journal's thumbnails are relative to
  bool dry_run = false;   // says what would be removed; the store may be a read-only one then
  bool even_all = false;  // also what looks as if a disk were not mounted
  // Removes also what inputs have under names that are out of use (JournalOutput::kOutOfUse), inputs that are there or
  // on the web.
  bool out_of_use = false;
  std::optional<PruneScope> scope;  // else all inputs are looked at, and where not one file is there nothing is done
  // Whether an empty directory (absolute) is known to have been emptied: no disk is missing there.
  std::function<bool(const std::string& directory)> emptied;
};

struct PrunedThumbnail {
  std::string input;
  std::string path;  // with the output directory in front
  uint64_t bytes = 0;
  bool renamed = false;  // the input is not gone, and has another thumbnail
};

// Pictures that are missing where a disk may be.
struct KeptPlace {
  std::string directory;  // that is empty, or missing
  uint64_t pictures = 0;  // inputs below it
};

// All are called from the thread that prunes. Must not throw.
struct PruneCallbacks {
  // After each file is removed; in a dry run instead.
  std::function<void(const PrunedThumbnail&)> on_thumbnail;
  // What can't be removed, and stays in the journal.
  std::function<void(const std::string& path, const Error&)> on_problem;
  // Asked before each file that is looked up or removed; false stops it there.
  std::function<bool()> go_on;
};

// Inputs are those of the journal, pictures or not.
struct PruneSummary {
  uint64_t inputs = 0;      // all of them, files and addresses
  uint64_t addresses = 0;   // of pictures on the web: never gone
  uint64_t there = 0;       // of the files
  uint64_t unknown = 0;     // that could not be looked up: kept
  uint64_t kept = 0;        // missing, perhaps with their disk
  uint64_t pruned = 0;      // gone: dropped from the journal, their thumbnails before that
  uint64_t renamed = 0;     // of those that are not gone: with thumbnails that were out of use
  uint64_t thumbnails = 0;  // removed
  uint64_t bytes = 0;       // of these
  uint64_t replaced = 0;    // that are no longer as the run left them: they stay
  uint64_t problems = 0;
  std::vector<KeptPlace> kept_places;  // the first 100
  bool all_missing = false;            // not one file is there, so nothing was done
  bool stopped = false;                // by go_on
  std::optional<Error> failure;        // of the journal, or memory: the rest was not done
};

// Removes the thumbnails that the journal knows of each input that is gone, then its row. Gone is what looking up says
// is not there; but not where the disk may be missing instead (MissingDiskFinder, or all files at once), and never what
// has an address on the web, which is not asked for. What another input has for a thumbnail too stays, and what is not
// as the run left it, by its size and time. Directories that become empty are removed, but for the output directory.
// Stopped or killed anywhere, the next call goes on.
//
// A run that writes to the output directory meanwhile may lose a thumbnail that it has just made under a name of one
// that is removed; the next run makes it again.
//
// Memory: about 100 bytes for each input that is gone.
PruneSummary PruneThumbnails(FileSystem& file_system, JournalStore& store, const PruneOptions& options,
                             const PruneCallbacks& callbacks);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_PRUNE_H_
