// The three stages of a run, ready to be driven.
#ifndef TBBTHUMBS_PIPELINE_STAGES_H_
#define TBBTHUMBS_PIPELINE_STAGES_H_

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "pipeline/byte_budget.h"
#include "pipeline/earlier_outcomes.h"
#include "pipeline/file_reader.h"
#include "pipeline/file_system.h"
#include "pipeline/input_stream.h"
#include "pipeline/item_stream.h"
#include "pipeline/job.h"
#include "pipeline/local_maker.h"
#include "pipeline/memory_shares.h"
#include "pipeline/name_planner.h"
#include "pipeline/name_turns.h"
#include "pipeline/original_files.h"
#include "pipeline/publisher.h"
#include "pipeline/thumbnail_maker.h"
#include "pipeline/thumbnailer.h"
#include "pipeline/url_fetcher.h"
#include "pipeline/url_reader.h"

namespace tbbthumbs {

// What works on pictures, without the threads that do the work. Each item goes
//   items().Next() -> LookUp, budget().Claim, Fetch -> thumbnailer().Process, publisher().Stage -> publisher().Commit
// with the thread rules of each class. Where names ask for more than paths, LookUp of a file and Fetch of an address
// wait for the items before it: they must be on threads of their own, or have been there.
class Stages {
 public:
  // The options must have passed StartJob's checks; the output directory exists. For the two functions see Publisher.
  // `journal`: null where there is none; JournalOptions are not looked at. All must outlive it.
  Stages(FileSystem& file_system, const JobOptions& options, std::function<void(PictureResult)> on_result,
         std::function<void()> on_fatal, Journal* journal = nullptr);

  // The two halves of reading: see FileReader, and UrlReader for addresses. Fetch waits for servers.
  size_t LookUp(Item& item) const;
  void Fetch(Item& item, size_t resident_bytes);

  // The second stage, the first half of the third and the rest of it, for a group of items.
  void Process(ItemGroup& group);
  void Stage(ItemGroup& group);
  void Commit(ItemGroup& group);

  InputStream& inputs() { return inputs_; }
  ItemStream& items() { return items_; }
  FileReader& reader() { return reader_; }
  UrlReader& url_reader() { return url_reader_; }
  UrlFetcher& fetcher() { return fetcher_; }
  // Null where what is fetched is not kept.
  OriginalFiles* originals() { return originals_ ? &*originals_ : nullptr; }
  WorkOrder order() const { return order_; }
  // Whether items of addresses have to be received in order: see UrlReader.
  bool receives_in_turn() const { return receives_in_turn_; }
  // Whether they claim bytes for the work on them.
  bool limits_memory() const { return memory_.limited; }
  ByteBudget& budget() { return budget_; }
  Thumbnailer& thumbnailer() { return thumbnailer_; }
  Publisher& publisher() { return publisher_; }
  const InputStream& inputs() const { return inputs_; }
  const Thumbnailer& thumbnailer() const { return thumbnailer_; }
  const Publisher& publisher() const { return publisher_; }
  const UrlFetcher& fetcher() const { return fetcher_; }

  // The inputs end, and whoever waits for bytes or for earlier items goes on. Any thread.
  void StopReading();
  // The same, and no picture is begun any more; those at work are finished. Any
  // thread.
  void CloseInputs();
  // The same, and pictures at work are given up at the next band of rows. Any thread.
  void Stop();
  // After either.
  bool stopped() const { return closed_.stop_requested(); }
  // After Stop.
  bool stopping() const { return stop_.stop_requested(); }

 private:
  Status CountForNames(FileSystem& file_system, const JobOptions& options);
  // False: the item has ended.
  bool KeepOriginal(Item& item);

  std::stop_source closed_;
  std::stop_source stop_;
  NamePlanner planner_;
  NameTurns names_;
  LocalMaker local_;
  ThumbnailMaker& maker_;
  const MemoryShares memory_;
  // Names by headers are given in the order of the inputs, however they come.
  const bool receives_in_turn_;
  const WorkOrder order_;
  UrlFetcher fetcher_;  // before all that hold what it has fetched
  ByteBudget budget_;
  InputStream inputs_;
  std::optional<OriginalFiles> originals_;
  ItemStream items_;
  EarlierOutcomes earlier_;
  FileReader reader_;
  UrlReader url_reader_;
  Thumbnailer thumbnailer_;
  Publisher publisher_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_STAGES_H_
