// What the command says to programs: one JSON object a line.
//
// File names stand as they are where they are UTF-8. Others have U+FFFD in place of each byte that is not, and a second
// field with the whole name in percent-encoding (PercentEncode): "input" with "input_percent_encoded", "path" with
// "path_percent_encoded". Sizes are in pixels, counts in bytes, times in seconds.
#ifndef TBBTHUMBS_TOOLS_JSON_REPORT_H_
#define TBBTHUMBS_TOOLS_JSON_REPORT_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/decoder.h"
#include "codecs/error.h"
#include "pipeline/journal_prune.h"
#include "pipeline/journal_store.h"
#include "pipeline/plan_merge.h"
#include "pipeline/rename_job.h"
#include "pipeline/run_summary.h"

namespace tbbthumbs::tool {

// {"type":"picture","input":...,"outcome":"made",...}: all without a line's end.
std::string PictureJson(const PictureResult& result);

// {"type":"summary",...,"urls":{"requests":...}}. `round`: which of the runs of a command that makes several, from 0.
std::string SummaryJson(const RunSummary& summary, std::optional<uint64_t> round = std::nullopt);

// {"type":"rename","from":...,"to":...,"renamed":[...]}, below `root`; {"type":"problem","path":...,"error":...}; and
// at the end {"type":"summary",...}.
std::string RenameJson(const std::filesystem::path& root, const PlannedRename& rename);
std::string ProblemJson(const std::filesystem::path& root, const RenameProblem& problem);
std::string SummaryJson(const RenameSummary& summary, bool dry_run);

// {"type":"failed","input":...,"error":...}; and of the merge of a plan {"type":"merge",...}.
std::string FailureJson(const std::filesystem::path& input, const Error& error);
std::string SummaryJson(const MergeSummary& summary);

// {"type":"info","path":...}: of a picture whose header was read, `decoder` as DecoderPath says it; or of one that was
// not.
std::string InfoJson(const std::filesystem::path& path, uint64_t file_bytes, const ImageInfo& info,
                     std::string_view decoder);
std::string InfoJson(const std::filesystem::path& path, const Error& error);

// {"type":"status","journal":...,"made":...,"runs":[...]}: of the journal at `path`; runs as they are given. Moments
// are in UTC: "2024-05-01T12:00:00Z". Numbers that can't be, of a damaged journal, are left out.
std::string StatusJson(const std::filesystem::path& path, uint64_t bytes, const JournalCounts& counts,
                       const std::vector<JournalRun>& runs);

// {"type":"failed","input":...,"error":{"code":...,"message":...}}.
std::string FailedJson(const std::filesystem::path& input, const Error& error);

// {"type":"pruned","input":...,"path":...,"bytes":...}; {"type":"problem",...} as above; {"type":"kept","path":...,
// "inputs":...}; and at the end {"type":"prune_summary",...}, which in a run comes before the run's.
std::string PrunedJson(const PrunedThumbnail& thumbnail);
std::string ProblemJson(const std::filesystem::path& path, const Error& error);
std::string KeptJson(const KeptPlace& place);
std::string SummaryJson(const PruneSummary& summary, bool dry_run);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_JSON_REPORT_H_
