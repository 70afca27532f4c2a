// From the name of a file to its bytes, or to why it is not needed.
#ifndef TBBTHUMBS_PIPELINE_FILE_READER_H_
#define TBBTHUMBS_PIPELINE_FILE_READER_H_

#include <cstddef>
#include <string>

#include "pipeline/byte_budget.h"
#include "pipeline/file_system.h"
#include "pipeline/item.h"
#include "pipeline/job.h"
#include "pipeline/output_names.h"

namespace tbbthumbs {

// Looks up, filters, compares with the thumbnails that are there, opens, sniffs and reads. Immutable: any number of
// reader threads may use it at once.
class FileReader {
 public:
  // All must outlive it.
  FileReader(FileSystem& file_system, const JobOptions& options, const OutputNames& names, ByteBudget& budget);

  // Fills item.source with at most read_ahead_bytes of the file in memory (the rest is read by whoever decodes it), or
  // ends the item. Claims its bytes from the budget in the order of item.seq: to be called once for every item. Throws
  // nothing.
  void Read(Item& item) const;

 private:
  // Ends the item, or returns how many bytes to claim.
  size_t Examine(Item& item) const;
  Status Fetch(Item& item, size_t resident_bytes) const;
  bool Filtered(const FileInfo& info) const;
  // Whether thumbnails there stand in the way of making new ones; ends the item then.
  void CompareWithOutputs(Item& item, const FileInfo& input) const;

  FileSystem& file_system_;
  const JobOptions& options_;
  const OutputNames& names_;
  ByteBudget& budget_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_FILE_READER_H_
