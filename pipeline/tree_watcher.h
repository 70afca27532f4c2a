// Follows directory trees as they change.
#ifndef TBBTHUMBS_PIPELINE_TREE_WATCHER_H_
#define TBBTHUMBS_PIPELINE_TREE_WATCHER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/inotify.h"
#include "pipeline/input_options.h"
#include "pipeline/posix_file.h"
#include "pipeline/settling_changes.h"
#include "pipeline/tree_filter.h"
#include "pipeline/watched_trees.h"

namespace tbbthumbs {

// Says which directories of the trees hold changed files, once these have settled, so that these directories can be
// looked at again. It tells rather too much than too little: that a directory is named does not mean that anything in
// it is different.
//
// Of the real file system, where the kernel knows of the changes: not those that another machine makes on a network
// disk, nor those made to a file through a name outside the trees (a hard link, the target of a link), nor mounts.
//
// Owns its kernel objects. Memory: about 150 bytes a directory. Not thread-safe. While nobody is in Next, the kernel
// keeps 16,384 events (fs.inotify.max_queued_events); beyond that everything counts as changed: who works long on
// changes calls Next meanwhile, from a thread of its own.
class TreeWatcher {
 public:
  struct Options {
    // The directories in `paths` are the roots, which may overlap. `recursive`, `hidden`, `follow_links`, `include` and
    // `exclude` hold as where inputs are walked; nothing else matters here. What they leave out is not watched.
    InputOptions input;
    std::set<FileId> skip;  // directories not entered: that of the thumbnails
    SettleTimes times;
  };

  // What is to be looked at. Each list is sorted and without doubles.
  struct Changes {
    // Much has changed, or the kernel has lost count: look at all trees. `changed` and `gone` are empty then.
    bool everything = false;
    // Directories whose files have changed, themselves only, each by all its paths: with a new or moved directory come
    // all below it. With `follow_links`, a directory that several links lead to is named by one path in each tree.
    std::vector<TreePath> changed;
    // Directories that have gone, or have been replaced, with all that was below: what is there now is in `changed`.
    std::vector<TreePath> gone;
    // All files that are known to be in writing, those in other directories too: to be left out. Their directory comes
    // again when they are closed.
    std::vector<TreePath> writing;
  };

  // `changed` and `gone` together; where there is more, `everything` is said.
  static constexpr size_t kMaxDirectories = 1000;

  // Watches all directories: what changes from then on is told. Directories that can't be read are passed over, and
  // entered when they can. Errors: kNotFound: a root is not there, or is no directory; kUnsupported: a root is to be
  // skipped; kIo, kOutOfMemory: no more can be watched. Messages begin with the path.
  static Result<std::unique_ptr<TreeWatcher>> Start(Options options);
  ~TreeWatcher() { Clear(); }
  TreeWatcher(const TreeWatcher&) = delete;
  TreeWatcher& operator=(const TreeWatcher&) = delete;

  // Waits until something has settled; nothing soon after `stop`. Errors: kNotFound: a root has been removed, moved,
  // replaced or unmounted; others as of Start. After an error no more can be had.
  [[nodiscard]] Result<std::optional<Changes>> Next(const std::stop_token& stop);

  // Two questions about what has happened up to now. Errors as of Next.
  //
  // False: something has changed in the file's directory that Next has not told yet, or the file is being written;
  // either way Next tells of the directory later.
  [[nodiscard]] Result<bool> IsSettled(const TreePath& file);
  // True: it is watched, and has been since Next told last of something that had gone.
  [[nodiscard]] Result<bool> Stands(const TreePath& directory);

  size_t directory_count() const { return trees_.watch_count(); }

 private:
  using Place = WatchedPlace;
  using Time = SettlingChanges::Time;

  // The name of a directory to be entered.
  struct Step {
    Place* parent;
    std::string name;
  };
  // What has left its name, and may come by another.
  struct Move {
    std::vector<std::unique_ptr<Place>> places;
    bool writing = false;  // a file
    Time until{};
  };

  TreeWatcher(Options options, Descriptor wakeup);

  std::string FullPath(const TreePath& path) const;
  void Clear();
  // Sets all watches anew.
  Status Build(Time now);
  Status AddRoot(const std::string& root, Time now);
  // Of all in `steps` and below.
  Status Enter(std::vector<Step> steps, Time now);
  Status Enter(Place& parent, std::string_view name, Time now);
  Status EnterOne(const Step& step, std::vector<Step>& steps, Time now);
  // Adds those below to `steps`, the first one last.
  void ListDirectory(Place& place, const TreePath& path, std::vector<Step>& steps);
  // As what it is watched: nothing where it is not to be entered.
  Result<std::optional<int>> WatchDirectory(const TreePath& path);
  Result<std::optional<int>> Watch(const std::string& path, bool follow);
  // Where links are followed: is it in this tree already?
  bool Entered(int watch, size_t root) const;
  void Forget(std::unique_ptr<Place> place);
  std::unique_ptr<Place> TakeOut(Place& place, Time now);
  void Remove(Place& place, Time now) { Forget(TakeOut(place, now)); }

  Status ReadEvents(Time now);
  Status Handle(const Inotify::Event& event, Time now);
  // Of what has happened to a watched directory itself.
  Status HandleSelf(const Inotify::Event& event, Time now);
  // Of a subdirectory of `place`; false where it is none.
  Result<bool> HandleSubdirectory(const Inotify::Event& event, Place& place, Time now);
  void HandleFile(const Inotify::Event& event, Time now);
  // A name that has been given to a file.
  void HandleNewFile(const Inotify::Event& event, Time now);
  bool TakesFile(const Inotify::Event& event) const;
  Place* PlaceAt(int watch, size_t index) const;
  void EndMoves(Time now);

  Status CheckRoots() const;
  std::optional<Changes> Take(Time now);

  const Options options_;
  const TreeFilter filter_;
  FileSystem& file_system_ = RealFileSystem();
  std::optional<Inotify> inotify_;  // from the first Build on
  const Descriptor wakeup_;         // an eventfd: readable when Next is to stop
  WatchedTrees trees_;
  std::vector<FileId> root_ids_;
  SettlingChanges changes_;
  std::map<uint32_t, Move> moves_;  // by cookie
  std::set<int> met_again_;         // watches whose directory other paths lead to that were not entered
  bool building_ = false;           // what is entered is no change
  bool rebuild_ = false;            // Build is due
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_TREE_WATCHER_H_
