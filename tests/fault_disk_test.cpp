// The command on a disk on which things go wrong: a FUSE mount. Where that can't be made the tests are skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/fault_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::ProcessResult;

// What a disk does, and what the command says of it.
struct Trouble {
  std::string name;
  std::string rules;
  int exit_code;
  std::string message;  // in the one complaint; "": there is none
  bool many = false;    // pictures fail one by one: ten are named
};
void PrintTo(const Trouble& trouble, std::ostream* stream) { *stream << trouble.name; }

class FaultDiskTest : public testing::FaultFixture, public ::testing::WithParamInterface<Trouble> {
 protected:
  static constexpr int kPictures = 40;

  void TearDown() override { mount_.reset(); }

  // Skips the test where that is not possible here.
  void Mount(const std::string& directory) {
    std::string why;
    mount_ = testing::FaultyMount::Mount(FAULT_DISK, tree_.root() / directory, tree_.root() / "mount", why);
    if (mount_ == nullptr) GTEST_SKIP() << why;
  }

  // The trouble is said once, then the command goes on where it was.
  void RunInTroubleAndAgain(const std::string& input, const std::string& output) {
    const Trouble& trouble = GetParam();
    const std::vector<std::string> line = Line(input, output);
    mount_->Set(trouble.rules);
    const ProcessResult result = Run(line);
    EXPECT_EQ(result.exit_code, trouble.exit_code) << result.err;
    const auto complaints = Complaints(result);
    if (trouble.message.empty()) {
      EXPECT_TRUE(complaints.empty()) << result.err;
    } else {
      ASSERT_FALSE(complaints.empty()) << result.err;
      for (const std::string& complaint : complaints) EXPECT_THAT(complaint, HasSubstr(trouble.message));
      EXPECT_LE(complaints.size(), trouble.many ? 11u : 1u) << result.err;
    }
    if (!result.out.empty()) {
      const auto summary = Summary(result);
      EXPECT_LE(summary["inputs"].get<int>(), kPictures);
      EXPECT_TRUE(result.exit_code == 74 || summary["left"] == 0);
    }
    mount_->Set("");
    const ProcessResult again = Run(line);
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(Summary(again)["inputs"], kPictures);
  }

  std::unique_ptr<testing::FaultyMount> mount_;
};

class FaultyInputTest : public FaultDiskTest {};

TEST_P(FaultyInputTest, IsSaidOnceAndPasses) {
  MakePictures(kPictures, "disk");
  Mount("disk");
  if (mount_ == nullptr) return;
  ASSERT_NO_FATAL_FAILURE(RunInTroubleAndAgain("mount", "out"));
  ExpectAsUndisturbed("out", true, "disk");
}

INSTANTIATE_TEST_SUITE_P(, FaultyInputTest,
                         ::testing::Values(Trouble{"OneRead", "read 7.jpg EIO 1 1", 1, "7.jpg: io: "},
                                           Trouble{"TheSecondRead", "read * EIO 2 1", 1, ": io: reading"},
                                           Trouble{"AllReads", "read * EIO", 1, "Input/output error", true},
                                           Trouble{"StaleFiles", "open * ESTALE 20", 1, "Stale file handle", true},
                                           Trouble{"NoMemoryThere", "read * ENOMEM 20 1", 1, "Cannot allocate memory"},
                                           Trouble{"NotAllowed", "open /2/ EACCES", 1, "Permission denied", true},
                                           Trouble{"OneDirectory", "list /3 EIO", 1, "Input/output error"},
                                           Trouble{"OneStat", "stat 12.jpg EIO", 1, "Input/output error", true},
                                           Trouble{"ShortReads", "read * short 1000", 0, ""},
                                           Trouble{"Slow", "* * delay 5", 0, ""}),
                         [](const auto& param) { return param.param.name; });

class FaultyOutputTest : public FaultDiskTest {};

TEST_P(FaultyOutputTest, IsSaidOnceAndPasses) {
  MakePictures(kPictures);
  Mount("disk");
  if (mount_ == nullptr) return;
  ASSERT_NO_FATAL_FAILURE(RunInTroubleAndAgain("in", "mount/out"));
  ExpectAsUndisturbed("disk/out", true);
}

INSTANTIATE_TEST_SUITE_P(
    , FaultyOutputTest,
    ::testing::Values(Trouble{"AQuota", "write * EDQUOT 30", 74, "no_space: the output mount/out: "},
                      Trouble{"AQuotaOfFiles", "create * EDQUOT 30", 74, "no_space: the output mount/out: "},
                      Trouble{"AQuotaOfNames", "rename * EDQUOT 30", 74, "no_space: the output mount/out: "},
                      Trouble{"NoWrite", "write * EIO 30", 74, "io: the output mount/out: writing"},
                      Trouble{"OneWrite", "write /tmp/ EIO 10 1", 1, "io: its thumbnail: writing"},
                      Trouble{"NoFile", "create * EIO 20", 74, "io: the output mount/out: creating"},
                      Trouble{"NoDirectory", "mkdir * EIO", 74, "the output directory mount/out: "},
                      Trouble{"NoDirectoryLater", "mkdir /out/2 EIO", 1, "io: its thumbnail: making the directory",
                              true},
                      Trouble{"NoName", "rename * EIO 10", 1, "io: its thumbnail: renaming", true},
                      Trouble{"OneName", "rename * EIO 10 1", 1, "io: its thumbnail: renaming"},
                      Trouble{"NothingIsRemoved", "remove /tmp EIO", 0, ""},
                      Trouble{"NothingIsListed", "list * EIO", 0, ""},
                      Trouble{"TheJournal", "write journal EIO 5", 74, "the journal mount/out/.tbbthumbs/journal.db"},
                      Trouble{"TheJournalIsNeverSafe", "sync journal EIO", 74, "the journal mount/out/.tbbthumbs"},
                      Trouble{"ShortWrites", "write * short 700", 0, ""}, Trouble{"Slow", "* * delay 1", 0, ""}),
    [](const auto& param) { return param.param.name; });

class TornOutTest : public FaultDiskTest {};

TEST_F(TornOutTest, TheInputGoesInTheMiddle) {
  MakePictures(kPictures, "disk");
  Mount("disk");
  if (mount_ == nullptr) return;
  mount_->Set("read 33.jpg hold\n");
  testing::Process process(TBBTHUMBS_COMMAND, Line("mount", "out"), {.directory = tree_.root()});
  ASSERT_TRUE(mount_->WaitForHeld());
  mount_->TearOut();
  const ProcessResult result = process.Wait();
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_LE(Complaints(result).size(), 35u) << result.err;
  EXPECT_GT(Summary(result)["failed"], 0);
  mount_.reset();
  ExpectAsUndisturbed("out", false, "disk");
  Mount("disk");
  if (mount_ == nullptr) return;
  EXPECT_EQ(Run(Line("mount", "out")).exit_code, 0);
  ExpectAsUndisturbed("out", true, "disk");
}

TEST_F(TornOutTest, TheOutputGoesInTheMiddle) {
  MakePictures(kPictures);
  Mount("disk");
  if (mount_ == nullptr) return;
  mount_->Set("write /tmp/ delay 5\nrename 33 hold\n");
  testing::Process process(TBBTHUMBS_COMMAND, Line("in", "mount/out"), {.directory = tree_.root()});
  ASSERT_TRUE(mount_->WaitForHeld());
  mount_->TearOut();
  const ProcessResult result = process.Wait();
  EXPECT_EQ(result.exit_code, 74) << result.err;
  EXPECT_LE(Complaints(result).size(), 2u) << result.err;
  Summary(result);
  mount_.reset();
  EXPECT_FALSE(fs::exists(tree_.root() / "mount/out")) << "written beside the disk";
  Mount("disk");
  if (mount_ == nullptr) return;
  const ProcessResult again = Run(Line("in", "mount/out"));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  ExpectAsUndisturbed("disk/out", true);
}

// Files that change between being opened and being read, in the order that the test wants.
class HeldInputTest : public FaultDiskTest {
 protected:
  // While the first read of 33.jpg is held `change` is done to the file beneath.
  ProcessResult RunWhile(const std::function<void(const fs::path& file)>& change) {
    mount_->Set("read 33.jpg hold\n");
    testing::Process process(TBBTHUMBS_COMMAND, Line("mount", "out"), {.directory = tree_.root()});
    EXPECT_TRUE(mount_->WaitForHeld());
    try {
      change(tree_.root() / "disk/1/33.jpg");
    } catch (const fs::filesystem_error& error) {
      ADD_FAILURE() << error.what();
    }
    // In any case: who is held can't even be killed.
    mount_->Set("");
    return process.Wait();
  }

  void ExpectOneFails(const std::string& reason, const std::function<void(const fs::path& file)>& change) {
    MakePictures(kPictures, "disk");
    Mount("disk");
    if (mount_ == nullptr) return;
    const ProcessResult result = RunWhile(change);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_EQ(Complaints(result).size(), 1u) << result.err;
    EXPECT_THAT(result.err, HasSubstr("mount/1/33.jpg: " + reason));
    const auto summary = Summary(result);
    EXPECT_EQ(summary["inputs"], kPictures);
    EXPECT_EQ(summary["failed"], 1);
    MakePictures(kPictures, "disk");
    EXPECT_EQ(Run(Line("mount", "out")).exit_code, 0);
    ExpectAsUndisturbed("out", true, "disk");
  }
};

TEST_F(HeldInputTest, Vanishes) {
  ExpectOneFails("not_found: ", [](const fs::path& file) { fs::remove(file); });
}

TEST_F(HeldInputTest, IsCut) {
  ExpectOneFails("changed: ", [](const fs::path& file) { fs::resize_file(file, 300); });
}

TEST_F(HeldInputTest, Grows) {
  ExpectOneFails("changed: ", [](const fs::path& file) { fs::resize_file(file, 300'000); });
}

// The output directory of a run that is going on.
class HeldOutputTest : public HeldInputTest {};

TEST_F(HeldOutputTest, IsRemoved) {
  MakePictures(kPictures, "disk");
  Mount("disk");
  if (mount_ == nullptr) return;
  const ProcessResult result =
      RunWhile([&](const fs::path&) { fs::rename(tree_.root() / "out", tree_.root() / "moved"); });
  EXPECT_EQ(result.exit_code, 74) << result.err;
  EXPECT_EQ(Complaints(result).size(), 1u) << result.err;
  Summary(result);
  EXPECT_FALSE(fs::exists(tree_.root() / "out")) << "it is not made again";
  EXPECT_EQ(Run(Line("mount", "out")).exit_code, 0);
  ExpectAsUndisturbed("out", true, "disk");
}

// By an empty one: what the run makes from then on goes there, and what is missing the next run makes.
TEST_F(HeldOutputTest, IsReplaced) {
  MakePictures(kPictures, "disk");
  Mount("disk");
  if (mount_ == nullptr) return;
  const ProcessResult result = RunWhile([&](const fs::path&) {
    fs::rename(tree_.root() / "out", tree_.root() / "moved");
    fs::create_directory(tree_.root() / "out");
  });
  // Those that were on their way fail, and the journal went with the old one.
  EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 74) << result.exit_code << result.err;
  EXPECT_LE(Complaints(result).size(), 11u) << result.err;
  Summary(result);
  ExpectAsUndisturbed("out", false, "disk");
  const ProcessResult again = Run(Line("mount", "out"));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  ExpectAsUndisturbed("out", true, "disk");
}

}  // namespace
}  // namespace tbbthumbs
