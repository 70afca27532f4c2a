// What the strategies share: pictures in one piece, commits one at a time, commits in order.
#ifndef TBBTHUMBS_BENCH_STRATEGIES_DRIVING_H_
#define TBBTHUMBS_BENCH_STRATEGIES_DRIVING_H_

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/item.h"
#include "pipeline/stages.h"

namespace tbbthumbs::bench {

// The read stage in the calling thread, for who holds one picture at a time.
void ReadHere(Stages& stages, Item& item);

// The thumbnail stage, temporary files included.
void Work(Stages& stages, Item& item);

// All inputs at once, in order: for strategies that must know what there is before they begin. About 1 kB each.
std::vector<std::unique_ptr<Item>> ListAll(Stages& stages);

// The publish stage, one picture at a time, in the order in which they come. Thread-safe.
class Committer {
 public:
  explicit Committer(Stages& stages) : stages_(stages) {}
  void Commit(Item& item);

 private:
  Stages& stages_;
  std::mutex mutex_;  // Publisher::Commit is serial
};

// Keeps items that come too early. Not thread-safe.
class ReorderBuffer {
 public:
  void Put(std::unique_ptr<Item> item);
  // The next in input order; null while it has not come.
  std::unique_ptr<Item> Take();

 private:
  std::map<uint64_t, std::unique_ptr<Item>> early_;
  uint64_t next_ = 0;
};

// Runs `f`, which returns nothing; what it throws becomes an Error.
template <class F>
Status Guarded(F&& f) {
  try {
    f();
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kOutOfMemory, "no memory to run the strategy");
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, std::string("the strategy: ") + error.what());
  }
  return {};
}

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_STRATEGIES_DRIVING_H_
