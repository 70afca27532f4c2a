#include "pipeline/name_turns.h"

#include <utility>

namespace tbbthumbs {

void NameTurns::PlanTaken(Item& item) {
  if (item.file.planned) {
    item.names = std::move(item.file.planned->names);
  } else if (needs() == NameNeeds::kPath) {
    item.names = planner_.Plan(item.file, item.seq);
  }
}

void NameTurns::PlanLookedUp(Item& item, const FileFacts& facts) {
  if (item.file.planned || needs() == NameNeeds::kPath) return;
  std::unique_lock lock(mutex_);
  came_.wait(lock, [&] { return stopped_ || next_ == item.seq; });
  if (next_ != item.seq) {
    item.Fail({ErrorCode::kStopped, "stopped"});
    return;
  }
  // Also when the planner throws: the others wait.
  struct Turn {
    ~Turn() {
      ++turns.next_;
      turns.came_.notify_all();
    }
    NameTurns& turns;
  };
  const Turn turn{*this};
  if (!item.ended) item.names = planner_.Plan(item.file, item.seq, facts);
}

void NameTurns::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  came_.notify_all();
}

}  // namespace tbbthumbs
