#include "pipeline/cpu_count.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace tbbthumbs {
namespace {

class CgroupTest : public ::testing::Test {
 protected:
  CgroupTest() : root_(::testing::TempDir() + "/cgroup") { std::filesystem::remove_all(root_); }
  ~CgroupTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::string root_;
};

TEST_F(CgroupTest, Version2TakesTheSmallestUpTheHierarchy) {
  Write("/a/cpu.max", "150000 100000\n");
  Write("/a/b/cpu.max", "max 100000\n");
  EXPECT_DOUBLE_EQ(CgroupCpuQuota(root_, "0::/a/b\n"), 1.5);
  Write("/a/b/cpu.max", "50000 100000\n");
  EXPECT_DOUBLE_EQ(CgroupCpuQuota(root_, "0::/a/b\n"), 0.5);
}

TEST_F(CgroupTest, Version1) {
  Write("/cpu/job/cpu.cfs_quota_us", "400000\n");
  Write("/cpu/job/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(CgroupCpuQuota(root_, "5:memory:/x\n4:cpu,cpuacct:/job\n"), 4);
  Write("/cpu/job/cpu.cfs_quota_us", "-1\n");
  EXPECT_DOUBLE_EQ(CgroupCpuQuota(root_, "4:cpu,cpuacct:/job\n"), 0);
}

TEST_F(CgroupTest, NoQuota) {
  EXPECT_DOUBLE_EQ(CgroupCpuQuota(root_, "0::/\n"), 0);
  EXPECT_DOUBLE_EQ(CgroupCpuQuota(root_, "garbage\n\n:\n"), 0);
  Write("/cpu.max", "max 100000\n");
  EXPECT_DOUBLE_EQ(CgroupCpuQuota(root_, "0::/\n"), 0);
}

TEST(UsableCpus, FollowsTheAffinityMask) {
  std::jthread([] {
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof(mask), &mask), 0);
    EXPECT_LE(UsableCpus(), CPU_COUNT(&mask));
    int first = 0;
    while (!CPU_ISSET(first, &mask)) ++first;
    CPU_ZERO(&mask);
    CPU_SET(first, &mask);
    ASSERT_EQ(sched_setaffinity(0, sizeof(mask), &mask), 0);
    EXPECT_EQ(UsableCpus(), 1);
  });
}

}  // namespace
}  // namespace tbbthumbs
