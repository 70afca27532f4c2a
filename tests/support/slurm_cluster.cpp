#include "tests/support/slurm_cluster.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/support/free_ports.h"

namespace tbbthumbs::testing {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kRequeueExitCode = 75;
constexpr milliseconds kPollInterval{100};

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// As slurmctld knows this machine.
std::string ShortHostname() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) throw std::runtime_error("this machine has no name");
  const std::string whole = name;
  return whole.substr(0, whole.find('.'));
}

// Those whose environment at their start had all of these. Dead ones whom nobody has waited for have none any more.
std::vector<pid_t> ProcessesWith(const std::map<std::string, std::string>& variables) {
  std::vector<pid_t> found;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size() || pid == getpid()) continue;
    std::istringstream environment(ReadAll(entry.path() / "environ"));
    std::set<std::string> entries;
    for (std::string variable; std::getline(environment, variable, '\0');) entries.insert(variable);
    if (std::all_of(variables.begin(), variables.end(),
                    [&](const auto& variable) { return entries.contains(variable.first + "=" + variable.second); })) {
      found.push_back(pid);
    }
  }
  return found;
}

// Polls; false after `timeout`.
bool WaitFor(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
  return true;
}

// Of a line of `scontrol --oneliner`: words KEY=VALUE. Values with blanks are cut, none of which is wanted here.
std::map<std::string, std::string> Fields(const std::string& line) {
  std::map<std::string, std::string> fields;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    if (equals != std::string::npos) fields.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
  return fields;
}

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

SlurmTask ParseTask(const std::string& line) {
  std::map<std::string, std::string> fields = Fields(line);
  SlurmTask task;
  task.id = fields["JobId"];
  if (IsNumber(fields["ArrayTaskId"])) task.index = std::stoi(fields["ArrayTaskId"]);
  task.state = fields["JobState"];
  task.reason = fields["Reason"];
  task.exit_code = std::atoi(fields["ExitCode"].c_str());
  const size_t colon = fields["ExitCode"].find(':');
  if (colon != std::string::npos) task.signal = std::atoi(fields["ExitCode"].c_str() + colon + 1);
  task.restarts = std::atoi(fields["Restarts"].c_str());
  if (fields["NodeList"] != "(null)") task.node = fields["NodeList"];
  return task;
}

}  // namespace

bool SlurmTask::HasEnded() const {
  static const std::set<std::string> kEnded = {"BOOT_FAIL", "CANCELLED", "COMPLETED",     "DEADLINE", "FAILED",
                                               "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY", "TIMEOUT"};
  return kEnded.contains(state);
}

bool SlurmCluster::Available(std::string* why) {
  for (const char* program : {"munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "sinfo", "squeue"}) {
    if (FindProgram(program)) continue;
    *why = std::string(program) + " is not installed (Debian: slurm-wlm, munge)";
    return false;
  }
  return true;
}

SlurmCluster::SlurmCluster(const SlurmClusterOptions& options) : options_(options) {
  environment_["SLURM_CONF"] = tree_.root() / "etc" / "slurm.conf";
  fs::create_directories(tree_.root() / "log");
  fs::create_directories(tree_.root() / "state");
  for (int i = 1; i <= options_.nodes; ++i) fs::create_directories(tree_.root() / ("spool-n" + std::to_string(i)));
  try {
    StartMunge();
    // Somebody may take a port between its choice and its use.
    constexpr int kTries = 3;
    for (int i = 1; !StartSlurm(); ++i) {
      if (i == kTries) Fail("Slurm does not start");
    }
  } catch (...) {
    StopDaemons(0);
    throw;
  }
}

SlurmCluster::~SlurmCluster() { Stop(); }

void SlurmCluster::StartMunge() {
  std::string key(128, '\0');
  std::random_device random;
  std::generate(key.begin(), key.end(), [&] { return static_cast<char>(random()); });
  const fs::path key_file = tree_.Write("etc/munge.key", key);
  fs::permissions(key_file, fs::perms::owner_read);
  const fs::path root = tree_.root();
  const fs::path socket = root / "munge.sock";
  // --force: in a directory that others can't enter.
  StartDaemon("munged", "munged",
              {"--foreground", "--force", "--num-threads=2", "--key-file=" + key_file.string(),
               "--socket=" + socket.string(), "--pid-file=" + (root / "munge.pid").string(),
               "--log-file=" + Log("munged-own").string(), "--seed-file=" + (root / "munge.seed").string()});
  if (!WaitFor([&] { return fs::exists(socket) || AnyDaemonEnded(); }, seconds(10)) || AnyDaemonEnded()) {
    Fail("munged does not start");
  }
}

bool SlurmCluster::StartSlurm() {
  const std::vector<int> ports = FreePorts(options_.nodes + 1);
  WriteConfiguration({ports[0], {ports.begin() + 1, ports.end()}});
  StartDaemon("slurmctld", "slurmctld", {"-D", "-i"});
  for (int i = 1; i <= options_.nodes; ++i) StartNode("n" + std::to_string(i));
  const bool ready = WaitFor([&] { return AnyDaemonEnded() || AllNodesIdle(); }, seconds(30)) && !AnyDaemonEnded();
  if (ready) return true;
  StopDaemons(1);  // all but munged
  return false;
}

void SlurmCluster::WriteConfiguration(const Ports& ports) {
  const std::string root = tree_.root().string();
  const std::string host = ShortHostname();
  const std::string user = std::to_string(getuid());
  std::ostringstream text;
  text << "ClusterName=tests\n"
       << "SlurmctldHost=" << host << "(127.0.0.1)\n"
       << "SlurmctldPort=" << ports.controller << "\n"
       << "SlurmUser=" << user << "\nSlurmdUser=" << user << "\n"
       << "AuthType=auth/munge\nAuthInfo=socket=" << root << "/munge.sock\n"
       << "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny\n"
       << "StateSaveLocation=" << root << "/state\nSlurmdSpoolDir=" << root << "/spool-%n\n"
       << "SlurmctldPidFile=" << root << "/slurmctld.pid\nSlurmdPidFile=" << root << "/slurmd-%n.pid\n"
       << "MpiDefault=none\nProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\n"
       << "JobAcctGatherType=jobacct_gather/none\n"
       << "SelectType=select/cons_tres\nSelectTypeParameters=CR_CPU\n"
       << "SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2\n"
       << "SlurmdParameters=config_overrides\nReturnToService=2\nMaxArraySize=1001\n"
       << "JobRequeue=1\nKillWait=5\n"
       // A dead node is found out in seconds.
       << "SlurmdTimeout=5\nMessageTimeout=5\n";
  if (options_.requeue_exit) text << "RequeueExit=" << kRequeueExitCode << "\n";
  for (int i = 1; i <= options_.nodes; ++i) {
    text << "NodeName=n" << i << " NodeHostname=" << host << " NodeAddr=127.0.0.1 Port=" << ports.nodes[size_t(i) - 1]
         << " CPUs=" << options_.cpus_per_node << " RealMemory=" << options_.memory_mb << "\n";
  }
  text << "PartitionName=main Nodes=ALL Default=YES MaxTime=60\n";
  tree_.Write("etc/slurm.conf", text.str());
}

void SlurmCluster::StartDaemon(const std::string& name, const std::string& program,
                               const std::vector<std::string>& arguments,
                               const std::map<std::string, std::string>& environment) {
  const std::optional<fs::path> path = FindProgram(program);
  if (!path) Fail(program + " is not installed");
  ProcessOptions options;
  options.environment = environment_;
  options.environment.insert(environment.begin(), environment.end());
  // The shell only redirects what it says, which nobody reads; setpriv ends it when this process is killed.
  std::vector<std::string> words{"-c", "exec setpriv --pdeathsig TERM \"$@\" >>\"$0\" 2>&1", Log(name), *path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  daemons_.emplace_back(name, std::make_unique<Process>("/bin/sh", words, options));
}

bool SlurmCluster::AnyDaemonEnded() const {
  return std::any_of(daemons_.begin(), daemons_.end(), [](const auto& daemon) { return daemon.second->HasEnded(); });
}

bool SlurmCluster::AllNodesIdle() const {
  const ProcessResult result = Run("sinfo", {"--noheader", "--Node", "--states=idle", "--format=%N"});
  return result.exit_code == 0 &&
         std::count(result.out.begin(), result.out.end(), '\n') == std::ptrdiff_t{options_.nodes};
}

ProcessResult SlurmCluster::Run(const std::string& program, const std::vector<std::string>& arguments,
                                ProcessOptions options) const {
  const std::optional<fs::path> path = FindProgram(program);
  if (!path) Fail(program + " is not installed");
  options.environment.insert(environment_.begin(), environment_.end());
  return RunProcess(*path, arguments, options);
}

std::string SlurmCluster::Sbatch(std::vector<std::string> arguments, const fs::path& directory) const {
  arguments.insert(arguments.begin(), "--parsable");
  ProcessOptions options;
  options.directory = directory;
  const ProcessResult result = Run("sbatch", arguments, options);
  std::string job = result.out.substr(0, result.out.find_first_of(";\n"));
  if (result.exit_code != 0 || !IsNumber(job)) Fail("sbatch: " + result.err + result.out);
  return job;
}

std::vector<SlurmTask> SlurmCluster::Tasks(const std::string& job) const {
  std::vector<SlurmTask> tasks;
  std::istringstream lines(Run("scontrol", {"--oneliner", "show", "job", job}).out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("JobId=")) tasks.push_back(ParseTask(line));
  }
  std::sort(tasks.begin(), tasks.end(), [](const SlurmTask& a, const SlurmTask& b) { return a.index < b.index; });
  return tasks;
}

std::string SlurmCluster::Squeue() const { return Run("squeue", {}).out; }

std::string SlurmCluster::ScontrolShow(const std::string& kind, const std::string& name) const {
  return Run("scontrol", {"show", kind, name}).out;
}

bool SlurmCluster::WaitUntil(const std::string& job, const std::function<bool(const std::vector<SlurmTask>&)>& wanted,
                             seconds timeout) const {
  return WaitFor([&] { return wanted(Tasks(job)); }, timeout);
}

bool SlurmCluster::Wait(const std::string& job, seconds timeout) {
  return WaitUntil(
      job,
      [&](const std::vector<SlurmTask>& tasks) {
        ReleaseNow(job);
        return !tasks.empty() && std::all_of(tasks.begin(), tasks.end(), [](const auto& t) { return t.HasEnded(); });
      },
      timeout);
}

void SlurmCluster::ReleaseNow(const std::string& job) {
  for (const SlurmTask& task : Tasks(job)) {
    if (task.state != "PENDING" || task.restarts == 0 || task.reason != "BeginTime") continue;
    if (!released_.emplace(task.id, task.restarts).second) continue;
    // In the second in which it ended nodes still refuse it: its credential was revoked then.
    Run("scontrol", {"update", "JobId=" + task.id, "StartTime=now+2"});
  }
}

int SlurmCluster::KillTask(const std::string& job, int index) const {
  std::map<std::string, std::string> variables = environment_;
  variables["SLURM_ARRAY_JOB_ID"] = job;
  variables["SLURM_ARRAY_TASK_ID"] = std::to_string(index);
  const std::vector<pid_t> pids = ProcessesWith(variables);
  for (const pid_t pid : pids) kill(pid, SIGKILL);
  return static_cast<int>(pids.size());
}

void SlurmCluster::KillNode(const std::string& name) {
  const auto daemon =
      std::find_if(daemons_.begin(), daemons_.end(), [&](const auto& started) { return started.first == name; });
  if (daemon == daemons_.end()) Fail("no node of this name runs: " + name);
  std::map<std::string, std::string> variables = environment_;
  variables["SLURMD_NODENAME"] = name;
  // The daemon first, then those who would tell it or the controller of the others' end.
  daemon->second->Signal(SIGKILL);
  daemon->second->Wait();
  daemons_.erase(daemon);
  // Some may have been started meanwhile.
  WaitFor(
      [&] {
        const std::vector<pid_t> pids = ProcessesWith(variables);
        for (const pid_t pid : pids) kill(pid, SIGKILL);
        return pids.empty();
      },
      seconds(10));
}

void SlurmCluster::StartNode(const std::string& name) {
  // What it starts inherits the name: so KillNode knows it.
  StartDaemon(name, "slurmd", {"-D", "-N", name}, {{"SLURMD_NODENAME", name}});
}

std::vector<pid_t> SlurmCluster::Processes() const { return ProcessesWith(environment_); }

void SlurmCluster::StopDaemons(size_t left) {
  // Removing one kills it if it didn't end.
  for (; daemons_.size() > left; daemons_.pop_back()) {
    const Process& daemon = *daemons_.back().second;
    daemon.Signal(SIGTERM);
    WaitFor([&] { return daemon.HasEnded(); }, seconds(10));
  }
}

void SlurmCluster::Stop() {
  if (daemons_.empty()) return;
  Run("scancel", {"--user=" + std::to_string(getuid())});
  WaitFor(
      [&] {
        const ProcessResult running = Run("squeue", {"--noheader", "--states=running,completing"});
        return running.exit_code != 0 || running.out.empty();
      },
      seconds(20));
  StopDaemons(0);
  // What did not end when told to.
  WaitFor(
      [&] {
        const std::vector<pid_t> pids = Processes();
        for (const pid_t pid : pids) kill(pid, SIGKILL);
        return pids.empty();
      },
      seconds(10));
}

void SlurmCluster::Fail(const std::string& what) const {
  constexpr size_t kLogEnd = 1000;
  std::string text = "Slurm for tests: " + what;
  for (const fs::directory_entry& entry : fs::directory_iterator(tree_.root() / "log")) {
    const std::string log = ReadAll(entry.path());
    text += "\n" + entry.path().filename().string() + ": ..." + log.substr(log.size() - std::min(log.size(), kLogEnd));
  }
  throw std::runtime_error(text);
}

}  // namespace tbbthumbs::testing
