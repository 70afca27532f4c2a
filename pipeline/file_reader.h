// From the name of a file to its bytes, or to why it is not needed.
#ifndef TBBTHUMBS_PIPELINE_FILE_READER_H_
#define TBBTHUMBS_PIPELINE_FILE_READER_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "pipeline/buffer_pool.h"
#include "pipeline/earlier_outcomes.h"
#include "pipeline/file_source.h"
#include "pipeline/file_system.h"
#include "pipeline/item.h"
#include "pipeline/job.h"
#include "pipeline/journal.h"
#include "pipeline/memory_shares.h"
#include "pipeline/name_turns.h"
#include "pipeline/thumbnail_maker.h"

namespace tbbthumbs {

// Looks up, filters, names, compares with the thumbnails that are there, opens, sniffs and reads. Any number of reader
// threads may use it at once.
class FileReader {
 public:
  // All must outlive it. `journal`: null where there is none.
  FileReader(FileSystem& file_system, const JobOptions& options, ThumbnailMaker& maker, NameTurns& names,
             const EarlierOutcomes& earlier, const MemoryShares& memory, Journal* journal);

  // Before LookUp, for many at once: what the journal knows of them.
  void Recall(std::span<const std::unique_ptr<Item>> items) const;

  // The first half, once for every item (see NameTurns): ends the item, or returns how many bytes of the file Fetch
  // will hold in memory, at most MemoryShares::read_ahead; 0 for an ended item. Where memory is limited it also opens
  // the file and says in item.working_bytes what the work on it will take. Throws nothing.
  size_t LookUp(Item& item) const;

  // The second half: fills item.source with the first `resident_bytes` of the file in memory (the rest is read by
  // whoever decodes it), or ends the item and releases its claim. Leaves an ended item alone. Throws nothing.
  void Fetch(Item& item, size_t resident_bytes) const;

 private:
  void Examine(Item& item, FileFacts& facts) const;
  Status ReadFacts(Item& item, NameNeeds needs, FileFacts& facts) const;
  // Whether it has the names that are needed; ends it where it is no picture, as it was none when it was planned.
  Status CheckPlanned(Item& item) const;
  void Plan(Item& item, FileFacts& facts) const;
  // Where memory is limited: what the picture needs, or that it needs too much.
  Status Weigh(Item& item, size_t& resident_bytes) const;
  Result<std::unique_ptr<FileSource>> OpenPicture(Item& item, size_t first_bytes) const;
  Status Read(Item& item, size_t resident_bytes) const;
  bool Filtered(const FileInfo& info) const;

  FileSystem& file_system_;
  const JobOptions& options_;
  ThumbnailMaker& maker_;
  NameTurns& names_;
  const EarlierOutcomes& earlier_;
  const MemoryShares& memory_;
  Journal* const journal_;
  std::shared_ptr<BufferPool> buffers_ = std::make_shared<BufferPool>();
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_FILE_READER_H_
