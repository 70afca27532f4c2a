#include "tools/json_report.h"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "codecs/format.h"
#include "tools/escape.h"
#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

using Json = nlohmann::ordered_json;

std::string ToLine(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void AddPath(Json& json, const std::string& key, const std::filesystem::path& path) {
  json[key] = path.native();
  if (!IsValidUtf8(path.native())) json[key + "_percent_encoded"] = PercentEncode(path.native());
}

Json ToJson(const Error& error) { return {{"code", ErrorCodeName(error.code)}, {"message", error.message}}; }

double Seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kMade:
      return "made";
    case Outcome::kPlanned:
      return "planned";
    case Outcome::kUpToDate:
      return "up_to_date";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kNotPicture:
      return "not_picture";
    case Outcome::kUnsupported:
      return "unsupported";
    case Outcome::kFiltered:
      return "filtered";
    case Outcome::kLeft:
      return "left";
  }
  return "";
}

std::string_view ColorName(ColorModel color) {
  switch (color) {
    case ColorModel::kGray:
      return "gray";
    case ColorModel::kRgb:
      return "rgb";
    case ColorModel::kCmyk:
      return "cmyk";
    case ColorModel::kYcc:
      return "ycc";
  }
  return "";
}

Json ProfileJson(const ColorProfile& profile) {
  if (const auto* icc = std::get_if<IccProfile>(&profile)) return {{"kind", "icc"}, {"bytes", icc->bytes.size()}};
  if (std::holds_alternative<ParametricProfile>(profile)) return {{"kind", "parametric"}};
  return nullptr;
}

Json ChangesJson(const NameChanges& changes) {
  Json json = Json::array();
  if (changes.taken) json.push_back("taken");
  if (changes.too_long) json.push_back("too_long");
  if (changes.respelled) json.push_back("respelled");
  return json;
}

void AddPlaceholders(Json& json, const Placeholders& placeholders) {
  if (!placeholders.blurhash.empty()) json["blurhash"] = placeholders.blurhash;
  if (!placeholders.thumbhash.empty()) json["thumbhash"] = placeholders.thumbhash;
  const Rgb8& color = placeholders.average_color;
  json["average_color"] = fmt::format("#{:02x}{:02x}{:02x}", color.red, color.green, color.blue);
}

std::string UtcText(std::chrono::nanoseconds since_1970) {
  const auto time = static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(since_1970).count());
  std::tm fields{};
  if (gmtime_r(&time, &fields) == nullptr) return "";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday,
                     fields.tm_hour, fields.tm_min, fields.tm_sec);
}

Json RunJson(const JournalRun& run) {
  Json json{{"started", UtcText(run.started)}};
  if (!run.label.empty()) json["label"] = run.label;
  json["version"] = run.version;
  // Killed, or still at work: nothing more is known of it.
  if (!run.ended) return json;
  json["ended"] = UtcText(*run.ended);
  json["end"] = run.end;
  for (const auto& [name, count] : {std::pair("inputs", run.inputs),
                                    {"made", run.made},
                                    {"up_to_date", run.up_to_date},
                                    {"failed", run.failed},
                                    {"skipped", run.skipped},
                                    {"left", run.left},
                                    {"bytes_in", run.bytes_in},
                                    {"bytes_out", run.bytes_out}}) {
    if (IsPossible(count)) json[name] = count;
  }
  for (const auto& [name, time] : {std::pair("wall_seconds", run.wall_time), {"cpu_seconds", run.cpu_time}}) {
    if (IsPossible(time)) json[name] = Seconds(time);
  }
  return json;
}

// The counts that are not zero, by name.
template <size_t kCount, class Name>
Json CountsJson(const std::array<uint64_t, kCount>& counts, Name name) {
  Json json = Json::object();
  for (size_t i = 0; i < kCount; ++i) {
    if (counts[i] > 0) json[std::string(name(i))] = counts[i];
  }
  return json;
}

Json UrlsJson(const UrlSummary& urls) {
  return {{"requests", urls.requests},
          {"repeated", urls.repeated},
          {"not_modified", urls.not_modified},
          {"bytes", urls.bytes},
          {"peak_held_bytes", urls.peak_held_bytes}};
}

}  // namespace

std::string PictureJson(const PictureResult& result) {
  Json json{{"type", "picture"}, {"seq", result.seq}};
  AddPath(json, "input", result.input);
  json["outcome"] = OutcomeName(result.outcome);
  if (result.error) json["error"] = ToJson(*result.error);
  if (result.known) json["known"] = true;
  if (result.format != Format::kUnknown) json["format"] = FormatName(result.format);
  if (result.size.width > 0) {
    json["width"] = result.size.width;
    json["height"] = result.size.height;
  }
  if (result.bytes_in > 0) json["bytes_in"] = result.bytes_in;
  const bool made = result.outcome == Outcome::kMade;
  if (made || result.outcome == Outcome::kPlanned) {
    json["outputs"] = Json::array();
    for (const OutputFile& output : result.outputs) {
      Json& one = json["outputs"].emplace_back(Json::object());
      AddPath(one, "path", output.path);
      if (!output.or_path.empty()) AddPath(one, "or_path", output.or_path);
      if (output.size.width > 0) {
        one["width"] = output.size.width;
        one["height"] = output.size.height;
      }
      if (made) one["bytes"] = output.bytes;
    }
    const Json renamed = ChangesJson(result.name_changes);
    if (!renamed.empty()) json["renamed"] = renamed;
  }
  if (made) {
    json["decoder"] = result.decoder;
    if (result.placeholders) AddPlaceholders(json, *result.placeholders);
    json["salvaged"] = result.salvaged();
    if (result.damage) json["damage"] = ToJson(*result.damage);
  }
  if (made || result.cpu_time.count() > 0) json["cpu_seconds"] = Seconds(result.cpu_time);
  return ToLine(json);
}

std::string SummaryJson(const RunSummary& summary, std::optional<uint64_t> round) {
  Json json{{"type", "summary"},
            {"inputs", summary.inputs},
            {"made", summary.made},
            {"salvaged", summary.salvaged},
            {"planned", summary.planned},
            {"up_to_date", summary.up_to_date},
            {"failed", summary.failed},
            {"known_failures", summary.known_failures},
            {"not_pictures", summary.not_pictures},
            {"unsupported", summary.unsupported},
            {"filtered", summary.filtered},
            {"left", summary.left},
            {"thumbnails", summary.thumbnails},
            {"bytes_in", summary.bytes_in},
            {"bytes_out", summary.bytes_out},
            {"wall_seconds", Seconds(summary.wall_time)},
            {"cpu_seconds", Seconds(summary.cpu_time)},
            {"threads", summary.threads},
            {"stopped", summary.stopped},
            {"walk_errors", summary.walk_error_count}};
  json["failed_by_code"] =
      CountsJson(summary.failed_by_code, [](size_t i) { return ErrorCodeName(static_cast<ErrorCode>(i)); });
  json["unsupported_by_format"] =
      CountsJson(summary.unsupported_by_format, [](size_t i) { return FormatName(static_cast<Format>(i)); });
  json["made_by_decoder"] = summary.made_by_decoder;
  json["urls"] = UrlsJson(summary.urls);
  if (round) json["round"] = *round;
  if (summary.fatal) json["fatal"] = ToJson(*summary.fatal);
  if (summary.journal_failure) json["journal_failure"] = ToJson(*summary.journal_failure);
  if (summary.journal_damaged) json["journal_damaged"] = true;
  if (summary.journal_set_aside) AddPath(json, "journal_set_aside", *summary.journal_set_aside);
  return ToLine(json);
}

std::string InfoJson(const std::filesystem::path& path, uint64_t file_bytes, const ImageInfo& info,
                     std::string_view decoder) {
  Json json{{"type", "info"}};
  AddPath(json, "path", path);
  json["format"] = FormatName(info.format);
  json["width"] = info.size.width;
  json["height"] = info.size.height;
  json["bytes"] = file_bytes;
  json["color"] = ColorName(info.color);
  json["alpha"] = info.alpha;
  json["depth"] = info.depth;
  json["coding"] = info.coding;
  json["progressive"] = info.progressive;
  json["animated"] = info.animated;
  json["orientation"] = info.orientation;
  json["profile"] = ProfileJson(info.profile);
  json["decoder"] = decoder;
  json["decoded_bytes"] = info.decoded_bytes;
  return ToLine(json);
}

std::string RenameJson(const std::filesystem::path& root, const PlannedRename& rename) {
  Json json{{"type", "rename"}};
  AddPath(json, "from", root / rename.from);
  AddPath(json, "to", root / rename.to);
  const Json renamed = ChangesJson(rename.changes);
  if (!renamed.empty()) json["renamed"] = renamed;
  return ToLine(json);
}

std::string ProblemJson(const std::filesystem::path& root, const RenameProblem& problem) {
  return ProblemJson(root / problem.path, problem.error);
}

std::string SummaryJson(const RenameSummary& summary, bool dry_run) {
  Json json{{"type", "summary"},
            {"pictures", summary.pictures},
            {"to_rename", summary.to_rename},
            {"not_pictures", summary.not_pictures},
            {"left_out", summary.left_out},
            {"problems", summary.problems.size()},
            {"dry_run", dry_run},
            {"resumed", summary.resumed},
            {"undone", summary.undone},
            {"finished", summary.finished}};
  if (!summary.log.empty()) AddPath(json, "log", summary.log);
  if (summary.failure) json["error"] = ToJson(*summary.failure);
  return ToLine(json);
}

std::string FailureJson(const std::filesystem::path& input, const Error& error) {
  Json json{{"type", "failed"}};
  AddPath(json, "input", input);
  json["error"] = ToJson(error);
  return ToLine(json);
}

std::string SummaryJson(const MergeSummary& summary) {
  const JournalRun& totals = summary.totals;
  Json json{{"type", "merge"},
            {"shards", summary.shards},
            {"missing", summary.missing},
            {"missing_inputs", summary.missing_inputs},
            {"array", RangesText(summary.missing)},
            {"merged_before", summary.merged_before},
            {"inputs", totals.inputs},
            {"made", totals.made},
            {"up_to_date", totals.up_to_date},
            {"failed", totals.failed},
            {"other", totals.skipped},
            {"bytes_in", totals.bytes_in},
            {"bytes_out", totals.bytes_out},
            {"wall_seconds", Seconds(totals.wall_time)},
            {"cpu_seconds", Seconds(totals.cpu_time)}};
  if (summary.set_aside) AddPath(json, "journal_set_aside", *summary.set_aside);
  return ToLine(json);
}

std::string InfoJson(const std::filesystem::path& path, const Error& error) {
  Json json{{"type", "info"}};
  AddPath(json, "path", path);
  json["error"] = ToJson(error);
  return ToLine(json);
}

std::string StatusJson(const std::filesystem::path& path, uint64_t bytes, const JournalCounts& counts,
                       const std::vector<JournalRun>& runs) {
  Json json{{"type", "status"}};
  AddPath(json, "journal", path);
  json["bytes"] = bytes;
  json["made"] = counts.made;
  json["salvaged"] = counts.salvaged;
  json["thumbnails"] = counts.outputs;
  json["failed"] = counts.failed;
  json["skipped"] = counts.skipped;
  json["failed_by_code"] = Json::object();
  for (const auto& [code, count] : counts.failed_by_code) {
    json["failed_by_code"][std::string(ErrorCodeName(code))] = count;
  }
  json["runs"] = Json::array();
  for (const JournalRun& run : runs) json["runs"].push_back(RunJson(run));
  return ToLine(json);
}

std::string FailedJson(const std::filesystem::path& input, const Error& error) {
  Json json{{"type", "failed"}};
  AddPath(json, "input", input);
  json["error"] = ToJson(error);
  return ToLine(json);
}

std::string PrunedJson(const PrunedThumbnail& thumbnail) {
  Json json{{"type", "pruned"}};
  AddPath(json, "input", thumbnail.input);
  AddPath(json, "path", thumbnail.path);
  json["bytes"] = thumbnail.bytes;
  if (thumbnail.renamed) json["renamed"] = true;
  return ToLine(json);
}

std::string ProblemJson(const std::filesystem::path& path, const Error& error) {
  Json json{{"type", "problem"}};
  AddPath(json, "path", path);
  json["error"] = ToJson(error);
  return ToLine(json);
}

std::string KeptJson(const KeptPlace& place) {
  Json json{{"type", "kept"}};
  AddPath(json, "path", place.directory);
  json["inputs"] = place.pictures;
  return ToLine(json);
}

std::string SummaryJson(const PruneSummary& summary, bool dry_run) {
  Json json{{"type", "prune_summary"},  {"inputs", summary.inputs},           {"addresses", summary.addresses},
            {"there", summary.there},   {"unknown", summary.unknown},         {"kept", summary.kept},
            {"pruned", summary.pruned}, {"renamed", summary.renamed},         {"thumbnails", summary.thumbnails},
            {"bytes", summary.bytes},   {"replaced", summary.replaced},       {"problems", summary.problems},
            {"dry_run", dry_run},       {"all_missing", summary.all_missing}, {"stopped", summary.stopped}};
  if (summary.failure) json["error"] = ToJson(*summary.failure);
  return ToLine(json);
}

}  // namespace tbbthumbs::tool
