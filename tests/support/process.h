// Programs run as children, as a user runs them.
#ifndef TBBTHUMBS_TESTS_SUPPORT_PROCESS_H_
#define TBBTHUMBS_TESTS_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/pty.h"

namespace tbbthumbs::testing {

struct ProcessOptions {
  std::filesystem::path directory{};  // to run in; empty: this one's
  // Beside those of this process, but for what decides how a terminal is used: TERM, NO_COLOR and the locale are only
  // what is set here.
  std::map<std::string, std::string> environment{};
  std::string input{};               // of standard input, up to a pipe's 64 KiB
  Pty* terminal = nullptr;           // standard error goes here; what comes out of it is ProcessResult::err
  int out_fd = -1;                   // standard output goes here; -1: to ProcessResult::out
  std::chrono::seconds timeout{60};  // then it is killed
};

struct ProcessResult {
  int exit_code = -1;  // -1: ended by a signal
  int signal = 0;
  bool timed_out = false;
  long peak_kb = 0;  // of resident memory
  std::string out;
  std::string err;
};

class Process {
 public:
  Process(const std::filesystem::path& program, const std::vector<std::string>& arguments,
          const ProcessOptions& options = {});
  // Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // -1 once it has been waited for.
  pid_t pid() const { return pid_; }

  // Nothing once it has been waited for.
  void Signal(int signal) const;

  // Whether Wait would find it ended, whoever still holds its output.
  bool HasEnded() const;

  // True once standard error so far contains `text`; false when the program ends or the timeout passes before it does.
  bool WaitForError(std::string_view text);
  // Likewise standard output.
  bool WaitForOutput(std::string_view text);

  // Closes our end of its standard output: it writes into a closed pipe from then on.
  void CloseOutput();

  // Reads all it says until it ends.
  ProcessResult Wait();

 private:
  using Clock = std::chrono::steady_clock;
  // Reads what is there, waiting a little. False when both streams have ended.
  bool ReadSome();

  pid_t pid_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  bool owns_err_fd_ = false;
  Clock::time_point deadline_;
  ProcessResult result_;
};

// Where PATH leads, or where daemons are, which only root's PATH does; a name with a slash is returned as it is.
std::optional<std::filesystem::path> FindProgram(const std::string& name);

// Starts it and waits.
ProcessResult RunProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                         const ProcessOptions& options = {});

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_PROCESS_H_
