#include "pipeline/rename_plan.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "codecs/format.h"
#include "codecs/thumbnail_layout.h"
#include "codecs/thumbnail_spec.h"
#include "pipeline/file_facts.h"
#include "pipeline/file_source.h"
#include "pipeline/local_maker.h"
#include "pipeline/name_hash.h"
#include "pipeline/name_planner.h"
#include "pipeline/name_template.h"
#include "pipeline/safe_names.h"
#include "pipeline/walker.h"

namespace tbbthumbs {
namespace {

// A picture that gets a name.
struct Candidate {
  InputFile file;
  FileFacts facts;
  bool unnamed = false;  // what its name needs can't be read: it keeps the one it has
};

std::string_view FormatField(Format format) { return format == Format::kPng ? "png" : "jpeg"; }

// "256" of "cat_256.jpg"; "" where no size stands there as this program writes it.
std::string LabelOf(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  const std::string_view stem = name.substr(0, name.find_last_of('.'));
  const size_t bar = stem.find_last_of('_');
  if (bar == std::string_view::npos || bar == 0) return "";
  const std::string_view label = stem.substr(bar + 1);
  const auto spec = ParseSizeSpec(label);
  return spec && SizeLabels({*spec}).front() == label ? std::string(label) : "";
}

bool HasSizeOf(Size size, std::string_view label) {
  const auto spec = ParseSizeSpec(label);
  return spec && ThumbnailSize(size, *spec) == size && (size.width == spec->width || size.height == spec->height);
}

// Finds the pictures, and what their names need.
class Survey {
 public:
  Survey(FileSystem& file_system, const RenameOptions& options, NameNeeds needs, RenamePlan& plan)
      : file_system_(file_system), options_(options), needs_(needs), plan_(plan), root_(options.directory.string()) {}

  Result<std::vector<Candidate>> Run(const std::function<bool()>& go_on) {
    std::set<FileId> skip;
    if (const auto own = file_system_.Stat(JoinPath(root_, kOwnDirectory), false)) skip.insert(own->id);
    Walker walker(file_system_, options_.input, root_, std::move(skip));
    std::vector<Candidate> candidates;
    while (auto found = walker.Next()) {
      if (!go_on()) return Fail(ErrorCode::kStopped, "stopped");
      Candidate candidate;
      candidate.file.path = std::move(found->path);
      candidate.file.output_directory = std::move(found->directory);
      candidate.file.found = candidate.file.whole_directory = true;
      const auto wanted = Examine(candidate);
      if (wanted && !*wanted) continue;
      candidate.unnamed = !wanted;
      if (!wanted) plan_.problems.push_back({RelativePath(candidate.file), wanted.error()});
      candidates.push_back(std::move(candidate));
    }
    for (const Error& error : walker.TakeErrors()) plan_.problems.push_back({"", error});
    return candidates;
  }

  static std::string RelativePath(const InputFile& file) {
    return JoinPath(file.output_directory, std::string_view(file.path).substr(file.path.find_last_of('/') + 1));
  }

 private:
  // Whether it is to be named.
  Result<bool> Examine(Candidate& candidate) {
    auto file = file_system_.Open(candidate.file.path);
    if (!file) return tl::unexpected<Error>(std::move(file.error()));
    const FileInfo info = (*file)->info();
    const InputOptions& input = options_.input;
    if (info.bytes < input.min_bytes || info.bytes > input.max_bytes) return false;
    if (input.newer_than && info.modified <= input.newer_than->time_since_epoch()) return false;
    FileSource source(std::move(*file));
    if (Status status = source.MakeResident(kSniffBytes); !status) return tl::unexpected<Error>(status.error());
    const Format format = SniffFormat(source.Resident());
    if (!IsDecoded(format)) {
      ++plan_.not_pictures;
      return false;
    }
    FileFacts& facts = candidate.facts;
    facts.modified = info.modified;
    facts.format = FormatField(format);
    std::string label = options_.only == RenameOnly::kAll ? "" : LabelOf(candidate.file.path);
    const NameNeeds needs = label.empty() ? needs_ : std::max(needs_, NameNeeds::kHeader);
    if (Status status = ReadFileFacts(
            source, needs, [&] { return ReadHeaderFacts(source, {}, options_.limits); }, facts);
        !status) {
      return tl::unexpected<Error>(std::move(status.error()));
    }
    const bool thumbnail = !label.empty() && HasSizeOf(facts.size, label);
    if (options_.only != RenameOnly::kAll && thumbnail != (options_.only == RenameOnly::kThumbnails)) {
      ++plan_.left_out;
      return false;
    }
    if (thumbnail) facts.size_label = std::move(label);
    return true;
  }

  FileSystem& file_system_;
  const RenameOptions& options_;
  const NameNeeds needs_;
  RenamePlan& plan_;
  const std::string root_;
};

// The file itself, on a file system that ignores case.
bool IsItself(FileSystem& file_system, const std::string& root, const PlannedRename& rename, const FileId& there) {
  if (FoldName(rename.from) != FoldName(rename.to)) return false;
  const auto self = file_system.Stat(JoinPath(root, rename.from), false);
  return self && self->id == there;
}

// New names that files have which keep them.
void FindObstacles(FileSystem& file_system, const std::string& root, RenamePlan& plan) {
  std::unordered_set<std::string_view> given_up;
  given_up.reserve(plan.renames.size());
  for (const PlannedRename& rename : plan.renames) given_up.insert(rename.from);
  for (const PlannedRename& rename : plan.renames) {
    if (given_up.contains(rename.to)) continue;
    const auto there = file_system.Stat(JoinPath(root, rename.to), false);
    if (!there && there.error().code == ErrorCode::kNotFound) continue;
    if (!there) {
      plan.obstacles.push_back({rename.from, {there.error().code, rename.to + ": " + there.error().message}});
    } else if (!IsItself(file_system, root, rename, there->id)) {
      plan.obstacles.push_back({rename.from, {ErrorCode::kExists, rename.to + " exists already"}});
    }
  }
}

Status Check(FileSystem& file_system, const RenameOptions& options) {
  const auto info = file_system.Stat(options.directory.string(), true);
  if (!info) return Fail(info.error().code, options.directory.string() + ": " + info.error().message);
  if (info->kind != FileKind::kDirectory) {
    return Fail(ErrorCode::kUnsupported, options.directory.string() + ": not a directory");
  }
  if (Status status = CheckNameOptions(options.names, SpecSet{}); !status) return status;
  const auto parsed = NameTemplate::Parse(options.names.name_template);
  if (parsed->Uses(NameField::kSize) && options.only != RenameOnly::kThumbnails) {
    return Fail(ErrorCode::kUnsupported, "only thumbnails have a {size}");
  }
  if (parsed->Uses(NameField::kHost)) return Fail(ErrorCode::kUnsupported, "only pictures on the web have a {host}");
  if (parsed->Uses(NameField::kUrlHash)) {
    return Fail(ErrorCode::kUnsupported, "only pictures on the web have a {url_hash}; files have a {hash}");
  }
  return {};
}

// Beside the file, so that it stays on its file system.
std::string Aside(const RenameStep& step) {
  const size_t name = step.from.find_last_of('/') + 1;
  return step.from.substr(0, name) + ".tbbthumbs-" + ShortHex(HashOf(step.from)) + ShortHex(step.inode) + ".part";
}

}  // namespace

Result<RenamePlan> PlanRenames(FileSystem& file_system, const RenameOptions& options,
                               const std::function<bool()>& go_on) {
  if (Status status = Check(file_system, options); !status) return tl::unexpected<Error>(std::move(status.error()));
  RenamePlan plan;
  NamePlanner planner(options.names);
  auto candidates = Survey(file_system, options, planner.needs(), plan).Run(go_on);
  if (!candidates) return tl::unexpected<Error>(std::move(candidates.error()));
  plan.pictures = candidates->size();
  planner.SetTotal(plan.pictures);
  uint64_t seq = 0;
  for (const Candidate& candidate : *candidates) {
    const uint64_t number = seq++;
    if (candidate.unnamed) continue;
    NewName name = planner.PlanNewName(candidate.file, number, candidate.facts);
    std::string from = Survey::RelativePath(candidate.file);
    if (name.path != from) plan.renames.push_back({std::move(from), std::move(name.path), name.changes});
  }
  FindObstacles(file_system, options.directory.string(), plan);
  return plan;
}

Result<RenameRecords> ToRecords(FileSystem& file_system, const std::string& root, const RenamePlan& plan) {
  RenameRecords records;
  std::vector<RenameStep> moves;
  std::vector<RenameStep> respelled;
  moves.reserve(plan.renames.size());
  std::set<std::string> looked_up;
  for (const PlannedRename& rename : plan.renames) {
    const auto info = file_system.Stat(JoinPath(root, rename.from), false);
    if (!info) return Fail(info.error().code, rename.from + ": " + info.error().message);
    RenameStep move{rename.from, rename.to, info->id.inode};
    const auto there = file_system.Stat(JoinPath(root, rename.to), false);
    if (there && IsItself(file_system, root, rename, there->id)) {
      // Replacing nothing, it can't take a name that finds it.
      const std::string between = Aside(move);
      respelled.push_back({between, std::move(move.to), move.inode});
      move.to = between;
    }
    moves.push_back(std::move(move));
    for (size_t slash = rename.to.find('/'); slash != std::string::npos; slash = rename.to.find('/', slash + 1)) {
      std::string directory = rename.to.substr(0, slash);
      if (!looked_up.insert(directory).second) continue;
      if (!file_system.Stat(JoinPath(root, directory), true)) records.made_directories.push_back(std::move(directory));
    }
  }
  records.steps = OrderRenames(std::move(moves), Aside);
  records.steps.insert(records.steps.end(), respelled.begin(), respelled.end());
  return records;
}

}  // namespace tbbthumbs
