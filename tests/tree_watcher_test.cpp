#include "pipeline/tree_watcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <tuple>

#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using testing::TempTree;
using ::testing::UnorderedElementsAre;

using Paths = std::set<std::string>;

// Quick to settle; files in writing are awaited forever.
constexpr SettleTimes kQuick{milliseconds(30), hours(1), hours(1)};

// Asks for a stop when a test hangs.
class StopAfterAMinute {
 public:
  StopAfterAMinute()
      : guard_([this](const std::stop_token& done) {
          std::mutex mutex;
          std::condition_variable_any changed;
          std::unique_lock lock(mutex);
          changed.wait_for(lock, done, std::chrono::minutes(1), [] { return false; });
          if (!done.stop_requested()) stop_.request_stop();
        }) {}

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread guard_;
};

TreeWatcher::Options OptionsFor(const fs::path& root, const SettleTimes& times = kQuick) {
  TreeWatcher::Options options;
  options.input.paths = {root};
  options.times = times;
  return options;
}

// What a watcher has said of the first root.
class Watching {
 public:
  explicit Watching(TreeWatcher::Options options) {
    auto started = TreeWatcher::Start(std::move(options));
    EXPECT_TRUE(started.has_value()) << (started ? "" : started.error().message);
    if (started) watcher_ = std::move(*started);
  }

  // Nothing, and the test has failed, if none comes.
  std::optional<TreeWatcher::Changes> Next() {
    const StopAfterAMinute stop;
    auto changes = watcher_->Next(stop.token());
    EXPECT_TRUE(changes.has_value()) << (changes ? "" : changes.error().message);
    if (!changes) return std::nullopt;
    EXPECT_TRUE(changes->has_value()) << "nothing has been said for a minute";
    return std::move(*changes);
  }

  // Until all of these are named. Returns what has been named since the last call.
  Paths ChangedUntil(const Paths& paths) {
    const Paths said = NamedUntil(paths);
    gone_.clear();
    return said;
  }

  // As ChangedUntil, of directories that have gone.
  Paths GoneUntil(const Paths& paths) {
    while (!std::includes(gone_.begin(), gone_.end(), paths.begin(), paths.end()) && Collect()) continue;
    changed_.clear();
    return std::exchange(gone_, {});
  }

  Paths NamedUntil(const Paths& paths) {
    while (!std::includes(changed_.begin(), changed_.end(), paths.begin(), paths.end()) && Collect()) continue;
    return std::exchange(changed_, {});
  }

  // A change is made in `directory`, which exists, and waited for. All changes before it are said by then.
  Paths ChangedWithSentinel(const fs::path& directory) {
    std::ofstream(directory / ("sentinel" + std::to_string(++sentinels_)));
    return ChangedUntil({directory.filename().string()});
  }

  // As said last.
  const Paths& writing() const { return writing_; }
  const Paths& gone() const { return gone_; }
  TreeWatcher& operator*() { return *watcher_; }
  TreeWatcher* operator->() { return watcher_.get(); }

 private:
  bool Collect() {
    const auto changes = Next();
    if (!changes) return false;
    EXPECT_FALSE(changes->everything);
    const auto add = [](Paths& paths, const std::vector<TreePath>& said) {
      for (const TreePath& path : said) {
        if (path.root == 0) paths.insert(path.path);
      }
    };
    add(changed_, changes->changed);
    add(gone_, changes->gone);
    writing_.clear();
    add(writing_, changes->writing);
    return true;
  }

  std::unique_ptr<TreeWatcher> watcher_;
  Paths changed_;
  Paths gone_;
  Paths writing_;
  int sentinels_ = 0;
};

// A file held open for writing.
class OpenFile {
 public:
  explicit OpenFile(const fs::path& path) : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) {
    EXPECT_GE(fd_, 0) << path;
  }
  ~OpenFile() { Close(); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  void Write() const { EXPECT_EQ(write(fd_, "piece", 5), 5); }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// `other` exists beside what a test works on.
class TreeWatcherTest : public ::testing::Test {
 protected:
  TreeWatcherTest() {
    fs::create_directories(At("other"));
    fs::create_directories(At("d"));
  }

  fs::path At(const fs::path& path) const { return tree_.root() / "in" / path; }
  fs::path Outside(const fs::path& path) const { return tree_.root() / path; }
  fs::path Write(const fs::path& path) const { return tree_.Write("in" / path, "text"); }

  TempTree tree_;
};

TEST_F(TreeWatcherTest, FilesOfTheRootAndBelow) {
  Watching watching(OptionsFor(At("")));
  EXPECT_EQ(watching->directory_count(), 3u);
  Write("a.jpg");
  EXPECT_THAT(watching.ChangedUntil({""}), ElementsAre(""));
  Write("d/a.jpg");
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
  fs::remove(At("d/a.jpg"));
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
  EXPECT_THAT(watching.gone(), IsEmpty());
}

TEST_F(TreeWatcherTest, WhatWasThereBeforeIsNoChange) {
  Write("d/a.jpg");
  Watching watching(OptionsFor(At("")));
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));
}

TEST_F(TreeWatcherTest, AFileInWritingIsAwaited) {
  Watching watching(OptionsFor(At("")));
  OpenFile file(At("d/a.jpg"));
  for (int piece = 0; piece < 3; ++piece) {
    EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));
    EXPECT_THAT(watching.writing(), ElementsAre("d/a.jpg"));
    file.Write();
  }
  file.Close();
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
  EXPECT_THAT(watching.writing(), IsEmpty());
}

TEST_F(TreeWatcherTest, AFileOpenSinceBeforeIsAwaitedToo) {
  OpenFile file(At("d/a.jpg"));
  Watching watching(OptionsFor(At("")));
  file.Write();
  Write("d/b.jpg");
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));
  file.Close();
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
}

TEST_F(TreeWatcherTest, AfterPatienceFilesInWritingAreNamed) {
  Watching watching(OptionsFor(At(""), {milliseconds(20), milliseconds(50), hours(1)}));
  OpenFile file(At("d/a.jpg"));
  file.Write();
  Write("d/b.jpg");
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
  EXPECT_THAT(watching.writing(), ElementsAre("d/a.jpg"));
  file.Write();
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));
  file.Close();
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
  EXPECT_THAT(watching.writing(), IsEmpty());
}

TEST_F(TreeWatcherTest, AFileInWritingMayBeRenamedOrRemoved) {
  Watching watching(OptionsFor(At("")));
  OpenFile renamed(At("a.part"));
  renamed.Write();
  fs::rename(At("a.part"), At("d/a.jpg"));
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), UnorderedElementsAre("", "other"));
  EXPECT_THAT(watching.writing(), ElementsAre("d/a.jpg"));
  OpenFile removed(At("d/b.jpg"));
  removed.Write();
  renamed.Close();
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));
  EXPECT_THAT(watching.writing(), ElementsAre("d/b.jpg"));
  fs::remove(At("d/b.jpg"));
  removed.Write();
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
  EXPECT_THAT(watching.writing(), IsEmpty());
}

TEST_F(TreeWatcherTest, ATruncatedFileIsNobodysInTheEnd) {
  const fs::path file = Write("d/a.jpg");
  Watching watching(OptionsFor(At(""), {milliseconds(20), hours(1), milliseconds(40)}));
  // Tells of no closing.
  ASSERT_EQ(truncate(file.c_str(), 1), 0);
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
  EXPECT_THAT(watching.writing(), IsEmpty());
}

TEST_F(TreeWatcherTest, RenamedTouchedAndLinkedFiles) {
  const fs::path file = Write("d/a.jpg");
  tree_.Write("out.jpg", "text");
  Watching watching(OptionsFor(At("")));
  fs::rename(file, At("other/a.jpg"));
  EXPECT_THAT(watching.ChangedUntil({"d", "other"}), ElementsAre("d", "other"));
  ASSERT_EQ(utimensat(AT_FDCWD, At("other/a.jpg").c_str(), nullptr, 0), 0);
  EXPECT_THAT(watching.ChangedUntil({"other"}), ElementsAre("other"));
  fs::create_hard_link(At("other/a.jpg"), At("d/b.jpg"));
  EXPECT_THAT(watching.ChangedUntil({"d"}), Contains("d"));
  fs::rename(Outside("out.jpg"), At("c.jpg"));
  EXPECT_THAT(watching.ChangedUntil({""}), Contains(""));
  fs::rename(At("d/b.jpg"), Outside("out.jpg"));
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
}

TEST_F(TreeWatcherTest, ANewDirectoryIsAChangeAndIsFollowed) {
  Watching watching(OptionsFor(At("")));
  fs::create_directory(At("new"));
  EXPECT_THAT(watching.ChangedUntil({"new"}), ElementsAre("new"));
  Write("new/a.jpg");
  EXPECT_THAT(watching.ChangedUntil({"new"}), ElementsAre("new"));
  EXPECT_EQ(watching->directory_count(), 4u);
}

TEST_F(TreeWatcherTest, NothingIsMissedWhereDirectoriesAndFilesComeFast) {
  Watching watching(OptionsFor(At("")));
  Paths expected;
  std::jthread maker([&] {
    for (int i = 0; i < 100; ++i) Write("n" + std::to_string(i) + "/b/c/a.jpg");
  });
  for (int i = 0; i < 100; ++i) expected.insert("n" + std::to_string(i) + "/b/c");
  EXPECT_THAT(watching.ChangedUntil(expected), Contains("n99/b/c"));
  maker.join();
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), Contains("other"));
  EXPECT_EQ(watching->directory_count(), 303u);
  for (int i = 0; i < 100; ++i) Write("n" + std::to_string(i) + "/b/c/b.jpg");
  watching.ChangedUntil(expected);
}

TEST_F(TreeWatcherTest, ARenamedDirectoryHasGoneAndComeWithAllBelow) {
  Write("d/x/y/a.jpg");
  Watching watching(OptionsFor(At("")));
  fs::rename(At("d/x"), At("other/z"));
  EXPECT_THAT(watching.NamedUntil({"other/z", "other/z/y"}), ElementsAre("other/z", "other/z/y"));
  EXPECT_THAT(watching.gone(), ElementsAre("d/x"));
  Write("other/z/y/b.jpg");
  EXPECT_THAT(watching.ChangedUntil({"other/z/y"}), ElementsAre("other/z/y"));
  // Above what was renamed, and back.
  fs::rename(At("other"), At("another"));
  fs::rename(At("another/z"), At("d/x"));
  EXPECT_THAT(watching.ChangedUntil({"another", "d/x", "d/x/y"}), ElementsAre("another", "d/x", "d/x/y"));
  EXPECT_EQ(watching->directory_count(), 5u);
}

TEST_F(TreeWatcherTest, DirectoriesChangePlaces) {
  Write("d/x/1.jpg");
  Write("e/y/2.jpg");
  Watching watching(OptionsFor(At("")));
  ASSERT_EQ(renameat2(AT_FDCWD, At("d").c_str(), AT_FDCWD, At("e").c_str(), RENAME_EXCHANGE), 0);
  EXPECT_THAT(watching.NamedUntil({"d", "d/y", "e", "e/x"}), ElementsAre("d", "d/y", "e", "e/x"));
  EXPECT_THAT(watching.gone(), UnorderedElementsAre("d", "e"));
  Write("d/y/3.jpg");
  EXPECT_THAT(watching.ChangedUntil({"d/y"}), ElementsAre("d/y"));
  EXPECT_EQ(watching->directory_count(), 6u);
}

TEST_F(TreeWatcherTest, DirectoriesLeaveAndEnterTheTree) {
  Write("d/x/a.jpg");
  Watching watching(OptionsFor(At("")));
  fs::rename(At("d"), Outside("d"));
  EXPECT_THAT(watching.GoneUntil({"d"}), ElementsAre("d"));
  tree_.Write("d/x/b.jpg", "text");
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));
  EXPECT_EQ(watching->directory_count(), 2u);
  fs::rename(Outside("d"), At("e"));
  EXPECT_THAT(watching.ChangedUntil({"e", "e/x"}), ElementsAre("e", "e/x"));
  Write("e/x/c.jpg");
  EXPECT_THAT(watching.ChangedUntil({"e/x"}), ElementsAre("e/x"));
}

TEST_F(TreeWatcherTest, ARemovedDirectoryHasGone) {
  Write("d/x/a.jpg");
  Watching watching(OptionsFor(At("")));
  fs::remove_all(At("d"));
  EXPECT_THAT(watching.GoneUntil({"d"}), Contains("d"));
  EXPECT_EQ(watching->directory_count(), 2u);
  Write("d/x/b.jpg");
  EXPECT_THAT(watching.ChangedUntil({"d", "d/x"}), ElementsAre("d", "d/x"));
}

TEST_F(TreeWatcherTest, AFileInAMovedDirectoryIsStillInWriting) {
  Watching watching(OptionsFor(At("")));
  OpenFile file(At("d/a.jpg"));
  file.Write();
  fs::rename(At("d"), At("e"));
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));
  EXPECT_THAT(watching.writing(), ElementsAre("e/a.jpg"));
  file.Close();
  EXPECT_THAT(watching.ChangedUntil({"e"}), ElementsAre("e"));
}

TEST_F(TreeWatcherTest, HiddenAndExcludedNamesAreLeftOut) {
  for (const char* path : {"d/raw/1.jpg", ".h/1.jpg"}) Write(path);
  TreeWatcher::Options options = OptionsFor(At(""));
  options.input.include = {"*.jpg"};
  options.input.exclude = {"raw", "d/x*"};
  Watching watching(options);
  EXPECT_EQ(watching->directory_count(), 3u);
  for (const char* path : {"d/raw/2.jpg", ".h/2.jpg", "d/.2.jpg", "d/2.png", "d/x2.jpg", "d/xnew/2.jpg"}) Write(path);
  Write("other/1.jpg");
  EXPECT_THAT(watching.ChangedUntil({"other"}), ElementsAre("other"));
  EXPECT_EQ(watching->directory_count(), 3u);
  // By names that count, and away from them.
  fs::rename(At("d/.2.jpg"), At("d/2.jpg"));
  fs::rename(At("d/raw"), At("d/cooked"));
  EXPECT_THAT(watching.NamedUntil({"d", "d/cooked"}), ElementsAre("d", "d/cooked"));
  EXPECT_THAT(watching.gone(), IsEmpty());
  fs::rename(At("d/cooked"), At("d/raw"));
  fs::rename(At("d/2.jpg"), At("d/2.png"));
  EXPECT_THAT(watching.NamedUntil({"d"}), ElementsAre("d"));
  EXPECT_THAT(watching.gone(), ElementsAre("d/cooked"));

  options = OptionsFor(At(""));
  options.input.hidden = true;
  Watching all(options);
  Write(".h/.3.jpg");
  EXPECT_THAT(all.ChangedUntil({".h"}), ElementsAre(".h"));
}

TEST_F(TreeWatcherTest, WithoutRecursionOnlyTheFilesOfTheRoot) {
  TreeWatcher::Options options = OptionsFor(At(""));
  options.input.recursive = false;
  Watching watching(options);
  Write("d/a.jpg");
  Write("new/a.jpg");
  fs::rename(At("d"), At("e"));
  Write("a.jpg");
  EXPECT_THAT(watching.NamedUntil({""}), ElementsAre(""));
  EXPECT_THAT(watching.gone(), IsEmpty());
  EXPECT_EQ(watching->directory_count(), 1u);
}

TEST_F(TreeWatcherTest, TheOutputMayLieInTheTree) {
  fs::create_directories(At("d/thumbs/x"));
  TreeWatcher::Options options = OptionsFor(At(""));
  options.skip = {RealFileSystem().Stat(At("d/thumbs").string(), true)->id};
  Watching watching(options);
  Write("d/thumbs/a.jpg");
  Write("d/thumbs/x/a.jpg");
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));
  // Wherever it goes.
  fs::rename(At("d/thumbs"), At("d/output"));
  Write("d/output/b.jpg");
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));

  const auto of_output = TreeWatcher::Start([&] {
    TreeWatcher::Options wrong = options;
    wrong.input.paths = {At("d/output")};
    return wrong;
  }());
  ASSERT_FALSE(of_output.has_value());
  EXPECT_EQ(of_output.error().code, ErrorCode::kUnsupported);
}

TEST_F(TreeWatcherTest, LinksAreNotFollowed) {
  fs::create_directories(Outside("far"));
  fs::create_directory_symlink(Outside("far"), At("d/link"));
  Watching watching(OptionsFor(At("")));
  EXPECT_EQ(watching->directory_count(), 3u);
  fs::create_directory_symlink(Outside("far"), At("d/link2"));
  tree_.Write("far/a.jpg", "text");
  fs::create_symlink(Outside("far/a.jpg"), At("d/a.jpg"));
  EXPECT_THAT(watching.ChangedWithSentinel(At("other")), ElementsAre("other"));
}

TEST_F(TreeWatcherTest, LinksAreFollowedByOptionAndLoopsOnce) {
  fs::create_directories(Outside("far/x"));
  fs::create_directory_symlink(Outside("far"), At("d/link"));
  fs::create_directory_symlink(At(""), At("d/loop"));
  TreeWatcher::Options options = OptionsFor(At(""));
  options.input.follow_links = true;
  Watching watching(options);
  EXPECT_EQ(watching->directory_count(), 5u);
  tree_.Write("far/x/a.jpg", "text");
  EXPECT_THAT(watching.ChangedUntil({"d/link/x"}), ElementsAre("d/link/x"));
  fs::create_symlink(Outside("far/x/a.jpg"), At("other/a.jpg"));
  EXPECT_THAT(watching.ChangedUntil({"other"}), ElementsAre("other"));
  // A new link; it goes; what it leads to goes.
  fs::create_directories(Outside("near"));
  fs::create_directory_symlink(Outside("near"), At("near"));
  EXPECT_THAT(watching.ChangedUntil({"near"}), ElementsAre("near"));
  fs::remove(At("near"));
  EXPECT_THAT(watching.GoneUntil({"near"}), ElementsAre("near"));
  fs::rename(Outside("far"), Outside("elsewhere"));
  EXPECT_THAT(watching.GoneUntil({"d/link"}), ElementsAre("d/link"));
  EXPECT_EQ(watching->directory_count(), 3u);
}

TEST_F(TreeWatcherTest, OfTwoLinksToADirectoryTheOtherIsUsedWhenOneGoes) {
  fs::create_directories(Outside("far"));
  fs::create_directory_symlink(Outside("far"), At("d/link"));
  fs::create_directory_symlink(Outside("far"), At("other/link"));
  TreeWatcher::Options options = OptionsFor(At(""));
  options.input.follow_links = true;
  Watching watching(options);
  tree_.Write("far/a.jpg", "text");
  EXPECT_THAT(watching.ChangedUntil({"d/link"}), ElementsAre("d/link"));
  fs::remove(At("d/link"));
  std::optional<TreeWatcher::Changes> changes;
  do {
    changes = watching.Next();
  } while (changes && !changes->everything);
  tree_.Write("far/b.jpg", "text");
  EXPECT_THAT(watching.ChangedUntil({"other/link"}), ElementsAre("other/link"));
}

TEST_F(TreeWatcherTest, AnUnreadableDirectoryIsEnteredWhenItCanBe) {
  // Root reads everything.
  const bool is_root = geteuid() == 0;
  if (is_root) {
    for (const char* path : {"", "d", "other"}) ASSERT_EQ(chown(At(path).c_str(), 65534, 65534), 0);
    fs::permissions(tree_.root(), fs::perms(0755));
    ASSERT_EQ(seteuid(65534), 0);
  }
  fs::permissions(At("d"), fs::perms::none);
  {
    Watching watching(OptionsFor(At("")));
    EXPECT_EQ(watching->directory_count(), 2u);
    fs::permissions(At("d"), fs::perms::owner_all);
    EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
  }
  if (is_root) {
    ASSERT_EQ(seteuid(0), 0);
  }
}

TEST_F(TreeWatcherTest, RootsMayOverlapAndMayBeRelative) {
  TreeWatcher::Options options = OptionsFor(At("").lexically_proximate(fs::current_path()));
  options.input.paths.push_back(At("d"));
  Watching watching(options);
  EXPECT_EQ(watching->directory_count(), 3u);
  Write("d/a.jpg");
  EXPECT_THAT(watching.Next()->changed, ElementsAre(TreePath{0, "d"}, TreePath{1, ""}));
  Write("d/x/b.jpg");
  std::set<TreePath> said;
  while (!said.contains({0, "d/x"}) || !said.contains({1, "x"})) {
    const auto changes = watching.Next();
    if (!changes) break;
    said.insert(changes->changed.begin(), changes->changed.end());
  }
  fs::remove_all(At("d/x"));
  said.clear();
  while (!said.contains({0, "d/x"}) || !said.contains({1, "x"})) {
    const auto changes = watching.Next();
    if (!changes) break;
    said.insert(changes->gone.begin(), changes->gone.end());
  }
  EXPECT_EQ(watching->directory_count(), 3u);
}

TEST_F(TreeWatcherTest, WhenTheKernelHasLostCountEverythingIsLookedAt) {
  size_t most_queued = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most_queued;
  ASSERT_GT(most_queued, 0u);
  if (most_queued > 200'000) GTEST_SKIP() << most_queued << " events are kept here";
  const fs::path even = Write("d/even");
  const fs::path odd = Write("d/odd");
  Watching watching(OptionsFor(At("")));
  for (size_t i = 0; i < most_queued + 2; ++i) {
    // By turns: the kernel keeps one event where it is the same again.
    ASSERT_EQ(utimensat(AT_FDCWD, (i % 2 == 0 ? even : odd).c_str(), nullptr, 0), 0);
  }
  Write("lost/a.jpg");
  const auto changes = watching.Next();
  ASSERT_TRUE(changes.has_value());
  EXPECT_TRUE(changes->everything);
  EXPECT_THAT(changes->changed, IsEmpty());
  Write("lost/b.jpg");
  EXPECT_THAT(watching.ChangedUntil({"lost"}), ElementsAre("lost"));
  EXPECT_EQ(watching->directory_count(), 4u);
}

TEST_F(TreeWatcherTest, VeryManyDirectoriesAreEverything) {
  Watching watching(OptionsFor(At("")));
  for (size_t i = 0; i < TreeWatcher::kMaxDirectories + 1; ++i) {
    fs::create_directory(Outside("in") / ("n" + std::to_string(i)));
  }
  bool everything = false;
  size_t named = 0;
  while (!everything && named <= TreeWatcher::kMaxDirectories) {
    const auto changes = watching.Next();
    if (!changes) break;
    EXPECT_LE(changes->changed.size(), TreeWatcher::kMaxDirectories);
    everything = changes->everything;
    named += changes->changed.size();
  }
  EXPECT_TRUE(everything);
}

TEST_F(TreeWatcherTest, StopEndsTheWaiting) {
  Watching watching(OptionsFor(At("")));
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const auto changes = watching->Next(stop.get_token());
  ASSERT_TRUE(changes.has_value());
  EXPECT_FALSE(changes->has_value());
  EXPECT_FALSE(watching->Next(stop.get_token())->has_value());
  // That is no end for others.
  Write("d/a.jpg");
  EXPECT_THAT(watching.ChangedUntil({"d"}), ElementsAre("d"));
}

TEST_F(TreeWatcherTest, ARootThatHasGoneIsAnError) {
  const auto error_after = [&](const std::function<void()>& change) {
    fs::create_directories(At("up/root/x"));
    auto watcher = TreeWatcher::Start(OptionsFor(At("up/root")));
    EXPECT_TRUE(watcher.has_value());
    change();
    const StopAfterAMinute stop;
    for (;;) {
      const auto changes = (*watcher)->Next(stop.token());
      if (!changes) return changes.error();
      if (!*changes) return Error{ErrorCode::kTimeout, "none"};
    }
  };
  const Error removed = error_after([&] { fs::remove_all(At("up/root")); });
  EXPECT_EQ(removed.code, ErrorCode::kNotFound);
  EXPECT_THAT(removed.message, StartsWith(At("up/root").string() + ": "));
  const Error moved = error_after([&] { fs::rename(At("up/root"), At("up/elsewhere")); });
  EXPECT_EQ(moved.code, ErrorCode::kNotFound);
  EXPECT_THAT(moved.message, HasSubstr("moved"));
  const Error replaced = error_after([&] {
    fs::rename(At("up"), At("down"));
    fs::create_directories(At("up/root"));
    Write("down/root/a.jpg");
  });
  EXPECT_EQ(replaced.code, ErrorCode::kNotFound);
  EXPECT_THAT(replaced.message, HasSubstr("replaced"));
}

TEST_F(TreeWatcherTest, ARootThatIsNoneIsAnError) {
  const auto missing = TreeWatcher::Start(OptionsFor(At("none")));
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, StartsWith(At("none").string() + ": "));
  const auto file = TreeWatcher::Start(OptionsFor(Write("a.jpg")));
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
}

// What `body` returns in a process of its own, for which the kernel's `setting` is `value`; nothing where that can't
// be.
std::optional<std::string> WithLimit(const std::string& setting, int value, const std::function<std::string()>& body) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const uid_t user = geteuid();
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWUSER) != 0) _exit(1);
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream limit("/proc/sys/user/" + setting);
    limit << value << std::flush;
    if (!limit) _exit(1);
    const std::string said = body();
    _exit(write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said(4096, '\0');
  said.resize(static_cast<size_t>(std::max<ssize_t>(read(ends[0], said.data(), said.size()), 0)));
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return said;
}

TEST_F(TreeWatcherTest, TheKernelsLimitsAreNamed) {
  const auto start = [&] {
    const auto watcher = TreeWatcher::Start(OptionsFor(At("")));
    return watcher ? "started" : std::string(ErrorCodeName(watcher.error().code)) + " " + watcher.error().message;
  };
  const auto watches = WithLimit("max_inotify_watches", 2, start);
  if (!watches) GTEST_SKIP() << "no user namespaces here";
  EXPECT_THAT(*watches, StartsWith("io " + At("other").string() + ": "));
  EXPECT_THAT(*watches, HasSubstr("fs.inotify.max_user_watches"));
  EXPECT_THAT(*watches, HasSubstr("(2 directories"));
  EXPECT_EQ(WithLimit("max_inotify_watches", 3, start), "started");
  EXPECT_THAT(WithLimit("max_inotify_instances", 0, start).value_or(""), HasSubstr("fs.inotify.max_user_instances"));
  const auto later = WithLimit("max_inotify_watches", 3, [&] {
    auto watcher = TreeWatcher::Start(OptionsFor(At("")));
    fs::create_directory(At("new"));
    const StopAfterAMinute stop;
    const auto changes = (*watcher)->Next(stop.token());
    return changes ? "changes" : changes.error().message;
  });
  EXPECT_THAT(later.value_or(""), HasSubstr("fs.inotify.max_user_watches"));
}

// What somebody knows of a tree who looks again at what a watcher names: of each directory the files, each with its
// inode, size and time.
using Files = std::map<std::string, std::tuple<uint64_t, uint64_t, int64_t>>;
using Model = std::map<std::string, Files>;

std::optional<Files> LookAt(const fs::path& directory) {
  std::error_code error;
  Files files;
  for (fs::directory_iterator at(directory, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    const auto info = RealFileSystem().Stat(at->path().string(), false);
    if (!info || info->kind != FileKind::kRegular || name.starts_with('.')) continue;
    files[name] = {info->id.inode, info->bytes, info->modified.count()};
  }
  if (error) return std::nullopt;
  return files;
}

void LookAtAll(const fs::path& root, const std::string& directory, Model& model) {
  const fs::path whole = directory.empty() ? root : root / directory;
  auto files = LookAt(whole);
  if (!files) return;
  model[directory] = std::move(*files);
  std::error_code error;
  for (fs::directory_iterator at(whole, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (at->is_directory(error) && !name.starts_with('.')) LookAtAll(root, JoinPath(directory, name), model);
  }
}

void Follow(const TreeWatcher::Changes& changes, const fs::path& root, Model& model) {
  if (changes.everything) {
    model.clear();
    LookAtAll(root, "", model);
    return;
  }
  for (const TreePath& gone : changes.gone) {
    std::erase_if(
        model, [&](const auto& entry) { return entry.first == gone.path || entry.first.starts_with(gone.path + "/"); });
  }
  for (const TreePath& changed : changes.changed) {
    auto files = LookAt(changed.path.empty() ? root : root / changed.path);
    if (files) {
      model[changed.path] = std::move(*files);
    } else {
      model.erase(changed.path);
    }
  }
}

std::string Difference(const Model& model, const Model& now) {
  std::string text;
  for (const auto& [directory, files] : model) {
    if (!now.contains(directory)) text += " - " + directory;
  }
  for (const auto& [directory, files] : now) {
    const auto known = model.find(directory);
    if (known == model.end() || known->second != files) text += (known == model.end() ? " + " : " ! ") + directory;
  }
  return text;
}

// Does as people and programs do in a tree, at random.
class Disturber {
 public:
  Disturber(fs::path in, fs::path out, uint32_t seed) : in_(std::move(in)), out_(std::move(out)), random_(seed) {}

  void Act(int count) {
    for (int i = 0; i < count; ++i) Act();
    open_.clear();
  }

 private:
  size_t Pick(size_t count) { return random_() % count; }
  std::string Name() { return (Pick(12) == 0 ? ".n" : "n") + std::to_string(Pick(6)); }

  // An existing directory in the tree, or sometimes outside.
  fs::path Directory() {
    fs::path at = Pick(10) == 0 ? out_ : in_;
    while (Pick(4) != 0) {
      const fs::path below = at / Name();
      if (std::error_code error; !fs::is_directory(below, error)) break;
      at = below;
    }
    return at;
  }

  void Act() {
    std::error_code ignored;
    const fs::path at = Directory() / Name();
    switch (Pick(9)) {
      case 0:
      case 1:
        fs::create_directories(at / Name(), ignored);
        break;
      case 2:
      case 3:
        std::ofstream(at / "f") << std::string(Pick(100), 'x');
        break;
      case 4:
        std::ofstream(at) << std::string(Pick(100), 'x');
        break;
      case 5:
        open_.emplace_back(at / ("p" + std::to_string(Pick(3)))) << "piece" << std::flush;
        break;
      case 6:
        if (!open_.empty()) open_.erase(open_.begin());
        break;
      case 7:
        fs::remove_all(at, ignored);
        break;
      default:
        fs::rename(at, Directory() / Name(), ignored);
    }
  }

  const fs::path in_;
  const fs::path out_;
  std::mt19937 random_;
  std::vector<std::ofstream> open_;
};

TEST_F(TreeWatcherTest, WhoLooksAtWhatIsNamedKnowsTheTree) {
  fs::create_directories(Outside("out"));
  for (const milliseconds patience : {milliseconds(20), milliseconds(60'000)}) {
    Watching watching(OptionsFor(At(""), {milliseconds(10), patience, milliseconds(200)}));
    Model model;
    LookAtAll(At(""), "", model);
    Disturber disturber(At(""), Outside("out"), 7);
    Model now;
    for (int round = 0; round < 20; ++round) {
      std::atomic<bool> done = false;
      std::jthread maker([&] {
        disturber.Act(100);
        done = true;
        // Something is said after that in any case.
        Write("round" + std::to_string(round));
      });
      // The watcher works meanwhile, or afterwards.
      if (round % 2 == 0) maker.join();
      for (;;) {
        const bool was_done = done;
        now.clear();
        LookAtAll(At(""), "", now);
        if (was_done && model == now) break;
        const StopAfterAMinute stop;
        const auto changes = watching->Next(stop.token());
        ASSERT_TRUE(changes.has_value()) << changes.error().message;
        ASSERT_TRUE(changes->has_value()) << "round " << round << ": " << watching->directory_count() << " of "
                                          << now.size() << " directories are watched;" << Difference(model, now);
        Follow(**changes, At(""), model);
      }
    }
    watching.ChangedWithSentinel(At("other"));
    EXPECT_EQ(watching->directory_count(), now.size());
  }
}

TEST_F(TreeWatcherTest, AFileIsSettledWhenAllOfItsDirectoryIsTold) {
  Write("d/a.jpg");
  Watching watching(OptionsFor(At("")));
  const auto settled = [&](const std::string& file) { return watching->IsSettled({0, file}).value(); };
  EXPECT_TRUE(settled("d/a.jpg"));
  EXPECT_TRUE(settled("d/new.jpg"));
  OpenFile file(At("d/new.jpg"));
  EXPECT_FALSE(settled("d/new.jpg"));
  EXPECT_TRUE(settled("d/a.jpg"));
  EXPECT_TRUE(settled("new.jpg"));
  file.Close();
  EXPECT_FALSE(settled("d/new.jpg"));
  EXPECT_FALSE(settled("d/a.jpg"));
  EXPECT_TRUE(settled("a.jpg"));
  watching.ChangedUntil({"d"});
  EXPECT_TRUE(settled("d/new.jpg"));
}

TEST_F(TreeWatcherTest, ADirectoryStandsUntilItHasGone) {
  Write("d/x/a.jpg");
  Watching watching(OptionsFor(At("")));
  const auto stands = [&](const std::string& directory) { return watching->Stands({0, directory}).value(); };
  EXPECT_TRUE(stands(""));
  EXPECT_TRUE(stands("d/x"));
  EXPECT_FALSE(stands("d/none"));
  fs::remove(At("d/x/a.jpg"));
  EXPECT_TRUE(stands("d/x"));
  fs::remove(At("d/x"));
  fs::create_directory(At("d/x"));
  EXPECT_FALSE(stands("d/x"));
  EXPECT_TRUE(stands("d"));
  watching.GoneUntil({"d/x"});
  EXPECT_TRUE(stands("d/x"));
  fs::rename(At(""), Outside("moved"));
  EXPECT_FALSE(watching->Stands({0, "d"}));
}

}  // namespace
}  // namespace tbbthumbs
