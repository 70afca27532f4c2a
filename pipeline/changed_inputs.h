// What a run has to look at after some directories have changed.
#ifndef TBBTHUMBS_PIPELINE_CHANGED_INPUTS_H_
#define TBBTHUMBS_PIPELINE_CHANGED_INPUTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pipeline/file_system.h"
#include "pipeline/job.h"
#include "pipeline/tree_watcher.h"

namespace tbbthumbs {

// Names depend on other inputs. Where they depend on those of the same directory alone, the run takes the directories
// that have changed, else everything, so that it gives the names that a run over everything gives. Not thread-safe.
class ChangedInputs {
 public:
  // `options`: of a run over everything, whose paths are directories. Both must outlive it.
  ChangedInputs(FileSystem& file_system, const JobOptions& options);

  // Lists the directories above those that have changed.
  InputOptions After(const TreeWatcher::Changes& changes) const;

 private:
  // Of the directories in one, by KeyOf.
  using Names = std::unordered_multimap<uint64_t, std::string>;

  bool HasRivals(const TreePath& path, std::map<TreePath, Names>& listed) const;
  Names NamesIn(const TreePath& directory) const;
  // Of the name of the output directory for `name`, alike for those that can't be beside each other.
  uint64_t KeyOf(const TreePath& directory, std::string_view name) const;
  std::string FullPath(const TreePath& path) const;

  FileSystem& file_system_;
  const JobOptions& options_;
  bool everything_ = false;  // always
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_CHANGED_INPUTS_H_
