// Thumbnails that inputs have made in place of those of others.
#ifndef TBBTHUMBS_PIPELINE_OUTPUT_TAKEOVERS_H_
#define TBBTHUMBS_PIPELINE_OUTPUT_TAKEOVERS_H_

#include <cstddef>
#include <string_view>

#include "codecs/error.h"
#include "pipeline/hash_set.h"
#include "pipeline/journal_store.h"

namespace tbbthumbs {

// An input that was gone for a while may find another's thumbnail under the name of its own: b.png has made b.jpg anew
// since b.jpg left. The rows of those that are gone must not say any more that it is theirs.
//
// Memory: 11 to 21 bytes for each input and each thumbnail. Not thread-safe.
class OutputTakeovers {
 public:
  // That input's row keeps all it has; absolute, as in the journal.
  void AddOwner(std::string_view input);
  // Relative to the output directory, as in the journal.
  void AddOutput(std::string_view path);
  bool empty() const { return outputs_.size() == 0; }

  // Takes the outputs from the rows of all inputs but the owners; drops rows that have made nothing then. Reads all
  // rows, 1 s for a million. To be done before the owners' new rows are written: who is killed between makes those
  // outputs again.
  [[nodiscard]] Status TakeFromOthers(JournalStore& journal) const;
  // Likewise from a row that is to be written. False: it had none of them.
  bool TakeFromOther(JournalEntry& entry) const;

 private:
  HashSet owners_;
  HashSet outputs_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_OUTPUT_TAKEOVERS_H_
