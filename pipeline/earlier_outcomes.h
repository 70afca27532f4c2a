// What earlier runs have left that need not be done again.
#ifndef TBBTHUMBS_PIPELINE_EARLIER_OUTCOMES_H_
#define TBBTHUMBS_PIPELINE_EARLIER_OUTCOMES_H_

#include <optional>
#include <string>

#include "pipeline/file_system.h"
#include "pipeline/item.h"
#include "pipeline/job.h"
#include "pipeline/journal.h"

namespace tbbthumbs {

// Compares items with the thumbnails that are there and with the journal. Thread-safe.
class EarlierOutcomes {
 public:
  // `journal`: null where there is none. All must outlive it.
  EarlierOutcomes(FileSystem& file_system, const JobOptions& options, Journal* journal)
      : file_system_(file_system), options_(options), journal_(journal) {}

  // Ends the item as up to date, as one whose thumbnail stands in the way, or as failed where it has failed before and
  // would again. It has its names, and its input was looked up.
  void Settle(Item& item) const;

 private:
  void CompareWithOutputs(Item& item) const;
  void FailAsKnown(Item& item) const;
  // The file under that name, where it need not be made. `by_row`: set to false where the journal does not know it.
  std::optional<FileInfo> Settled(const Item& item, const std::string& path, bool& by_row) const;

  FileSystem& file_system_;
  const JobOptions& options_;
  Journal* const journal_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_EARLIER_OUTCOMES_H_
