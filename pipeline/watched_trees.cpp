#include "pipeline/watched_trees.h"

#include <algorithm>
#include <utility>

#include "pipeline/file_system.h"

namespace tbbthumbs {
namespace {

using Children = std::vector<std::unique_ptr<WatchedPlace>>;

// Of the first child whose name is not before `name`.
Children::const_iterator Find(const Children& children, std::string_view name) {
  return std::lower_bound(
      children.begin(), children.end(), name,
      [](const std::unique_ptr<WatchedPlace>& child, std::string_view n) { return child->name < n; });
}

}  // namespace

bool LiesIn(const TreePath& path, const TreePath& directory) {
  if (path.root != directory.root) return false;
  if (directory.path.empty() || path.path == directory.path) return true;
  return path.path.starts_with(directory.path) && path.path[directory.path.size()] == '/';
}

WatchedPlace& WatchedTrees::AddRoot(int watch) {
  Place& place = *roots_.emplace_back(std::make_unique<Place>());
  place.watch = watch;
  Register(place);
  return place;
}

WatchedPlace& WatchedTrees::Add(Place& parent, std::string_view name, int watch) {
  auto place = std::make_unique<Place>();
  place->watch = watch;
  place->parent = &parent;
  place->name = name;
  Register(*place);
  return **parent.children.insert(Find(parent.children, name), std::move(place));
}

std::unique_ptr<WatchedPlace> WatchedTrees::Detach(Place& place) {
  Children& children = place.parent->children;
  const auto at = children.begin() + (Find(children, place.name) - children.cbegin());
  std::unique_ptr<Place> taken = std::move(*at);
  children.erase(at);
  taken->parent = nullptr;
  return taken;
}

std::vector<int> WatchedTrees::Forget(std::unique_ptr<Place> place) {
  std::vector<int> unused;
  // No recursion: directories may lie deeper than the stack has room.
  Children rest;
  if (place) rest.push_back(std::move(place));
  while (!rest.empty()) {
    const std::unique_ptr<Place> next = std::move(rest.back());
    rest.pop_back();
    if (Unregister(*next)) unused.push_back(next->watch);
    std::move(next->children.begin(), next->children.end(), std::back_inserter(rest));
    next->children.clear();
  }
  return unused;
}

void WatchedTrees::Clear() {
  for (std::unique_ptr<Place>& root : std::exchange(roots_, {})) static_cast<void>(Forget(std::move(root)));
}

WatchedPlace* WatchedTrees::Child(const Place& parent, std::string_view name) const {
  const auto at = Find(parent.children, name);
  return at != parent.children.end() && (*at)->name == name ? at->get() : nullptr;
}

const WatchedPlace* WatchedTrees::At(const TreePath& path) const {
  const Place* place = path.root < roots_.size() ? roots_[path.root].get() : nullptr;
  for (std::string_view rest = path.path; place != nullptr && !rest.empty();) {
    const size_t slash = std::min(rest.find('/'), rest.size());
    place = Child(*place, rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  return place;
}

WatchedPlace* WatchedTrees::First(int watch) const {
  const auto at = first_.find(watch);
  return at == first_.end() ? nullptr : at->second;
}

std::optional<size_t> WatchedTrees::RootOf(const Place& place) const {
  const Place* top = &place;
  while (top->parent != nullptr) top = top->parent;
  const auto at =
      std::find_if(roots_.begin(), roots_.end(), [&](const std::unique_ptr<Place>& root) { return root.get() == top; });
  if (at == roots_.end()) return std::nullopt;
  return static_cast<size_t>(at - roots_.begin());
}

std::optional<TreePath> WatchedTrees::Locate(const Place& place) const {
  const std::optional<size_t> root = RootOf(place);
  if (!root) return std::nullopt;
  std::vector<const Place*> way;
  for (const Place* at = &place; at->parent != nullptr; at = at->parent) way.push_back(at);
  TreePath result{*root, {}};
  for (auto at = way.rbegin(); at != way.rend(); ++at) result.path = JoinPath(result.path, (*at)->name);
  return result;
}

void WatchedTrees::Register(Place& place) { place.same = std::exchange(first_[place.watch], &place); }

bool WatchedTrees::Unregister(Place& place) {
  const auto first = first_.find(place.watch);
  Place** link = &first->second;
  while (*link != &place) link = &(*link)->same;
  *link = place.same;
  if (first->second != nullptr) return false;
  first_.erase(first);
  return true;
}

}  // namespace tbbthumbs
