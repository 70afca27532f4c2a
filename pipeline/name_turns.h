// Names given in the order of the inputs, whoever looks them up.
#ifndef TBBTHUMBS_PIPELINE_NAME_TURNS_H_
#define TBBTHUMBS_PIPELINE_NAME_TURNS_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "pipeline/item.h"
#include "pipeline/name_planner.h"

namespace tbbthumbs {

// A template that asks for nothing but paths is planned as the items are taken, before anything is known of them: names
// then do not depend on what the files hold. Any other waits until an item's file has been looked up, and for the items
// before it: so collisions are always settled in input order, before any picture is decoded. Items whose names are
// those of a plan already keep them; such do not come together with others.
class NameTurns {
 public:
  // It must outlive it, and is used by it alone.
  explicit NameTurns(NamePlanner& planner) : planner_(planner) {}

  NameNeeds needs() const { return planner_.needs(); }

  // When an item is taken; in the order of their numbers, one caller at a time.
  void PlanTaken(Item& item);

  // When it has been looked up; from any thread, once for every item, also for those that have ended (which get no
  // names). Waits until all items with smaller numbers have come. What the planner throws it throws.
  void PlanLookedUp(Item& item, const FileFacts& facts);

  // Whoever waits goes on; from now on what would have to wait ends as left. Any thread.
  void Stop();

 private:
  NamePlanner& planner_;
  std::mutex mutex_;  // guards all below, and the planner where items come from several threads
  std::condition_variable came_;
  uint64_t next_ = 0;
  bool stopped_ = false;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_NAME_TURNS_H_
