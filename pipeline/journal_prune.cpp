#include "pipeline/journal_prune.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <new>
#include <set>
#include <string_view>
#include <utility>

#include "pipeline/hash_set.h"
#include "pipeline/missing_disk.h"
#include "pipeline/name_hash.h"
#include "pipeline/url.h"

namespace tbbthumbs {
namespace {

// Rows that are dropped in one transaction: a kill leaves so many whose thumbnails are gone.
constexpr size_t kBatch = 1000;
constexpr size_t kMostKeptPlaces = 100;

// False of what no run writes: the journal may be damaged.
bool IsThumbnailPath(std::string_view path) {
  if (!path.ends_with(".jpg") && !path.ends_with(".png")) return false;
  bool first = true;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos) return false;
    if (first && part == kOwnDirectory) return false;
    first = false;
    begin = end + 1;
  }
  return true;
}

// Paths in the order of the journal, which goes directory by directory: each takes the length of its name and a byte.
class PathList {
 public:
  void Add(const std::string& path) {
    const size_t name = path.rfind('/') + 1;
    const std::string_view directory = std::string_view(path).substr(0, name);
    if (directories_.empty() || directories_.back().path != directory) directories_.push_back({std::string(directory)});
    directories_.back().names.append(path, name).push_back('\0');
  }

  // The next `count`, fewer at the end; those are taken out of it.
  std::vector<std::string> Take(size_t count) {
    std::vector<std::string> paths;
    for (; paths.size() < count && next_directory_ < directories_.size(); ++next_directory_, next_name_ = 0) {
      Directory& directory = directories_[next_directory_];
      while (next_name_ < directory.names.size()) {
        if (paths.size() == count) return paths;
        const std::string_view name = directory.names.c_str() + next_name_;
        paths.push_back(directory.path + std::string(name));
        next_name_ += name.size() + 1;
      }
      directory = {};
    }
    return paths;
  }

 private:
  struct Directory {
    std::string path;   // with its '/'
    std::string names;  // each ended by '\0'
  };
  std::vector<Directory> directories_;
  size_t next_directory_ = 0;
  size_t next_name_ = 0;  // in the names of that
};

bool HasOutOfUse(const JournalRow& row) {
  return std::any_of(row.outputs.begin(), row.outputs.end(),
                     [](const JournalOutput& output) { return output.options == JournalOutput::kOutOfUse; });
}

class Pruner {
 public:
  Pruner(FileSystem& file_system, JournalStore& store, const PruneOptions& options, const PruneCallbacks& callbacks)
      : file_system_(file_system), store_(store), options_(options), callbacks_(callbacks) {}

  PruneSummary Run() {
    try {
      if (Status status = Prune(); !status) summary_.failure = std::move(status.error());
    } catch (const std::bad_alloc&) {
      summary_.failure = Error{ErrorCode::kOutOfMemory, "no memory for the names of all that is gone"};
    } catch (const std::exception& error) {
      summary_.failure = Error{ErrorCode::kInternal, error.what()};
    }
    return std::move(summary_);
  }

 private:
  Status Prune();
  Status FindGone();
  Status FindClaimed();
  using Visit = std::function<bool(const std::string& input, const JournalRow& row)>;
  Status ForEachInScope(const Visit& visit);
  // Of those in the scope, and of those that may have the same thumbnails.
  Status ForEachRival(const Visit& visit);
  Status PruneBatch(const std::vector<std::string>& inputs);
  Status ClearBatch(const std::vector<std::string>& inputs);
  void Judge(const std::string& input, const JournalRow& row);
  void Stay(const std::string& input, const JournalRow& row);
  void Keep(const std::string& directory);
  bool RemoveThumbnails(const std::string& input, const JournalRow& row);
  bool RemoveThumbnail(const std::string& input, const JournalOutput& output, bool renamed);
  void RemoveEmptyDirectories();
  bool IsGone(const std::string& input) const;
  void Problem(const std::string& path, const Error& error);
  bool GoesOn();

  FileSystem& file_system_;
  JournalStore& store_;
  const PruneOptions& options_;
  const PruneCallbacks& callbacks_;
  PruneSummary summary_;

  MissingDiskFinder disks_{file_system_, options_.emptied};
  // Of the directory that was looked at last.
  std::string directory_;
  std::optional<std::string> missing_disk_;

  PathList there_;  // or addresses; with thumbnails that are out of use
  PathList gone_;
  HashSet gone_hashes_;  // the same
  HashSet outputs_;      // that may be removed
  HashSet claimed_;      // of these, by inputs that stay
  // Relative to the output directory; what is below comes first.
  std::set<std::string, std::greater<>> emptied_;
};

Status Pruner::Prune() {
  if (Status status = FindGone(); !status || summary_.stopped) return status;
  summary_.all_missing =
      !options_.scope && summary_.there == 0 && summary_.kept + gone_hashes_.size() > 0 && !options_.even_all;
  if (summary_.all_missing) return {};
  if (Status status = FindClaimed(); !status || summary_.stopped) return status;
  while (!summary_.stopped) {
    const std::vector<std::string> inputs = gone_.Take(kBatch);
    if (inputs.empty()) break;
    if (Status status = PruneBatch(inputs); !status) return status;
  }
  while (!summary_.stopped) {
    const std::vector<std::string> inputs = there_.Take(kBatch);
    if (inputs.empty()) break;
    if (Status status = ClearBatch(inputs); !status) return status;
  }
  return {};
}

Status Pruner::ForEachInScope(const Visit& visit) {
  if (!options_.scope) return store_.ForEach(std::nullopt, visit);
  const auto visit_in = [&](const std::vector<std::string>& directories, bool below) {
    Status status;
    for (size_t i = 0; i < directories.size() && status && !summary_.stopped; ++i) {
      status = store_.ForEachIn(directories[i], below, visit);
    }
    return status;
  };
  if (Status status = visit_in(options_.scope->directories, false); !status) return status;
  return visit_in(options_.scope->trees, true);
}

Status Pruner::ForEachRival(const Visit& visit) {
  if (!options_.scope) return ForEachInScope(visit);
  std::vector<std::string> others;
  const auto& apart = options_.scope->apart;
  Status listed = store_.ForEachDirectory([&](const std::string& directory) {
    const auto holds = [&](const std::string& tree) { return directory.starts_with(tree); };
    if (std::none_of(apart.begin(), apart.end(), holds)) others.push_back(directory);
    return GoesOn();
  });
  if (!listed) return listed;
  for (const std::string& directory : others) {
    if (summary_.stopped) return {};
    if (Status status = store_.ForEachIn(directory, false, visit); !status) return status;
  }
  return ForEachInScope(visit);
}

bool Pruner::GoesOn() {
  if (callbacks_.go_on && !callbacks_.go_on()) summary_.stopped = true;
  return !summary_.stopped;
}

void Pruner::Problem(const std::string& path, const Error& error) {
  ++summary_.problems;
  if (callbacks_.on_problem) callbacks_.on_problem(path, error);
}

bool Pruner::IsGone(const std::string& input) const {
  const auto info = file_system_.Stat(input, false);
  return !info && info.error().code == ErrorCode::kNotFound;
}

Status Pruner::FindGone() {
  return ForEachInScope([&](const std::string& input, const JournalRow& row) {
    if (!GoesOn()) return false;
    ++summary_.inputs;
    Judge(input, row);
    return true;
  });
}

void Pruner::Stay(const std::string& input, const JournalRow& row) {
  if (!options_.out_of_use || !HasOutOfUse(row)) return;
  there_.Add(input);
  for (const JournalOutput& output : row.outputs) {
    if (output.options == JournalOutput::kOutOfUse) outputs_.Insert(HashOf(output.path));
  }
}

void Pruner::Judge(const std::string& input, const JournalRow& row) {
  if (LooksLikeUrl(input) && input.find('\0') == std::string::npos) {
    ++summary_.addresses;
    Stay(input, row);
    return;
  }
  // None that a run has written.
  if (!input.starts_with('/') || input.find('\0') != std::string::npos) {
    ++summary_.unknown;
    return;
  }
  // A link that points nowhere is there.
  const auto info = file_system_.Stat(input, false);
  if (info || info.error().code != ErrorCode::kNotFound) {
    ++(info ? summary_.there : summary_.unknown);
    if (info) Stay(input, row);
    return;
  }
  if (!options_.even_all) {
    std::string directory = ParentDirectory(input);
    if (directory != directory_) {
      directory_ = std::move(directory);
      missing_disk_ = disks_.Find(directory_);
    }
    if (missing_disk_) {
      Keep(*missing_disk_);
      return;
    }
  }
  gone_.Add(input);
  gone_hashes_.Insert(HashOf(input));
  for (const JournalOutput& output : row.outputs) outputs_.Insert(HashOf(output.path));
}

void Pruner::Keep(const std::string& directory) {
  ++summary_.kept;
  const auto place = std::find_if(summary_.kept_places.begin(), summary_.kept_places.end(),
                                  [&](const KeptPlace& kept) { return kept.directory == directory; });
  if (place != summary_.kept_places.end()) {
    ++place->pictures;
  } else if (summary_.kept_places.size() < kMostKeptPlaces) {
    summary_.kept_places.push_back({directory, 1});
  }
}

Status Pruner::FindClaimed() {
  if (outputs_.size() == 0) return {};
  return ForEachRival([&](const std::string& input, const JournalRow& row) {
    if (!GoesOn()) return false;
    if (gone_hashes_.Contains(HashOf(input))) return true;
    for (const JournalOutput& output : row.outputs) {
      const uint64_t hash = HashOf(output.path);
      if (output.options != JournalOutput::kOutOfUse && outputs_.Contains(hash)) claimed_.Insert(hash);
    }
    return true;
  });
}

Status Pruner::PruneBatch(const std::vector<std::string>& inputs) {
  const std::vector<std::string_view> views(inputs.begin(), inputs.end());
  std::vector<std::optional<JournalRow>> rows(inputs.size());
  if (Status status = store_.Find(views, rows); !status) return status;
  std::vector<std::string> done;
  for (size_t i = 0; i < inputs.size() && GoesOn(); ++i) {
    // It may have come back, and others may prune.
    if (rows[i] && IsGone(inputs[i]) && RemoveThumbnails(inputs[i], *rows[i])) done.push_back(inputs[i]);
  }
  if (!options_.dry_run) {
    RemoveEmptyDirectories();
    if (Status status = store_.Remove(done); !status) return status;
  }
  summary_.pruned += done.size();
  return {};
}

// The same of inputs that stay, with their rows.
Status Pruner::ClearBatch(const std::vector<std::string>& inputs) {
  const std::vector<std::string_view> views(inputs.begin(), inputs.end());
  std::vector<std::optional<JournalRow>> rows(inputs.size());
  if (Status status = store_.Find(views, rows); !status) return status;
  std::vector<JournalEntry> cleared;
  for (size_t i = 0; i < inputs.size() && GoesOn(); ++i) {
    if (!rows[i] || !HasOutOfUse(*rows[i])) continue;
    std::erase_if(rows[i]->outputs, [&](const JournalOutput& output) {
      if (output.options != JournalOutput::kOutOfUse) return false;
      const uint64_t hash = HashOf(output.path);
      return claimed_.Contains(hash) || (outputs_.Contains(hash) && RemoveThumbnail(inputs[i], output, true));
    });
    cleared.push_back({inputs[i], std::move(*rows[i])});
  }
  summary_.renamed += cleared.size();
  if (options_.dry_run) return {};
  RemoveEmptyDirectories();
  return store_.Write(cleared);
}

// True when none is left that is only of this input.
bool Pruner::RemoveThumbnails(const std::string& input, const JournalRow& row) {
  bool all = true;
  for (const JournalOutput& output : row.outputs) {
    if (!GoesOn()) return false;
    const uint64_t hash = HashOf(output.path);
    if (claimed_.Contains(hash)) continue;
    // New since the first look: who else has it is not known.
    const bool removed = outputs_.Contains(hash) && RemoveThumbnail(input, output, false);
    all = all && removed;
  }
  return all;
}

// True when it is gone; also where something else has its place.
bool Pruner::RemoveThumbnail(const std::string& input, const JournalOutput& output, bool renamed) {
  const std::string& path = output.path;
  const std::string whole = JoinPath(options_.output, path);
  if (!IsThumbnailPath(path)) {
    Problem(whole, {ErrorCode::kCorrupt, "the journal names it, but it is none that a run makes: not removed"});
    return false;
  }
  const auto info = file_system_.Stat(whole, false);
  if (!info && info.error().code != ErrorCode::kNotFound) {
    Problem(whole, info.error());
    return false;
  }
  const size_t slash = path.rfind('/');
  if (slash != std::string::npos && !options_.dry_run) emptied_.insert(path.substr(0, slash));
  if (!info) return true;
  if (!output.IsStill(*info)) {
    ++summary_.replaced;
    return true;
  }
  if (options_.dry_run) {
    // Told once, where several that are gone have it.
    claimed_.Insert(HashOf(path));
  } else {
    const Status status = file_system_.Remove(whole);
    if (!status && status.error().code == ErrorCode::kNotFound) return true;
    if (!status) {
      Problem(whole, status.error());
      return false;
    }
  }
  ++summary_.thumbnails;
  summary_.bytes += info->bytes;
  if (callbacks_.on_thumbnail) callbacks_.on_thumbnail({input, whole, info->bytes, renamed});
  return true;
}

void Pruner::RemoveEmptyDirectories() {
  while (!emptied_.empty()) {
    std::string directory = std::move(emptied_.extract(emptied_.begin()).value());
    const std::string whole = JoinPath(options_.output, directory);
    const auto info = file_system_.Stat(whole, false);
    // Not a link to one.
    const bool is_directory = info && info->kind == FileKind::kDirectory;
    const bool removed = is_directory && file_system_.Remove(whole);
    const bool gone = !info && info.error().code == ErrorCode::kNotFound;
    const size_t slash = directory.rfind('/');
    if ((removed || gone) && slash != std::string::npos) emptied_.insert(directory.substr(0, slash));
  }
}

}  // namespace

PruneSummary PruneThumbnails(FileSystem& file_system, JournalStore& store, const PruneOptions& options,
                             const PruneCallbacks& callbacks) {
  return Pruner(file_system, store, options, callbacks).Run();
}

}  // namespace tbbthumbs
