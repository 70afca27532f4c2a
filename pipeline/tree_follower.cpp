#include "pipeline/tree_follower.h"

#include <algorithm>
#include <string>
#include <utility>

#include "pipeline/thread_name.h"

namespace tbbthumbs {
namespace {

TreePath DirectoryOf(const TreePath& file) {
  const size_t slash = file.path.rfind('/');
  return {file.root, slash == std::string::npos ? "" : file.path.substr(0, slash)};
}

}  // namespace

TreeFollower::TreeFollower(std::unique_ptr<TreeWatcher> watcher, std::function<void()> on_failure)
    : directory_count_(watcher->directory_count()), watcher_(std::move(watcher)), on_failure_(std::move(on_failure)) {
  thread_ = std::jthread([this] { Follow(); });
}

TreeFollower::~TreeFollower() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  interrupt_.request_stop();
}

Status TreeFollower::AnswerAll() {
  for (Question* question : std::exchange(questions_, {})) {
    auto answer = question->ask(*watcher_);
    if (!answer) return tl::unexpected<Error>(std::move(answer.error()));
    question->answer = *answer;
  }
  changed_.notify_all();
  return {};
}

void TreeFollower::Follow() {
  NameThisThread("tbbt-watch");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Result<std::optional<Changes>> changes;
    if (Status status = AnswerAll(); status) {
      interrupt_ = std::stop_source();
      const std::stop_token interrupt = interrupt_.get_token();
      lock.unlock();
      changes = watcher_->Next(interrupt);
      lock.lock();
    } else {
      changes = tl::unexpected<Error>(std::move(status.error()));
    }
    if (!changes) {
      failure_ = std::move(changes.error());
      changed_.notify_all();
      lock.unlock();
      on_failure_();
      return;
    }
    if (*changes) Merge(std::move(**changes));
  }
}

void TreeFollower::Merge(Changes changes) {
  has_pending_ = true;
  everything_ |= changes.everything;
  directories_.insert(changes.changed.begin(), changes.changed.end());
  gone_.insert(changes.gone.begin(), changes.gone.end());
  everything_ |= directories_.size() + gone_.size() > kMaxDirectories;
  if (everything_) {
    directories_.clear();
    gone_.clear();
  }
  writing_ = std::move(changes.writing);
  changed_.notify_all();
}

Result<std::optional<TreeWatcher::Changes>> TreeFollower::Next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return has_pending_ || failure_; });
  if (stop.stop_requested()) return std::nullopt;
  if (failure_) return tl::unexpected<Error>(*failure_);
  Changes changes;
  has_pending_ = false;
  changes.everything = std::exchange(everything_, false);
  changes.changed.assign(directories_.begin(), directories_.end());
  changes.gone.assign(gone_.begin(), gone_.end());
  changes.writing = std::exchange(writing_, {});
  directories_.clear();
  gone_.clear();
  return changes;
}

bool TreeFollower::HasGone(const TreePath& directory) const {
  return std::any_of(gone_.begin(), gone_.end(), [&](const TreePath& gone) { return LiesIn(directory, gone); });
}

bool TreeFollower::IsPending(const TreePath& directory) const {
  return everything_ || directories_.contains(directory) || HasGone(directory);
}

bool TreeFollower::IsSettled(const TreePath& file) {
  const auto ask = [&](TreeWatcher& watcher) -> Result<bool> {
    if (IsPending(DirectoryOf(file))) return false;
    return watcher.IsSettled(file);
  };
  return Ask(ask, true);
}

bool TreeFollower::Stands(const TreePath& directory) {
  const auto ask = [&](TreeWatcher& watcher) -> Result<bool> {
    if (everything_ || HasGone(directory)) return false;
    return watcher.Stands(directory);
  };
  return Ask(ask, false);
}

bool TreeFollower::Ask(std::function<Result<bool>(TreeWatcher&)> ask, bool otherwise) {
  Question question{std::move(ask), std::nullopt};
  std::unique_lock lock(mutex_);
  if (failure_ || stopping_) return otherwise;
  questions_.push_back(&question);
  interrupt_.request_stop();
  changed_.wait(lock, [&] { return question.answer || failure_ || stopping_; });
  std::erase(questions_, &question);
  return question.answer.value_or(otherwise);
}

}  // namespace tbbthumbs
