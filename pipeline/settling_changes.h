// When directories whose files change are to be looked at.
#ifndef TBBTHUMBS_PIPELINE_SETTLING_CHANGES_H_
#define TBBTHUMBS_PIPELINE_SETTLING_CHANGES_H_

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/watched_trees.h"

namespace tbbthumbs {

// How long changes are waited for.
struct SettleTimes {
  // A directory is looked at when nothing has changed in it for so long and no file in it is being written,
  std::chrono::nanoseconds settle = std::chrono::milliseconds(500);
  // but at the latest so long after the first change: files still being written are left out then.
  std::chrono::nanoseconds patience = std::chrono::seconds(10);
  // A file that nothing has been written to for so long counts as closed: its closing may not be seen (`touch -m`,
  // truncate(2)).
  std::chrono::nanoseconds silence = std::chrono::seconds(60);
};

// Directories go by numbers. Memory for those only that wait, and for files being written. `now` is never before that
// of the call before. Not thread-safe.
class SettlingChanges {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Directory {
    bool changed = false;
    Time first{};  // of the changes not yet taken
    Time last{};
    std::map<std::string, Time, std::less<>> writing;  // when something was last written
  };
  struct Ready {
    bool everything = false;  // the lists are empty then
    std::vector<int> directories;
    std::vector<TreePath> gone;  // before there was what is in these directories
  };

  explicit SettlingChanges(const SettleTimes& times) : times_(times) {}

  // Something in the directory is different, and whole.
  void Changed(int directory, Time now);
  // A file is being written. That alone is no change: its end is.
  void Writing(int directory, std::string_view file, Time now);
  // It no longer is, for whatever reason. False where it was not.
  bool StopWriting(int directory, std::string_view file);
  bool IsWriting(int directory, std::string_view file) const;
  // A directory is no longer where it was.
  void Gone(TreePath path, Time now);
  // Anything may be different.
  void AllChanged(Time now);
  // The number stands for nothing any more.
  void Forget(int directory);

  // What is to be looked at now, if anything: once.
  std::optional<Ready> Take(Time now);
  // Before this Take has nothing, if nothing happens. Time::max(): never.
  Time earliest() const { return earliest_; }

  // Since the last Take that had something to tell of it.
  bool HasGone(const TreePath& directory) const;
  bool AllHaveChanged() const { return all_changed_.has_value(); }

  // All that changes or is being written.
  const std::unordered_map<int, Directory>& directories() const { return directories_; }

 private:
  struct GoneAt {
    TreePath path;
    Time at;
  };

  std::optional<Time> DueOf(const Directory& directory) const;
  // Of AllChanged.
  Time DueOfAll() const;
  void EndSilence(Time now);
  Ready TakeAll();
  void LookAt(Time time) { earliest_ = std::min(earliest_, time); }

  SettleTimes times_;
  std::unordered_map<int, Directory> directories_;
  std::vector<GoneAt> gone_;         // the oldest first
  std::optional<Time> all_changed_;  // the first
  Time last_{};                      // of anything
  Time earliest_ = Time::max();
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_SETTLING_CHANGES_H_
