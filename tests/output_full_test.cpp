// The command on a full output: a tiny file system of its own. Where that can't be mounted the tests are skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "pipeline/temporary_name.h"
#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::ProcessResult;
using ::testing::StartsWith;

class OutputFullTest : public testing::CommandFixture {
 protected:
  static constexpr int kPictures = 60;

  void SetUp() override {
    for (int i = 0; i < kPictures; ++i) {
      tree_.Write("in/" + std::to_string(i % 4) + "/" + std::to_string(i) + ".jpg", testing::JpegFile({400, 300 + i}));
    }
  }

  void TearDown() override {
    for (const std::string& path : mounts_) EXPECT_EQ(umount2(path.c_str(), MNT_DETACH), 0) << std::strerror(errno);
  }

  // A file system at `path` of the tree, with tmpfs's `options`. Skips the test where that is not permitted.
  void Mount(const std::string& path, const std::string& options) {
    const std::string whole = (tree_.root() / path).string();
    std::filesystem::create_directories(whole);
    if (mount("tmpfs", whole.c_str(), "tmpfs", 0, options.c_str()) != 0) {
      ASSERT_TRUE(errno == EPERM || errno == EACCES) << std::strerror(errno);
      GTEST_SKIP() << "a file system can't be mounted here: " << std::strerror(errno);
    }
    mounts_.push_back(whole);
  }

  void Remount(const std::string& options) {
    ASSERT_EQ(mount("tmpfs", mounts_.back().c_str(), "tmpfs", MS_REMOUNT, options.c_str()), 0) << std::strerror(errno);
  }

  std::map<std::string, std::string> Contents(const std::string& directory) const {
    std::map<std::string, std::string> contents;
    for (const std::string& file : tree_.Files(directory)) contents[file] = tree_.Read(directory + "/" + file);
    return contents;
  }

  static size_t LinesWith(const std::string& text, const std::string& what) {
    size_t count = 0;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) count += line.find(what) != std::string::npos ? 1 : 0;
    return count;
  }

  std::vector<std::string> Line(const std::string& output) const {
    return {"in", "-o", output, "-s", "200", "-s", "64", "-q", "95"};
  }

  // That there is no room in "small", as `options` left it, is said once; and with room the rest is made.
  void ExpectEndsAndGoesOn(const std::string& more_room) {
    const ProcessResult full = Run(Line("small/thumbs"));
    EXPECT_EQ(full.exit_code, 74) << full.err;
    EXPECT_THAT(full.err, StartsWith("tbbthumbs: no_space: the output small/thumbs: "));
    EXPECT_THAT(full.err, HasSubstr("No space left on device\n"));
    EXPECT_EQ(LinesWith(full.err, "no_space"), 1u) << full.err;
    EXPECT_EQ(LinesWith(full.err, "tbbthumbs:"), 1u) << full.err;
    const auto there = Contents("small");
    EXPECT_LT(there.size(), size_t{2 * kPictures});
    for (const auto& [name, bytes] : there) {
      EXPECT_THAT(name, StartsWith("thumbs/")) << "temporary files go with what they were for";
      EXPECT_THAT(name, ::testing::Not(HasSubstr(".tbbthumbs"))) << name;
      EXPECT_THAT(bytes, EndsWith("\xff\xd9")) << name;
    }
    ASSERT_NO_FATAL_FAILURE(Remount(more_room));
    const ProcessResult again = Run(Line("small/thumbs"));
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(Run(Line("whole")).exit_code, 0);
    EXPECT_TRUE(Contents("small/thumbs") == Contents("whole"));
  }

  std::vector<std::string> mounts_;
};

TEST_F(OutputFullTest, NoRoomForBytes) {
  Mount("small", "size=200k");
  if (!IsSkipped() && !HasFatalFailure()) ExpectEndsAndGoesOn("size=100m");
}

TEST_F(OutputFullTest, NoRoomForNames) {
  Mount("small", "size=100m,nr_inodes=30");
  if (!IsSkipped() && !HasFatalFailure()) ExpectEndsAndGoesOn("size=100m,nr_inodes=1000");
}

TEST_F(OutputFullTest, NoRoomAtAll) {
  Mount("small", "size=100m,nr_inodes=1");
  if (IsSkipped() || HasFatalFailure()) return;
  const ProcessResult full = Run(Line("small/thumbs"));
  EXPECT_EQ(full.exit_code, 74) << full.err;
  EXPECT_EQ(LinesWith(full.err, "No space left on device"), 1u) << full.err;
}

// Its journal can't be changed then.
TEST_F(OutputFullTest, PruningEndsLikewise) {
  Mount("small", "size=400k");
  if (IsSkipped() || HasFatalFailure()) return;
  ASSERT_EQ(Run({"in", "-o", "out", "--journal", "small/j.db"}).exit_code, 0);
  std::filesystem::remove(tree_.root() / "in/0/0.jpg");
  for (size_t bytes = 400'000; bytes > 0; bytes /= 2) {
    std::ofstream file(tree_.root() / "small" / std::to_string(bytes));
    file << std::string(bytes, 'x') << std::flush;
  }
  const ProcessResult full = Run({"prune", "-o", "out", "--journal", "small/j.db"});
  EXPECT_EQ(full.exit_code, 74) << full.err;
  EXPECT_THAT(full.err, HasSubstr("tbbthumbs: the journal small/j.db: the disk is full\n"));
  ASSERT_NO_FATAL_FAILURE(Remount("size=100m"));
  EXPECT_EQ(Run({"prune", "-o", "out", "--journal", "small/j.db"}).exit_code, 0);
}

// A part of the output on another disk: thumbnails are copied there, and what a dead run left of that is taken away.
TEST_F(OutputFullTest, APartOfTheOutputOnAnotherDisk) {
  Mount("out/1", "size=60k");
  if (IsSkipped() || HasFatalFailure()) return;
  const std::string own = TemporaryNames().Next();
  const std::string dead = own.substr(0, own.find('+')) + "+4194304@5+abc+0";
  tree_.Write("out/1/" + PartName(dead), "half a thumbnail");
  tree_.Write("out/1/" + PartName(own), "of a run that lives");
  const ProcessResult full = Run(Line("out"));
  EXPECT_EQ(full.exit_code, 74) << full.err;
  EXPECT_EQ(LinesWith(full.err, "no_space"), 1u) << full.err;
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out/1" / PartName(dead)));
  ASSERT_TRUE(std::filesystem::remove(tree_.root() / "out/1" / PartName(own)));
  ASSERT_NO_FATAL_FAILURE(Remount("size=100m"));
  EXPECT_EQ(Run(Line("out")).exit_code, 0);
  EXPECT_EQ(Run(Line("whole")).exit_code, 0);
  EXPECT_TRUE(Contents("out") == Contents("whole"));
}

}  // namespace
}  // namespace tbbthumbs
