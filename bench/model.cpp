#include "bench/model.h"

#include <algorithm>

#include "bench/simulation.h"

namespace tbbthumbs::bench {

ModelResult Simulation::Result() const {
  ModelResult result;
  result.seconds = now_;
  result.first_s = first_s_;
  result.peak_held_bytes = peak_held_;
  result.memory_bytes =
      options_.fixed_bytes + options_.threads * options_.bytes_per_worker + static_cast<double>(peak_held_);
  if (now_ == 0) return result;
  result.pictures_per_s = static_cast<double>(options_.pictures) / now_;
  const double idle_s = idle_at_end_s_ + idle_for_order_s_ + idle_for_input_s_;
  result.use.workers = std::clamp(1 - idle_s / (options_.threads * now_), 0.0, 1.0);
  result.use.cpus = cpu_s_ / (options_.cpus * now_);
  const double waiting_s = Time(false, kForBytes) + Time(false, kForRoom) + Time(false, kForWork);
  result.use.readers = std::clamp(1 - waiting_s / (options_.io_threads * now_), 0.0, 1.0);
  result.use.storage = transfer_s_ / now_;
  if (options_.storage.parallel > 0) {
    result.use.storage = std::max(result.use.storage, requests_s_ / (options_.storage.parallel * now_));
  }
  result.use.publishing = publishing_s_ / now_;
  result.limit = LimitOf(result);
  return result;
}

// From what idle workers were idle for; and where that is the input, from what its readers spent their time on.
Limit Simulation::LimitOf(const ModelResult& result) const {
  constexpr double kSaturated = 0.93;  // the beginning and the end of a run leave some idle in any case
  const double on_cpu_s = Time(false, kOnCpu) + Time(true, kOnCpu);
  const bool short_of_cpus = on_cpu_s > 1.1 * cpu_s_;
  if (options_.threads > 1 && result.use.publishing > kSaturated) return Limit::kPublishing;
  if (result.use.workers > kSaturated) {
    // Workers read the rest of files larger than the memory for reading ahead.
    if (Time(true, kTransfer) > Time(true, kOnCpu)) return Limit::kStorageBandwidth;
    return short_of_cpus ? Limit::kCpus : Limit::kWorkers;
  }
  if (std::max(idle_for_order_s_, idle_at_end_s_) > idle_for_input_s_) return Limit::kOrder;
  if (transfer_s_ > kSaturated * now_) return Limit::kStorageBandwidth;
  // Whoever stands in line waits for what the one before does.
  const double latency_s = Time(false, kLatency);
  const double transfer_s = Time(false, kTransfer);
  const double storage_s = latency_s + transfer_s + Time(false, kInLine);
  const double longest = std::max({storage_s, Time(false, kOnCpu), Time(false, kForBytes), Time(false, kForRoom)});
  if (longest == storage_s) return latency_s >= transfer_s ? Limit::kStorageLatency : Limit::kStorageBandwidth;
  if (longest == Time(false, kOnCpu)) return short_of_cpus ? Limit::kCpus : Limit::kReaders;
  return longest == Time(false, kForBytes) ? Limit::kReadAheadMemory : Limit::kOrder;
}

const char* LimitText(Limit limit) {
  switch (limit) {
    case Limit::kWorkers:
      return "workers";
    case Limit::kCpus:
      return "CPUs";
    case Limit::kStorageLatency:
      return "storage latency";
    case Limit::kStorageBandwidth:
      return "storage bandwidth";
    case Limit::kReaders:
      return "readers";
    case Limit::kReadAheadMemory:
      return "memory for reading ahead";
    case Limit::kPublishing:
      return "publishing";
    case Limit::kOrder:
      return "order (a giant picture)";
  }
  return "";
}

ModelResult Simulate(const std::vector<PictureCost>& costs, const ModelOptions& options) {
  if (costs.empty()) return {};
  return Simulation(costs, options).Run();
}

}  // namespace tbbthumbs::bench
