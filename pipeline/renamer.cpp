#include "pipeline/renamer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "pipeline/file_system.h"
#include "pipeline/posix_file.h"

namespace tbbthumbs {
namespace {

// Nothing where there is no file of that name.
Result<std::optional<FileInfo>> LookUp(const std::string& path) {
  auto info = RealFileSystem().Stat(path, false);
  if (info) return *info;
  if (info.error().code == ErrorCode::kNotFound) return std::nullopt;
  return tl::unexpected<Error>(std::move(info.error()));
}

// Where the file system can't promise to replace nothing, by looking first: only then could a file that appears in the
// same moment be lost. (Linking instead would leave both names behind when killed in between.)
Status MoveFile(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno == EXDEV) return Fail(ErrorCode::kIo, "renaming: " + to + " is on another file system");
  if (errno != EINVAL && errno != ENOSYS) return FailErrno("renaming");
  const auto there = LookUp(to);
  if (!there) return tl::unexpected<Error>(there.error());
  if (*there) return Fail(ErrorCode::kExists, "renaming: " + to + " exists already");
  if (rename(from.c_str(), to.c_str()) != 0) return FailErrno("renaming");
  return {};
}

Status MoveBelow(const std::string& root, const std::string& from, const std::string& to) {
  const size_t slash = to.find_last_of('/');
  if (slash != std::string::npos) {
    if (Status status = RealFileSystem().CreateDirectories(JoinPath(root, to.substr(0, slash))); !status) return status;
  }
  return MoveFile(JoinPath(root, from), JoinPath(root, to));
}

// How many steps are done: all up to the last that is.
//
// One that is not has its file under the old name. Only the second half of a detour (see OrderRenames) has not, before
// the first half is done: then the file is where that finds it. Files that were saved anew since have other inodes, so
// these are asked only where the names do not tell.
class StepCounter {
 public:
  StepCounter(const std::string& root, const std::vector<RenameStep>& steps) : root_(root), steps_(steps) {}

  Result<size_t> Count() {
    for (size_t i = steps_.size(); i > 0; --i) {
      const auto done = IsDone(i - 1);
      if (!done) return tl::unexpected<Error>(done.error());
      if (*done) return i;
    }
    return 0;
  }

 private:
  Result<bool> IsAt(const std::string& path, uint64_t inode) {
    const auto info = LookUp(JoinPath(root_, path));
    if (!info) return tl::unexpected<Error>(info.error());
    return *info && (*info)->id.inode == inode;
  }

  Result<bool> IsDone(size_t i) {
    const RenameStep& step = steps_[i];
    const auto from = LookUp(JoinPath(root_, step.from));
    if (!from) return tl::unexpected<Error>(from.error());
    if (*from && (*from)->id.inode == step.inode) return false;
    auto arrived = IsAt(step.to, step.inode);
    if (!arrived || *arrived) return arrived;
    if (*from) return false;
    const auto first_half = FirstHalf(i);
    if (!first_half) return true;
    auto at_start = IsAt(steps_[*first_half].from, step.inode);
    if (!at_start) return at_start;
    return !*at_start;
  }

  // The step before that brings the file to where this one takes it from.
  std::optional<size_t> FirstHalf(size_t i) {
    if (by_to_.empty()) {
      by_to_.reserve(steps_.size());
      for (size_t j = 0; j < steps_.size(); ++j) by_to_.emplace(steps_[j].to, j);
    }
    const auto found = by_to_.find(steps_[i].from);
    if (found == by_to_.end() || found->second >= i) return std::nullopt;
    return found->second;
  }

  const std::string& root_;
  const std::vector<RenameStep>& steps_;
  std::unordered_map<std::string_view, size_t> by_to_;  // once it is needed
};

Status TakeBack(const std::string& root, const RenameStep& step) {
  const auto from = LookUp(JoinPath(root, step.from));
  if (!from) return tl::unexpected<Error>(from.error());
  if (*from) return Fail(ErrorCode::kExists, "another file is called " + step.from + " now");
  const auto to = LookUp(JoinPath(root, step.to));
  if (!to) return tl::unexpected<Error>(to.error());
  if (!*to) return Fail(ErrorCode::kNotFound, "it is gone");
  return MoveBelow(root, step.to, step.from);
}

}  // namespace

RenameProgress DoRenames(const std::string& root, const RenameRecords& records, const std::function<bool()>& go_on) {
  RenameProgress progress;
  const auto done = StepCounter(root, records.steps).Count();
  if (!done) {
    progress.problems.push_back({"", done.error()});
    return progress;
  }
  progress.before = *done;
  for (size_t i = *done; i < records.steps.size(); ++i) {
    if (!go_on()) {
      progress.stopped = true;
      return progress;
    }
    const RenameStep& step = records.steps[i];
    if (Status status = MoveBelow(root, step.from, step.to); !status) {
      progress.problems.push_back({step.from, std::move(status.error())});
      return progress;
    }
    ++progress.done;
  }
  return progress;
}

RenameProgress UndoRenames(const std::string& root, const RenameRecords& records, const std::function<bool()>& go_on) {
  RenameProgress progress;
  size_t left = records.steps.size();
  if (records.state != RenameState::kRenamed) {
    const auto done = StepCounter(root, records.steps).Count();
    if (!done) {
      progress.problems.push_back({"", done.error()});
      progress.stopped = true;
      return progress;
    }
    left = *done;
  }
  progress.before = records.steps.size() - left;
  for (; left > 0; --left) {
    if (!go_on()) {
      progress.stopped = true;
      return progress;
    }
    const RenameStep& step = records.steps[left - 1];
    if (Status status = TakeBack(root, step); status) {
      ++progress.done;
    } else {
      progress.problems.push_back({step.to, std::move(status.error())});
    }
  }
  for (auto made = records.made_directories.rbegin(); made != records.made_directories.rend(); ++made) {
    rmdir(JoinPath(root, *made).c_str());  // what has other files in it stays
  }
  return progress;
}

}  // namespace tbbthumbs
