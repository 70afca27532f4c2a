#include "pipeline/changed_inputs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

class ChangedInputsTest : public ::testing::Test {
 protected:
  ChangedInputsTest() {
    options_.input.paths = {"in"};
    for (const char* path : {"in/a/1.jpg", "in/b/x/1.jpg"}) files_.AddFile(path);
  }

  // Whether nothing but these directories is looked at.
  bool TakesThemAlone(const std::vector<TreePath>& changed, const std::vector<TreePath>& gone = {}) {
    TreeWatcher::Changes changes;
    changes.changed = changed;
    changes.gone = gone;
    changes.writing = {{0, "a/2.jpg"}};
    const InputOptions input = ChangedInputs(files_, options_).After(changes);
    EXPECT_EQ(input.paths, options_.input.paths);
    EXPECT_TRUE(input.awaited.contains({0, "a/2.jpg"}));
    if (input.only) {
      EXPECT_EQ(*input.only, changed);
    }
    return input.only.has_value();
  }

  testing::MemoryFileSystem files_;
  JobOptions options_;
};

TEST_F(ChangedInputsTest, DirectoriesAreTakenAlone) {
  EXPECT_TRUE(TakesThemAlone({{0, ""}, {0, "a"}, {0, "b/x"}}, {{0, "c"}, {0, "d/e"}}));
  EXPECT_TRUE(TakesThemAlone({}, {{0, "c"}}));
  ChangedInputs inputs(files_, options_);
  TreeWatcher::Changes everything;
  everything.everything = true;
  EXPECT_FALSE(inputs.After(everything).only);
}

TEST_F(ChangedInputsTest, NamesThatDependOnOtherDirectoriesTakeEverything) {
  for (const char* name_template : {"{stem}", "{hash:2}/{stem}", "{dir}/../{seq}", "{seq}_{size}"}) {
    options_.names.name_template = name_template;
    EXPECT_FALSE(TakesThemAlone({{0, "a"}})) << name_template;
  }
  options_.names.name_template = "{dir}/t_{stem}";
  EXPECT_TRUE(TakesThemAlone({{0, "a"}}));
  options_.input.follow_links = true;
  EXPECT_FALSE(TakesThemAlone({{0, "a"}}));
}

TEST_F(ChangedInputsTest, DirectoriesThatCantBeBesideEachOtherTakeEverything) {
  files_.AddFile("in/b/X/1.jpg");
  files_.AddFile("in/b/x/y/1.jpg");
  EXPECT_TRUE(TakesThemAlone({{0, "a"}, {0, "b"}}));
  EXPECT_FALSE(TakesThemAlone({{0, "b/x"}}));
  EXPECT_FALSE(TakesThemAlone({{0, "b/X"}}));
  EXPECT_FALSE(TakesThemAlone({{0, "b/x/y"}}));
  // The name of one that has gone is another's now.
  EXPECT_FALSE(TakesThemAlone({}, {{0, "A"}}));
  EXPECT_FALSE(TakesThemAlone({}, {{0, "A/b"}}));
  EXPECT_TRUE(TakesThemAlone({}, {{0, "a/B"}}));
}

TEST_F(ChangedInputsTest, TheDirectoryOfTheJournalIsSpecialAboveAll) {
  options_.input.hidden = true;
  for (const char* path : {"in/.tbbthumbs/1.jpg", "in/.tbbthumbs_/1.jpg"}) files_.AddFile(path);
  EXPECT_FALSE(TakesThemAlone({{0, ".tbbthumbs_"}}));
  for (const char* path : {"in/a/.tbbthumbs/1.jpg", "in/a/.tbbthumbs_/1.jpg"}) files_.AddFile(path);
  EXPECT_TRUE(TakesThemAlone({{0, "a/.tbbthumbs_"}}));
}

TEST_F(ChangedInputsTest, SeveralTreesNeedNamesOfTheirOwn) {
  options_.input.paths = {"in/a", "in/b"};
  EXPECT_TRUE(TakesThemAlone({{0, ""}, {1, "x"}}));
  options_.input.paths = {"in/a", "other/A"};
  EXPECT_FALSE(TakesThemAlone({{0, ""}}));
}

}  // namespace
}  // namespace tbbthumbs
