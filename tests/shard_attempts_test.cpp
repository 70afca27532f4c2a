#include "pipeline/shard_attempts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TempTree;

class ShardAttemptsTest : public ::testing::Test {
 protected:
  ShardAttemptsTest() {
    plan_.shards = 3;
    plan_.output = tree_.root().string();
    plan_.id = "0123456789abcdef0123456789abcdef";
  }

  void WriteAttempts(const std::vector<std::string>& names) {
    for (const std::string& name : names) tree_.Write(kDirectory + name, "x");
  }

  std::vector<std::string> Listed() const {
    std::vector<std::string> names;
    const auto attempts = ListAttempts(plan_);
    EXPECT_TRUE(attempts);
    for (const ShardAttempt& attempt : *attempts) names.push_back(fs::path(attempt.path).filename());
    return names;
  }

  inline static const std::string kDirectory = ".tbbthumbs/shards/0123456789abcdef/";

  TempTree tree_;
  PlanInfo plan_;
};

TEST_F(ShardAttemptsTest, TheDirectoryIsOfThePlan) {
  EXPECT_EQ(AttemptsDirectory(plan_) + "/", (tree_.root() / kDirectory).string());
}

TEST_F(ShardAttemptsTest, AreKnownByTheirNames) {
  WriteAttempts({"00001.host+12@3+aa+0.part", "00003.host+12@3+aa+0.db", "-0001.host.db", "00001.db", "00001..db",
                 "0001.host.db", "00001.host.txt", "00001host.db", "00001.host.db-journal", "00001.host.part.copy"});
  fs::create_directories(tree_.root() / kDirectory / "00000.directory.db");
  EXPECT_THAT(Listed(), ElementsAre("00001.host+12@3+aa+0.part"));
}

TEST_F(ShardAttemptsTest, NothingElseIsRemoved) {
  WriteAttempts({"00001.host.part", "00001.host.part-journal", "00001.host.part.copy", "00001.host.part.copy-journal",
                 "00002.host.db", "00002.host.db-journal", "00000.host.part.damaged-12",
                 "00000.host.part.damaged-12-journal"});
  const std::vector<std::string> others = {
      "00001.db",   "00002.host.db.damaged-", "00002.host.dbx", "a.db", "holiday.jpg",
      "journal.db", "journal.db-journal",     "x.copy"};
  WriteAttempts(others);
  fs::create_directories(tree_.root() / kDirectory / "00002.directory.db");
  fs::create_symlink("holiday.jpg", tree_.root() / kDirectory / "00002.link.db");
  RemoveAttempts(plan_);
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(tree_.root() / kDirectory)) {
    left.push_back(entry.path().filename().string());
  }
  std::vector<std::string> expected = others;
  expected.insert(expected.end(), {"00002.directory.db", "00002.link.db"});
  EXPECT_THAT(left, ::testing::UnorderedElementsAreArray(expected));
}

TEST_F(ShardAttemptsTest, TheirDirectoriesGoWithThem) {
  WriteAttempts({"00001.host.part", "00002.host.db"});
  tree_.Write("a.jpg", "x");
  RemoveAttempts(plan_);
  EXPECT_THAT(Listed(), IsEmpty());
  EXPECT_FALSE(fs::exists(tree_.root() / ".tbbthumbs/shards"));
  EXPECT_THAT(tree_.Files(), ElementsAre("a.jpg"));
  RemoveAttempts(plan_);
}

}  // namespace
}  // namespace tbbthumbs
