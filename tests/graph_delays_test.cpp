// The stages under the task graph, with random delays.
#include <gtest/gtest.h>

#include "pipeline/source.h"
#include "pipeline/stages.h"
#include "pipeline/task_graph.h"
#include "tests/support/delays_fixture.h"

namespace tbbthumbs {
namespace {

class GraphDelaysTest : public testing::DelaysFixture {
  void DriveStages(Stages& stages, const Numbers& numbers) override {
    Source source(stages, numbers.io_threads);
    const GraphEnd end =
        RunTaskGraph(source, stages, {numbers.threads, numbers.tokens, WritersFor(numbers.io_threads)});
    EXPECT_TRUE(end.status);
    EXPECT_EQ(end.threads, numbers.threads);
  }
};

TEST_F(GraphDelaysTest, ChangeNothing) { DriveAll(); }

}  // namespace
}  // namespace tbbthumbs
