// The command killed at any instant, again and again, where the disk is slow or full, or the system gives it little:
// what comes of it in the end is what one run would have made, and the inputs are as they were.
//
// TBBTHUMBS_STORM_KILLS says how many times for each kind of trouble (4 unless it is set).
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fault_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using testing::ProcessResult;

class KillStormTest : public testing::FaultFixture {
 protected:
  static constexpr int kPictures = 160;

  KillStormTest() { MakePictures(kPictures); }

  void TearDown() override {
    EXPECT_TRUE(mount_.empty() || umount2(mount_.c_str(), MNT_DETACH) == 0) << std::strerror(errno);
  }

  static int Kills() {
    const char* wanted = std::getenv("TBBTHUMBS_STORM_KILLS");
    return wanted == nullptr ? 4 : std::max(1, std::atoi(wanted));
  }

  // A small disk at `path` of the tree. Skips the test where that is not permitted.
  void MountSmall(const std::string& path, const std::string& options) {
    const std::string whole = (tree_.root() / path).string();
    fs::create_directories(whole);
    if (mount("tmpfs", whole.c_str(), "tmpfs", 0, options.c_str()) != 0) {
      ASSERT_TRUE(errno == EPERM || errno == EACCES) << std::strerror(errno);
      GTEST_SKIP() << "a file system can't be mounted here: " << std::strerror(errno);
    }
    mount_ = whole;
  }

  // What the trouble is, for a shell, and how to end it.
  struct Trouble {
    std::string limits{};
    std::string options{};
    std::function<void()> end = [] {};
  };

  // Kills the command, under `trouble`, writing into `output`, whose files are also below `seen`; then lets it end. A
  // life that ends by itself began with too little to do: then all begins anew.
  void Storm(const Trouble& trouble, const std::string& output, const std::string& seen) {
    const auto inputs = Contents("in");
    testing::ProcessOptions options;
    options.directory = tree_.root();
    std::minstd_rand random(static_cast<unsigned>(kPictures + Kills()));
    double longest_s = 0.3;
    int killed = 0;
    int trees = 1;
    int with_temporaries = 0;
    for (int lives = 0; killed < Kills(); ++lives) {
      ASSERT_LT(lives, 20 * Kills() + 50) << "it ends before it is killed";
      testing::Process process(
          "/bin/sh", {"-c", trouble.limits + ShellLine(output, "--quiet " + trouble.options), TBBTHUMBS_COMMAND},
          options);
      std::this_thread::sleep_for(
          std::chrono::duration<double>(std::uniform_real_distribution<double>(0, longest_s)(random)));
      process.Signal(SIGKILL);
      const ProcessResult result = process.Wait();
      ASSERT_TRUE(result.signal == SIGKILL || result.exit_code == 0 || result.exit_code == 1 || result.exit_code == 74)
          << result.exit_code << " " << result.signal << result.err;
      if (result.signal == SIGKILL) {
        ++killed;
        longest_s = std::min(longest_s * 1.05, 3.0);
        with_temporaries += tree_.Files(seen + "/.tbbthumbs/tmp").empty() ? 0 : 1;
        continue;
      }
      longest_s *= 0.8;
      if (result.exit_code == 74) continue;
      ExpectAsUndisturbed(seen, result.exit_code == 0);
      fs::remove_all(tree_.root() / seen);
      ++trees;
    }
    std::printf("killed %d times, %d left temporary files; %d trees\n", killed, with_temporaries, trees);
    trouble.end();
    const ProcessResult last = Run(Line("in", output));
    EXPECT_EQ(last.exit_code, 0) << last.err;
    EXPECT_EQ(Summary(last)["inputs"], kPictures);
    ExpectAsUndisturbed(seen, true);
    EXPECT_TRUE(Contents("in") == inputs) << "the inputs have changed";
  }

  std::string mount_;
};

TEST_F(KillStormTest, OnASlowDisk) {
  std::string why;
  const auto disk = testing::FaultyMount::Mount(FAULT_DISK, tree_.root() / "disk", tree_.root() / "mount", why);
  if (disk == nullptr) GTEST_SKIP() << why;
  disk->Set("* * delay 2\n");
  Storm({.options = "--io-threads 4", .end = [&] { disk->Set(""); }}, "mount/out", "disk/out");
}

TEST_F(KillStormTest, OnADiskThatGetsFull) {
  MountSmall("small", "size=400k");
  if (IsSkipped() || HasFatalFailure()) return;
  const auto more_room = [&] {
    EXPECT_EQ(mount("tmpfs", mount_.c_str(), "tmpfs", MS_REMOUNT, "size=100m"), 0) << std::strerror(errno);
  };
  Storm({.end = more_room}, "small/out", "small/out");
}

TEST_F(KillStormTest, WithFewOpenFiles) { Storm({.limits = "ulimit -n 20; "}, "out", "out"); }

TEST_F(KillStormTest, WithLittleMemory) {
#ifdef TBBTHUMBS_SANITIZED
  GTEST_SKIP() << "sanitizers have memory of their own";
#endif
  Storm({.limits = "ulimit -c 0; ulimit -v 150000; ", .options = "-j 4"}, "out", "out");
}

}  // namespace
}  // namespace tbbthumbs
