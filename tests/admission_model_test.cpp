// How a limit on memory admits pictures, as a model all of whose states are looked at: threads that read, workers,
// tokens, threads that write, and what each of them waits for. Source, ByteBudget, OutputThreads and oneTBB's pipeline
// are what it models; stages that can't wait for anything are left out.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace tbbthumbs {
namespace {

constexpr int kMostItems = 4;
constexpr int kMostReaders = 3;

struct ModelItem {
  int file = 1;       // bytes that are read
  int working = 0;    // bytes beside them while it is worked on
  int thumbnail = 0;  // bytes from then on
  bool ended = false;

  int all() const { return ended ? 0 : file + working; }
};

// The scheme, and some that were thought of.
enum class Scheme {
  kReal,
  kAnyOrder,         // readers claim whenever there is room
  kWorkersClaim,     // workers claim when they begin, and give back in the order of the items
  kNamesOutliveStop  // who waits for the names of earlier items waits for them after a stop, too
};

struct ModelOptions {
  std::vector<ModelItem> items;
  int readers = 1;
  int workers = 1;
  int tokens = 1;
  int window = 4;
  int at_once = 1;  // items that a reader takes
  int writers = 0;
  int ring = 1;  // items that wait for them
  int waiting_limit = 2;
  int held_limit = 4;
  bool names_in_turn = false;
  Scheme scheme = Scheme::kReal;
};

enum Phase : uint8_t {
  kUntaken,
  kTaken,
  kLookedUp,  // waits for room
  kReading,   // has claimed
  kReady,
  kClaiming,  // by its worker
  kWorking,
  kParked,    // waits for its turn, no worker has it
  kEntering,  // its turn has come, a worker has it
  kNew,       // waits for a writer
  kStaging,
  kDone,
  kCommitted,
  kDropped,  // by a stop
};

struct ModelState {
  std::array<uint8_t, kMostItems> phase{};
  // Each has taken the items from `next` up to `end`.
  std::array<uint8_t, kMostReaders> next{};
  std::array<uint8_t, kMostReaders> end{};
  std::array<bool, kMostReaders> gone{};
  bool in_next = false;  // a worker waits for the next item
  bool stopped = false;

  uint64_t Key() const {
    uint64_t key = 0;
    const auto add = [&](uint64_t value, int bits) { key = key << bits | value; };
    for (const uint8_t one : phase) add(one, 4);
    for (int r = 0; r < kMostReaders; ++r) {
      add(next[r], 3);
      add(end[r], 3);
      add(gone[r], 1);
    }
    add(in_next, 1);
    add(stopped, 1);
    return key;
  }
};

class AdmissionModel {
 public:
  explicit AdmissionModel(ModelOptions options) : o_(std::move(options)), count_(static_cast<int>(o_.items.size())) {}

  // What is wrong in a state that can be reached; empty: nothing.
  std::string Search() {
    std::vector<ModelState> open{ModelState{}};
    std::unordered_set<uint64_t> seen{open.front().Key()};
    while (!open.empty()) {
      const ModelState state = open.back();
      open.pop_back();
      if (std::string wrong = Check(state); !wrong.empty()) return wrong + Describe(state);
      next_.clear();
      FindSuccessors(state);
      if (next_.empty() && !IsEnd(state)) return "a hang" + Describe(state);
      // At any time, but nobody is to wait for it.
      if (!state.stopped && !WorkersClaim()) {
        next_.push_back(state);
        next_.back().stopped = true;
      }
      for (const ModelState& next : next_) {
        if (seen.insert(next.Key()).second) open.push_back(next);
      }
    }
    states_ = seen.size();
    return "";
  }

  uint64_t states() const { return states_; }

 private:
  const ModelItem& Item(int i) const { return o_.items[static_cast<size_t>(i)]; }
  int Count(const ModelState& s, Phase first, Phase last) const {
    int count = 0;
    for (int i = 0; i < count_; ++i) count += s.phase[i] >= first && s.phase[i] <= last ? 1 : 0;
    return count;
  }
  bool WorkersClaim() const { return o_.scheme == Scheme::kWorkersClaim; }

  // What item i holds of the budget; and of that, what waits for a worker.
  int Held(const ModelState& s, int i) const {
    const int phase = s.phase[i];
    if (Item(i).ended) return 0;
    if (phase < kReading || phase >= kDone) return 0;
    if (WorkersClaim()) return phase <= kClaiming ? 0 : phase == kWorking ? Item(i).all() : Item(i).thumbnail;
    if (phase <= kWorking) return Item(i).all();
    return o_.writers > 0 ? Item(i).thumbnail : 0;
  }
  int Waiting(const ModelState& s, int i) const {
    return s.phase[i] == kReading || s.phase[i] == kReady ? (Item(i).ended ? 0 : Item(i).file) : 0;
  }
  bool Fits(const ModelState& s, int i) const {
    int held = 0;
    int waiting = 0;
    for (int j = 0; j < count_; ++j) {
      held += Held(s, j);
      waiting += Waiting(s, j);
    }
    const int file = Item(i).ended ? 0 : Item(i).file;
    const bool room = WorkersClaim() || file == 0 || waiting == 0 || waiting + file <= o_.waiting_limit;
    return room && (Item(i).all() == 0 || held == 0 || held + Item(i).all() <= o_.held_limit);
  }

  std::string Check(const ModelState& s) const {
    int held = 0;
    int holders = 0;
    int waiting = 0;
    int waiters = 0;
    for (int i = 0; i < count_; ++i) {
      held += Held(s, i);
      holders += Held(s, i) > 0 ? 1 : 0;
      waiting += Waiting(s, i);
      waiters += Waiting(s, i) > 0 ? 1 : 0;
    }
    if (held > o_.held_limit && holders > 1) return "too much is held";
    if (!WorkersClaim() && waiting > o_.waiting_limit && waiters > 1) return "too much waits";
    return "";
  }

  bool IsEnd(const ModelState& s) const {
    for (int r = 0; s.stopped && r < o_.readers; ++r) {
      if (!s.gone[r]) return false;
    }
    for (int i = 0; i < count_; ++i) {
      const int phase = s.phase[i];
      const bool may_be_left = phase == kUntaken || phase == kReady || phase == kDropped;
      if (phase != kCommitted && !(s.stopped && may_be_left)) return false;
    }
    return !s.in_next;
  }

  int Popped(const ModelState& s) const {
    int popped = 0;
    while (popped < count_ && s.phase[popped] > kReady && s.phase[popped] != kDropped) ++popped;
    return popped;
  }
  int Workers(const ModelState& s) const {
    return Count(s, kClaiming, kWorking) + Count(s, kEntering, kEntering) + (s.in_next ? 1 : 0);
  }
  bool IsTurnOf(const ModelState& s, int i) const {
    for (int j = 0; j < i; ++j) {
      if (s.phase[j] <= kEntering) return false;
    }
    return true;
  }

  void FindSuccessors(const ModelState& s) {
    for (int r = 0; r < o_.readers; ++r) Read(s, r);
    Pop(s);
    for (int i = 0; i < count_; ++i) Work(s, i);
    Write(s);
  }

  void Read(const ModelState& s, int r) {
    if (s.gone[r]) return;
    ModelState n = s;
    if (s.next[r] == s.end[r]) {
      int taken = 0;
      while (taken < count_ && s.phase[taken] != kUntaken) ++taken;
      const int end = std::min({count_, taken + o_.at_once, Popped(s) + o_.window});
      if (s.stopped) {
        n.gone[r] = true;
      } else if (end > taken) {
        n.next[r] = static_cast<uint8_t>(taken);
        n.end[r] = static_cast<uint8_t>(end);
        for (int i = taken; i < end; ++i) n.phase[i] = kTaken;
      } else {
        return;
      }
      next_.push_back(n);
      return;
    }
    const int i = s.next[r];
    bool all_looked_up = true;
    bool all_claimed = true;
    for (int j = 0; j < i; ++j) {
      if (s.phase[j] <= kTaken || s.phase[j] == kDropped) all_looked_up = false;
      if (s.phase[j] <= kLookedUp) all_claimed = false;
    }
    if (s.phase[i] == kTaken) {
      const bool freed = s.stopped && o_.scheme != Scheme::kNamesOutliveStop;
      if (o_.names_in_turn && !all_looked_up && !freed) return;
      n.phase[i] = kLookedUp;
    } else if (s.phase[i] == kLookedUp && s.stopped) {
      // What it has not come to is never looked up.
      n.gone[r] = true;
      for (int j = i; j < s.end[r]; ++j) n.phase[j] = kDropped;
    } else if (s.phase[i] == kLookedUp) {
      const bool in_order = all_claimed || o_.scheme == Scheme::kAnyOrder || WorkersClaim();
      if (!in_order || (!WorkersClaim() && !Fits(s, i))) return;
      n.phase[i] = kReading;
    } else {
      n.phase[i] = kReady;
      n.next[r] = static_cast<uint8_t>(i + 1);
    }
    next_.push_back(n);
  }

  // The first filter: a worker that is in it waits for the next item, and then works on that.
  void Pop(const ModelState& s) {
    const int popped = Popped(s);
    ModelState n = s;
    if (s.in_next) {
      n.in_next = false;
      if (!s.stopped && popped < count_) {
        if (s.phase[popped] != kReady) return;
        n.phase[popped] = WorkersClaim() && !Item(popped).ended ? kClaiming : kWorking;
      }
    } else {
      const int tokens = Count(s, kClaiming, kEntering);
      if (s.stopped || popped == count_ || tokens == o_.tokens || Workers(s) == o_.workers) return;
      n.in_next = true;
    }
    next_.push_back(n);
  }

  // The second filter, and the third, which a worker goes on to where it is the item's turn.
  void Work(const ModelState& s, int i) {
    ModelState n = s;
    switch (s.phase[i]) {
      case kClaiming:
        if (!Fits(s, i)) return;
        n.phase[i] = kWorking;
        break;
      case kWorking:
        n.phase[i] = IsTurnOf(s, i) ? kEntering : kParked;
        break;
      case kParked:
        if (!IsTurnOf(s, i) || Workers(s) == o_.workers) return;
        n.phase[i] = kEntering;
        break;
      case kEntering:
        if (o_.writers == 0) {
          n.phase[i] = kCommitted;
        } else {
          if (Count(s, kNew, kDone) == o_.ring) return;
          n.phase[i] = Item(i).ended ? kDone : kNew;
        }
        break;
      default:
        return;
    }
    next_.push_back(n);
  }

  void Write(const ModelState& s) {
    bool first_new = true;
    bool first = true;
    for (int i = 0; i < count_; ++i) {
      ModelState n = s;
      if (s.phase[i] == kNew && first_new && Count(s, kStaging, kStaging) < o_.writers) {
        n.phase[i] = kStaging;
        next_.push_back(n);
      } else if (s.phase[i] == kStaging) {
        n.phase[i] = kDone;
        next_.push_back(n);
      } else if (s.phase[i] == kDone && first) {
        n.phase[i] = kCommitted;
        next_.push_back(n);
      }
      if (s.phase[i] == kNew) first_new = false;
      if (s.phase[i] != kCommitted) first = false;
    }
  }

  std::string Describe(const ModelState& s) const {
    std::string text = ": items";
    for (int i = 0; i < count_; ++i) {
      const ModelItem& item = Item(i);
      text += " " + std::to_string(item.file) + "+" + std::to_string(item.working) + (item.ended ? "e" : "") + "@" +
              std::to_string(s.phase[i]);
    }
    const auto add = [&](const char* name, int value) { text.append(name).append(std::to_string(value)); };
    add(", readers ", o_.readers);
    add(", workers ", o_.workers);
    add(", tokens ", o_.tokens);
    add(", window ", o_.window);
    add(", at once ", o_.at_once);
    add(", writers ", o_.writers);
    add(", ring ", o_.ring);
    add(", limits ", o_.waiting_limit);
    add("/", o_.held_limit);
    return text + (s.in_next ? ", in next" : "") + (s.stopped ? ", stopped" : "");
  }

  const ModelOptions o_;
  const int count_;
  std::vector<ModelState> next_;
  uint64_t states_ = 0;
};

// Small ones, large ones, one that takes all there is, one that is read bit by bit, those that had ended before.
const std::vector<std::vector<ModelItem>>& ModelItems() {
  static const std::vector<std::vector<ModelItem>> lists = {
      {{1, 1, 1}, {1, 1, 1}, {1, 3, 1}, {1, 0, 1}},       {{1, 3, 2}, {1, 3, 1}, {1, 1, 1}, {3, 1, 1}},
      {{1, 1, 1}, {0, 0, 0, true}, {1, 3, 2}, {1, 1, 1}}, {{2, 0, 0}, {2, 2, 1}, {2, 0, 0}, {1, 0, 0}},
      {{1, 2, 1}, {1, 2, 1}, {0, 2, 1}, {1, 2, 1}},
  };
  return lists;
}

// Calls `look` for each of many configurations of a scheme, until it returns false.
template <class Look>
void ForEachConfiguration(Scheme scheme, Look&& look) {
  ModelOptions o;
  o.scheme = scheme;
  for (const auto& items : ModelItems()) {
    for (o.readers = 1; o.readers <= 3; ++o.readers) {
      for (o.workers = 1; o.workers <= 3; ++o.workers) {
        for (o.tokens = 1; o.tokens <= 4; ++o.tokens) {
          for (const int variant : {0, 1, 2, 3}) {
            o.items = items;
            o.window = variant % 2 == 0 ? 5 : 2;
            o.at_once = variant < 2 ? 1 : 3;
            o.writers = (o.tokens + variant) % 3;
            o.ring = 1 + o.readers % 2;
            o.names_in_turn = variant >= 2;
            o.waiting_limit = variant == 1 ? 1 : 2;
            if (!look(o)) return;
          }
        }
      }
    }
  }
}

TEST(AdmissionModel, EveryStateHasASuccessorAndKeepsTheLimits) {
  uint64_t states = 0;
  ForEachConfiguration(Scheme::kReal, [&](const ModelOptions& options) {
    AdmissionModel model(options);
    const std::string wrong = model.Search();
    EXPECT_EQ(wrong, "");
    states += model.states();
    return wrong.empty();
  });
  EXPECT_GT(states, 100'000u);
}

TEST(AdmissionModel, FindsThatClaimsInAnyOrderHang) {
  std::string wrong;
  ForEachConfiguration(Scheme::kAnyOrder, [&](const ModelOptions& options) {
    wrong = AdmissionModel(options).Search();
    return wrong.empty();
  });
  EXPECT_TRUE(wrong.starts_with("a hang")) << wrong;
}

TEST(AdmissionModel, FindsThatClaimsByWorkersHang) {
  std::string wrong;
  ForEachConfiguration(Scheme::kWorkersClaim, [&](const ModelOptions& options) {
    wrong = AdmissionModel(options).Search();
    return wrong.empty();
  });
  EXPECT_TRUE(wrong.starts_with("a hang")) << wrong;
}

TEST(AdmissionModel, FindsThatWhoWaitsForNamesMustBeFreedByAStop) {
  std::string wrong;
  ForEachConfiguration(Scheme::kNamesOutliveStop, [&](const ModelOptions& options) {
    wrong = AdmissionModel(options).Search();
    return wrong.empty();
  });
  EXPECT_TRUE(wrong.starts_with("a hang")) << wrong;
  EXPECT_TRUE(wrong.ends_with("stopped")) << wrong;
}

}  // namespace
}  // namespace tbbthumbs
