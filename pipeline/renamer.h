// Carries out what the log of a bulk renaming says, forwards or backwards, from wherever it was left.
#ifndef TBBTHUMBS_PIPELINE_RENAMER_H_
#define TBBTHUMBS_PIPELINE_RENAMER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "codecs/error.h"
#include "pipeline/rename_log.h"

namespace tbbthumbs {

// One file, relative to the directory whose files are renamed.
struct RenameProblem {
  std::string path;
  Error error;
};

struct RenameProgress {
  uint64_t done = 0;     // steps, by this call
  uint64_t before = 0;   // steps that had been done, or of undoing had not
  bool stopped = false;  // `go_on` said no, or how far it had come can't be found out
  std::vector<RenameProblem> problems;
};

// Steps are done one after the other, and taken back from the last to the first, so that whatever the moment at which a
// process is killed, the first so many are done and the others are not. How many, the files that are there say.
// `go_on` is asked before each step.
//
// Nothing is ever replaced. A step that fails ends the renaming, with its problem: the rest may need the name.
RenameProgress DoRenames(const std::string& root, const RenameRecords& records, const std::function<bool()>& go_on);

// Undoing goes on where files are gone or others have their names: these are problems. Removes the directories that
// were made, where they are empty.
RenameProgress UndoRenames(const std::string& root, const RenameRecords& records, const std::function<bool()>& go_on);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_RENAMER_H_
