#include "tools/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "codecs/format.h"
#include "tools/escape.h"
#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

std::string SizeText(Size size) { return fmt::format("{}x{}", size.width, size.height); }

std::string MadeDetails(const PictureResult& result) {
  std::string text = fmt::format("{} {}", SizeText(result.size), FormatName(result.format));
  for (const OutputFile& output : result.outputs) {
    text += fmt::format(", {} {}", SizeText(output.size), FormatBytes(output.bytes));
  }
  text += ", " + result.decoder;
  text += fmt::format(", {:.0f} ms", std::chrono::duration<double, std::milli>(result.cpu_time).count());
  if (result.damage) {
    text += fmt::format(", damaged ({}: {})", ErrorCodeName(result.damage->code), result.damage->message);
  }
  return text;
}

// What became of it, and more where there is more to say.
std::pair<std::string_view, std::string> Describe(const PictureResult& result) {
  switch (result.outcome) {
    case Outcome::kMade:
      return {"made", MadeDetails(result)};
    case Outcome::kPlanned:
      return {"planned", ""};
    case Outcome::kUpToDate:
      return {"up to date", ""};
    case Outcome::kFailed:
      return {"failed", ""};
    case Outcome::kNotPicture:
      return {"no picture", ""};
    case Outcome::kUnsupported:
      return {"not supported", std::string(FormatName(result.format))};
    case Outcome::kFiltered:
      return {"left out", ""};
    case Outcome::kLeft:
      return {"stopped", ""};
  }
  return {};
}

// "812 HEIC, 3 WebP": the counts that are not zero, the largest first. `name` gives the name of an index.
template <class Name>
std::string Breakdown(std::span<const uint64_t> counts, Name name) {
  std::vector<size_t> order;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return counts[a] > counts[b]; });
  std::string text;
  for (const size_t i : order) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", FormatCount(counts[i]), name(i));
  }
  return text;
}

std::string ChangesText(const NameChanges& changes) {
  std::string text;
  const auto add = [&](bool holds, std::string_view reason) {
    if (!holds) return;
    if (!text.empty()) text += "; ";
    text += reason;
  };
  add(changes.taken, "taken: an earlier input has the name");
  add(changes.too_long, "too long: cut");
  add(changes.respelled, "respelled");
  return text;
}

std::string MadeLine(const RunSummary& summary) {
  const double seconds = std::chrono::duration<double>(summary.wall_time).count();
  std::string line = fmt::format("made {} ({}, {}) in {}", FormatCountOf(summary.made, "picture"),
                                 FormatCountOf(summary.thumbnails, "thumbnail"), FormatBytes(summary.bytes_out),
                                 FormatDuration(summary.wall_time));
  if (summary.made > 0 && seconds > 0) {
    line += fmt::format(": {} pictures/s, {}/s read", FormatRate(static_cast<double>(summary.made) / seconds),
                        FormatBytes(static_cast<uint64_t>(static_cast<double>(summary.bytes_in) / seconds)));
    if (summary.threads > 0) line += ", " + FormatCountOf(static_cast<uint64_t>(summary.threads), "thread");
  }
  return line;
}

std::string FetchedLine(const UrlSummary& urls) {
  std::string line = fmt::format("fetched {} in {}", FormatBytes(urls.bytes), FormatCountOf(urls.requests, "request"));
  if (urls.repeated > 0) line += fmt::format(" ({} repeated)", FormatCount(urls.repeated));
  if (urls.not_modified > 0) line += fmt::format(", {} not changed", FormatCount(urls.not_modified));
  return line;
}

}  // namespace

std::string Shown(std::string_view text, const TextStyle& style) {
  return style.escape ? EscapeForTerminal(text) : std::string(text);
}

std::string FailureLine(const std::filesystem::path& path, const Error& error, const TextStyle& style) {
  std::string code(ErrorCodeName(error.code));
  if (style.color) code = "\x1b[1;31m" + code + "\x1b[0m";
  return fmt::format("tbbthumbs: {}: {}: {}", Shown(path.native(), style), code, Shown(error.message, style));
}

std::string ErrorLine(std::string_view message, const TextStyle& style) {
  return "tbbthumbs: " + Shown(message, style);
}

std::vector<std::string> ErrorLines(std::string_view message, const TextStyle& style) {
  const size_t end = message.find('\n');
  std::vector<std::string> lines{ErrorLine(message.substr(0, end), style)};
  for (size_t begin = end; begin != std::string_view::npos;) {
    const size_t next = message.find('\n', begin + 1);
    lines.push_back(Shown(message.substr(begin + 1, next == std::string_view::npos ? next : next - begin - 1), style));
    begin = next;
  }
  return lines;
}

std::string PlanLine(const PictureResult& result, const TextStyle& style) {
  std::string line = Shown(result.input.native(), style);
  if (result.outcome != Outcome::kPlanned) return line + ": " + std::string(Describe(result).first);
  std::string_view before = " -> ";
  for (const OutputFile& output : result.outputs) {
    line += before;
    line += Shown(output.path.native(), style);
    if (!output.or_path.empty()) line += " or " + Shown(output.or_path.native(), style);
    before = ", ";
  }
  std::string why = ChangesText(result.name_changes);
  const bool open = !result.outputs.empty() && !result.outputs.front().or_path.empty();
  if (open) why += why.empty() ? "decided on writing" : "; decided on writing";
  return why.empty() ? line : line + " (" + why + ")";
}

std::string RenameLine(const std::filesystem::path& root, const PlannedRename& rename, const TextStyle& style) {
  std::string line = Shown((root / rename.from).native(), style) + " -> " + Shown((root / rename.to).native(), style);
  const std::string why = ChangesText(rename.changes);
  return why.empty() ? line : line + " (" + why + ")";
}

std::vector<std::string> SummaryLines(const RenameSummary& summary, bool dry_run, const TextStyle& style) {
  const std::string log = Shown(summary.log, style);
  if (summary.log.empty()) {
    if (!summary.finished) return {};
    std::string line = dry_run ? "would rename " : "renamed ";
    return {line + fmt::format("{} of {}", FormatCount(summary.to_rename), FormatCountOf(summary.pictures, "picture"))};
  }
  if (summary.undone) {
    if (summary.finished) return {"undone: " + log};
    return {"undoing was interrupted: the same command goes on"};
  }
  const std::string back = "to take it back: tbbthumbs rename --undo " + log;
  if (!summary.finished) return {"not finished: the same command goes on", back};
  if (summary.resumed) return {"brought to its end what was interrupted; for other names run it again", back};
  return {fmt::format("renamed {} of {}", FormatCount(summary.to_rename), FormatCountOf(summary.pictures, "picture")),
          back};
}

std::string ResultLine(const PictureResult& result, const TextStyle& style) {
  const auto [what, more] = Describe(result);
  std::string line = fmt::format("{:<13} ", what);
  if (style.color && result.outcome == Outcome::kMade) line = "\x1b[32m" + line + "\x1b[0m";
  line += Shown(result.input.native(), style);
  if (!more.empty()) line += ": " + more;
  return line;
}

std::string DecodersText(const std::map<std::string, uint64_t>& made_by_decoder) {
  std::vector<uint64_t> counts;
  std::vector<std::string_view> names;
  for (const auto& [name, count] : made_by_decoder) {
    names.push_back(name);
    counts.push_back(count);
  }
  return Breakdown(counts, [&](size_t i) { return names[i]; });
}

std::string ShortageLine(const RunSummary& summary) {
  std::string line;
  const auto add = [&](int started, int wanted, std::string_view what) {
    if (started >= wanted) return;
    line += fmt::format("{}{} of {} {}", line.empty() ? "only " : " and ", started, wanted, what);
  };
  add(summary.threads, summary.threads_wanted, "threads");
  add(summary.io_threads, summary.io_threads_wanted, "I/O threads");
  return line.empty() ? "" : line + " could be started (limits of processes and memory: ulimit -u, ulimit -v)";
}

std::vector<std::string> SummaryLines(const RunSummary& summary) {
  std::vector<std::string> lines;
  if (summary.dry_run) {
    lines.push_back("would make the thumbnails of " + FormatCountOf(summary.planned, "picture"));
  } else {
    lines.push_back(MadeLine(summary));
  }
  const auto add = [&](uint64_t count, std::string_view text, std::string more = "") {
    if (count > 0) lines.push_back(fmt::format("{} {}{}", text, FormatCount(count), more));
  };
  const auto code_name = [](size_t i) { return ErrorCodeName(static_cast<ErrorCode>(i)); };
  const auto format_name = [](size_t i) { return FormatName(static_cast<Format>(i)); };
  if (!summary.made_by_decoder.empty()) lines.push_back("decoders: " + DecodersText(summary.made_by_decoder));
  if (summary.urls.requests > 0) lines.push_back(FetchedLine(summary.urls));
  add(summary.salvaged, "damaged, made from what decoded");
  add(summary.up_to_date, "up to date");
  std::string failures = ": " + Breakdown(summary.failed_by_code, code_name);
  if (summary.known_failures > 0) {
    failures += fmt::format(" ({} before and unchanged: not tried again but with --retry-failed)",
                            FormatCount(summary.known_failures));
  }
  add(summary.failed, "failed", failures);
  add(summary.not_pictures, "not pictures");
  if (summary.unsupported > 0)
    lines.push_back("not supported: " + Breakdown(summary.unsupported_by_format, format_name));
  add(summary.filtered, "left out by size or date");
  // Directories that were not entered yet are not counted.
  if (summary.left > 0 || summary.stopped)
    lines.push_back(fmt::format("left at least {} (stopped)", FormatCount(summary.left)));
  if (summary.walk_error_count > 0) {
    const std::string_view noun = summary.walk_error_count == 1 ? "directory or list" : "directories or lists";
    lines.push_back(fmt::format("{} {} could not be read", FormatCount(summary.walk_error_count), noun));
  }
  return lines;
}

}  // namespace tbbthumbs::tool
