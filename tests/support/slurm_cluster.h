// A Slurm cluster of several nodes on this machine, for tests of what runs under it.
#ifndef TBBTHUMBS_TESTS_SUPPORT_SLURM_CLUSTER_H_
#define TBBTHUMBS_TESTS_SUPPORT_SLURM_CLUSTER_H_

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::testing {

struct SlurmClusterOptions {
  int nodes = 2;          // n1, n2, ...
  int cpus_per_node = 2;  // as Slurm believes: nothing holds tasks to them
  int memory_mb = 8000;   // of each node, likewise
  // What a site may have set or not: jobs that exit with 75 are requeued.
  bool requeue_exit = true;
};

// A task of an array, or a job that is none.
struct SlurmTask {
  std::string id;      // Slurm's own number of it
  int index = -1;      // in the array; -1: of no array, or one of several that have not begun
  std::string state;   // PENDING, RUNNING, COMPLETING, COMPLETED, FAILED, CANCELLED, ...
  std::string reason;  // why it waits
  int exit_code = 0;
  int signal = 0;  // that ended it
  int restarts = 0;
  std::string node;  // where it runs or ran; empty: nowhere yet

  bool HasEnded() const;
};

// Real munged, slurmctld and slurmd, which hear on the loopback device alone and write into a temporary directory
// alone. Owns them and all that runs under them. Whatever fails throws std::runtime_error with the ends of their logs.
// For one thread.
class SlurmCluster {
 public:
  // Whether Slurm and MUNGE are installed; else `why` says what is missing.
  static bool Available(std::string* why);

  // Returns when all nodes are idle.
  explicit SlurmCluster(const SlurmClusterOptions& options = {});
  ~SlurmCluster();
  SlurmCluster(const SlurmCluster&) = delete;
  SlurmCluster& operator=(const SlurmCluster&) = delete;

  // With which Slurm's programs find this cluster.
  const std::map<std::string, std::string>& Environment() const { return environment_; }

  // One of Slurm's programs, or another one, as a user of the cluster runs it.
  ProcessResult Run(const std::string& program, const std::vector<std::string>& arguments,
                    ProcessOptions options = {}) const;

  // Returns the number of the job. It runs in `directory`.
  std::string Sbatch(std::vector<std::string> arguments, const std::filesystem::path& directory) const;

  // By index. Tasks that have not begun may be one; those that ended are known for some minutes.
  std::vector<SlurmTask> Tasks(const std::string& job) const;
  std::string Squeue() const;
  std::string ScontrolShow(const std::string& kind, const std::string& name) const;

  // Asks until the tasks are as wanted; false after `timeout`.
  bool WaitUntil(const std::string& job, const std::function<bool(const std::vector<SlurmTask>&)>& wanted,
                 std::chrono::seconds timeout) const;
  // Until all have ended. What was requeued doesn't wait for its two minutes.
  bool Wait(const std::string& job, std::chrono::seconds timeout);

  // Slurm lets requeued tasks wait for two minutes. Those of this job that wait so start in two seconds.
  void ReleaseNow(const std::string& job);

  // Kills what runs of the task; returns how many processes that were.
  int KillTask(const std::string& job, int index) const;

  // Kills its slurmd and all that runs under it, as if it had lost power.
  void KillNode(const std::string& name);
  // After KillNode.
  void StartNode(const std::string& name);

  // All processes of the cluster: the daemons and what runs under them.
  std::vector<pid_t> Processes() const;

  // Cancels all jobs and ends all processes. Nothing else works afterwards.
  void Stop();

 private:
  struct Ports {
    int controller = 0;
    std::vector<int> nodes;
  };

  std::filesystem::path Log(const std::string& name) const { return tree_.root() / "log" / (name + ".log"); }
  void WriteConfiguration(const Ports& ports);
  void StartDaemon(const std::string& name, const std::string& program, const std::vector<std::string>& arguments,
                   const std::map<std::string, std::string>& environment = {});
  void StartMunge();
  // False when a daemon ended, perhaps for a port that was taken meanwhile.
  bool StartSlurm();
  bool AnyDaemonEnded() const;
  bool AllNodesIdle() const;
  // But for the first so many.
  void StopDaemons(size_t left);
  [[noreturn]] void Fail(const std::string& what) const;

  SlurmClusterOptions options_;
  TempTree tree_;
  std::map<std::string, std::string> environment_;
  // By name, in the order in which they were started.
  std::vector<std::pair<std::string, std::unique_ptr<Process>>> daemons_;
  std::set<std::pair<std::string, int>> released_;  // number of the task, its restarts
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_SLURM_CLUSTER_H_
