#include "tools/stop_times.h"

#include <pthread.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "pipeline/posix_file.h"

namespace tbbthumbs::tool {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGrace{500};
constexpr milliseconds kPatience{850};
// Milliseconds that it takes to take back a gigabyte: more than twice what a virtual machine with nothing else to do
// takes, of small pages, since others may want its CPUs.
constexpr uint64_t kPerSmallGigabyte = 250;
constexpr uint64_t kPerHugeGigabyte = 10;
// What is left between grace and the end: pictures are dropped, their memory is given back, the journal is closed.
constexpr milliseconds kDropping{150};
constexpr milliseconds kLeastPatience{300};
constexpr milliseconds kMeasureEvery{50};

// Of the line "NAME: N kB".
uint64_t BytesOf(std::string_view name, std::string_view text) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
    line.remove_prefix(name.size() + 1);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    uint64_t kilobytes = 0;
    std::from_chars(line.data(), line.data() + line.size(), kilobytes);
    return kilobytes << 10;
  }
  return 0;
}

}  // namespace

HeldMemory ParseHeldMemory(std::string_view text) {
  const uint64_t all = BytesOf("Anonymous", text);
  const uint64_t huge = std::min(BytesOf("AnonHugePages", text), all);
  return {.small_pages = all - huge, .huge_pages = huge};
}

HeldMemory ReadHeldMemory() { return ParseHeldMemory(ReadStatusFile("/proc/self/smaps_rollup")); }

StopTimes TimesToStop(const HeldMemory& held) {
  const uint64_t cost = (held.small_pages * kPerSmallGigabyte >> 30) + (held.huge_pages * kPerHugeGigabyte >> 30);
  const uint64_t spare = (kPatience - kLeastPatience).count();
  const milliseconds patience = kPatience - milliseconds(std::min(cost, spare));
  return {.grace = std::min(kGrace, patience - kDropping), .patience = patience};
}

StopPacer::StopPacer(std::function<void(milliseconds grace)> on_grace, std::function<HeldMemory()> measure)
    : on_grace_(std::move(on_grace)), measure_(std::move(measure)), patience_(kPatience) {}

StopPacer::~StopPacer() = default;

void StopPacer::Start() {
  start_ = std::chrono::steady_clock::now();
  on_grace_(kGrace);
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  } catch (const std::exception&) {
    // It stays at the times of little memory.
  }
}

void StopPacer::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "pacer");
  try {
    Pace(stop);
  } catch (const std::bad_alloc&) {
    // It stays at the times measured last.
  }
}

void StopPacer::Pace(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  milliseconds shortest = kGrace;
  while (!stop.stop_requested()) {
    const StopTimes times = TimesToStop(measure_());
    patience_ = times.patience;
    if (times.grace < shortest) {
      shortest = times.grace;
      const auto passed = std::chrono::steady_clock::now() - start_;
      on_grace_(std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(shortest - passed)));
    }
    never.wait_for(lock, stop, kMeasureEvery, [] { return false; });
  }
}

}  // namespace tbbthumbs::tool
