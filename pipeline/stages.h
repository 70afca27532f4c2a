// The three stages of a run, ready to be driven.
#ifndef TBBTHUMBS_PIPELINE_STAGES_H_
#define TBBTHUMBS_PIPELINE_STAGES_H_

#include <functional>
#include <stop_token>
#include <string>

#include "pipeline/byte_budget.h"
#include "pipeline/file_reader.h"
#include "pipeline/file_system.h"
#include "pipeline/input_stream.h"
#include "pipeline/item_stream.h"
#include "pipeline/job.h"
#include "pipeline/memory_shares.h"
#include "pipeline/name_planner.h"
#include "pipeline/name_turns.h"
#include "pipeline/publisher.h"
#include "pipeline/thumbnailer.h"

namespace tbbthumbs {

// What works on pictures, without the threads that do the work. Each item goes
//   items().Next() -> reader().LookUp, budget().Claim, reader().Fetch -> thumbnailer().Process, publisher().Stage ->
//   publisher().Commit
// with the thread rules of each class. Where names ask for more than paths, LookUp waits for the items before it: they
// must be on threads of their own, or have been there.
class Stages {
 public:
  // The options must have passed StartJob's checks; the output directory exists. For the two functions see Publisher.
  // `journal`: null where there is none; JournalOptions are not looked at. All must outlive it.
  Stages(FileSystem& file_system, const JobOptions& options, std::function<void(PictureResult)> on_result,
         std::function<void()> on_fatal, Journal* journal = nullptr);

  // The second stage, the first half of the third and the rest of it, for a group of items.
  void Process(ItemGroup& group);
  void Stage(ItemGroup& group);
  void Commit(ItemGroup& group);

  InputStream& inputs() { return inputs_; }
  ItemStream& items() { return items_; }
  FileReader& reader() { return reader_; }
  ByteBudget& budget() { return budget_; }
  Thumbnailer& thumbnailer() { return thumbnailer_; }
  Publisher& publisher() { return publisher_; }
  const InputStream& inputs() const { return inputs_; }
  const Thumbnailer& thumbnailer() const { return thumbnailer_; }
  const Publisher& publisher() const { return publisher_; }

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

  std::stop_source closed_;
  std::stop_source stop_;
  NamePlanner planner_;
  NameTurns names_;
  const MemoryShares memory_;
  ByteBudget budget_;
  InputStream inputs_;
  ItemStream items_;
  FileReader reader_;
  Thumbnailer thumbnailer_;
  Publisher publisher_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_STAGES_H_
