// Rows of one journal as rows of another.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_COPY_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_COPY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "codecs/error.h"
#include "pipeline/journal_store.h"

namespace tbbthumbs {

// The same options have different numbers in different journals. Both must outlive it. Not thread-safe.
class JournalTranslator {
 public:
  JournalTranslator(JournalStore& from, JournalStore& to) : from_(from), to_(to) {}

  // Makes a row of the one a row of the other. Options that the first does not know become 0.
  [[nodiscard]] Status Translate(JournalRow& row);

 private:
  [[nodiscard]] Result<uint64_t> Translate(uint64_t options);

  JournalStore& from_;
  JournalStore& to_;
  std::map<uint64_t, uint64_t> known_;
};

// Copies all rows, replacing those that are there, some thousand in a transaction. `visit` sees each before it is
// written. What has been copied before an error stays.
[[nodiscard]] Status CopyJournalRows(JournalStore& from, JournalStore& to,
                                     const std::function<void(const JournalEntry&)>& visit = {});

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_COPY_H_
