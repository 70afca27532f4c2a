// Tests of plans through the command.
#ifndef TBBTHUMBS_TESTS_SUPPORT_PLAN_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_PLAN_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"

namespace tbbthumbs::testing {

class PlanFixture : public CommandFixture {
 protected:
  using Words = std::vector<std::string>;

  static Words Joined(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  // `plan` with these words; into "out", plan.db.
  ProcessResult Plan(const Words& words, int shards, int exit_code = 0) const {
    return RunTo(exit_code,
                 Joined({"plan", "-o", "out", "--plan", "plan.db", "--shards", std::to_string(shards)}, words));
  }
  ProcessResult Shard(const std::string& shard, const Words& words = {}, int exit_code = 0) const {
    return RunTo(exit_code, Joined({"run", "--plan", "plan.db", "--shard", shard}, words));
  }
  ProcessResult Merge(const Words& words = {}, int exit_code = 0) const {
    return RunTo(exit_code, Joined({"merge", "--plan", "plan.db"}, words));
  }

  ProcessResult RunTo(int exit_code, const Words& words) const {
    ProcessResult result = Run(words);
    EXPECT_EQ(result.exit_code, exit_code) << words.front() << ": " << result.err;
    return result;
  }

  // The thumbnails below it, by name; not what lies in .tbbthumbs.
  std::map<std::string, std::string> Tree(const std::string& directory) const {
    std::map<std::string, std::string> files;
    for (const std::string& file : tree_.Files(directory)) {
      if (!file.starts_with(".tbbthumbs/")) files[file] = tree_.Read(directory + "/" + file);
    }
    return files;
  }

  // The same as one run makes; without writing both to the screen.
  void ExpectTree(const std::string& directory, const std::string& expected) const {
    const auto files = Tree(directory);
    const auto wanted = Tree(expected);
    for (const auto& [name, bytes] : wanted) {
      const auto found = files.find(name);
      EXPECT_TRUE(found != files.end() && found->second == bytes) << name;
    }
    EXPECT_EQ(files.size(), wanted.size());
  }

  // The journals of the shards' runs: names of files in OUT/.tbbthumbs/shards/PLAN, sorted.
  Words Attempts(const std::string& directory = "out") const {
    Words files;
    for (const std::string& file : tree_.Files(directory)) {
      if (file.starts_with(".tbbthumbs/shards/")) files.push_back(file);
    }
    return files;
  }
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_PLAN_FIXTURE_H_
