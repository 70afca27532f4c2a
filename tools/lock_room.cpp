#include "tools/lock_room.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "pipeline/file_system.h"
#include "pipeline/job.h"
#include "pipeline/plan_store.h"
#include "pipeline/shard_attempts.h"
#include "tools/isolation.h"
#include "tools/plan_config.h"
#include "tools/priority.h"
#include "tools/report.h"
#include "tools/sandbox.h"
#include "tools/sandbox_room.h"

namespace tbbthumbs::tool {
namespace {

class RoomLock {
 public:
  explicit RoomLock(Terminal& terminal) : terminal_(terminal) {}

  std::optional<ExitCode> operator()(MakeConfig& config) const {
    if (config.sandbox != SandboxMode::kOff) {
      const Status made = PrepareJob(config.job);
      if (!made) return Refuse(made.error().message, ExitCodeOf(made.error()));
    }
    if (const auto refused = Isolate(config)) return refused;
    return Enter(RoomOf(config), config.sandbox);
  }

  std::optional<ExitCode> operator()(WatchConfig& config) const {
    const auto& paths = config.make.job.input.paths;
    const bool are_directories = std::all_of(paths.begin(), paths.end(), [](const auto& path) {
      const auto info = RealFileSystem().Stat(path.string(), true);
      return !info || info->kind == FileKind::kDirectory;
    });
    if (!are_directories) return std::nullopt;
    if (config.make.sandbox != SandboxMode::kOff) {
      const Status made = MakeDirectory("output", config.make.job.output);
      if (!made) return Refuse(made.error().message, kExitOutput);
    }
    if (const auto refused = Isolate(config.make)) return refused;
    return Enter(RoomOf(config), config.make.sandbox);
  }

  std::optional<ExitCode> operator()(PlanConfig& config) const {
    const bool is_there = RealFileSystem().Stat(config.plan.string(), false).has_value();
    if (is_there) return std::nullopt;
    if (config.make.sandbox != SandboxMode::kOff) {
      const Status made = MakeDirectory("output", config.make.job.output);
      if (!made) return Refuse(made.error().message, ExitCodeOf(made.error()));
    }
    if (const auto refused = Isolate(config.make)) return refused;
    return Enter(RoomOf(config), config.make.sandbox);
  }

  std::optional<ExitCode> operator()(ShardConfig& config) const {
    if (config.sandbox == SandboxMode::kOff && !config.isolate) return std::nullopt;
    const auto plan = PlanReader::Open(config.plan.string());
    if (!plan) return std::nullopt;
    const PlanInfo& info = (*plan)->info();
    auto make = ToMakeConfig(info.options, config);
    if (config.sandbox != SandboxMode::kOff) {
      Status made = MakeDirectory("output", info.output);
      if (made && make && !make->job.urls.originals.empty()) {
        made = MakeDirectory("originals'", make->job.urls.originals);
      }
      if (!made) return Refuse(made.error().message, ShardExitCodeOf(made.error(), AttemptsDirectory(info)));
    }
    if (make) {
      make->sandbox = config.sandbox;
      make->isolate = config.isolate;
      if (const auto refused = Isolate(*make)) return refused;
      config.decoders = make->decoders;
    }
    return config.sandbox == SandboxMode::kOff ? std::nullopt : Enter(RoomOf(config, info), config.sandbox);
  }

  std::optional<ExitCode> operator()(InfoConfig& config) const { return Enter(RoomOf(config), config.sandbox); }

  std::optional<ExitCode> operator()(RenameConfig& config) const { return Enter(RoomOf(config), config.sandbox); }

  // They read no pictures.
  template <class Config>
  std::optional<ExitCode> operator()(Config& /*config*/) const {
    return std::nullopt;
  }

 private:
  ExitCode Refuse(const std::string& message, ExitCode code) const {
    terminal_.WriteError(ErrorLine(message, {.escape = isatty(STDERR_FILENO) == 1}));
    return code;
  }

  std::optional<ExitCode> Isolate(MakeConfig& config) const {
    if (!config.isolate) return std::nullopt;
    // They inherit it. Where it can't be done, that is said when the command's own turn comes.
    if (config.nice) static_cast<void>(GiveWay());
    auto maker = StartIsolatedMaker(config.job, config.sandbox);
    if (!maker) return Refuse("--isolate: " + maker.error().message, ExitCodeOf(maker.error()));
    config.job.maker = config.decoders = std::move(*maker);
    return std::nullopt;
  }

  std::optional<ExitCode> Enter(const SandboxRoom& room, SandboxMode mode) const {
    const Status entered = EnterSandbox(room, mode, KernelAbilities());
    if (entered) return std::nullopt;
    const bool must = mode == SandboxMode::kOn;
    const ExitCode code =
        Refuse("--sandbox: " + entered.error().message + (must ? "" : "; going on outside"), kExitUsage);
    return must ? std::optional(code) : std::nullopt;
  }

  static Status MakeDirectory(std::string_view part, const std::filesystem::path& directory) {
    return CreateNamedDirectory(RealFileSystem(), part, directory.string());
  }

  Terminal& terminal_;
};

}  // namespace

std::optional<ExitCode> LockRoom(CommandConfig& command, Terminal& terminal) {
  return std::visit(RoomLock(terminal), command);
}

}  // namespace tbbthumbs::tool
