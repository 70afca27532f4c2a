// What a bulk renaming is about to do, on the disk before it does it.
#ifndef TBBTHUMBS_PIPELINE_RENAME_LOG_H_
#define TBBTHUMBS_PIPELINE_RENAME_LOG_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"
#include "pipeline/posix_file.h"
#include "pipeline/rename_order.h"

namespace tbbthumbs {

enum class RenameState {
  kRenaming,  // begun
  kRenamed,   // every step is done
  kUndoing,   // begun to take back
  kUndone,
};

// All paths are relative to the directory whose files are renamed, so that it may be moved with its logs.
struct RenameRecords {
  RenameState state = RenameState::kRenaming;
  std::vector<std::string> made_directories;  // that were not there before, parents first
  std::vector<RenameStep> steps;              // in the order they are done
};

// ROOT/.tbbthumbs/renames, where the logs of one directory lie.
std::string RenameLogDirectory(const std::string& root);

// Held by whoever renames in a directory: two at once would destroy each other's plans. Goes with the process.
class RenameLock {
 public:
  // Makes the log directory. Errors: kExists (another process holds it), kIo.
  [[nodiscard]] static Result<RenameLock> Take(const std::string& root);

 private:
  explicit RenameLock(Descriptor fd) : fd_(std::move(fd)) {}
  Descriptor fd_;
};

// Writes a log of `steps` to the disk, whole or not at all, under a name of its own after the time of day. Returns its
// path. The lock must be held. Errors: kIo, kExists.
[[nodiscard]] Result<std::string> WriteRenameLog(const std::string& root, const RenameRecords& records);

// Adds to it how far it has come, to the disk. Errors: kIo, kNotFound.
[[nodiscard]] Status AppendRenameState(const std::string& log, RenameState state);

// Errors: kIo, kNotFound, kCorrupt (no such log, or one of another version).
[[nodiscard]] Result<RenameRecords> ReadRenameLog(const std::string& log);

// The log in `root` that has neither been carried out nor taken back to the end; nothing where there is none.
[[nodiscard]] Result<std::optional<std::string>> FindUnfinishedRename(const std::string& root);

// The directory that a log is about: it must lie where it was written. Errors: kUnsupported.
[[nodiscard]] Result<std::string> RootOfRenameLog(std::string_view log);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_RENAME_LOG_H_
