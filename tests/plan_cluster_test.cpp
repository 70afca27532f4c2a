// A plan's shards under schedulers that lose tasks and machines: Slurm by the scripts in tools/slurm, GNU parallel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/plan_fixture.h"
#include "tests/support/slurm_cluster.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ProcessOptions;
using testing::ProcessResult;
using ::testing::SizeIs;
using testing::SlurmCluster;
using testing::SlurmTask;

class PlanClusterTest : public testing::PlanFixture {
 protected:
  // In each of four shards more than fit into a pipe, as records, with all that is under way: a run whose records
  // nobody reads stands still in the middle.
  PlanClusterTest() {
    const std::vector<std::byte> jpeg = testing::JpegFile({24, 16});
    for (int i = 0; i < 4 * 700; ++i) {
      tree_.Write("in/" + std::to_string(i % 3) + "/" + std::to_string(i / 5) + (i % 5 < 3 ? ".jpg" : ".jpeg"), jpeg);
    }
    RunTo(0, Joined({"-o", "single"}, what_));
  }

  // A program in the place of the command; `script` runs "$TBBTHUMBS_REAL".
  std::string WriteCommand(const std::string& script) const {
    const fs::path file =
        tree_.Write("command", "#!/bin/bash\nTBBTHUMBS_REAL='" + std::string(TBBTHUMBS_COMMAND) + "'\n" + script);
    chmod(file.c_str(), 0755);
    return file;
  }

  static std::string Tool(const std::string& name) {
    return std::string(TBBTHUMBS_SOURCE_DIR) + "/tools/slurm/" + name;
  }

  const Words what_{"in", "--name", "{seq:05} of {total}, {stem}"};
};

class PlanSlurmTest : public PlanClusterTest {
 protected:
  struct Jobs {
    std::string thumbnails;
    std::string merge;
  };

  // Those that submit.sh submitted.
  Jobs Submit(SlurmCluster& cluster, const Words& words) {
    ProcessOptions options;
    options.directory = tree_.root();
    options.environment["TBBTHUMBS"] = (tree_.root() / "command").string();
    const ProcessResult result = cluster.Run(Tool("submit.sh"), words, options);
    EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
    std::smatch match;
    static const std::regex kJobs("Job ([0-9]+) makes.*, job ([0-9]+) merges");
    if (!std::regex_search(result.out, match, kJobs)) {
      ADD_FAILURE() << result.out;
      return {};
    }
    return {match[1], match[2]};
  }

  std::string Logs() const {
    std::string logs;
    for (const std::string& file : tree_.Files("plan.db.logs")) {
      logs += file + ": " + tree_.Read("plan.db.logs/" + file) + "\n";
    }
    return logs;
  }

  static SlurmTask Task(const SlurmCluster& cluster, const std::string& job, int index) {
    for (const SlurmTask& task : cluster.Tasks(job)) {
      if (task.index == index) return task;
    }
    return {};
  }
};

TEST_F(PlanSlurmTest, StoppedTasksAndDeadNodesAreMadeUpForAndKilledTasksTriedAgain) {
  std::string why;
  if (!SlurmCluster::Available(&why)) GTEST_SKIP() << why;
  SlurmCluster cluster;
  // Its records are read when there is the file "go".
  WriteCommand(
      "set -o pipefail\n"
      "[[ $1 == run && ! -e go ]] || exec \"$TBBTHUMBS_REAL\" \"$@\"\n"
      "\"$TBBTHUMBS_REAL\" \"$@\" --json > >(until test -e go; do sleep 0.1; done; cat >/dev/null) &\n"
      "child=$!\n"
      "trap 'kill -TERM $child' TERM\n"
      "while kill -0 $child 2>/dev/null; do wait $child; done\n"
      "wait $child\n");
  const Jobs jobs = Submit(
      cluster, Joined(what_, {"-o", "out", "--shards", "4", "--sbatch", "--cpus-per-task=1", "--sbatch=--mem=500"}));
  ASSERT_TRUE(cluster.WaitUntil(
      jobs.thumbnails, [&](const std::vector<SlurmTask>&) { return Tree("out").size() >= 4; }, seconds(60)))
      << Logs() << cluster.Squeue();
  ASSERT_TRUE(cluster.WaitUntil(
      jobs.thumbnails, [&](const std::vector<SlurmTask>&) { return Attempts().size() == 4; }, seconds(60)))
      << Logs() << cluster.Squeue();

  std::vector<int> on_n1;
  std::vector<int> on_n2;
  for (const SlurmTask& task : cluster.Tasks(jobs.thumbnails))
    (task.node == "n1" ? on_n1 : on_n2).push_back(task.index);
  ASSERT_THAT(on_n1, SizeIs(2));
  ASSERT_THAT(on_n2, SizeIs(2));
  const int stopped = on_n1[0];
  const int killed = on_n1[1];
  EXPECT_EQ(
      cluster.Run("scancel", {"--batch", "--signal=TERM", jobs.thumbnails + "_" + std::to_string(stopped)}).exit_code,
      0);
  EXPECT_GT(cluster.KillTask(jobs.thumbnails, killed), 0);
  cluster.KillNode("n2");
  tree_.Write("go", std::string());

  ASSERT_TRUE(cluster.Wait(jobs.thumbnails, seconds(120))) << Logs() << cluster.Squeue();
  for (const SlurmTask& task : cluster.Tasks(jobs.thumbnails)) {
    EXPECT_EQ(task.state, task.index == killed ? "FAILED" : "COMPLETED") << task.index << "\n" << Logs();
    EXPECT_EQ(task.restarts, task.index == killed ? 0 : 1) << task.index;
  }
  ASSERT_TRUE(cluster.Wait(jobs.merge, seconds(60))) << cluster.Squeue();
  EXPECT_EQ(Task(cluster, jobs.merge, -1).exit_code, 3) << Logs();
  EXPECT_THAT(tree_.Read("plan.db.logs/merge.log"), HasSubstr("--array=" + std::to_string(killed) + "\n"));

  const Jobs again = Submit(cluster, {"--retry", "plan.db", "--sbatch=--cpus-per-task=1", "--sbatch=--mem=500"});
  ASSERT_TRUE(cluster.Wait(again.thumbnails, seconds(60))) << Logs() << cluster.Squeue();
  ASSERT_TRUE(cluster.Wait(again.merge, seconds(60))) << Logs() << cluster.Squeue();
  EXPECT_EQ(cluster.Tasks(again.thumbnails).at(0).index, killed);
  EXPECT_EQ(Task(cluster, again.merge, -1).state, "COMPLETED") << Logs();
  Merge();
  EXPECT_THAT(Attempts(), IsEmpty());
  ExpectTree("out", "single");
}

TEST_F(PlanClusterTest, ParallelResumesWhatWasKilled) {
  if (access("/usr/bin/parallel", X_OK) != 0) GTEST_SKIP() << "GNU parallel is not installed";
  // The third shard is killed in its middle, twice.
  const std::string command = WriteCommand(
      "[[ \"$*\" == *2/4* && ! -e killed-2 ]] || exec \"$TBBTHUMBS_REAL\" \"$@\"\n"
      "if [[ -e killed-1 ]]; then touch killed-2; else touch killed-1; fi\n"
      "rm -f records && mkfifo records\n"
      "\"$TBBTHUMBS_REAL\" \"$@\" --json >records &\n"
      "exec 3<records\n"
      "read -r record <&3\n"
      "kill -KILL $!\n"
      "wait $!\n");
  Plan(what_, 4);
  const auto parallel = [&](const std::string& options) {
    const std::string line = "seq 0 3 | parallel -j2 --joblog plan.log --retries 2 " + options + " " + command +
                             " run --plan plan.db --shard {}/4 --quiet";
    ProcessOptions process;
    process.directory = tree_.root();
    process.environment["HOME"] = tree_.root();
    return RunProcess("/bin/sh", {"-c", line}, process);
  };
  const ProcessResult first = parallel("");
  EXPECT_EQ(first.exit_code, 1) << "so many have failed: " << first.err;
  EXPECT_EQ(Merge({}, 75).out, "--array=2\n");
  const ProcessResult second = parallel("--resume-failed");
  EXPECT_EQ(second.exit_code, 0) << second.err;
  Merge();
  ExpectTree("out", "single");
}

}  // namespace
}  // namespace tbbthumbs
