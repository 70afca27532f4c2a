// What of a directory tree is taken.
#ifndef TBBTHUMBS_PIPELINE_TREE_FILTER_H_
#define TBBTHUMBS_PIPELINE_TREE_FILTER_H_

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/file_system.h"
#include "pipeline/glob.h"
#include "pipeline/input_options.h"

namespace tbbthumbs {

// InputOptions, asked about one entry of a directory at a time. Paths are relative to the tree's root. Immutable: any
// number of threads may ask at once.
class TreeFilter {
 public:
  // `options` must outlive it.
  explicit TreeFilter(const InputOptions& options)
      : options_(options), include_(options.include), exclude_(options.exclude) {}

  // Of a file's or a directory's last part.
  bool TakesName(std::string_view name) const { return options_.hidden || !name.starts_with('.'); }
  bool TakesFile(std::string_view path) const {
    return (include_.empty() || include_.Matches(path)) && !exclude_.Matches(path);
  }
  bool EntersDirectory(std::string_view path) const { return !exclude_.Matches(path); }
  // True where TakesFile is true of all paths.
  bool TakesAllFiles() const { return include_.empty() && exclude_.empty(); }

  // What an entry is that a listing says to be `listed`, a link resolved where links are followed; nothing where it is
  // neither file nor directory, or a link not to be followed. `path`: as the file system is asked.
  std::optional<FileKind> KindOf(FileSystem& file_system, const std::string& path, FileKind listed) const;

 private:
  const InputOptions& options_;
  const GlobSet include_;
  const GlobSet exclude_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_TREE_FILTER_H_
