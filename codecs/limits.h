// What one picture may cost. Checked right after its header, before any allocation that the file can size.
#ifndef TBBTHUMBS_CODECS_LIMITS_H_
#define TBBTHUMBS_CODECS_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>

#include "codecs/error.h"
#include "codecs/size.h"

namespace tbbthumbs {

struct DecodeLimits {
  // Width times height as the header declares them. Default 2^28: about 268 million.
  uint64_t max_pixels = uint64_t{1} << 28;
  // Longest side, in pixels. JPEG ends at 65,500 by itself, PNG at 2^31 - 1.
  int max_side = 1'000'000;
  // Bytes of the file. Larger ones are not read.
  uint64_t max_input_bytes = uint64_t{4} << 30;
  // Bytes that decoding holds at once at worst: coefficients of a progressive JPEG, rows of an interlaced PNG.
  uint64_t max_decoded_bytes = uint64_t{1} << 30;
  // Scans of a JPEG times its pixels: the work that a progressive file can ask for. A 100-megapixel picture of 12
  // scans is 1.2e9. Half of it in arithmetic coding, which takes twice the time; and 4,000 scans of any picture at
  // most.
  uint64_t max_scans_times_pixels = 4'000'000'000;
  // CPU time of the decoding thread for one picture; zero: no limit.
  std::chrono::milliseconds cpu_deadline{60'000};
};

// A file that is to be salvaged holds one part in so many of what its picture takes at least: it is to become a
// picture, not an area of gray that costs as much.
inline constexpr uint64_t kLeastSalvaged = 16;

// Errors: kTooLarge, with the name of the limit in the message.
[[nodiscard]] Status CheckPictureSize(Size size, const DecodeLimits& limits);
[[nodiscard]] Status CheckDecodedBytes(uint64_t bytes, const DecodeLimits& limits);
// For each scan of a JPEG when it comes: `scans` with it.
[[nodiscard]] Status CheckScans(uint64_t scans, Size size, const DecodeLimits& limits);

// The CPU deadline and the stop flag of one picture, polled between bands of rows. Counts the CPU time of the thread
// that made it; used by that thread alone.
class Watch {
 public:
  Watch(const DecodeLimits& limits, std::stop_token stop);

  // Errors: kStopped, kTimeout. Costs a system call (about 0.3 us): poll every few thousand pixels, not every row.
  [[nodiscard]] Status Poll() const;
  // The stop alone, for what comes after decoding. Errors: kStopped. Costs no system call.
  [[nodiscard]] Status PollStop() const;

  // CPU time of this thread since the start.
  std::chrono::nanoseconds Used() const;

 private:
  std::stop_token stop_;
  std::chrono::nanoseconds limit_;
  std::chrono::nanoseconds start_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_LIMITS_H_
