#ifndef TBBTHUMBS_PIPELINE_CPU_COUNT_H_
#define TBBTHUMBS_PIPELINE_CPU_COUNT_H_

#include <string>

namespace tbbthumbs {

// CPUs that this process may use: the smaller of its affinity mask and the CPU quota of its control groups (v1 and v2,
// up the hierarchy), rounded up; at least 1. oneTBB 2021.8 knows the mask only.
int UsableCpus();

// The quota in CPUs that the control group files under `root` ("/sys/fs/cgroup") give a process whose /proc/self/cgroup
// reads `membership`; 0: none.
double CgroupCpuQuota(const std::string& root, const std::string& membership);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_CPU_COUNT_H_
