// How many bytes of fetched pictures are held at once.
#ifndef TBBTHUMBS_PIPELINE_BODY_BUDGET_H_
#define TBBTHUMBS_PIPELINE_BODY_BUDGET_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

namespace tbbthumbs {

// Bodies are counted while they come, and, once they are whole, until whoever works on them lets go. Whoever fetches
// asks before it takes more, and never waits here: it lets the transfer wait and asks again after `on_room`. So that
// something always moves, it may go over the limit for one body: the next in turn, while none is whole that could be
// worked on and let go before it (MayExceed). What is held at most is the limit and one body. Thread-safe; shared with
// its claims, which may outlive whoever made it.
class BodyBudget : public std::enable_shared_from_this<BodyBudget> {
 public:
  // `in_order`: whole bodies are worked on in the order of their numbers; else as they come.
  static std::shared_ptr<BodyBudget> Make(size_t limit, bool in_order);

  // The bytes of one body, given back on destruction. Used by one thread at a time.
  class Claim {
   public:
    Claim() = default;
    Claim(Claim&& other) noexcept { Swap(other); }
    Claim& operator=(Claim&& other) noexcept {
      Claim old(std::move(*this));
      Swap(other);
      return *this;
    }
    ~Claim() { Release(); }

    size_t bytes() const { return bytes_; }
    // Has `bytes` in all then, if there is room, or `may_exceed`. False: it has as many as before.
    [[nodiscard]] bool GrowTo(size_t bytes, bool may_exceed);
    // It is whole, and holds no more than `bytes`.
    void Finish(size_t bytes);
    void Release();

   private:
    friend class BodyBudget;
    Claim(std::shared_ptr<BodyBudget> budget, uint64_t seq) : budget_(std::move(budget)), seq_(seq) {}
    void Swap(Claim& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(seq_, other.seq_);
      std::swap(bytes_, other.bytes_);
      std::swap(whole_, other.whole_);
    }

    std::shared_ptr<BodyBudget> budget_;
    uint64_t seq_ = 0;
    size_t bytes_ = 0;
    bool whole_ = false;
  };

  // Of the body with that number; no two have the same at a time.
  Claim Begin(uint64_t seq) { return {shared_from_this(), seq}; }

  // Whether the body with that number, the first of those that are not whole, may go over the limit.
  bool MayExceed(uint64_t seq);
  // Whether that many bytes would fit beside those of whole bodies.
  bool FitsBesideWhole(size_t bytes);

  // Called from any thread after bytes were given back, once after any question above was answered with no. Null:
  // nobody any more, and no call is under way when it returns.
  void OnRoom(std::function<void()> on_room);

  size_t held() const;
  // The most held at once so far.
  size_t peak() const;

 private:
  BodyBudget(size_t limit, bool in_order) : limit_(limit), in_order_(in_order) {}
  void Give(uint64_t seq, size_t bytes, bool whole);

  const size_t limit_;
  const bool in_order_;
  mutable std::mutex mutex_;  // guards all below
  size_t held_ = 0;
  size_t held_whole_ = 0;
  size_t peak_ = 0;
  std::set<uint64_t> whole_;
  bool refused_ = false;
  std::function<void()> on_room_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_BODY_BUDGET_H_
