// What was fetched from the web, kept.
#ifndef TBBTHUMBS_PIPELINE_ORIGINAL_FILES_H_
#define TBBTHUMBS_PIPELINE_ORIGINAL_FILES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/name_planner.h"
#include "pipeline/temporary_files.h"
#include "pipeline/url.h"

namespace tbbthumbs {

// Files DIRECTORY/HOST/PATH: named as their addresses, made safe for any file system; where an address has a query or a
// port of its own, a hash of it stands before the extension, behind names that have none (and may be directories) too,
// and where names still meet, the later one gets one too. Each is there whole or not at all; what was there before is
// replaced. Save may be called from any thread, Plan by one at a time; the rest before and after both.
class OriginalFiles {
 public:
  // `directory` exists. The file system must outlive it.
  OriginalFiles(FileSystem& file_system, std::string directory);

  // The path of the file for an address; in the order of the inputs.
  std::string Plan(const Url& url, uint64_t seq);
  bool Has(const std::string& path) const;
  // Errors: as FileSystem::WriteNew and Rename.
  [[nodiscard]] Status Save(const std::string& path, std::span<const std::byte> bytes);

  // What runs that died have left; and what this one needed on the way.
  void RemoveStaleFiles() { temporary_.RemoveStale(); }
  void RemoveTemporaryDirectory() { temporary_.RemoveDirectories(); }

 private:
  FileSystem& file_system_;
  const std::string directory_;
  NamePlanner planner_;
  TemporaryFiles temporary_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_ORIGINAL_FILES_H_
