// Follows directory trees while something else goes on.
#ifndef TBBTHUMBS_PIPELINE_TREE_FOLLOWER_H_
#define TBBTHUMBS_PIPELINE_TREE_FOLLOWER_H_

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "codecs/error.h"
#include "pipeline/tree_watcher.h"

namespace tbbthumbs {

// A TreeWatcher with a thread of its own, so that nothing is missed while the changes told last are worked on: those
// that come meanwhile are told together. Memory: for at most so many directories as below. All members may be called
// from any thread, Next by one at a time.
class TreeFollower {
 public:
  // More than that count as everything.
  static constexpr size_t kMaxDirectories = 10'000;

  // `on_failure`: called from the thread when watching has come to an end by itself.
  TreeFollower(std::unique_ptr<TreeWatcher> watcher, std::function<void()> on_failure);
  ~TreeFollower();
  TreeFollower(const TreeFollower&) = delete;
  TreeFollower& operator=(const TreeFollower&) = delete;

  // Waits until something has changed and settled. Nothing after `stop`. Errors: as of TreeWatcher::Next, for ever.
  [[nodiscard]] Result<std::optional<TreeWatcher::Changes>> Next(const std::stop_token& stop);

  // False: something has happened in the file's directory, or happens to the file, that Next has yet to tell.
  bool IsSettled(const TreePath& file);
  // True: the directory is the one that it was when Next told last of something that had gone. False after a failure.
  bool Stands(const TreePath& directory);

  // At the start.
  size_t directory_count() const { return directory_count_; }

 private:
  using Changes = TreeWatcher::Changes;
  struct Question {
    std::function<Result<bool>(TreeWatcher&)> ask;
    std::optional<bool> answer;
  };

  void Follow();
  Status AnswerAll();
  void Merge(Changes changes);
  // What `ask` says, on the thread that watches; `otherwise` where that has ended.
  bool Ask(std::function<Result<bool>(TreeWatcher&)> ask, bool otherwise);
  // What has been told and not been asked for.
  bool HasGone(const TreePath& directory) const;
  bool IsPending(const TreePath& directory) const;

  const size_t directory_count_;
  const std::unique_ptr<TreeWatcher> watcher_;  // of the thread alone
  const std::function<void()> on_failure_;

  std::mutex mutex_;  // guards all below
  std::condition_variable_any changed_;
  bool has_pending_ = false;
  bool everything_ = false;
  std::set<TreePath> directories_;
  std::set<TreePath> gone_;
  std::vector<TreePath> writing_;
  std::vector<Question*> questions_;
  std::stop_source interrupt_;  // of the watcher's Next, for each anew
  std::optional<Error> failure_;
  bool stopping_ = false;

  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_TREE_FOLLOWER_H_
