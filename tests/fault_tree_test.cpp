// The command among files and directories that are not as it would like them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/posix_file.h"
#include "tests/support/fault_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::ProcessResult;

class FaultTreeTest : public testing::FaultFixture {
 protected:
  static constexpr int kPictures = 40;

  void TearDown() override {
    for (const std::string& path : mounts_) EXPECT_EQ(umount2(path.c_str(), MNT_DETACH), 0) << std::strerror(errno);
  }

  // `path` of the tree mounted on itself. Skips the test where that is not permitted.
  void Bind(const std::string& path) {
    const std::string whole = (tree_.root() / path).string();
    fs::create_directories(whole);
    if (mount(whole.c_str(), whole.c_str(), "", MS_BIND, nullptr) != 0) {
      ASSERT_TRUE(errno == EPERM || errno == EACCES) << std::strerror(errno);
      GTEST_SKIP() << "nothing can be mounted here: " << std::strerror(errno);
    }
    mounts_.push_back(whole);
  }
  void Remount(unsigned long flags) const {
    ASSERT_EQ(mount("", mounts_.back().c_str(), "", MS_REMOUNT | MS_BIND | flags, nullptr), 0) << std::strerror(errno);
  }

  void ExpectSaidOnce(const ProcessResult& result, int exit_code, const std::string& what) const {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(Complaints(result).size(), 1u) << result.err;
    EXPECT_THAT(result.err, HasSubstr(what));
  }

  std::vector<std::string> mounts_;
};

TEST_F(FaultTreeTest, AnOutputThatIsReadOnly) {
  MakePictures(kPictures);
  Bind("disk");
  if (IsSkipped() || HasFatalFailure()) return;
  ASSERT_NO_FATAL_FAILURE(Remount(MS_RDONLY));
  ExpectSaidOnce(Run(Line("in", "disk/out")), 74, "the output directory disk/out: making the directory: Read-only");
  ASSERT_NO_FATAL_FAILURE(Remount(0));
  EXPECT_EQ(Run(Line("in", "disk/out")).exit_code, 0);
  ASSERT_NO_FATAL_FAILURE(Remount(MS_RDONLY));
  // Also where there is nothing to be written but the journal.
  ExpectSaidOnce(Run(Line("in", "disk/out")), 74, "the journal disk/out/.tbbthumbs/journal.db: it may not be written");
  const ProcessResult without = Run({"in", "-o", "disk/out", "-s", "64", "-s", "32", "--json", "--no-journal"});
  EXPECT_EQ(without.exit_code, 0) << without.err;
  EXPECT_EQ(Summary(without)["up_to_date"], kPictures);
  fs::last_write_time(tree_.root() / "in/0/0.jpg", fs::file_time_type::clock::now() + std::chrono::hours(1));
  ExpectSaidOnce(Run({"in", "-o", "disk/out", "-s", "64", "-s", "32", "--no-journal", "--quiet"}), 74, "Read-only");
  ASSERT_NO_FATAL_FAILURE(Remount(0));
  EXPECT_EQ(Run(Line("in", "disk/out")).exit_code, 0);
  ExpectAsUndisturbed("disk/out", true);
}

TEST_F(FaultTreeTest, AnOutputOfSomebodyElse) {
  MakePictures(kPictures);
  fs::permissions(tree_.root(), fs::perms(0755));
  fs::create_directory(tree_.root() / "out");
  const ProcessResult denied = Shell(
      "test $(id -u) != 0 && chmod 555 out && exec \"$0\" in -o out; "
      "exec setpriv --reuid=54321 --regid=54321 --clear-groups \"$0\" in -o out");
  if (denied.err.find("setpriv") != std::string::npos) GTEST_SKIP() << denied.err;
  ExpectSaidOnce(denied, 74, "Permission denied");
  fs::permissions(tree_.root() / "out", fs::perms(0755));
  EXPECT_EQ(Run(Line("in", "out")).exit_code, 0);
  ExpectAsUndisturbed("out", true);
}

TEST_F(FaultTreeTest, AnInputThatMayNotBeRead) {
  MakePictures(kPictures);
  fs::permissions(tree_.root(), fs::perms(0755));
  fs::create_directory(tree_.root() / "out");
  fs::permissions(tree_.root() / "out", fs::perms(0777));
  fs::permissions(tree_.root() / "in/2", fs::perms::none);
  fs::permissions(tree_.root() / "in/1/5.jpg", fs::perms::none);
  const ProcessResult denied = Shell(ShellLine("out", "", "setpriv --reuid=54321 --regid=54321 --clear-groups "));
  fs::permissions(tree_.root() / "in/2", fs::perms(0755));
  if (denied.err.find("setpriv") != std::string::npos) GTEST_SKIP() << denied.err;
  EXPECT_EQ(denied.exit_code, 1);
  EXPECT_EQ(Complaints(denied).size(), 2u) << denied.err;
  const auto summary = Summary(denied);
  EXPECT_EQ(summary["made"], kPictures - kPictures / 4 - 1);
  EXPECT_EQ(summary["failed"], 1);
  EXPECT_EQ(summary["walk_errors"], 1);
  fs::permissions(tree_.root() / "in/1/5.jpg", fs::perms(0644));
  EXPECT_EQ(Run(Line("in", "out")).exit_code, 0);
  ExpectAsUndisturbed("out", true);
}

TEST_F(FaultTreeTest, LinksThatLeadInCircles) {
  MakePictures(kPictures);
  fs::create_directory_symlink("..", tree_.root() / "in/0/up");
  fs::create_directory_symlink(".", tree_.root() / "in/1/here");
  fs::create_directory_symlink(fs::absolute(tree_.root() / "in"), tree_.root() / "in/2/all");
  fs::create_symlink("a.jpg", tree_.root() / "in/3/b.jpg");
  fs::create_symlink("b.jpg", tree_.root() / "in/3/a.jpg");
  fs::create_symlink("nowhere.jpg", tree_.root() / "in/3/c.jpg");
  const ProcessResult result = Run(Line("in", "out"));
  const auto summary = Summary(result);
  EXPECT_EQ(summary["made"], kPictures) << result.err;
  EXPECT_LE(Complaints(result).size(), 3u) << result.err;
  EXPECT_EQ(Run(Line("in", "out")).exit_code, result.exit_code);
}

TEST_F(FaultTreeTest, NamesOfAnyBytes) {
  const std::vector<std::string> names = {"\xff\xfe.jpg", "a\nb.jpg",     "caf\xe9.jpg", "tab\t.jpg",
                                          "-o.jpg",       "\x1b[31m.jpg", " .jpg",       "\xc3.jpg"};
  for (const std::string& name : names) tree_.Write("in/" + name, testing::JpegFile({60, 40}));
  const ProcessResult result = Run(Line("in", "out"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Summary(result)["made"], names.size());
  EXPECT_EQ(tree_.Files("out").size(), names.size() * 2);
  EXPECT_EQ(Summary(Run(Line("in", "out")))["up_to_date"], names.size());
}

// Deeper than any path may be long, and as deep as one can be.
TEST_F(FaultTreeTest, PathsThatAreTooLong) {
  MakePictures(kPictures);
  const std::string picture = "in/0/0.jpg";
  int at = open((tree_.root() / "in").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::string name(200, 'd');
  const std::string bytes = tree_.Read(picture);
  constexpr int kDepth = 25;
  for (int depth = 1; depth <= kDepth; ++depth) {
    ASSERT_EQ(mkdirat(at, name.c_str(), 0755), 0);
    const Descriptor parent(std::exchange(at, openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    const Descriptor file(openat(at, "p.jpg", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    ASSERT_EQ(write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  close(at);
  const ProcessResult result = Run(Line("in", "out"));
  const auto summary = Summary(result);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_EQ(summary["made"].get<int>() + summary["failed"].get<int>(), summary["inputs"].get<int>());
  EXPECT_GE(summary["made"], kPictures + 15);
  EXPECT_GE(summary["walk_errors"].get<int>() + summary["failed"].get<int>(), 1);
  EXPECT_LE(Complaints(result).size(), 5u) << result.err;
  EXPECT_THAT(result.err, HasSubstr("File name too long"));
  const std::string long_name(5000, 'x');
  const ProcessResult named = Run({long_name, "-o", "out2"});
  EXPECT_EQ(named.exit_code, 1);
  EXPECT_EQ(Complaints(named).size(), 1u) << named.err;
  const ProcessResult output = Run({"in/0", "-o", long_name});
  EXPECT_EQ(output.exit_code, 74);
  EXPECT_EQ(Complaints(output).size(), 1u) << output.err;
}

}  // namespace
}  // namespace tbbthumbs
