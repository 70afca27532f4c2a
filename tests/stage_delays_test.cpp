// The stages under strategies of plain threads, with random delays.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "bench/strategies/strategies.h"
#include "tests/support/delays_fixture.h"

namespace tbbthumbs {
namespace {

class StageDelaysTest : public testing::DelaysFixture, public ::testing::WithParamInterface<std::string> {
  void DriveStages(Stages& stages, const Numbers& numbers) override {
    bench::Usage usage;
    const bench::Knobs knobs{numbers.threads, numbers.tokens, numbers.io_threads};
    EXPECT_TRUE(bench::FindStrategy(GetParam())->run(stages, knobs, usage));
  }
};

TEST_P(StageDelaysTest, ChangeNothing) { DriveAll(); }

INSTANTIATE_TEST_SUITE_P(, StageDelaysTest,
                         ::testing::Values("thread-per-picture", "static-split", "async-futures", "std-pipeline",
                                           "priority-queue"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tbbthumbs
