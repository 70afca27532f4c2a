#include "tools/shard_command.h"

#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "pipeline/plan_store.h"
#include "pipeline/shard_attempts.h"
#include "tools/make_command.h"
#include "tools/plan_config.h"
#include "tools/report.h"
#include "tools/shard_index.h"

namespace tbbthumbs::tool {
namespace {

class ShardRun {
 public:
  ShardRun(const ShardConfig& config, Terminal& terminal)
      : config_(config), terminal_(terminal), style_(StyleOf(config.display, terminal.err_fd())) {}

  ExitCode Run();

 private:
  std::variant<MakeConfig, ExitCode> Prepare(const std::function<bool()>& go_on);
  ExitCode End(const RunSummary& summary);
  ExitCode Refuse(const std::string& message, ExitCode code = kExitUsage);
  ExitCode RefusePlan(const Error& error);

  const ShardConfig& config_;
  Terminal& terminal_;
  const TextStyle style_;
  std::string attempts_;  // the directory of those of this plan
  std::string attempt_;
};

ExitCode ShardRun::Refuse(const std::string& message, ExitCode code) {
  for (const std::string& line : ErrorLines(message, style_)) terminal_.WriteError(line);
  return code;
}

ExitCode ShardRun::RefusePlan(const Error& error) {
  const std::string path = config_.plan.string();
  return Refuse(path + ": " + error.message, IsUselessPlan(path, error) ? kExitUsage : kExitRequeue);
}

std::variant<MakeConfig, ExitCode> ShardRun::Prepare(const std::function<bool()>& go_on) {
  const auto plan = PlanReader::Open(config_.plan.string());
  if (!plan) return RefusePlan(plan.error());
  const PlanInfo& info = (*plan)->info();
  const auto shard = ChooseShard(config_.shard, info.shards, std::getenv);
  if (!shard) return Refuse(shard.error());
  if (const Status whole = (*plan)->Check(*shard); !whole) return RefusePlan(whole.error());
  auto make = ToMakeConfig(info.options, config_);
  if (!make) return Refuse(make.error());
  if (config_.isolate && config_.decoders == nullptr) {
    return Refuse("--isolate: the plan could not be read when the processes that decode were to be started",
                  kExitRequeue);
  }

  attempts_ = AttemptsDirectory(info);
  JobOptions& job = make->job;
  job.input.part = PlanPart{config_.plan, *shard};
  AttemptOptions options;
  options.forget = job.if_exists == IfExists::kOverwrite;
  options.retry_failed = job.journal.retry_failed;
  options.go_on = go_on;
  const auto attempt = BeginAttempt(**plan, *shard, options);
  if (!attempt) return Refuse(attempt.error().message, ShardExitCodeOf(attempt.error(), attempts_));
  attempt_ = *attempt;
  job.journal = {};
  job.journal.path = attempt_;
  job.journal.label = ShardLabel(info, *shard);
  job.journal.trusts_before = info.journal_created;
  if (job.if_exists == IfExists::kOverwrite) {
    // Anew once by this plan, not once by each attempt.
    job.if_exists = IfExists::kUpdate;
    job.journal.trusts_before = std::chrono::nanoseconds(0);
  }
  return std::move(*make);
}

ExitCode ShardRun::End(const RunSummary& summary) {
  if (!summary.journal_failure) {
    if (const Status closed = CloseAttempt(attempt_); !closed) {
      return Refuse("the journal " + attempt_ + ": " + closed.error().message,
                    ShardExitCodeOf(closed.error(), attempts_));
    }
  }
  return ShardExitCodeOf(summary, attempts_);
}

ExitCode ShardRun::Run() {
  RunHooks hooks;
  hooks.nice = config_.nice;
  hooks.max_load = config_.max_load;
  hooks.prepare = [this](const std::function<bool()>& go_on) { return Prepare(go_on); };
  hooks.on_end = [this](const RunSummary& summary, int /*signal*/) { return End(summary); };
  hooks.summary_lines = [](const RunSummary& summary) { return SummaryLines(summary); };
  hooks.exit_code_of_start = [this](const Error& error) {
    return error.code == ErrorCode::kUnsupported ? kExitUsage : ShardExitCodeOf(error, attempts_);
  };
  hooks.exit_code_of_signal = [](int /*signal*/) { return kExitRequeue; };
  hooks.repeats_are_one = true;
  return RunWith(hooks, config_.display, terminal_);
}

}  // namespace

ExitCode RunShard(const ShardConfig& config, Terminal& terminal) { return ShardRun(config, terminal).Run(); }

}  // namespace tbbthumbs::tool
