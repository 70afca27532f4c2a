// tbbthumbs: the command.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "tools/decoder_process.h"
#include "tools/exit_codes.h"
#include "tools/help.h"
#include "tools/info_command.h"
#include "tools/journal_commands.h"
#include "tools/lock_room.h"
#include "tools/make_command.h"
#include "tools/merge_command.h"
#include "tools/options.h"
#include "tools/plan_command.h"
#include "tools/prune_command.h"
#include "tools/rename_command.h"
#include "tools/shard_command.h"
#include "tools/terminal.h"
#include "tools/watch_command.h"

namespace tbbthumbs::tool {
namespace {

ExitCode Say(std::string text, Terminal& terminal) {
  if (text.ends_with('\n')) text.pop_back();
  return terminal.WriteOut(text) ? kExitDone : kExitOutput;
}

ExitCode Run(const std::vector<std::string>& words) {
  Terminal terminal(STDOUT_FILENO, STDERR_FILENO);
  auto command = ParseCommand(words);
  if (!command) {
    const TextStyle style{.escape = isatty(STDERR_FILENO) == 1};
    for (const std::string& line : ErrorLines(command.error(), style)) terminal.WriteError(line);
    return kExitUsage;
  }
  if (const auto refused = LockRoom(*command, terminal)) return *refused;
  return std::visit(
      [&](auto& config) {
        using Config = std::decay_t<decltype(config)>;
        if constexpr (std::is_same_v<Config, HelpConfig>) return Say(HelpText(config.all), terminal);
        if constexpr (std::is_same_v<Config, VersionConfig>) return Say(VersionText(config.verbose), terminal);
        if constexpr (std::is_same_v<Config, InfoConfig>) return RunInfo(config, terminal);
        if constexpr (std::is_same_v<Config, RenameConfig>) return RunRename(config, terminal);
        if constexpr (std::is_same_v<Config, StatusConfig>) return RunStatus(config, terminal);
        if constexpr (std::is_same_v<Config, FailedConfig>) return RunFailed(config, terminal);
        if constexpr (std::is_same_v<Config, PruneConfig>) return RunPrune(config, terminal);
        if constexpr (std::is_same_v<Config, PlanConfig>) return RunPlan(std::move(config), terminal);
        if constexpr (std::is_same_v<Config, ShardConfig>) return RunShard(config, terminal);
        if constexpr (std::is_same_v<Config, MergeConfig>) return RunMerge(config, terminal);
        if constexpr (std::is_same_v<Config, WatchConfig>) return RunWatch(std::move(config), terminal);
        if constexpr (std::is_same_v<Config, MakeConfig>) return RunMake(std::move(config), terminal);
      },
      *command);
}

// Many files are open at once, for moments. The lower limit is for programs that use select(2).
void AllowMoreFiles() {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t most = std::min(limit.rlim_max, kEnough);
  if (limit.rlim_cur >= most) return;
  limit.rlim_cur = most;
  setrlimit(RLIMIT_NOFILE, &limit);
}

constexpr std::string_view kNoMemory = "tbbthumbs: out_of_memory: no memory left\n";

// Writes the line, which must not need memory.
ExitCode Complain(std::string_view line) {
  // Who can't be told can't be told that either.
  static_cast<void>(write(STDERR_FILENO, line.data(), line.size()) == 0);
  return kExitOutput;
}

// What nobody has caught: that there is no memory, in a place that can do nothing about it. Thumbnails are whole or not
// there at any instant, so that the process may end at this one.
[[noreturn]] void EndAtOnce() {
  std::string_view line = "tbbthumbs: internal: it can't go on\n";
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    line = kNoMemory;
  } catch (...) {
    // As it is.
  }
  _exit(Complain(line));
}

// Run for a process with little memory or few threads.
ExitCode RunGuarded(int argc, char** argv) {
  try {
    return Run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::bad_alloc&) {
    return Complain(kNoMemory);
  } catch (const std::system_error& error) {
    Terminal(STDOUT_FILENO, STDERR_FILENO).WriteError(std::string("tbbthumbs: internal: ") + error.what());
    return kExitOutput;
  }
}

}  // namespace
}  // namespace tbbthumbs::tool

int main(int argc, char** argv) {
  tbbthumbs::tool::ReserveStandardStreams();
  // A reader that goes away is an error of write, not the end of the process; so is a file over the limit of its size.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  tbbthumbs::tool::AllowMoreFiles();
  // Each thread would get an arena of its own, which holds what it once held: four bound the memory of many threads.
  mallopt(M_ARENA_MAX, 4);
  // By default this grows to the size of what was freed, and files leave holes in the arenas: half as much again.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  std::set_terminate(tbbthumbs::tool::EndAtOnce);
  const std::span words(argv, static_cast<size_t>(argc));
  if (argc > 0 && words[0] == tbbthumbs::tool::kDecoderName) return tbbthumbs::tool::RunDecoder(words);
  return tbbthumbs::tool::RunGuarded(argc, argv);
}
