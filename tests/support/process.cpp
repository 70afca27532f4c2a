#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace tbbthumbs::testing {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  return {ends[0], ends[1]};
}

std::vector<std::string> ChildEnvironment(const std::map<std::string, std::string>& wanted) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    const bool of_terminals = name == "TERM" || name == "NO_COLOR" || name == "LANG" || name.starts_with("LC_");
    if (!of_terminals && !wanted.contains(std::string(name))) environment.emplace_back(text);
  }
  for (const auto& [name, value] : wanted) environment.emplace_back(name).append("=").append(value);
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Between fork and exec: only calls that are safe there.
[[noreturn]] void RunChild(const char* program, char* const* arguments, char* const* environment, const char* directory,
                           int in, int out, int err) {
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_DFL);
  if (*directory == '\0' || chdir(directory) == 0) execve(program, arguments, environment);
  _exit(127);
}

}  // namespace

Process::Process(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                 const ProcessOptions& options)
    : deadline_(Clock::now() + options.timeout) {
  const Pipe in = MakePipe();
  const Pipe out = MakePipe();
  const Pipe err = MakePipe();
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = ChildEnvironment(options.environment);
  const std::vector<char*> word_pointers = Pointers(words);
  const std::vector<char*> environment_pointers = Pointers(environment);
  const std::string directory = options.directory.string();
  const int child_out = options.out_fd >= 0 ? options.out_fd : out.write_end;
  const int child_err = options.terminal != nullptr ? options.terminal->slave() : err.write_end;
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("can't start a process");
  if (pid_ == 0) {
    RunChild(words[0].c_str(), word_pointers.data(), environment_pointers.data(), directory.c_str(), in.read_end,
             child_out, child_err);
  }
  close(in.read_end);
  close(out.write_end);
  close(err.write_end);
  out_fd_ = out.read_end;
  if (options.terminal != nullptr) {
    close(err.read_end);
    options.terminal->CloseSlave();
    err_fd_ = options.terminal->master();
  } else {
    err_fd_ = err.read_end;
    owns_err_fd_ = true;
  }
  // A child that ends without reading is no fault of the test's.
  ::signal(SIGPIPE, SIG_IGN);
  if (!options.input.empty()) (void)!write(in.write_end, options.input.data(), options.input.size());
  close(in.write_end);
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  CloseOutput();
  if (owns_err_fd_ && err_fd_ >= 0) close(err_fd_);
}

void Process::Signal(int signal) const {
  // -1 would be all processes that there are.
  if (pid_ > 0) kill(pid_, signal);
}

bool Process::HasEnded() const {
  siginfo_t info{};
  return pid_ < 0 ||
         (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0);
}

void Process::CloseOutput() {
  if (out_fd_ >= 0) close(out_fd_);
  out_fd_ = -1;
}

bool Process::ReadSome() {
  pollfd fds[] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
  if (out_fd_ < 0 && err_fd_ < 0) return false;
  poll(fds, 2, 50);
  char buffer[4096];
  if (fds[0].revents != 0) {
    const ssize_t count = read(out_fd_, buffer, sizeof buffer);
    if (count > 0) result_.out.append(buffer, static_cast<size_t>(count));
    if (count == 0) CloseOutput();
  }
  if (fds[1].revents != 0) {
    const ssize_t count = read(err_fd_, buffer, sizeof buffer);
    if (count > 0) {
      result_.err.append(buffer, static_cast<size_t>(count));
    } else if (count == 0 || errno == EIO) {  // EIO: the last one has closed the terminal
      if (owns_err_fd_) close(err_fd_);
      err_fd_ = -1;
    }
  }
  return true;
}

bool Process::WaitForError(std::string_view text) {
  while (result_.err.find(text) == std::string::npos) {
    if (Clock::now() > deadline_ || !ReadSome()) return false;
  }
  return true;
}

bool Process::WaitForOutput(std::string_view text) {
  while (result_.out.find(text) == std::string::npos) {
    if (Clock::now() > deadline_ || !ReadSome()) return false;
  }
  return true;
}

ProcessResult Process::Wait() {
  while (ReadSome()) {
    if (Clock::now() > deadline_ && !result_.timed_out) {
      result_.timed_out = true;
      Signal(SIGKILL);
    }
  }
  int status = 0;
  rusage usage{};
  wait4(pid_, &status, 0, &usage);
  result_.peak_kb = usage.ru_maxrss;
  pid_ = -1;
  if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
  return result_;
}

std::optional<std::filesystem::path> FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::istringstream directories((path != nullptr ? std::string(path) : "") + ":/usr/local/sbin:/usr/sbin:/sbin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::filesystem::path program = std::filesystem::path(directory) / name;
    if (!directory.empty() && access(program.c_str(), X_OK) == 0) return program;
  }
  return std::nullopt;
}

ProcessResult RunProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                         const ProcessOptions& options) {
  return Process(program, arguments, options).Wait();
}

}  // namespace tbbthumbs::testing
