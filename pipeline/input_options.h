// Which files a job takes.
#ifndef TBBTHUMBS_PIPELINE_INPUT_OPTIONS_H_
#define TBBTHUMBS_PIPELINE_INPUT_OPTIONS_H_

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tbbthumbs {

// A text of file names, one after the other. Read while the job runs, so it may be a pipe ("/dev/stdin").
struct FileList {
  std::filesystem::path path;
  char separator = '\n';  // or '\0'
  // Each an address (http or https), and perhaps, after a tab, the name that its thumbnails are to have, as if that
  // were the file's path: "a/b/cat.jpg", or "cat", since only a picture's extension is taken for one. Blanks around
  // both do not count. Empty lines and those that begin with '#' are passed over; any other that is no address fails.
  bool urls = false;
};

// The inputs of a plan (see PlanReader) that one machine works on, with the names of their thumbnails.
struct PlanPart {
  std::filesystem::path plan;
  int shard = 0;
};

// A file or directory in one of several trees.
struct TreePath {
  size_t root = 0;   // which of the trees
  std::string path;  // relative to the root: "" or "a/b"
  friend bool operator==(const TreePath&, const TreePath&) = default;
  friend bool operator<(const TreePath& a, const TreePath& b) {
    return a.root != b.root ? a.root < b.root : a.path < b.path;
  }
};

// A plain value. Files named one by one (paths, lists, Job::Add) are always taken, whatever the filters say: the
// filters are for what is found by walking directories. The two byte limits and newer_than hold for all. What begins
// with http:// or https:// is the address of a picture on the web, wherever a file may be named.
struct InputOptions {
  std::vector<std::filesystem::path> paths;  // files and directories, in the order wanted
  std::vector<FileList> lists;               // taken after the paths
  // Instead of both: the output directory and all that decides about names must be what the plan was made with.
  std::optional<PlanPart> part;
  // What is taken goes into a plan, and is made later: addresses with a user or password, which no plan keeps, fail.
  bool for_plan = false;

  bool recursive = true;      // descend into the directories below a directory
  bool hidden = false;        // also names that begin with a dot
  bool follow_links = false;  // follow symbolic links to files and directories; a loop is entered once

  // Globs as in a shell (`*` and `?` do not match '/', `**` does, `[a-z]`). One without '/' is matched against the
  // file's name, one with '/' against its path relative to the directory given. A file is taken when it matches any
  // `include` (or there is none) and no `exclude`; a directory that matches an `exclude` is not entered.
  std::vector<std::string> include;
  std::vector<std::string> exclude;

  uint64_t min_bytes = 0;
  uint64_t max_bytes = std::numeric_limits<uint64_t>::max();
  // Only files modified after this.
  std::optional<std::chrono::system_clock::time_point> newer_than;

  // Where given, only what lies in these directories is taken, not what lies below them: each file as when all is
  // walked, in the order given here. Of trees of `paths`; the rest of those, and `lists`, are not looked at.
  std::optional<std::vector<TreePath>> only;
  // Files found by walking that are being written: they have their places and names (but where names come from what
  // files hold), are not read, and count as left.
  std::set<TreePath> awaited;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_INPUT_OPTIONS_H_
