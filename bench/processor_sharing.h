// A resource that all who use it share evenly.
#ifndef TBBTHUMBS_BENCH_PROCESSOR_SHARING_H_
#define TBBTHUMBS_BENCH_PROCESSOR_SHARING_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

namespace tbbthumbs::bench {

// Processor sharing by virtual time: work that all jobs have had in common since the beginning. A job of size s that
// comes at virtual time v ends at v + s however the speed changes meanwhile, so only the first end need be looked at.
class ProcessorSharing {
 public:
  bool empty() const { return ends_.empty(); }
  size_t size() const { return ends_.size(); }
  void Add(double size, int thread) { ends_.emplace(virtual_ + size, thread); }
  // Until the first job ends, at `speed` for each job.
  double Wait(double speed) const {
    return empty() ? std::numeric_limits<double>::infinity() : std::max(0.0, ends_.top().first - virtual_) / speed;
  }
  void Advance(double seconds, double speed) {
    if (!empty()) virtual_ += seconds * speed;
  }
  int RemoveFirst() {
    const auto [end, thread] = ends_.top();
    ends_.pop();
    virtual_ = std::max(virtual_, end);
    return thread;
  }

 private:
  using Job = std::pair<double, int>;
  double virtual_ = 0;
  std::priority_queue<Job, std::vector<Job>, std::greater<>> ends_;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_PROCESSOR_SHARING_H_
