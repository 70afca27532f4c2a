// How many bytes of files are held at once.
#ifndef TBBTHUMBS_PIPELINE_BYTE_BUDGET_H_
#define TBBTHUMBS_PIPELINE_BYTE_BUDGET_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <utility>

namespace tbbthumbs {

class ByteBudget;

// Bytes taken from a budget, given back on destruction.
class ByteClaim {
 public:
  ByteClaim() = default;
  ByteClaim(ByteBudget* budget, size_t bytes, size_t working_bytes)
      : budget_(budget), bytes_(bytes + working_bytes), waiting_(bytes) {}
  ByteClaim(ByteClaim&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        waiting_(std::exchange(other.waiting_, 0)) {}
  ByteClaim& operator=(ByteClaim&& other) noexcept {
    Release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
    waiting_ = std::exchange(other.waiting_, 0);
    return *this;
  }
  ~ByteClaim() { Release(); }

  void Release();
  // Makes room for others to be read, since somebody works on these now; they stay held.
  void BeginWork();
  // Gives back all but `bytes`; nothing where it holds no more than that.
  void ShrinkTo(size_t bytes);

 private:
  ByteBudget* budget_ = nullptr;
  size_t bytes_ = 0;
  size_t waiting_ = 0;  // of these: of the file, until BeginWork
};

// Bytes are claimed once an item, in the order of the items, by reader threads outside the task arena. The limit is for
// those that wait for a worker: it does not keep workers from having a picture each, however large the pictures; so
// what is held at most is the limit and a picture a worker. Bytes are given back when the work on the item ends. Nobody
// waits for bytes while holding any that others need, and while none wait for a worker the next item is admitted
// whatever its size: so it cannot deadlock. Thread-safe.
class ByteBudget {
 public:
  // `waiting`: bytes of files that wait for a worker. `held`: bytes of all kinds, of what is worked on too.
  explicit ByteBudget(size_t waiting, size_t held = std::numeric_limits<size_t>::max())
      : limit_(waiting), held_limit_(held) {}

  // For `items` items from `seq` on (from 0, without gaps), which want that many bytes of a file together, and
  // `working_bytes` more for the work on it. Waits until all items before `seq` have claimed, and there is room under
  // both limits: at least where nothing waits for a worker, and nothing is held. After Stop it returns an empty claim
  // at once. kAnyTurn, for all claims of a run: those that have claimed go ahead in any order.
  static constexpr uint64_t kAnyTurn = std::numeric_limits<uint64_t>::max();
  ByteClaim Claim(uint64_t seq, size_t bytes, uint64_t items = 1, size_t working_bytes = 0);

  // Takes bytes without waiting, over the limit if need be, in no order: for who holds one picture at a time anyway.
  // Not beside Claim in one run.
  ByteClaim Charge(size_t bytes);
  // Whether that many bytes fit now, or none wait for a worker: for who would rather do something else than wait.
  bool HasRoom(size_t bytes) const;

  void Stop();

  // The most bytes held at once so far.
  size_t peak() const;

 private:
  friend class ByteClaim;
  void Release(size_t bytes, size_t waiting);
  ByteClaim TakeLocked(size_t bytes, size_t working_bytes);
  bool Fits(size_t bytes) const {
    return bytes == 0 || waiting_ == 0 || (waiting_ <= limit_ && bytes <= limit_ - waiting_);
  }
  bool FitsBeside(size_t bytes) const {
    return bytes == 0 || held_ == 0 || (held_ <= held_limit_ && bytes <= held_limit_ - held_);
  }

  const size_t limit_;
  const size_t held_limit_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  uint64_t next_seq_ = 0;
  size_t held_ = 0;
  size_t waiting_ = 0;  // of those held: for a worker
  size_t peak_ = 0;
  bool stopped_ = false;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_BYTE_BUDGET_H_
