#include "tools/prune_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "pipeline/confined_file_system.h"
#include "pipeline/journal_prune.h"
#include "tools/journal_commands.h"
#include "tools/json_report.h"
#include "tools/report.h"
#include "tools/signals.h"
#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

// False when nobody reads it any more.
bool ReportThumbnail(const PrunedThumbnail& thumbnail, const PruneConfig& config, Terminal& terminal) {
  const DisplayConfig& display = config.display;
  const auto line = [&](int fd) {
    const TextStyle style = StyleOf(display, fd);
    std::string text = Shown(thumbnail.path, style);
    if (display.verbose)
      text += fmt::format(": {} {}", Shown(thumbnail.input, style), thumbnail.renamed ? "has another" : "is gone");
    return text;
  };
  if (display.json) {
    if (!terminal.WriteOut(PrunedJson(thumbnail))) return false;
  } else if (config.dry_run) {
    return terminal.WriteOut(line(terminal.out_fd()));
  }
  if (display.verbose && !config.dry_run) {
    terminal.WriteError(fmt::format("{:<13} {}", "removed", line(terminal.err_fd())));
  }
  return true;
}

// What is kept, and why.
std::vector<std::string> KeptLines(const PruneSummary& summary, const std::set<std::string>& told_before,
                                   const TextStyle& style) {
  constexpr std::string_view kAnyhow = "--even-all does";
  if (summary.all_missing) {
    const uint64_t files = summary.inputs - summary.addresses;
    return {fmt::format("none of the {} that the journal knows is there: not pruned, as a disk may be missing; {}",
                        FormatCountOf(files, "input"), kAnyhow)};
  }
  std::vector<std::string> lines;
  uint64_t told = 0;
  for (const KeptPlace& place : summary.kept_places) {
    told += place.pictures;
    if (told_before.contains(place.directory)) continue;
    lines.push_back(fmt::format("all of {} is gone ({}): not pruned, as a disk may be missing; {}",
                                Shown(place.directory, style), FormatCountOf(place.pictures, "input"), kAnyhow));
  }
  if (told < summary.kept) {
    lines.push_back(fmt::format("likewise in other places ({})", FormatCountOf(summary.kept - told, "input")));
  }
  return lines;
}

std::vector<std::string> SummaryLines(const PruneSummary& summary, bool dry_run) {
  std::vector<std::string> lines;
  if (summary.unknown > 0) {
    lines.push_back(fmt::format("{} could not be looked up: kept", FormatCountOf(summary.unknown, "input")));
  }
  if (summary.pruned == 0 && summary.thumbnails == 0) {
    if (!summary.stopped) lines.emplace_back("nothing to remove");
  } else {
    std::string line = fmt::format("{} {} of {} that {} gone", dry_run ? "would remove" : "removed",
                                   FormatCountOf(summary.thumbnails, "thumbnail"),
                                   FormatCountOf(summary.pruned, "input"), summary.pruned == 1 ? "is" : "are");
    if (summary.renamed > 0) line += fmt::format(" and {} under another name", FormatCount(summary.renamed));
    lines.push_back(line + ", " + FormatBytes(summary.bytes));
  }
  if (summary.replaced > 0) {
    lines.push_back(fmt::format("{} {} not as {} made: kept", FormatCountOf(summary.replaced, "file"),
                                summary.replaced == 1 ? "is" : "are", summary.replaced == 1 ? "it was" : "they were"));
  }
  if (summary.stopped) lines.emplace_back("stopped: the same command goes on");
  return lines;
}

bool IsNews(const PruneSummary& summary) {
  return summary.failure || summary.thumbnails > 0 || summary.problems > 0 || summary.all_missing;
}

void ReportEnd(const PruneSummary& summary, const PruneConfig& config, const PruneKnowledge& knowledge,
               Terminal& terminal) {
  const DisplayConfig& display = config.display;
  const TextStyle style = StyleOf(display, terminal.err_fd());
  if (summary.failure) {
    terminal.WriteError(ErrorLine(JournalError(config.where, *summary.failure).message, style));
  }
  // Nothing done is an error; something kept is not.
  if (summary.all_missing || !display.quiet) {
    for (const std::string& line : KeptLines(summary, knowledge.kept_places, style))
      terminal.WriteError("tbbthumbs: " + line);
  }
  if (!display.quiet && !knowledge.only_news) {
    for (const std::string& line : SummaryLines(summary, config.dry_run)) terminal.WriteError(line);
  }
  if (!display.json || (knowledge.only_news && !IsNews(summary))) return;
  for (const KeptPlace& place : summary.kept_places) terminal.WriteOut(KeptJson(place));
  terminal.WriteOut(SummaryJson(summary, config.dry_run));
}

ExitCode CodeOf(const PruneSummary& summary, int signal) {
  if (summary.failure) return JournalExitCodeOf(*summary.failure);
  if (signal != 0 && summary.stopped) return ExitCodeOfSignal(signal);
  const bool some = summary.stopped || summary.all_missing || summary.problems > 0 || summary.unknown > 0;
  return some ? kExitSomeFailed : kExitDone;
}

PruneOutcome Prune(JournalStore& store, const PruneConfig& config, const PruneKnowledge& knowledge, Terminal& terminal,
                   const std::function<bool()>& go_on, const std::function<int()>& received) {
  const TextStyle style = StyleOf(config.display, terminal.err_fd());
  bool heard = true;
  PruneCallbacks callbacks;
  callbacks.on_thumbnail = [&](const PrunedThumbnail& thumbnail) {
    heard = ReportThumbnail(thumbnail, config, terminal) && heard;
  };
  callbacks.on_problem = [&](const std::string& path, const Error& error) {
    terminal.WriteError(FailureLine(path, error, style));
    if (config.display.json) heard = terminal.WriteOut(ProblemJson(path, error)) && heard;
  };
  callbacks.go_on = [&] { return heard && go_on(); };
  const PruneOptions options{.output = config.where.output.string(),
                             .dry_run = config.dry_run,
                             .even_all = config.even_all,
                             .out_of_use = knowledge.out_of_use,
                             .scope = knowledge.scope,
                             .emptied = knowledge.emptied};
  ConfinedFileSystem files(RealFileSystem(), {options.output});
  PruneSummary summary = PruneThumbnails(files, store, options, callbacks);
  ReportEnd(summary, config, knowledge, terminal);
  if (terminal.out_error() != 0) {
    terminal.WriteError(ErrorLine(fmt::format("standard output: {}", std::strerror(terminal.out_error())), style));
    return {kExitOutput, std::move(summary)};
  }
  const ExitCode code = CodeOf(summary, received());
  return {code, std::move(summary)};
}

// `needed`: a journal that is not there is wrong use.
PruneOutcome OpenAndPrune(const PruneConfig& config, const PruneKnowledge& knowledge, bool needed, Terminal& terminal,
                          const std::function<bool()>& go_on, const std::function<int()>& received) {
  using Mode = JournalStore::Mode;
  const auto store = OpenJournal(config.where, config.dry_run ? Mode::kReadOnly : Mode::kWrite);
  if (store) return Prune(**store, config, knowledge, terminal, go_on, received);
  const Error& error = store.error();
  if (error.code == ErrorCode::kNotFound && !needed) return {};
  terminal.WriteError(ErrorLine(error.message, StyleOf(config.display, terminal.err_fd())));
  return {JournalExitCodeOf(error), {}};
}

}  // namespace

ExitCode RunPrune(const PruneConfig& config, Terminal& terminal) {
  std::atomic<bool> stop = false;
  const SignalWatcher signals({.on_stop = [&] { stop = true; }, .on_exit = [&] { terminal.Abandon(); }});
  return OpenAndPrune(
             config, {}, true, terminal, [&] { return !stop; }, [&] { return signals.received(); })
      .code;
}

PruneOutcome PruneAfterRun(const PruneConfig& config, const PruneKnowledge& knowledge, Terminal& terminal,
                           const std::function<bool()>& go_on, const std::function<int()>& received) {
  return OpenAndPrune(config, knowledge, false, terminal, go_on, received);
}

}  // namespace tbbthumbs::tool
