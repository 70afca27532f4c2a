// How long a network disk takes to answer.
#ifndef TBBTHUMBS_BENCH_IO_SLOW_LINK_H_
#define TBBTHUMBS_BENCH_IO_SLOW_LINK_H_

#include <chrono>
#include <cstdint>
#include <mutex>

namespace tbbthumbs::bench {

struct LinkOptions {
  std::chrono::nanoseconds latency = std::chrono::milliseconds(2);  // of one round trip
  double bytes_per_second = 110e6;                                  // of all callers together: gigabit Ethernet; > 0
};

// A line of fixed latency, any number of requests under way at once, whose bytes go one after the other. Thread-safe.
class SlowLink {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit SlowLink(const LinkOptions& options) : options_(options) {}

  // When the answer of `bytes` to a request made at `begin` is complete: its bytes go over the line as soon as those of
  // the answers asked for earlier have, and arrive a latency later. Reserves the line for them.
  Time Answer(Time begin, uint64_t bytes);

  std::chrono::nanoseconds latency() const { return options_.latency; }

 private:
  const LinkOptions options_;
  std::mutex mutex_;  // guards all below; held for a sum, while each request waits for milliseconds
  Time free_{};       // when all bytes so far will have gone
};

// Waits: on a fiber of an event loop its other fibers go on meanwhile.
void WaitUntil(SlowLink::Time time);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_IO_SLOW_LINK_H_
