// The cluster that other tests run the command on.
#include "tests/support/slurm_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::SlurmCluster;
using testing::SlurmTask;
using testing::TempTree;

bool AllRun(const std::vector<SlurmTask>& tasks) {
  return std::all_of(tasks.begin(), tasks.end(), [](const SlurmTask& task) { return task.state == "RUNNING"; });
}

// Not so when dead and not waited for, either.
bool IsAlive(pid_t pid) { return std::filesystem::exists("/proc/" + std::to_string(pid) + "/exe"); }

// One cluster for all of them.
class SlurmClusterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string why;
    if (SlurmCluster::Available(&why)) cluster_ = std::make_unique<SlurmCluster>();
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  void SetUp() override {
    std::string why;
    if (!SlurmCluster::Available(&why)) GTEST_SKIP() << why;
  }

  std::string Submit(const std::string& array, const std::string& script) const {
    const std::string file = tree_.Write("script", "#!/bin/sh\n" + script);
    return cluster_->Sbatch({"--array=" + array, "--output=%a.log", file}, tree_.root());
  }

  std::string Logs() const {
    std::string logs = cluster_->Squeue();
    for (const std::string& file : tree_.Files()) logs += file + ": " + tree_.Read(file) + "\n";
    return logs;
  }

  static inline std::unique_ptr<SlurmCluster> cluster_;
  TempTree tree_;
};

TEST_F(SlurmClusterTest, RunsEveryTaskOfAnArray) {
  const std::string job = Submit("0-3", "echo $SLURM_ARRAY_TASK_ID > made-$SLURM_ARRAY_TASK_ID\n");
  ASSERT_TRUE(cluster_->Wait(job, seconds(60))) << Logs();
  for (const SlurmTask& task : cluster_->Tasks(job)) EXPECT_EQ(task.state, "COMPLETED") << task.index;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(tree_.Read("made-" + std::to_string(i)), std::to_string(i) + "\n");
}

TEST_F(SlurmClusterTest, ExitCode75RunsAgain) {
  const std::string job = Submit("4-5",
                                 "echo again=$SLURM_RESTART_COUNT >> runs-$SLURM_ARRAY_TASK_ID\n"
                                 "test $SLURM_ARRAY_TASK_ID = 4 || exit 1\n"
                                 "test -n \"$SLURM_RESTART_COUNT\" || exit 75\n");
  ASSERT_TRUE(cluster_->Wait(job, seconds(60))) << Logs();
  const std::vector<SlurmTask> tasks = cluster_->Tasks(job);
  ASSERT_THAT(tasks, SizeIs(2));
  EXPECT_EQ(tasks[0].state, "COMPLETED");
  EXPECT_EQ(tasks[0].restarts, 1);
  EXPECT_EQ(tree_.Read("runs-4"), "again=\nagain=1\n");
  EXPECT_EQ(tasks[1].state, "FAILED");
  EXPECT_EQ(tasks[1].exit_code, 1);
  EXPECT_EQ(tree_.Read("runs-5"), "again=\n");
}

TEST_F(SlurmClusterTest, AKilledTaskFails) {
  const std::string job = Submit("0-1", "if test $SLURM_ARRAY_TASK_ID = 1; then sleep 1000; fi\n");
  ASSERT_TRUE(cluster_->WaitUntil(
      job, [](const auto& tasks) { return tasks.size() == 2 && tasks[1].state == "RUNNING"; }, seconds(60)))
      << Logs();
  int killed = 0;
  ASSERT_TRUE(cluster_->WaitUntil(
      job, [&](const auto&) { return (killed = cluster_->KillTask(job, 1)) > 0; }, seconds(10)));
  ASSERT_TRUE(cluster_->Wait(job, seconds(60))) << Logs();
  const std::vector<SlurmTask> tasks = cluster_->Tasks(job);
  ASSERT_THAT(tasks, SizeIs(2));
  EXPECT_EQ(tasks[0].state, "COMPLETED");
  EXPECT_EQ(tasks[1].state, "FAILED");
  EXPECT_EQ(tasks[1].signal, SIGKILL);
  EXPECT_EQ(tasks[1].restarts, 0);
}

TEST_F(SlurmClusterTest, TasksOfADeadNodeRunElsewhere) {
  const std::string job = Submit("0-3",
                                 "echo $SLURMD_NODENAME >> nodes-$SLURM_ARRAY_TASK_ID\n"
                                 "touch pid-$$-on-$SLURMD_NODENAME\n"
                                 "until test -e go; do sleep 0.2; done\n");
  ASSERT_TRUE(cluster_->WaitUntil(
      job, [&](const auto& tasks) { return tasks.size() == 4 && AllRun(tasks) && tree_.Files().size() == 13; },
      seconds(60)))
      << Logs();
  std::vector<int> on_n2;
  for (const SlurmTask& task : cluster_->Tasks(job)) {
    if (task.node == "n2") on_n2.push_back(task.index);
  }
  ASSERT_THAT(on_n2, SizeIs(2));
  cluster_->KillNode("n2");
  for (const std::string& file : tree_.Files()) {
    if (!file.starts_with("pid-")) continue;
    const std::string pid = file.substr(4, file.find('-', 4) - 4);
    EXPECT_EQ(IsAlive(std::stoi(pid)), file.ends_with("n1")) << file;
  }
  const auto restarts = [&] {
    std::vector<int> restarted;
    for (const SlurmTask& task : cluster_->Tasks(job)) {
      if (task.restarts > 0) restarted.push_back(task.index);
    }
    return restarted;
  };
  ASSERT_TRUE(cluster_->WaitUntil(
      job, [&](const auto&) { return restarts() == on_n2; }, seconds(90)))
      << Logs();
  tree_.Write("go", "");
  ASSERT_TRUE(cluster_->Wait(job, seconds(60))) << Logs();
  for (const SlurmTask& task : cluster_->Tasks(job)) {
    EXPECT_EQ(task.state, "COMPLETED") << task.index;
    EXPECT_EQ(task.node, "n1") << task.index;
  }
  for (const int index : on_n2) EXPECT_EQ(tree_.Read("nodes-" + std::to_string(index)), "n2\nn1\n");
  cluster_->StartNode("n2");
}

TEST_F(SlurmClusterTest, NothingIsLeftWhenItStops) {
  SlurmCluster cluster({.nodes = 1});
  const std::string file = tree_.Write("script", "#!/bin/sh\ntrap '' TERM\ntouch began\nsleep 1000\n");
  const std::string job = cluster.Sbatch({file}, tree_.root());
  ASSERT_TRUE(cluster.WaitUntil(
      job, [&](const auto&) { return std::filesystem::exists(tree_.root() / "began"); }, seconds(60)))
      << cluster.Squeue();
  // munged, slurmctld, slurmd, what watches over the task, its shell.
  const std::vector<pid_t> pids = cluster.Processes();
  EXPECT_GE(pids.size(), 5U);
  cluster.Stop();
  EXPECT_THAT(cluster.Processes(), IsEmpty());
  for (const pid_t pid : pids) EXPECT_FALSE(IsAlive(pid)) << pid;
}

}  // namespace
}  // namespace tbbthumbs
