#include "pipeline/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>
#include <thread>

#include "pipeline/posix_file.h"

namespace tbbthumbs {
namespace {

// cpu.max: "QUOTA PERIOD" in microseconds, or "max PERIOD".
double QuotaOfV2(const std::string& directory) {
  std::istringstream text(ReadStatusFile(directory + "/cpu.max"));
  double quota = 0;
  double period = 0;
  return text >> quota >> period && period > 0 ? quota / period : 0;
}

double QuotaOfV1(const std::string& directory) {
  std::istringstream quota_text(ReadStatusFile(directory + "/cpu.cfs_quota_us"));
  std::istringstream period_text(ReadStatusFile(directory + "/cpu.cfs_period_us"));
  double quota = 0;
  double period = 0;
  // -1: no quota
  return quota_text >> quota && period_text >> period && quota > 0 && period > 0 ? quota / period : 0;
}

// The smallest quota from `path` up to `root`; 0: none.
template <class F>
double SmallestUpwards(const std::string& root, std::string path, F quota_of) {
  double smallest = 0;
  for (;;) {
    const double quota = quota_of(root + path);
    if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
    if (path.empty() || path == "/") return smallest;
    path.erase(path.find_last_of('/'));
  }
}

int AffinityCpus() {
  // The mask may be larger than cpu_set_t's 1024 CPUs.
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
    const size_t bytes = CPU_ALLOC_SIZE(cpus);
    const auto release = [](cpu_set_t* set) { CPU_FREE(set); };
    const std::unique_ptr<cpu_set_t, decltype(release)> set(CPU_ALLOC(cpus), release);
    if (set == nullptr) break;
    if (sched_getaffinity(0, bytes, set.get()) == 0) return CPU_COUNT_S(bytes, set.get());
  }
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

double CgroupCpuQuota(const std::string& root, const std::string& membership) {
  double smallest = 0;
  const auto keep = [&smallest](double quota) {
    if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
  };
  // Lines of "ID:CONTROLLERS:PATH"; version 2 has no controllers.
  std::istringstream lines(membership);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") {
      keep(SmallestUpwards(root, path, QuotaOfV2));
    } else if (controllers.find(",cpu,") != std::string::npos) {
      keep(SmallestUpwards(root + "/cpu", path, QuotaOfV1));
      keep(SmallestUpwards(root + "/cpu,cpuacct", path, QuotaOfV1));
    }
  }
  return smallest;
}

int UsableCpus() {
  int cpus = std::max(1, AffinityCpus());
  const double quota = CgroupCpuQuota("/sys/fs/cgroup", ReadStatusFile("/proc/self/cgroup"));
  if (quota > 0) cpus = std::min(cpus, static_cast<int>(std::ceil(quota)));
  return std::max(1, cpus);
}

}  // namespace tbbthumbs
