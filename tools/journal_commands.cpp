#include "tools/journal_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/date_text.h"
#include "pipeline/journal.h"
#include "tools/json_report.h"
#include "tools/report.h"
#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

constexpr size_t kShownRuns = 5;
constexpr std::string_view kImpossible = "?";

std::string PathOf(const JournalConfig& where) { return JournalPath(where.journal, where.output.string()); }

// What the database keeps beside the file for a moment is not counted.
uint64_t BytesOf(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<uint64_t>(bytes);
}

ExitCode Refuse(const Error& error, const DisplayConfig& display, Terminal& terminal) {
  terminal.WriteError(ErrorLine(error.message, StyleOf(display, terminal.err_fd())));
  return JournalExitCodeOf(error);
}

// kExitDone where all was written.
ExitCode CheckOut(const DisplayConfig& display, Terminal& terminal) {
  if (terminal.out_error() == 0) return kExitDone;
  const std::string message = fmt::format("standard output: {}", std::strerror(terminal.out_error()));
  terminal.WriteError(ErrorLine(message, StyleOf(display, terminal.err_fd())));
  return kExitOutput;
}

std::string FailuresText(const JournalCounts& counts) {
  std::string text;
  for (const auto& [code, count] : counts.failed_by_code) {
    text += fmt::format("{}{} {}", text.empty() ? ": " : ", ", FormatCount(count), ErrorCodeName(code));
  }
  return text;
}

std::vector<std::string> CountLines(const JournalCounts& counts) {
  const std::string numbers[] = {FormatCount(counts.made), FormatCount(counts.failed), FormatCount(counts.skipped)};
  size_t width = 0;
  for (const std::string& number : numbers) width = std::max(width, number.size());
  const std::string damaged =
      counts.salvaged > 0 ? fmt::format(", {} of what decoded of damaged files", FormatCount(counts.salvaged)) : "";
  return {
      fmt::format("made     {:>{}}  with {}{}", numbers[0], width, FormatCountOf(counts.outputs, "thumbnail"), damaged),
      fmt::format("failed   {:>{}}{}", numbers[1], width, FailuresText(counts)),
      fmt::format("skipped  {:>{}}  no pictures, or of a format that is not decoded", numbers[2], width),
  };
}

std::string CountText(uint64_t count) { return IsPossible(count) ? FormatCount(count) : std::string(kImpossible); }

std::string DurationText(std::chrono::nanoseconds duration) {
  return IsPossible(duration) ? FormatDuration(duration) : std::string(kImpossible);
}

std::vector<std::string> RunCells(const JournalRun& run, const TextStyle& style) {
  std::vector<std::string> cells{DateText(LocalTime(run.started), "%Y-%m-%d %H:%M:%S")};
  if (!run.ended) {
    cells.insert(cells.end(), {"killed or running", "-", "-", "-", "-", "-"});
  } else {
    const double seconds = std::chrono::duration<double>(run.wall_time).count();
    const bool has_rate = run.made > 0 && IsPossible(run.made) && seconds > 0;
    cells.insert(cells.end(),
                 {Shown(run.end, style), DurationText(run.wall_time), CountText(run.made), CountText(run.up_to_date),
                  CountText(run.failed), has_rate ? FormatRate(static_cast<double>(run.made) / seconds) : "-"});
  }
  if (!run.label.empty()) cells.push_back(Shown(run.label, style));
  return cells;
}

// Each column as wide as it has to be. Words are at the left, numbers at the right.
std::vector<std::string> RunLines(const std::vector<JournalRun>& runs, const TextStyle& style) {
  std::vector<std::vector<std::string>> rows{{"run", "end", "took", "made", "up to date", "failed", "pictures/s"}};
  for (const JournalRun& run : runs) rows.push_back(RunCells(run, style));
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      if (i >= widths.size()) {
        line += row[i];
      } else {
        line += i < 2 ? fmt::format("{:<{}}", row[i], widths[i]) : fmt::format("{:>{}}", row[i], widths[i]);
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Status WriteStatus(JournalStore& store, const StatusConfig& config, Terminal& terminal) {
  const auto counts = store.Counts();
  if (!counts) return tl::unexpected<Error>(counts.error());
  const auto runs = store.Runs(kShownRuns);
  if (!runs) return tl::unexpected<Error>(runs.error());
  const std::string path = PathOf(config.where);
  const uint64_t bytes = BytesOf(path);
  if (config.display.json) {
    terminal.WriteOut(StatusJson(path, bytes, *counts, *runs));
    return {};
  }
  const TextStyle style = StyleOf(config.display, terminal.out_fd());
  terminal.WriteOut(fmt::format("journal  {}, {}", Shown(path, style), FormatBytes(bytes)));
  for (const std::string& line : CountLines(*counts)) terminal.WriteOut(line);
  if (runs->empty()) return {};
  terminal.WriteOut("");
  for (const std::string& line : RunLines(*runs, style)) terminal.WriteOut(line);
  return {};
}

std::string FailedLine(const std::string& input, const Error& error, bool verbose, const TextStyle& style) {
  std::string line = Shown(input, style);
  if (!verbose) return line;
  std::string code(ErrorCodeName(error.code));
  if (style.color) code = "\x1b[1;31m" + code + "\x1b[0m";
  return line + fmt::format(": {}: {}", code, Shown(error.message, style));
}

Status WriteFailed(JournalStore& store, const FailedConfig& config, Terminal& terminal) {
  const DisplayConfig& display = config.display;
  TextStyle style = StyleOf(display, terminal.out_fd());
  style.escape = style.escape && !config.null;
  const char end = config.null ? '\0' : '\n';
  return store.ForEach(PictureStatus::kFailed, [&](const std::string& input, const JournalRow& row) {
    const Error error = row.error.value_or(Error{ErrorCode::kInternal, "the journal does not say why"});
    if (display.json) return terminal.WriteOut(FailedJson(input, error));
    return terminal.WriteOut(FailedLine(input, error, display.verbose, style), end);
  });
}

// Opens the journal and has `write` tell what it knows.
template <class Config, class Write>
ExitCode Tell(const Config& config, Terminal& terminal, Write write) {
  const auto store = OpenJournal(config.where, JournalStore::Mode::kReadOnly);
  if (!store) return Refuse(store.error(), config.display, terminal);
  if (const Status status = write(**store, config, terminal); !status) {
    return Refuse(JournalError(config.where, status.error()), config.display, terminal);
  }
  return CheckOut(config.display, terminal);
}

}  // namespace

Error JournalError(const JournalConfig& where, const Error& error) {
  const std::string path = PathOf(where);
  if (error.code == ErrorCode::kNotFound) {
    const bool beside = !where.journal.path.empty();
    const std::string option = beside ? "--journal " + path : "-o " + where.output.string();
    return {error.code, fmt::format("no journal: {} (made by a run with {})", path, option)};
  }
  if (error.code == ErrorCode::kCorrupt) {
    const std::string_view next = "the next run sets it aside and begins a new one";
    return {error.code, fmt::format("the journal {} is damaged ({}); {}", path, error.message, next)};
  }
  return {error.code, fmt::format("the journal {}: {}", path, error.message)};
}

Result<std::unique_ptr<JournalStore>> OpenJournal(const JournalConfig& where, JournalStore::Mode mode) {
  const std::string path = PathOf(where);
  auto store = JournalStore::Open(path, JournalStore::Mode::kReadOnly);
  // For writing it would be made.
  if (store && mode == JournalStore::Mode::kWrite) {
    store->reset();
    store = JournalStore::Open(path, mode);
  }
  if (!store) return tl::unexpected<Error>(JournalError(where, store.error()));
  return store;
}

ExitCode RunStatus(const StatusConfig& config, Terminal& terminal) { return Tell(config, terminal, WriteStatus); }

ExitCode RunFailed(const FailedConfig& config, Terminal& terminal) { return Tell(config, terminal, WriteFailed); }

}  // namespace tbbthumbs::tool
