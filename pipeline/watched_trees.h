// Where the directories that are watched lie.
#ifndef TBBTHUMBS_PIPELINE_WATCHED_TREES_H_
#define TBBTHUMBS_PIPELINE_WATCHED_TREES_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/input_options.h"

namespace tbbthumbs {

// Whether `path` is `directory` or lies below it.
bool LiesIn(const TreePath& path, const TreePath& directory);

// A directory in a tree, or in what has been taken out of one.
struct WatchedPlace {
  int watch = -1;
  WatchedPlace* parent = nullptr;  // null: a root, or taken out
  WatchedPlace* same = nullptr;    // the next place of the same watch
  std::string name;
  std::vector<std::unique_ptr<WatchedPlace>> children;  // by name
};

// Directories by path and by watch. A watch has several places where trees overlap, and for a moment where a directory
// is seen at its new name before the old one is known to be gone. About 150 bytes a directory. Not thread-safe.
class WatchedTrees {
 public:
  using Place = WatchedPlace;

  WatchedTrees() = default;
  ~WatchedTrees() { Clear(); }
  WatchedTrees(const WatchedTrees&) = delete;
  WatchedTrees& operator=(const WatchedTrees&) = delete;

  Place& AddRoot(int watch);
  // `parent` has no child of that name. Places stay where they are in memory.
  Place& Add(Place& parent, std::string_view name, int watch);
  // Takes out a place that is no root, with all below; its watches keep it.
  std::unique_ptr<Place> Detach(Place& place);
  // Forgets what was taken out, null for nothing. Returns the watches that are left without a place.
  [[nodiscard]] std::vector<int> Forget(std::unique_ptr<Place> place);
  void Clear();

  // Null where there is none.
  Place* Child(const Place& parent, std::string_view name) const;
  // The first place of a watch, null for none; the others follow by `same`.
  Place* First(int watch) const;
  // Null where there is none there.
  const Place* At(const TreePath& path) const;
  // The root, or nothing when it has been taken out.
  std::optional<size_t> RootOf(const Place& place) const;
  std::optional<TreePath> Locate(const Place& place) const;

  size_t watch_count() const { return first_.size(); }

 private:
  void Register(Place& place);
  // True when it was the last of its watch.
  bool Unregister(Place& place);

  std::vector<std::unique_ptr<Place>> roots_;
  std::unordered_map<int, Place*> first_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_WATCHED_TREES_H_
