// Vector code for one kind of CPU after the other.
#ifndef TBBTHUMBS_TESTS_SUPPORT_SIMD_TARGETS_H_
#define TBBTHUMBS_TESTS_SUPPORT_SIMD_TARGETS_H_

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cstdint>
#include <vector>

namespace tbbthumbs::testing {

// The targets that this CPU has and that are compiled, one by one.
inline std::vector<int64_t> SimdTargets() {
  std::vector<int64_t> targets;
  for (int64_t all = hwy::SupportedTargets() & HWY_TARGETS; all != 0; all &= all - 1) targets.push_back(all & -all);
  return targets;
}

// Tests that run with the code for the target that is their parameter.
class SimdTargetTest : public ::testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { Use(GetParam()); }
  void TearDown() override { Use(0); }

  // 0: the best one.
  static void Use(int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_SIMD_TARGETS_H_
