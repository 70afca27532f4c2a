// From the name of a file to its bytes, or to why it is not needed.
#ifndef TBBTHUMBS_PIPELINE_FILE_READER_H_
#define TBBTHUMBS_PIPELINE_FILE_READER_H_

#include <cstddef>
#include <memory>
#include <string>

#include "pipeline/buffer_pool.h"
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
  FileReader(FileSystem& file_system, const JobOptions& options, const OutputNames& names);

  // The first half: ends the item, or returns how many bytes of the file Fetch will hold in memory, at most
  // read_ahead_bytes; 0 for an ended item. Throws nothing.
  size_t LookUp(Item& item) const;

  // The second half: fills item.source with the first `resident_bytes` of the file in memory (the rest is read by
  // whoever decodes it), or ends the item and releases its claim. Leaves an ended item alone. Throws nothing.
  void Fetch(Item& item, size_t resident_bytes) const;

 private:
  void Examine(Item& item) const;
  Status Read(Item& item, size_t resident_bytes) const;
  bool Filtered(const FileInfo& info) const;
  // Whether thumbnails there stand in the way of making new ones; ends the item then.
  void CompareWithOutputs(Item& item, const FileInfo& input) const;

  FileSystem& file_system_;
  const JobOptions& options_;
  const OutputNames& names_;
  std::shared_ptr<BufferPool> buffers_ = std::make_shared<BufferPool>();
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_FILE_READER_H_
