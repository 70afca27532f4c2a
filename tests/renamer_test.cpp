#include "pipeline/renamer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "pipeline/file_system.h"
#include "pipeline/rename_job.h"
#include "pipeline/rename_log.h"
#include "tests/support/pictures.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::JpegFile;

bool Always() { return true; }

class RenamerTest : public ::testing::Test {
 protected:
  // The pictures by their names; each has a width of its own.
  std::map<std::string, std::string> Contents() const {
    std::map<std::string, std::string> contents;
    for (const std::string& name : tree_.Files("in")) {
      if (!name.starts_with(".tbbthumbs")) contents[name] = tree_.Read("in/" + name);
    }
    return contents;
  }

  std::string Root() const { return (tree_.root() / "in").string(); }

  // A chain, a swap, a cycle of three, and a directory that is made: the names are the plan.
  void WriteTangle() {
    std::vector<RenameStep> moves;
    const std::vector<std::pair<const char*, const char*>> names = {{"a", "b"}, {"b", "c"}, {"s", "t"}, {"t", "s"},
                                                                    {"x", "y"}, {"y", "z"}, {"z", "x"}, {"n", "new/n"}};
    for (const auto& [from, to] : names) {
      tree_.Write(std::string("in/") + from, std::string("I was ") + from);
      const auto info = RealFileSystem().Stat(JoinPath(Root(), from), false);
      ASSERT_TRUE(info);
      moves.push_back({from, to, info->id.inode});
    }
    records_.made_directories = {"new"};
    records_.steps = OrderRenames(std::move(moves), [](const RenameStep& step) { return "." + step.from; });
    before_ = Contents();
    for (const auto& [from, to] : names) after_[to] = before_[from];
  }

  testing::TempTree tree_;
  RenameRecords records_;
  std::map<std::string, std::string> before_;
  std::map<std::string, std::string> after_;
};

TEST_F(RenamerTest, AllArriveAndGoBack) {
  WriteTangle();
  EXPECT_EQ(DoRenames(Root(), records_, Always).done, records_.steps.size());
  EXPECT_EQ(Contents(), after_);
  const RenameProgress again = DoRenames(Root(), records_, Always);
  EXPECT_EQ(again.done, 0u);
  EXPECT_EQ(again.before, records_.steps.size());
  EXPECT_EQ(UndoRenames(Root(), records_, Always).done, records_.steps.size());
  EXPECT_EQ(Contents(), before_);
  EXPECT_FALSE(fs::exists(tree_.root() / "in/new"));
}

// Killed by the kernel before each of the steps, forwards and backwards; then both continuations.
TEST_F(RenamerTest, KilledAnywhereItGoesOnBothWays) {
  WriteTangle();
  for (const bool backwards : {false, true}) {
    for (size_t steps = 0; steps <= records_.steps.size(); ++steps) {
      for (const bool then_backwards : {false, true}) {
        if (backwards) DoRenames(Root(), records_, Always);
        const pid_t child = fork();
        if (child == 0) {
          size_t left = steps;
          const auto kill_at_zero = [&] { return left-- > 0 || raise(SIGKILL) == 0; };
          if (backwards) {
            UndoRenames(Root(), records_, kill_at_zero);
          } else {
            DoRenames(Root(), records_, kill_at_zero);
          }
          raise(SIGKILL);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        const RenameProgress rest =
            then_backwards ? UndoRenames(Root(), records_, Always) : DoRenames(Root(), records_, Always);
        EXPECT_TRUE(rest.problems.empty()) << steps << ": " << rest.problems.front().error.message;
        EXPECT_EQ(Contents(), then_backwards ? before_ : after_) << steps;
        UndoRenames(Root(), records_, Always);
        ASSERT_EQ(Contents(), before_);
      }
    }
  }
}

TEST_F(RenamerTest, NothingIsReplaced) {
  WriteTangle();
  tree_.Write("in/c", "a stranger");
  const RenameProgress progress = DoRenames(Root(), records_, Always);
  EXPECT_EQ(progress.problems.size(), 1u);
  EXPECT_EQ(progress.problems[0].error.code, ErrorCode::kExists);
  EXPECT_EQ(tree_.Read("in/c"), "a stranger");
  fs::remove(tree_.root() / "in/c");
  EXPECT_TRUE(DoRenames(Root(), records_, Always).problems.empty());
  EXPECT_EQ(Contents(), after_);
}

TEST_F(RenamerTest, UndoingPassesOverWhatIsGoneOrInTheWay) {
  WriteTangle();
  DoRenames(Root(), records_, Always);
  records_.state = RenameState::kRenamed;
  fs::remove(tree_.root() / "in/c");
  tree_.Write("in/n", "a stranger");
  const RenameProgress progress = UndoRenames(Root(), records_, Always);
  ASSERT_EQ(progress.problems.size(), 2u);
  EXPECT_EQ(tree_.Read("in/n"), "a stranger");
  EXPECT_EQ(tree_.Read("in/new/n"), "I was n");
  EXPECT_EQ(tree_.Read("in/x"), "I was x");
  EXPECT_FALSE(fs::exists(tree_.root() / "in/b"));
}

// Saved anew by an editor, which gives it another inode.
TEST_F(RenamerTest, FilesThatWereEditedGoBackToo) {
  WriteTangle();
  DoRenames(Root(), records_, Always);
  records_.state = RenameState::kRenamed;
  for (const auto& [name, text] : after_) {
    tree_.Write("in/edited", text);
    fs::rename(tree_.root() / "in/edited", tree_.root() / "in" / name);
  }
  EXPECT_TRUE(UndoRenames(Root(), records_, Always).problems.empty());
  EXPECT_EQ(Contents(), before_);
}

TEST_F(RenamerTest, HardLinksAreNamesLikeOthers) {
  tree_.Write("in/a", "the same");
  fs::create_hard_link(tree_.root() / "in/a", tree_.root() / "in/b");
  const uint64_t inode = RealFileSystem().Stat(Root() + "/a", false)->id.inode;
  records_.steps = OrderRenames({{"a", "b", inode}, {"b", "c", inode}}, nullptr);
  for (int steps = 0; steps < 3; ++steps) {
    int left = steps;
    DoRenames(Root(), records_, [&] { return left-- > 0; });
    EXPECT_TRUE(UndoRenames(Root(), records_, Always).problems.empty());
    EXPECT_THAT(tree_.Files("in"), ElementsAre("a", "b"));
  }
}

TEST_F(RenamerTest, ALogKeepsAnyName) {
  tree_.Write("in/a", "");
  records_.made_directories = {"d"};
  records_.steps = {{"line\nfeed \xE9", "d/\x01", 7}, {"done", "x/renamed", 8}};
  const auto lock = RenameLock::Take(Root());
  const auto log = WriteRenameLog(Root(), records_);
  ASSERT_TRUE(log);
  EXPECT_EQ(*FindUnfinishedRename(Root()), *log);
  const auto read = ReadRenameLog(*log);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->state, RenameState::kRenaming);
  EXPECT_EQ(read->made_directories, records_.made_directories);
  ASSERT_EQ(read->steps.size(), 2u);
  EXPECT_EQ(read->steps[0].from, records_.steps[0].from);
  EXPECT_EQ(read->steps[0].to, records_.steps[0].to);
  EXPECT_EQ(read->steps[1].inode, 8u);
  // A state that was not written whole is none, and not in the way of the next.
  std::ofstream(*log, std::ios::app) << "/rena";
  EXPECT_EQ(ReadRenameLog(*log)->state, RenameState::kRenaming);
  ASSERT_TRUE(AppendRenameState(*log, RenameState::kRenamed));
  EXPECT_EQ(ReadRenameLog(*log)->state, RenameState::kRenamed);
  EXPECT_EQ(*FindUnfinishedRename(Root()), std::nullopt);
  ASSERT_TRUE(AppendRenameState(*log, RenameState::kUndoing));
  EXPECT_EQ(*FindUnfinishedRename(Root()), *log);
  EXPECT_EQ(*RootOfRenameLog(*log), Root());
}

TEST_F(RenamerTest, OtherTextsAreNoLogs) {
  tree_.Write("in/a", "");
  records_.steps = {{"a", "b", 7}};
  const auto lock = RenameLock::Take(Root());
  const auto log = WriteRenameLog(Root(), records_);
  ASSERT_TRUE(log);
  std::ifstream file(*log, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    tree_.Write("in/cut", whole.substr(0, bytes));
    EXPECT_FALSE(ReadRenameLog(Root() + "/cut")) << bytes;
  }
  const auto refused = [&](std::string text, std::string_view from, std::string_view to) {
    tree_.Write("in/cut", text.replace(text.find(from), from.size(), to));
    return !ReadRenameLog(Root() + "/cut");
  };
  const std::string a("\0a\0", 3);
  EXPECT_FALSE(refused(whole, a, std::string("\0c\0", 3)));
  EXPECT_TRUE(refused(whole, a, std::string("\0../a\0", 6)));
  EXPECT_TRUE(refused(whole, a, std::string("\0/etc/a\0", 8)));
  EXPECT_TRUE(refused(whole, a, std::string("\0\0", 2)));
  EXPECT_TRUE(refused(whole, "7", "x"));
  EXPECT_TRUE(refused(whole, "renames 1", "renames 2"));
}

TEST_F(RenamerTest, OneAtATimeInADirectory) {
  tree_.Write("in/a", "");
  const auto lock = RenameLock::Take(Root());
  ASSERT_TRUE(lock);
  const auto other = RenameLock::Take(Root());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kExists);
}

// The job as a whole, stopped before each step; then the same again, or undone.
TEST_F(RenamerTest, JobsThatWereStoppedAreBroughtToTheirEndByTheNext) {
  for (const char* name : {"1.jpg", "2.jpg", "10.jpg", "sub/a.jpg"}) {
    tree_.Write(std::string("in/") + name, JpegFile({20 + static_cast<int>(std::string(name)[0]) % 7, 20}));
  }
  before_ = Contents();
  RenameOptions options;
  options.directory = Root();
  // 1.jpg, 10.jpg, 2.jpg: by their place they want each other's names.
  options.names.name_template = "{seq}";
  const auto run = [&](int steps) {
    bool planned = false;
    RenameJob job(options, {.on_plan = [&](const RenamePlan&) { return planned = true; },
                            .go_on = [&] { return !planned || steps-- >= 0; }});
    return job.Wait();
  };
  const auto undo = [&](const std::string& log) { return RenameJob(fs::path(log), {}).Wait(); };

  const RenameSummary whole = run(1000);
  ASSERT_TRUE(whole.finished);
  after_ = Contents();
  EXPECT_THAT(tree_.Files("in/sub"), ElementsAre());
  EXPECT_TRUE(after_.contains("4.jpg"));
  ASSERT_TRUE(undo(whole.log).finished);
  EXPECT_EQ(Contents(), before_);
  EXPECT_EQ(undo(whole.log).failure->code, ErrorCode::kExists);
  for (int steps = 0; steps < static_cast<int>(whole.steps); ++steps) {
    const RenameSummary first = run(steps);
    ASSERT_TRUE(first.stopped);
    EXPECT_EQ(first.steps, static_cast<uint64_t>(steps));
    const RenameSummary second = run(1000);
    EXPECT_TRUE(second.resumed && second.finished);
    EXPECT_EQ(second.log, first.log);
    EXPECT_EQ(Contents(), after_);
    ASSERT_TRUE(undo(first.log).finished);
    ASSERT_EQ(Contents(), before_);

    const RenameSummary third = run(steps);
    ASSERT_TRUE(third.stopped);
    ASSERT_TRUE(undo(third.log).finished);
    ASSERT_EQ(Contents(), before_);
  }
}

}  // namespace
}  // namespace tbbthumbs
