// From the address of a picture to its bytes, or to why they are not needed.
#ifndef TBBTHUMBS_PIPELINE_URL_READER_H_
#define TBBTHUMBS_PIPELINE_URL_READER_H_

#include <optional>

#include "pipeline/earlier_outcomes.h"
#include "pipeline/file_facts.h"
#include "pipeline/item.h"
#include "pipeline/job.h"
#include "pipeline/journal.h"
#include "pipeline/memory_shares.h"
#include "pipeline/name_turns.h"
#include "pipeline/original_files.h"
#include "pipeline/thumbnail_maker.h"
#include "pipeline/url_fetcher.h"

namespace tbbthumbs {

// What is done to an item before it is fetched and after. Any number of threads may use it at once; but where names
// need more than paths, or memory is limited, Receive has to be called for the items in their order (see NameTurns),
// by a thread that no earlier item waits for.
class UrlReader {
 public:
  // `originals`, `journal`: null where there are none. All must outlive it.
  UrlReader(const JobOptions& options, ThumbnailMaker& maker, NameTurns& names, const EarlierOutcomes& earlier,
            const MemoryShares& memory, const OriginalFiles* originals, Journal* journal)
      : options_(options),
        maker_(maker),
        names_(names),
        earlier_(earlier),
        memory_(memory),
        originals_(originals),
        journal_(journal) {}

  // The first half, once for every item of an address: ends it, where nobody need be asked. Throws nothing.
  void LookUp(Item& item) const;
  // What its server is to be asked.
  UrlRequest RequestOf(const Item& item) const;
  // The second half, of those that LookUp has not ended: fills item.source and item.working_bytes, or ends the item.
  // Throws nothing.
  void Receive(Item& item, Fetched fetched) const;

 private:
  // Of the first half, where its names are known.
  void Compare(Item& item) const;
  void TakeBody(Item& item, Fetched fetched, FileFacts& facts) const;
  bool Filtered(const Item& item) const;
  bool LooksUpNames(const Item& item) const;

  const JobOptions& options_;
  ThumbnailMaker& maker_;
  NameTurns& names_;
  const EarlierOutcomes& earlier_;
  const MemoryShares& memory_;
  const OriginalFiles* const originals_;
  Journal* const journal_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_URL_READER_H_
