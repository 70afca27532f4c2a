// How many bytes of files are held at once.
#ifndef TBBTHUMBS_PIPELINE_BYTE_BUDGET_H_
#define TBBTHUMBS_PIPELINE_BYTE_BUDGET_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

namespace tbbthumbs {

class ByteBudget;

// Bytes taken from a budget, given back on destruction.
class ByteClaim {
 public:
  ByteClaim() = default;
  ByteClaim(ByteBudget* budget, size_t bytes) : budget_(budget), bytes_(bytes) {}
  ByteClaim(ByteClaim&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  ByteClaim& operator=(ByteClaim&& other) noexcept {
    Release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~ByteClaim() { Release(); }

  void Release();

 private:
  ByteBudget* budget_ = nullptr;
  size_t bytes_ = 0;
};

// Bytes are claimed once an item, in the order of the items, by reader threads outside the task arena, and given back
// when the work on the item ends; nobody waits for bytes while holding any that others need, and with nothing held the
// next item is admitted whatever its size: so it cannot deadlock. Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(size_t bytes) : limit_(bytes) {}

  // Waits until all items before `seq` (from 0, without gaps) have claimed, and there is room or nothing is held. After
  // Stop it returns an empty claim at once.
  ByteClaim Claim(uint64_t seq, size_t bytes);

  void Stop();

  // The most bytes held at once so far.
  size_t peak() const;

 private:
  friend class ByteClaim;
  void Release(size_t bytes);

  const size_t limit_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  uint64_t next_seq_ = 0;
  size_t held_ = 0;
  size_t peak_ = 0;
  bool stopped_ = false;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_BYTE_BUDGET_H_
