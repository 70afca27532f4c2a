// What the command says to people.
#ifndef TBBTHUMBS_TOOLS_REPORT_H_
#define TBBTHUMBS_TOOLS_REPORT_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"
#include "pipeline/rename_job.h"
#include "pipeline/run_summary.h"

namespace tbbthumbs::tool {

// How text is written on one stream.
struct TextStyle {
  bool escape = false;  // a terminal reads it: see EscapeForTerminal
  bool color = false;
};

// `text` as `style` wants it: what comes from files and their names goes through here.
std::string Shown(std::string_view text, const TextStyle& style);

// "tbbthumbs: PATH: truncated: scan data ends at 61 % of the rows".
std::string FailureLine(const std::filesystem::path& path, const Error& error, const TextStyle& style);

// "tbbthumbs: MESSAGE", for what is about no one file.
std::string ErrorLine(std::string_view message, const TextStyle& style);

// The same of a message of several lines, of which the first is marked as ours.
std::vector<std::string> ErrorLines(std::string_view message, const TextStyle& style);

// "in/a.png -> out/a_png_256.jpg (taken: an earlier picture has the name)"; or what else becomes of it.
std::string PlanLine(const PictureResult& result, const TextStyle& style);

// The same of a file that is renamed below `root`.
std::string RenameLine(const std::filesystem::path& root, const PlannedRename& rename, const TextStyle& style);

// The end of a renaming, and how it is taken back or brought to its end.
std::vector<std::string> SummaryLines(const RenameSummary& summary, bool dry_run, const TextStyle& style);

// One line for any result but a failure: "made  photos/a.jpg: 4000x3000 JPEG, 256x192, 12.1 kB, libjpeg-turbo 1/8, 9
// ms".
std::string ResultLine(const PictureResult& result, const TextStyle& style);

// "12 lanes 1/4, 3 libpng": who decoded how many, the most first.
std::string DecodersText(const std::map<std::string, uint64_t>& made_by_decoder);

// The end of a run: what was made and how fast, then a line for each other end that inputs had.
std::vector<std::string> SummaryLines(const RunSummary& summary);

// That fewer threads could be started than were wanted; "" where all could be.
std::string ShortageLine(const RunSummary& summary);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_REPORT_H_
