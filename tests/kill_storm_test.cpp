// The command killed at any instant, again and again, while something else goes wrong: what comes of it in the end is
// what one run would have made, and the inputs are as they were.
//
// TBBTHUMBS_STORM_KILLS says how many times for each kind of trouble (3 unless it is set).
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/faked_clock.h"
#include "tests/support/fault_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using testing::ProcessResult;

// Which files lie on a disk of the test's own.
enum class Disk {
  kNone,
  kOfInputs,  // a FaultyMount
  kOfOutput,  // likewise
  kSmall,     // that of the output
};

// What somebody does to it all while the command runs.
enum class Meddling {
  kNone,
  kInputsChange,  // they vanish, grow and are cut; and are there again
  kOutputRemoved,
  kOutputReplaced,  // by an empty directory
  kReadOnly,        // the disk is, for a while
  kTornOut,         // likewise
  kClockJumps,
};

struct Trouble {
  std::string name;
  Disk disk = Disk::kNone;
  std::string rules{};    // of a FaultyMount
  std::string limits{};   // for a shell
  int threads = 0;        // that it may have at most; 0: any number
  std::string options{};  // of the command
  Meddling meddling = Meddling::kNone;
  // Who is not killed may end with 0 and not have made all, or leave something behind: the next run sees to that.
  bool erratic = false;
};
void PrintTo(const Trouble& trouble, std::ostream* stream) { *stream << trouble.name; }

class KillStormTest : public testing::FaultFixture, public ::testing::WithParamInterface<Trouble> {
 protected:
  static constexpr int kPictures = 160;

  // All that is needed for the trouble; skips the test where something is missing.
  void SetUp() override {
    const Trouble& trouble = GetParam();
#ifdef TBBTHUMBS_SANITIZED
    if (trouble.limits.find("ulimit -v") != std::string::npos) GTEST_SKIP() << "sanitizers have memory of their own";
    if (trouble.meddling == Meddling::kClockJumps) GTEST_SKIP() << "sanitizers want to be loaded first";
#endif
    if (trouble.disk == Disk::kOfInputs) inputs_ = "disk";
    if (trouble.disk == Disk::kOfOutput) output_ = "mount/out";
    if (trouble.disk == Disk::kSmall) output_ = "small/out";
    seen_ = trouble.disk == Disk::kOfOutput ? "disk/out" : output_;
    MakePictures(kPictures, inputs_);
    contents_ = Contents(inputs_);
    MakeUndisturbed(inputs_);
    if (trouble.disk == Disk::kSmall) {
      ASSERT_NO_FATAL_FAILURE(MountSmall());
    } else if (trouble.disk != Disk::kNone) {
      MountFaulty();
    }
    if (!IsSkipped()) FindMeans();
  }

  void TearDown() override {
    disk_.reset();
    EXPECT_TRUE(small_.empty() || umount2(small_.c_str(), MNT_DETACH) == 0) << std::strerror(errno);
  }

  static int Kills() {
    const char* wanted = std::getenv("TBBTHUMBS_STORM_KILLS");
    return wanted == nullptr ? 3 : std::max(1, std::atoi(wanted));
  }

  // Kills the command again and again. A life that ends by itself began with too little to do: then all begins anew.
  void Storm() {
    std::minstd_rand random(static_cast<unsigned>(kPictures + Kills()));
    double longest_s = 0.3;
    int killed = 0;
    int trees = 1;
    int with_temporaries = 0;
    for (int lives = 0; killed < Kills(); ++lives) {
      ASSERT_LT(lives, 20 * Kills() + 50) << "it ends before it is killed";
      const ProcessResult result = Live(std::uniform_real_distribution<double>(0, longest_s)(random));
      ASSERT_TRUE(result.signal == SIGKILL || result.exit_code == 0 || result.exit_code == 1 || result.exit_code == 74)
          << result.exit_code << " " << result.signal << result.err;
      ExpectWholeThumbnails(seen_);
      if (result.signal == SIGKILL) {
        ++killed;
        longest_s = std::min(longest_s * 1.05, 3.0);
        with_temporaries += tree_.Files(seen_ + "/.tbbthumbs/tmp").empty() ? 0 : 1;
        continue;
      }
      longest_s = std::max(longest_s * 0.8, 0.05);
      if (result.exit_code == 74) {
        // Somebody makes room, else all lives from then on would be short.
        if (!small_.empty()) fs::remove_all(tree_.root() / seen_ / "0");
        continue;
      }
      if (!GetParam().erratic) ExpectAsUndisturbed(seen_, result.exit_code == 0);
      fs::remove_all(tree_.root() / seen_);
      ++trees;
    }
    std::printf("killed %d times, %d left temporary files; %d trees\n", killed, with_temporaries, trees);
    RecordProperty("kills", killed);
  }

  // The trouble is over.
  void End() {
    if (disk_ != nullptr) disk_->Set("");
    if (small_.empty()) return;
    ASSERT_EQ(mount("tmpfs", small_.c_str(), "tmpfs", MS_REMOUNT, "size=100m"), 0) << std::strerror(errno);
  }

  std::string output_ = "out";
  std::string seen_;           // the same, whatever is wrong with its disk
  std::string inputs_ = "in";  // those of "in", likewise
  std::map<std::string, std::string> contents_;

 private:
  // A life of the command, killed after so long if it has not ended by then.
  ProcessResult Live(double seconds) {
    testing::ProcessOptions options;
    options.directory = tree_.root();
    if (clock_) options.environment = clock_->Environment();
    ProcessResult result;
    pid_t pid = 0;
    {
      testing::Process process("/bin/sh", {"-c", line_, TBBTHUMBS_COMMAND}, options);
      pid = process.pid();
      const std::jthread meddler([this](const std::stop_token& stop) {
        for (int i = 1; !stop.stop_requested() && GetParam().meddling != Meddling::kNone; ++i) {
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
          Meddle(i);
        }
      });
      std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
      process.Signal(SIGKILL);
      result = process.Wait();
    }
    if (clock_) testing::FakedClock::RemoveRemains(pid);
    MakeGood();
    return result;
  }

  // Each hundredth of a second of a life, from the first one on.
  void Meddle(int moment) {
    const fs::path root = tree_.root();
    std::error_code ignored;
    switch (GetParam().meddling) {
      case Meddling::kNone:
        return;
      case Meddling::kInputsChange:
        return ChangeAnInput();
      case Meddling::kOutputRemoved:
      case Meddling::kOutputReplaced:
        if (moment % 12 != 0) return;
        fs::rename(root / output_, root / ("moved" + std::to_string(moment)), ignored);
        if (GetParam().meddling == Meddling::kOutputReplaced) fs::create_directory(root / output_, ignored);
        return;
      case Meddling::kReadOnly:
        if (moment % 12 == 8) disk_->Set(kReadOnlyRules);
        if (moment % 12 == 0) disk_->Set("");
        return;
      case Meddling::kTornOut:
        if (moment == 1 + static_cast<int>(random_() % 15)) disk_->TearOut();
        return;
      case Meddling::kClockJumps:
        return clock_->Jump(static_cast<size_t>(moment));
    }
  }

  // What was meddled with is as before, but for an output directory that is gone.
  void MakeGood() {
    RestoreInput();
    for (const fs::directory_entry& entry : fs::directory_iterator(tree_.root())) {
      if (entry.path().filename().string().starts_with("moved")) fs::remove_all(entry.path());
    }
    if (GetParam().meddling == Meddling::kTornOut) {
      disk_.reset();
      // Of a command that has begun only then.
      if (GetParam().disk == Disk::kOfOutput) fs::remove_all(tree_.root() / output_);
      MountFaulty();
    }
    if (disk_ != nullptr) disk_->Set(GetParam().rules);
  }

  void ChangeAnInput() {
    RestoreInput();
    changed_ = std::next(contents_.begin(), static_cast<long>(random_() % contents_.size()))->first;
    const fs::path path = tree_.root() / inputs_ / changed_;
    std::error_code ignored;
    switch (random_() % 3) {
      case 0:
        fs::remove(path, ignored);
        break;
      case 1:
        fs::resize_file(path, 300, ignored);
        break;
      default:
        fs::resize_file(path, 300'000, ignored);
    }
  }

  // In place or as another file.
  void RestoreInput() {
    if (changed_.empty()) return;
    const std::string path = inputs_ + "/" + changed_;
    const bool in_place = random_() % 2 == 0;
    tree_.Write(in_place ? path : "anew", contents_[changed_]);
    if (!in_place) fs::rename(tree_.root() / "anew", tree_.root() / path);
    changed_.clear();
  }

  void MountFaulty() {
    const bool of_inputs = GetParam().disk == Disk::kOfInputs;
    std::string why;
    disk_ = testing::FaultyMount::Mount(FAULT_DISK, tree_.root() / "disk", tree_.root() / (of_inputs ? "in" : "mount"),
                                        why);
    if (disk_ == nullptr) GTEST_SKIP() << why;
    disk_->Set(GetParam().rules);
  }

  void MountSmall() {
    const std::string whole = (tree_.root() / "small").string();
    fs::create_directories(whole);
    if (mount("tmpfs", whole.c_str(), "tmpfs", 0, "size=400k") != 0) {
      ASSERT_TRUE(errno == EPERM || errno == EACCES) << std::strerror(errno);
      GTEST_SKIP() << "a file system can't be mounted here: " << std::strerror(errno);
    }
    small_ = whole;
  }

  void FindMeans() {
    const Trouble& trouble = GetParam();
    std::string why;
    if (trouble.threads > 0) why = WhyNoOtherUser();
    if (trouble.meddling == Meddling::kClockJumps) clock_ = testing::FakedClock::Find(tree_.root() / "clock", why);
    if (!why.empty()) GTEST_SKIP() << why;
    line_ = trouble.limits +
            ShellLine(output_, "--quiet " + trouble.options, trouble.threads > 0 ? ByAUserWith(trouble.threads) : "");
  }

  static constexpr const char* kReadOnlyRules =
      "write * EROFS\ncreate * EROFS\nrename * EROFS\nlink * EROFS\nmkdir * EROFS\nremove * EROFS\n";

  std::string line_;
  std::unique_ptr<testing::FaultyMount> disk_;
  std::string small_;  // where it is mounted
  std::optional<testing::FakedClock> clock_;
  std::minstd_rand random_{20240131};  // of who meddles
  std::string changed_;                // the input that is changed now
};

TEST_P(KillStormTest, LeavesWhatOneRunMakes) {
  ASSERT_NO_FATAL_FAILURE(Storm());
  ASSERT_NO_FATAL_FAILURE(End());
  const ProcessResult last = Run(Line("in", output_));
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(Summary(last)["inputs"], kPictures);
  ExpectAsUndisturbed(seen_, true);
  EXPECT_TRUE(Contents(inputs_) == contents_) << "the inputs have changed";
}

INSTANTIATE_TEST_SUITE_P(
    , KillStormTest,
    ::testing::Values(
        Trouble{.name = "SlowInputs", .disk = Disk::kOfInputs, .rules = "* * delay 2\n", .options = "--io-threads 4"},
        Trouble{.name = "InputsThatFail",
                .disk = Disk::kOfInputs,
                .rules = "read * short 1000\nread * EIO 20 1 41\nopen * ESTALE 20 2 60\nlist * EIO 5 1 7\n"},
        Trouble{.name = "InputsTornOut", .disk = Disk::kOfInputs, .meddling = Meddling::kTornOut, .erratic = true},
        Trouble{.name = "InputsThatChange", .meddling = Meddling::kInputsChange, .erratic = true},
        Trouble{.name = "SlowOutput", .disk = Disk::kOfOutput, .rules = "* * delay 2\n", .options = "--io-threads 4"},
        Trouble{.name = "OutputThatFails",
                .disk = Disk::kOfOutput,
                .rules = "write * short 700\n* * EIO 40 1 173\n",
                .erratic = true},
        Trouble{.name = "AQuota", .disk = Disk::kOfOutput, .rules = "write * EDQUOT 90 10 120\n"},
        Trouble{.name = "AFullDisk", .disk = Disk::kSmall},
        Trouble{.name = "ReadOnlyForAWhile", .disk = Disk::kOfOutput, .meddling = Meddling::kReadOnly, .erratic = true},
        Trouble{.name = "OutputTornOut", .disk = Disk::kOfOutput, .meddling = Meddling::kTornOut, .erratic = true},
        Trouble{.name = "OutputRemoved", .meddling = Meddling::kOutputRemoved, .erratic = true},
        Trouble{.name = "OutputReplaced", .meddling = Meddling::kOutputReplaced, .erratic = true},
        Trouble{.name = "FewOpenFiles", .limits = "ulimit -n 20; "},
        Trouble{.name = "LittleMemory", .limits = "ulimit -c 0; ulimit -v 150000; ", .options = "-j 4"},
        Trouble{.name = "FewThreads", .threads = 7, .options = "-j 16"},
        Trouble{.name = "AClockThatJumps", .meddling = Meddling::kClockJumps}),
    [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace tbbthumbs
