// The three stages driven by plain threads instead of the task graph: what the thread sanitizer can follow.
#include "pipeline/stages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "bench/strategies/strategies.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

using bench::Knobs;
using testing::MemoryFileSystem;

struct Ended {
  RunSummary summary;
  std::vector<uint64_t> seen;  // in the order of their ends
  std::map<std::string, std::vector<std::byte>> output;
  size_t peak_bytes = 0;
};

// A run over the directory "in" of a file system in memory.
class StagesTest : public ::testing::TestWithParam<std::string> {
 protected:
  StagesTest() {
    files_.AddDirectory("out");
    for (int i = 0; i < kPictures; ++i) {
      const std::string directory = "in/d" + std::to_string(i % 3) + "/";
      auto jpeg = testing::MakeJpeg({.size = {60 + i, 50}, .quality = 50});
      if (i % 10 == 3) jpeg.resize(jpeg.size() / 2);
      files_.AddFile(directory + std::to_string(i) + ".jpg", std::move(jpeg));
      if (i % 10 == 5) files_.AddFile(directory + std::to_string(i) + ".txt");
    }
    options_.input.paths = {"in"};
    options_.output = "out";
    options_.specs.sizes = {{16, 16}, {24, 24}};
    options_.read_ahead_bytes = 4000;
  }

  // Stops after `stop_after` pictures have been published; 0: never. What was made is taken out of the file system.
  Ended Drive(const Knobs& knobs, uint64_t stop_after = 0) {
    Ended ended;
    Stages* to_stop = nullptr;
    Stages stages(
        files_, options_,
        [&](const PictureResult& result) {
          ended.seen.push_back(result.seq);
          if (ended.seen.size() == stop_after) to_stop->Stop();
        },
        [] {});
    to_stop = &stages;
    bench::Usage usage;
    EXPECT_TRUE(bench::FindStrategy(GetParam())->run(stages, knobs, usage));
    stages.publisher().RemoveTemporaryDirectory();
    ended.summary = stages.publisher().counters();
    ended.peak_bytes = stages.budget().peak();
    for (const std::string& path : files_.Files()) {
      if (!path.starts_with("out/")) continue;
      ended.output[path] = files_.Bytes(path);
      EXPECT_TRUE(files_.Remove(path));
    }
    return ended;
  }

  static constexpr int kPictures = 60;
  MemoryFileSystem files_;
  JobOptions options_;
};

TEST_P(StagesTest, AnyNumberOfThreadsGivesTheSame) {
  std::map<std::string, std::vector<std::byte>> first;
  for (const Knobs& knobs : {Knobs{1, 1, 1}, Knobs{2, 16, 2}, Knobs{8, 64, 4}}) {
    Ended ended = Drive(knobs);
    EXPECT_EQ(ended.summary.inputs, 66u);
    EXPECT_EQ(ended.summary.made, 54u);
    EXPECT_EQ(ended.summary.failed, 6u);
    EXPECT_EQ(ended.summary.not_pictures, 6u);
    if (!bench::FindStrategy(GetParam())->in_order) std::sort(ended.seen.begin(), ended.seen.end());
    ASSERT_EQ(ended.seen.size(), 66u);
    for (uint64_t i = 0; i < 66; ++i) EXPECT_EQ(ended.seen[i], i);
    EXPECT_EQ(ended.output.size(), 108u);
    if (first.empty()) first = ended.output;
    EXPECT_EQ(ended.output, first) << knobs.threads;
    EXPECT_GT(ended.peak_bytes, 0u);
  }
}

TEST_P(StagesTest, AStopLosesCountOfNothing) {
  for (const uint64_t stop_after : {1u, 7u, 30u}) {
    const Ended ended = Drive({4, 16, 3}, stop_after);
    EXPECT_GE(ended.summary.inputs, stop_after);
    EXPECT_EQ(ended.summary.made + ended.summary.failed + ended.summary.not_pictures + ended.summary.left,
              ended.summary.inputs);
    EXPECT_EQ(ended.output.size(), ended.summary.made * 2);
  }
}

INSTANTIATE_TEST_SUITE_P(PlainThreads, StagesTest,
                         ::testing::Values("thread-per-picture", "static-split", "async-futures", "std-pipeline",
                                           "priority-queue"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tbbthumbs
