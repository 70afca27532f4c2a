// tbbthumbs-bench: the benchmark.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "bench/command_support.h"
#include "bench/commands.h"
#include "bench/io/fuse_server.h"
#include "bench/one_run.h"
#include "bench/option_table.h"
#include "bench/options.h"
#include "tools/help.h"

namespace tbbthumbs::bench {
namespace {

using tool::ExitCode;

ExitCode RunMicro(const MicroCommand& micro) {
  std::vector<std::string> words = {"tbbthumbs-bench micro"};
  words.insert(words.end(), micro.arguments.begin(), micro.arguments.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return tool::kExitUsage;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return tool::kExitDone;
}

ExitCode Main(const std::vector<std::string>& words) {
  tool::Terminal terminal(STDOUT_FILENO, STDERR_FILENO);
  const auto command = ParseBenchCommand(words);
  if (!command) {
    Complain(command.error(), terminal);
    return tool::kExitUsage;
  }
  std::string typed = "tbbthumbs-bench";
  for (const std::string& word : words) typed += " " + word;
  return std::visit(
      [&](const auto& config) {
        using Config = std::decay_t<decltype(config)>;
        if constexpr (std::is_same_v<Config, HelpCommand>) {
          return SayLines(BenchHelp(), terminal);
        } else if constexpr (std::is_same_v<Config, VersionCommand>) {
          return SayLines(tool::VersionText(false), terminal);
        } else if constexpr (std::is_same_v<Config, MicroCommand>) {
          return RunMicro(config);
        } else if constexpr (std::is_same_v<Config, RunCommand>) {
          return Execute(config, typed, terminal);
        } else {
          return Execute(config, terminal);
        }
      },
      *command);
}

}  // namespace
}  // namespace tbbthumbs::bench

int main(int argc, char** argv) {
  // As the command has it.
  tbbthumbs::tool::ReserveStandardStreams();
  signal(SIGPIPE, SIG_IGN);
  mallopt(M_ARENA_MAX, 4);
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  const std::vector<std::string> words(argv + 1, argv + argc);
  // What this program starts itself as, not for people.
  if (words.size() == 2 && words[0] == "one-run") return tbbthumbs::bench::OneRunCommand(words[1]);
  if (words.size() == 6 && words[0] == tbbthumbs::bench::kServeSlowCommand) {
    return tbbthumbs::bench::ServeSlow(std::span(argv, static_cast<size_t>(argc)).last(5));
  }
  return tbbthumbs::bench::Main(words);
}
