#include "codecs/limits.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

namespace tbbthumbs {
namespace {

// Many times what a JPEG can use: one for each bit of each coefficient of its components would be 3,584.
constexpr uint64_t kMostScans = 4000;

std::chrono::nanoseconds ThreadCpuTime() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

Status CheckPictureSize(Size size, const DecodeLimits& limits) {
  const std::string dimensions = std::to_string(size.width) + " x " + std::to_string(size.height);
  if (size.width < 1 || size.height < 1) return Fail(ErrorCode::kCorrupt, "the header says " + dimensions + " pixels");
  if (std::max(size.width, size.height) > limits.max_side) {
    return Fail(ErrorCode::kTooLarge,
                dimensions + " pixels: a side is over max-side, " + std::to_string(limits.max_side));
  }
  if (size.pixels() > limits.max_pixels) {
    return Fail(ErrorCode::kTooLarge, dimensions + " is over max-pixels, " + std::to_string(limits.max_pixels));
  }
  return {};
}

Status CheckDecodedBytes(uint64_t bytes, const DecodeLimits& limits) {
  if (bytes <= limits.max_decoded_bytes) return {};
  return Fail(ErrorCode::kTooLarge, "decoding would hold " + std::to_string(bytes >> 20) +
                                        " MiB, over max-decoded-bytes, " +
                                        std::to_string(limits.max_decoded_bytes >> 20) + " MiB");
}

Status CheckScans(uint64_t scans, Size size, const DecodeLimits& limits) {
  // Each has tables to be made and segments to be read, however small the picture is.
  const uint64_t pixels = std::max(size.pixels(), limits.max_scans_times_pixels / kMostScans);
  if (scans * pixels <= limits.max_scans_times_pixels) return {};
  return Fail(ErrorCode::kTooLarge, std::to_string(scans) + " scans or more: over max-scans-times-pixels, " +
                                        std::to_string(limits.max_scans_times_pixels));
}

Watch::Watch(const DecodeLimits& limits, std::stop_token stop)
    : stop_(std::move(stop)), limit_(limits.cpu_deadline), start_(ThreadCpuTime()) {}

std::chrono::nanoseconds Watch::Used() const { return ThreadCpuTime() - start_; }

Status Watch::PollStop() const { return stop_.stop_requested() ? Fail(ErrorCode::kStopped, "stopped") : Status(); }

Status Watch::Poll() const {
  if (Status status = PollStop(); !status) return status;
  if (limit_.count() > 0 && Used() > limit_) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit_).count();
    const std::string text = ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
    return Fail(ErrorCode::kTimeout, "over the CPU deadline of " + text);
  }
  return {};
}

}  // namespace tbbthumbs
