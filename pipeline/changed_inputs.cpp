#include "pipeline/changed_inputs.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "pipeline/directory_names.h"
#include "pipeline/input_stream.h"
#include "pipeline/name_hash.h"
#include "pipeline/name_template.h"
#include "pipeline/safe_names.h"

namespace tbbthumbs {

ChangedInputs::ChangedInputs(FileSystem& file_system, const JobOptions& options)
    : file_system_(file_system), options_(options) {
  const auto name_template = NameTemplate::Parse(options.names.name_template);
  // Where links are followed, a directory counts once, by the path that the walk comes by first.
  everything_ = !name_template || !name_template->StaysInDirectory() || options.input.follow_links;
  std::set<uint64_t> roots;
  for (const auto& path : options.input.paths) {
    const std::string mapped = DirectoryNames(options.names).Map(OutputNameOf(path.string())).path;
    if (!roots.insert(HashOf(FoldName(mapped))).second) everything_ = true;
  }
}

InputOptions ChangedInputs::After(const TreeWatcher::Changes& changes) const {
  InputOptions input = options_.input;
  input.awaited = {changes.writing.begin(), changes.writing.end()};
  if (everything_ || changes.everything) return input;
  std::map<TreePath, Names> listed;
  const auto has_rivals = [&](const TreePath& path) { return HasRivals(path, listed); };
  if (std::any_of(changes.gone.begin(), changes.gone.end(), has_rivals)) return input;
  if (std::any_of(changes.changed.begin(), changes.changed.end(), has_rivals)) return input;
  input.only = changes.changed;
  return input;
}

// Whether a directory on the way to `path` has, or had, a name that it may have to leave to another, or another to it.
bool ChangedInputs::HasRivals(const TreePath& path, std::map<TreePath, Names>& listed) const {
  TreePath directory{path.root, ""};
  for (std::string_view rest = path.path; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find('/'));
    auto names = listed.find(directory);
    if (names == listed.end()) names = listed.emplace(directory, NamesIn(directory)).first;
    const auto [first, last] = names->second.equal_range(KeyOf(directory, name));
    if (std::any_of(first, last, [&](const auto& alike) { return alike.second != name; })) return true;
    directory.path = JoinPath(directory.path, name);
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
  }
  return false;
}

ChangedInputs::Names ChangedInputs::NamesIn(const TreePath& directory) const {
  Names names;
  const auto listing = file_system_.List(FullPath(directory));
  for (size_t i = 0; listing && i < listing->size(); ++i) {
    const FileKind kind = listing->kind(i);
    if (kind == FileKind::kRegular || kind == FileKind::kOther) continue;
    names.emplace(KeyOf(directory, listing->name(i)), listing->name(i));
  }
  return names;
}

uint64_t ChangedInputs::KeyOf(const TreePath& directory, std::string_view name) const {
  // Only the uppermost names of the output directory are special.
  const bool uppermost = directory.path.empty() && options_.input.paths.size() == 1;
  DirectoryNames names(options_.names);
  return HashOf(FoldName(names.Map(uppermost ? std::string(name) : JoinPath("d", name)).path));
}

std::string ChangedInputs::FullPath(const TreePath& path) const {
  return JoinPath(options_.input.paths[path.root].string(), path.path);
}

}  // namespace tbbthumbs
