// Which files of a directory get which names.
#ifndef TBBTHUMBS_PIPELINE_RENAME_PLAN_H_
#define TBBTHUMBS_PIPELINE_RENAME_PLAN_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "codecs/error.h"
#include "codecs/limits.h"
#include "pipeline/file_system.h"
#include "pipeline/input_options.h"
#include "pipeline/name_options.h"
#include "pipeline/rename_log.h"
#include "pipeline/renamer.h"
#include "pipeline/run_summary.h"

namespace tbbthumbs {

enum class RenameOnly {
  kAll,
  // What is named like a thumbnail and is of that size: cat_256.jpg, 256 pixels wide or high and not more. {stem} then
  // is "cat", {size} "256".
  kThumbnails,
  kOriginals,  // all others
};

// A plain value.
struct RenameOptions {
  std::filesystem::path directory;
  // Which files below it; paths and lists are not looked at, links are not followed.
  InputOptions input;
  RenameOnly only = RenameOnly::kAll;
  // {seq} and {total} count what is renamed; the extension stays. {width}, {height} and {format} are the file's.
  NameOptions names{.name_template = "{dir}/{stem}"};
  DecodeLimits limits;
  bool dry_run = false;  // only plan
};

struct PlannedRename {
  std::string from;  // relative to the directory
  std::string to;
  NameChanges changes;
};

struct RenamePlan {
  std::vector<PlannedRename> renames;  // in input order
  uint64_t pictures = 0;               // that were to be named; some keep their names
  uint64_t not_pictures = 0;           // by their bytes
  uint64_t left_out = 0;               // by `only`
  // What can't be named as the template says, since its header can't be read, and keeps its name (and its number); and
  // directories that can't be read.
  std::vector<RenameProblem> problems;
  // Whose new name a file has that keeps it. With any, nothing may be renamed.
  std::vector<RenameProblem> obstacles;
};

// `go_on` is asked before each file. Errors: kUnsupported (the template, as CheckNameOptions; {size} without
// kThumbnails; {host}, {url_hash}), kNotFound and kIo (the directory), kStopped.
[[nodiscard]] Result<RenamePlan> PlanRenames(FileSystem& file_system, const RenameOptions& options,
                                             const std::function<bool()>& go_on);

// The plan as steps. The files are looked up once more.
[[nodiscard]] Result<RenameRecords> ToRecords(FileSystem& file_system, const std::string& root, const RenamePlan& plan);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_RENAME_PLAN_H_
