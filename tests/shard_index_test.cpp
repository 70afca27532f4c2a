#include "tools/shard_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace tbbthumbs::tool {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Environment = std::map<std::string, std::string>;

tl::expected<int, std::string> Choose(const std::string& text, int shards, const Environment& environment = {}) {
  return ChooseShard(text, shards, [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(ShardIndexTest, IsANumberFromZero) {
  EXPECT_EQ(Choose("0", 8), 0);
  EXPECT_EQ(Choose("7", 8), 7);
  EXPECT_EQ(Choose("7/8", 8), 7);
  EXPECT_EQ(Choose("0/1", 1), 0);
}

TEST(ShardIndexTest, WhatIsNoneSaysWhy) {
  EXPECT_THAT(Choose("8", 8).error(),
              HasSubstr("--shard: there is no shard 8: the plan has 8 shards, numbered from 0"));
  EXPECT_THAT(Choose("8/8", 8).error(), HasSubstr("there is no shard 8"));
  EXPECT_THAT(Choose("3/9", 8).error(), HasSubstr("3/9: the plan has 8 shards"));
  EXPECT_THAT(Choose("0/1", 8).error(), HasSubstr("the plan has 8 shards"));
  for (const std::string text : {"x", "-1", "1/x", "1/", "/8", "1/8/8", "Auto", "1.0", "99999999999"}) {
    EXPECT_THAT(Choose(text, 8).error(), HasSubstr("--shard: '")) << text;
  }
}

TEST(ShardIndexTest, AutoIsWhatTheSchedulerSays) {
  for (const std::string variable : {"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX",
                                     "CLOUD_RUN_TASK_INDEX", "BATCH_TASK_INDEX"}) {
    EXPECT_EQ(Choose("auto", 8, {{variable, "5"}}), 5) << variable;
    EXPECT_THAT(Choose("auto", 8, {{variable, "8"}}).error(), HasSubstr(variable + ": there is no shard 8"));
    EXPECT_THAT(Choose("auto", 8, {{variable, "five"}}).error(), HasSubstr(variable + ": 'five' is no whole number"));
  }
  // The number of tasks is not asked for: it is that of the part of the array that was submitted.
  EXPECT_EQ(Choose("auto", 8, {{"SLURM_ARRAY_TASK_ID", "5"}, {"SLURM_ARRAY_TASK_COUNT", "2"}}), 5);
}

TEST(ShardIndexTest, AutoNeedsOneThatIsClear) {
  EXPECT_THAT(Choose("auto", 8).error(), AllOf(HasSubstr("none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX"),
                                               HasSubstr("BATCH_TASK_INDEX is set")));
  EXPECT_THAT(Choose("auto", 8, {{"BATCH_TASK_INDEX", ""}}).error(), HasSubstr("none of"));
  EXPECT_EQ(Choose("auto", 8, {{"SLURM_ARRAY_TASK_ID", "5"}, {"BATCH_TASK_INDEX", "5"}}), 5);
  EXPECT_THAT(Choose("auto", 8, {{"SLURM_ARRAY_TASK_ID", "5"}, {"BATCH_TASK_INDEX", "6"}}).error(),
              HasSubstr("SLURM_ARRAY_TASK_ID is 5, but BATCH_TASK_INDEX is 6"));
}

}  // namespace
}  // namespace tbbthumbs::tool
