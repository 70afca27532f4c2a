#include "tools/plan_command.h"

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/absolute_path.h"
#include "pipeline/confined_file_system.h"
#include "pipeline/file_system.h"
#include "pipeline/journal.h"
#include "pipeline/journal_store.h"
#include "pipeline/plan_store.h"
#include "pipeline/url.h"
#include "pipeline/url_input.h"
#include "tools/json_report.h"
#include "tools/make_command.h"
#include "tools/report.h"
#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

class Planning {
 public:
  Planning(PlanConfig config, Terminal& terminal)
      : config_(std::move(config)),
        terminal_(terminal),
        style_(StyleOf(config_.make.display, terminal.err_fd())),
        plan_(config_.plan.string()) {}

  ExitCode Run();

 private:
  std::variant<MakeConfig, ExitCode> Prepare();
  Result<PlanSettings> Settings();
  void FindMissing();
  void TellMissing(const PictureResult& result);
  bool Add(const PictureResult& result);
  ExitCode End(const RunSummary& summary, int signal);
  std::vector<std::string> Lines(const RunSummary& summary) const;
  ExitCode Refuse(const Error& error);
  std::string RelativeToOutput(const std::filesystem::path& path) const;

  PlanConfig config_;
  Terminal& terminal_;
  const TextStyle style_;
  const std::string plan_;
  const std::string directory_ = CurrentDirectory();
  std::unique_ptr<PlanWriter> writer_;
  std::map<std::string, Error> missing_;  // inputs named one by one that can't be looked up
  std::set<std::string> addresses_;       // those on the web, as results name them
  uint64_t missing_count_ = 0;
  uint64_t untold_ = 0;  // of these, those that nothing else counts as failed
  std::optional<Error> failure_;
  std::optional<PlanInfo> written_;
};

ExitCode Planning::Refuse(const Error& error) {
  terminal_.WriteError(ErrorLine(error.message, style_));
  return ExitCodeOf(error);
}

// Makes what all shards share: the output directory, and the journal, so that all know since when there is one.
Result<PlanSettings> Planning::Settings() {
  const JobOptions& job = config_.make.job;
  PlanSettings settings;
  settings.shards = config_.shards;
  settings.output = AbsolutePath(directory_, job.output.string());
  while (settings.output.size() > 1 && settings.output.ends_with('/')) settings.output.pop_back();
  settings.journal = AbsolutePath(directory_, JournalPath(job.journal, settings.output));
  settings.options = config_.options;
  const std::string own = JoinPath(settings.output, kOwnDirectory);
  if (Status status = CreateDirectoriesBelow(settings.output, own); !status) {
    return Fail(ErrorCode::kIo, "the output directory " + own + ": " + status.error().message);
  }
  const auto journal = OpenJournal(settings.journal, job.journal.path.empty(), false);
  if (!journal) {
    const ErrorCode code = journal.error().code == ErrorCode::kUnsupported ? ErrorCode::kUnsupported : ErrorCode::kIo;
    return Fail(code, "the journal " + settings.journal + ": " + journal.error().message);
  }
  // As every run does.
  if (journal->set_aside) {
    terminal_.WriteError(ErrorLine("the journal was damaged and is now " + *journal->set_aside, style_));
  }
  settings.journal_created = journal->store->created();
  return settings;
}

std::variant<MakeConfig, ExitCode> Planning::Prepare() {
  if (RealFileSystem().Stat(plan_, false)) {
    return Refuse({ErrorCode::kUnsupported, plan_ + " is there already: remove it, or give the plan another name"});
  }
  auto settings = Settings();
  if (!settings) return Refuse(settings.error());
  auto writer = PlanWriter::Create(plan_, std::move(*settings));
  if (!writer) return Refuse({ErrorCode::kIo, plan_ + ": " + writer.error().message});
  writer_ = std::move(*writer);
  FindMissing();
  MakeConfig make = config_.make;
  make.job.names_only = make.job.input.for_plan = true;
  return make;
}

std::string Planning::RelativeToOutput(const std::filesystem::path& path) const {
  std::string output = config_.make.job.output.string();
  if (!output.ends_with('/')) output += '/';
  std::string_view relative = path.native();
  if (relative.starts_with(output)) relative.remove_prefix(output.size());
  return std::string(relative);
}

// What is named but not there is more likely a slip than to appear before its shard runs.
void Planning::FindMissing() {
  for (const std::filesystem::path& path : config_.make.job.input.paths) {
    if (LooksLikeUrl(path.native())) {
      addresses_.insert(UrlInput(path.native()).path);
      continue;
    }
    const auto info = RealFileSystem().Stat(path.string(), true);
    if (!info) missing_.emplace(path.string(), info.error());
  }
}

void Planning::TellMissing(const PictureResult& result) {
  // What is wrong with an address has been told.
  if (result.error && addresses_.contains(result.input.native())) ++missing_count_;
  const auto missing = missing_.find(result.input.string());
  if (missing == missing_.end()) return;
  ++missing_count_;
  // Names that depend on the file have failed by that already.
  if (!result.error) {
    ++untold_;
    terminal_.WriteError(FailureLine(result.input, missing->second, style_));
    if (config_.make.display.json) terminal_.WriteOut(FailureJson(result.input, missing->second));
  }
}

bool Planning::Add(const PictureResult& result) {
  PlanItem item;
  item.seq = result.seq;
  const std::string& path = result.input.native();
  item.path = LooksLikeUrl(path) ? path : AbsolutePath(directory_, path);
  item.found = result.found;
  item.error = result.error;
  item.changes = result.name_changes;
  const OutputFormat format = config_.make.job.specs.format;
  for (const OutputFile& output : result.outputs) {
    (format == OutputFormat::kPng ? item.png : item.jpeg).push_back(RelativeToOutput(output.path));
    if (format == OutputFormat::kAuto) item.png.push_back(RelativeToOutput(output.or_path));
  }
  if (!result.found) TellMissing(result);
  Status status = writer_->Add(item);
  if (!status) failure_ = std::move(status.error());
  return status.has_value();
}

ExitCode Planning::End(const RunSummary& summary, int signal) {
  if (!failure_ && !summary.stopped && !summary.fatal) {
    auto written = writer_->Finish();
    if (written) {
      written_ = std::move(*written);
    } else {
      failure_ = std::move(written.error());
    }
  }
  writer_.reset();
  if (failure_) return Refuse({ErrorCode::kIo, plan_ + ": " + failure_->message});
  // What else can't be made is a failure of its shard.
  RunSummary planned = summary;
  planned.failed = missing_count_;
  return ExitCodeOf(planned, signal);
}

std::vector<std::string> Planning::Lines(const RunSummary& summary) const {
  if (!written_) return {"there is no plan"};
  const std::string name = Shown(plan_, style_);
  std::vector<std::string> lines;
  lines.push_back(fmt::format("planned {} in {}: {}", FormatCountOf(written_->total, "file"),
                              FormatCountOf(static_cast<uint64_t>(written_->shards), "shard"), name));
  const uint64_t failures = summary.failed + untold_;
  if (failures > 0) lines.push_back("will fail: " + FormatCount(failures));
  if (summary.walk_error_count > 0) {
    lines.push_back(fmt::format("{} could not be read", FormatCountOf(summary.walk_error_count, "directory or list")));
  }
  lines.push_back(
      fmt::format("go on with: tbbthumbs run --plan {} --shard I, I from 0 to {}; then tbbthumbs merge --plan {}", name,
                  written_->shards - 1, name));
  return lines;
}

ExitCode Planning::Run() {
  RunHooks hooks;
  hooks.prepare = [this](const std::function<bool()>& /*go_on*/) { return Prepare(); };
  hooks.on_result = [this](const PictureResult& result) { return Add(result); };
  hooks.on_end = [this](const RunSummary& summary, int signal) { return End(summary, signal); };
  hooks.summary_lines = [this](const RunSummary& summary) { return Lines(summary); };
  return RunWith(hooks, config_.make.display, terminal_);
}

}  // namespace

ExitCode RunPlan(PlanConfig config, Terminal& terminal) { return Planning(std::move(config), terminal).Run(); }

}  // namespace tbbthumbs::tool
