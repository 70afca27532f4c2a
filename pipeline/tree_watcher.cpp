#include "pipeline/tree_watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace tbbthumbs {
namespace {

// Between two looks at the clock: what comes without end may not hold back what has settled.
constexpr int kMostReads = 64;

tl::unexpected<Error> FailAt(const std::string& path, const Error& error) {
  return Fail(error.code, path + ": " + error.message);
}

void SortWithoutDoubles(std::vector<TreePath>& paths) {
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
}

}  // namespace

TreeWatcher::TreeWatcher(Options options, Descriptor wakeup)
    : options_(std::move(options)), filter_(options_.input), wakeup_(std::move(wakeup)), changes_(options_.times) {}

Result<std::unique_ptr<TreeWatcher>> TreeWatcher::Start(Options options) {
  Descriptor wakeup(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (wakeup.get() < 0) return FailErrno("watching");
  std::unique_ptr<TreeWatcher> watcher(new TreeWatcher(std::move(options), std::move(wakeup)));
  if (Status status = watcher->Build(Time()); !status) return tl::unexpected<Error>(std::move(status.error()));
  return watcher;
}

std::string TreeWatcher::FullPath(const TreePath& path) const {
  const std::string root = options_.input.paths[path.root].string();
  return path.path.empty() ? root : JoinPath(root, path.path);
}

void TreeWatcher::Clear() {
  for (auto& [cookie, move] : moves_) {
    for (auto& place : move.places) static_cast<void>(trees_.Forget(std::move(place)));
  }
  moves_.clear();
  trees_.Clear();
  root_ids_.clear();
  met_again_.clear();
  rebuild_ = building_ = false;
}

Status TreeWatcher::Build(Time now) {
  Clear();
  changes_ = SettlingChanges(options_.times);
  // What it has not told yet is of no use any more. There may be no room for two.
  inotify_.reset();
  auto inotify = Inotify::Open();
  if (!inotify) return tl::unexpected<Error>(std::move(inotify.error()));
  inotify_.emplace(std::move(*inotify));
  building_ = true;
  for (const auto& root : options_.input.paths) {
    if (Status status = AddRoot(root.string(), now); !status) return status;
  }
  building_ = false;
  return {};
}

Status TreeWatcher::AddRoot(const std::string& root, Time now) {
  const auto info = file_system_.Stat(root, true);
  if (!info) return FailAt(root, info.error());
  if (info->kind != FileKind::kDirectory) return Fail(ErrorCode::kNotFound, root + ": it is no directory");
  if (options_.skip.contains(info->id)) return Fail(ErrorCode::kUnsupported, root + ": it is the output directory");
  auto watch = Watch(root, true);
  if (!watch) return tl::unexpected<Error>(std::move(watch.error()));
  if (!*watch) return Fail(ErrorCode::kIo, root + ": it can't be read");
  const size_t index = root_ids_.size();
  root_ids_.push_back(info->id);
  std::vector<Step> steps;
  ListDirectory(trees_.AddRoot(**watch), {index, ""}, steps);
  return Enter(std::move(steps), now);
}

Result<std::optional<int>> TreeWatcher::Watch(const std::string& path, bool follow) {
  auto watch = inotify_->Watch(path, follow);
  if (watch) return watch;
  return Fail(watch.error().code, path + ": " + watch.error().message + " (" + std::to_string(trees_.watch_count()) +
                                      " directories are watched here)");
}

Result<std::optional<int>> TreeWatcher::WatchDirectory(const TreePath& path) {
  const std::string full = FullPath(path);
  const bool follow = options_.input.follow_links;
  if (!options_.skip.empty()) {
    const auto info = file_system_.Stat(full, follow);
    if (!info || options_.skip.contains(info->id)) return std::nullopt;
  }
  return Watch(full, follow);
}

void TreeWatcher::ListDirectory(Place& place, const TreePath& path, std::vector<Step>& steps) {
  if (!options_.input.recursive) return;
  auto listing = file_system_.List(FullPath(path));
  if (!listing) return;
  listing->Sort();
  for (size_t i = listing->size(); i-- > 0;) {
    const FileKind kind = listing->kind(i);
    const std::string_view name = listing->name(i);
    if (kind == FileKind::kRegular || kind == FileKind::kOther || !filter_.TakesName(name)) continue;
    const std::string full = FullPath({path.root, JoinPath(path.path, name)});
    if (filter_.KindOf(file_system_, full, kind) == FileKind::kDirectory) {
      steps.push_back({&place, std::string(name)});
    }
  }
}

Status TreeWatcher::Enter(Place& parent, std::string_view name, Time now) {
  return Enter({{&parent, std::string(name)}}, now);
}

Status TreeWatcher::Enter(std::vector<Step> steps, Time now) {
  // In the order of a walk: where links are followed, the first path that leads to a directory is the one to use.
  while (!steps.empty()) {
    const Step step = std::move(steps.back());
    steps.pop_back();
    if (Status status = EnterOne(step, steps, now); !status) return status;
  }
  return {};
}

Status TreeWatcher::EnterOne(const Step& step, std::vector<Step>& steps, Time now) {
  const auto parent = trees_.Locate(*step.parent);
  // Taken out: all below is entered where it turns up.
  if (!parent) return {};
  const TreePath path{parent->root, JoinPath(parent->path, step.name)};
  Result<std::optional<int>> watch;
  if (filter_.TakesName(step.name) && filter_.EntersDirectory(path.path)) watch = WatchDirectory(path);
  if (!watch) return tl::unexpected<Error>(std::move(watch.error()));
  Place* const existing = trees_.Child(*step.parent, step.name);
  if (*watch && existing != nullptr && existing->watch == **watch) {
    changes_.Changed(**watch, now);
    return {};
  }
  // Forgotten at the end: until then it keeps the watches of what has moved up out of it.
  std::unique_ptr<Place> replaced;
  if (existing != nullptr) replaced = TakeOut(*existing, now);
  if (*watch) {
    if (options_.input.follow_links && Entered(**watch, path.root)) {
      met_again_.insert(**watch);
    } else {
      ListDirectory(trees_.Add(*step.parent, step.name, **watch), path, steps);
      if (!building_) changes_.Changed(**watch, now);
    }
  }
  Forget(std::move(replaced));
  return {};
}

bool TreeWatcher::Entered(int watch, size_t root) const {
  for (const Place* place = trees_.First(watch); place != nullptr; place = place->same) {
    if (trees_.RootOf(*place) == root) return true;
  }
  return false;
}

void TreeWatcher::Forget(std::unique_ptr<Place> place) {
  for (const int watch : trees_.Forget(std::move(place))) {
    inotify_->Unwatch(watch);
    changes_.Forget(watch);
    // Another path leads there, which was not kept.
    if (met_again_.erase(watch) > 0) rebuild_ = true;
  }
}

std::unique_ptr<WatchedPlace> TreeWatcher::TakeOut(Place& place, Time now) {
  if (auto path = trees_.Locate(place)) changes_.Gone(std::move(*path), now);
  return trees_.Detach(place);
}

Status TreeWatcher::ReadEvents(Time now) {
  for (int reads = 0; reads < kMostReads && !rebuild_; ++reads) {
    auto some = inotify_->Read([&](const Inotify::Event& event) { return Handle(event, now); });
    if (!some) return tl::unexpected<Error>(std::move(some.error()));
    if (!*some) break;
  }
  return {};
}

Status TreeWatcher::Handle(const Inotify::Event& event, Time now) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) rebuild_ = true;
  if (rebuild_ || trees_.First(event.watch) == nullptr) return {};
  if (event.name.empty()) return HandleSelf(event, now);
  bool is_directory = (event.mask & IN_ISDIR) != 0;
  if (is_directory || options_.input.follow_links) {
    for (size_t i = 0; Place* place = PlaceAt(event.watch, i); ++i) {
      const auto was_directory = HandleSubdirectory(event, *place, now);
      if (!was_directory) return tl::unexpected<Error>(was_directory.error());
      is_directory |= *was_directory;
    }
  }
  if (!is_directory && TakesFile(event)) HandleFile(event, now);
  return {};
}

Status TreeWatcher::HandleSelf(const Inotify::Event& event, Time now) {
  if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) == 0) return {};
  const bool moved = (event.mask & IN_MOVE_SELF) != 0;
  for (size_t i = 0; Place* place = PlaceAt(event.watch, i);) {
    Place* const parent = place->parent;
    if (parent == nullptr) {
      if (const auto root = trees_.RootOf(*place)) {
        const char* const what = moved ? "moved" : (event.mask & IN_UNMOUNT) != 0 ? "unmounted" : "removed";
        return Fail(ErrorCode::kNotFound, FullPath({*root, ""}) + ": it was " + what);
      }
      ++i;  // EndMoves forgets it
      continue;
    }
    const std::string name = place->name;
    if (moved) {
      ++i;
      // The directory above has told of this, unless a link leads here.
      if (!options_.input.follow_links) continue;
    } else {
      Remove(*place, now);
      if ((event.mask & IN_DELETE_SELF) != 0) continue;
    }
    // What is there now, if anything.
    if (Status status = Enter(*parent, name, now); !status) return status;
  }
  return {};
}

Result<bool> TreeWatcher::HandleSubdirectory(const Inotify::Event& event, Place& place, Time now) {
  const bool is_directory = (event.mask & IN_ISDIR) != 0;
  if (!options_.input.recursive) return is_directory;
  Place* const child = trees_.Child(place, event.name);
  if ((event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
    if (child == nullptr) return is_directory;
    if ((event.mask & IN_DELETE) != 0) {
      Remove(*child, now);
    } else {
      // It keeps its watches, and so what is known to be in writing, until it turns up. There all below is entered
      // anew: what came into it since it was moved has been looked for by its old path.
      Move& move = moves_[event.cookie];
      move.places.push_back(TakeOut(*child, now));
      move.until = now + options_.times.settle;
    }
    // What has taken its place, perhaps: directories can change places with each other.
    return Enter(place, event.name, now).map([] { return true; });
  }
  const bool arrived = (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0;
  if (is_directory) {
    // New, or readable at last.
    const bool entering = arrived || ((event.mask & IN_ATTRIB) != 0 && child == nullptr);
    if (!entering) return true;
  } else {
    if (!arrived) return false;
    const auto path = trees_.Locate(place);
    const auto info = path ? file_system_.Stat(FullPath({path->root, JoinPath(path->path, event.name)}), true)
                           : Fail(ErrorCode::kNotFound, "");
    if (!info || info->kind != FileKind::kDirectory) {
      if (child != nullptr) Remove(*child, now);
      return false;
    }
  }
  return Enter(place, event.name, now).map([] { return true; });
}

void TreeWatcher::HandleFile(const Inotify::Event& event, Time now) {
  const int directory = event.watch;
  bool whole = true;
  if ((event.mask & IN_CREATE) != 0) return HandleNewFile(event, now);
  if ((event.mask & IN_MODIFY) != 0) {
    whole = false;
  } else if ((event.mask & IN_ATTRIB) != 0) {
    whole = !changes_.IsWriting(directory, event.name);
  } else if (changes_.StopWriting(directory, event.name) && (event.mask & IN_MOVED_FROM) != 0) {
    Move& move = moves_[event.cookie];
    move.writing = true;
    move.until = now + options_.times.settle;
  }
  if ((event.mask & IN_MOVED_TO) != 0) {
    const auto move = moves_.find(event.cookie);
    if (move != moves_.end()) whole = !std::exchange(move->second.writing, false);
  }
  if (whole) {
    changes_.Changed(directory, now);
  } else {
    changes_.Writing(directory, event.name, now);
  }
}

void TreeWatcher::HandleNewFile(const Inotify::Event& event, Time now) {
  struct stat status {};
  const auto directory = trees_.Locate(*trees_.First(event.watch));
  const std::string path = directory ? FullPath({directory->root, JoinPath(directory->path, event.name)}) : "";
  // Where it has another name by now, that has taken over what is noted of this one.
  const bool there = directory && lstat(path.c_str(), &status) == 0;
  if (there && !S_ISREG(status.st_mode)) {
    if (!S_ISLNK(status.st_mode) || !options_.input.follow_links) return;
    return changes_.Changed(event.watch, now);
  }
  // Another name of a file that has one: nobody need be writing. Else somebody has just opened it.
  if (there && status.st_nlink > 1) return changes_.Changed(event.watch, now);
  changes_.Writing(event.watch, event.name, now);
}

bool TreeWatcher::TakesFile(const Inotify::Event& event) const {
  if (!filter_.TakesName(event.name)) return false;
  if (filter_.TakesAllFiles()) return true;
  for (const Place* place = trees_.First(event.watch); place != nullptr; place = place->same) {
    const auto directory = trees_.Locate(*place);
    if (!directory || filter_.TakesFile(JoinPath(directory->path, event.name))) return true;
  }
  return false;
}

WatchedPlace* TreeWatcher::PlaceAt(int watch, size_t index) const {
  Place* place = trees_.First(watch);
  for (; place != nullptr && index > 0; --index) place = place->same;
  return place;
}

void TreeWatcher::EndMoves(Time now) {
  for (auto at = moves_.begin(); at != moves_.end();) {
    Move& move = at->second;
    if (move.until > now) {
      ++at;
      continue;
    }
    for (auto& place : move.places) Forget(std::move(place));
    at = moves_.erase(at);
  }
}

Status TreeWatcher::CheckRoots() const {
  for (size_t i = 0; i < root_ids_.size(); ++i) {
    const std::string root = FullPath({i, ""});
    const auto info = file_system_.Stat(root, true);
    if (!info) return FailAt(root, info.error());
    if (info->id != root_ids_[i]) return Fail(ErrorCode::kNotFound, root + ": it was replaced");
  }
  return {};
}

std::optional<TreeWatcher::Changes> TreeWatcher::Take(Time now) {
  auto ready = changes_.Take(now);
  if (!ready) return std::nullopt;
  Changes result;
  for (const int watch : ready->directories) {
    for (const Place* place = trees_.First(watch); place != nullptr; place = place->same) {
      // What has been taken out comes again, where it turns up.
      if (auto path = trees_.Locate(*place)) result.changed.push_back(std::move(*path));
    }
  }
  result.gone = std::move(ready->gone);
  result.everything = ready->everything || result.changed.size() + result.gone.size() > kMaxDirectories;
  if (result.everything) {
    result.changed.clear();
    result.gone.clear();
  } else if (result.changed.empty() && result.gone.empty()) {
    return std::nullopt;
  }
  for (const auto& [watch, directory] : changes_.directories()) {
    for (const Place* place = trees_.First(watch); place != nullptr && !directory.writing.empty();
         place = place->same) {
      const auto path = trees_.Locate(*place);
      if (!path) continue;
      for (const auto& [file, time] : directory.writing) {
        result.writing.push_back({path->root, JoinPath(path->path, file)});
      }
    }
  }
  SortWithoutDoubles(result.changed);
  SortWithoutDoubles(result.gone);
  SortWithoutDoubles(result.writing);
  return result;
}

Result<bool> TreeWatcher::IsSettled(const TreePath& file) {
  if (Status status = ReadEvents(std::chrono::steady_clock::now()); !status) {
    return tl::unexpected<Error>(std::move(status.error()));
  }
  if (rebuild_ || changes_.AllHaveChanged()) return false;
  const size_t slash = file.path.rfind('/');
  const bool uppermost = slash == std::string::npos;
  const Place* place = trees_.At({file.root, uppermost ? "" : file.path.substr(0, slash)});
  const auto entry = place == nullptr ? changes_.directories().end() : changes_.directories().find(place->watch);
  if (entry == changes_.directories().end()) return true;
  return !entry->second.changed && !changes_.IsWriting(place->watch, file.path.substr(uppermost ? 0 : slash + 1));
}

Result<bool> TreeWatcher::Stands(const TreePath& directory) {
  if (Status status = ReadEvents(std::chrono::steady_clock::now()); !status) {
    return tl::unexpected<Error>(std::move(status.error()));
  }
  if (Status status = CheckRoots(); !status) return tl::unexpected<Error>(std::move(status.error()));
  return !rebuild_ && !changes_.AllHaveChanged() && trees_.At(directory) != nullptr && !changes_.HasGone(directory);
}

Result<std::optional<TreeWatcher::Changes>> TreeWatcher::Next(const std::stop_token& stop) {
  uint64_t count = 0;
  while (read(wakeup_.get(), &count, sizeof(count)) > 0) continue;
  const std::stop_callback wake(stop, [fd = wakeup_.get()] {
    const uint64_t one = 1;
    // Can't fail: nobody writes so often.
    static_cast<void>(write(fd, &one, sizeof(one)) == 0);
  });
  while (!stop.stop_requested()) {
    // Before the events are read, so that no directory settles while they are.
    const Time now = std::chrono::steady_clock::now();
    if (Status status = ReadEvents(now); !status) return tl::unexpected<Error>(std::move(status.error()));
    EndMoves(now);
    if (rebuild_) {
      if (Status status = Build(now); !status) return tl::unexpected<Error>(std::move(status.error()));
      changes_.AllChanged(now);
      continue;
    }
    if (auto changes = Take(now)) {
      if (Status status = CheckRoots(); !status) return tl::unexpected<Error>(std::move(status.error()));
      return changes;
    }
    Time until = changes_.earliest();
    for (const auto& [cookie, move] : moves_) until = std::min(until, move.until);
    std::array<pollfd, 2> ready = {{{inotify_->descriptor(), POLLIN, 0}, {wakeup_.get(), POLLIN, 0}}};
    int timeout = -1;
    if (until != Time::max()) {
      const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      timeout = static_cast<int>(std::clamp<int64_t>(rest.count(), 0, 60'000));
    }
    // However it ends, all is looked at.
    static_cast<void>(poll(ready.data(), ready.size(), timeout));
  }
  return std::nullopt;
}

}  // namespace tbbthumbs
