// The command while somebody sets the clock. Skipped where libfaketime is not installed (Debian: faketime).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/support/fault_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using testing::ProcessResult;

class FaultClockTest : public testing::FaultFixture {
 protected:
  static constexpr int kPictures = 80;

  void SetUp() override {
#ifdef TBBTHUMBS_SANITIZED
    GTEST_SKIP() << "sanitizers want to be loaded first";
#endif
    const auto found = testing::RunProcess("/bin/sh", {"-c", "ls /usr/lib/*/faketime/libfaketimeMT.so.1 | head -n 1"});
    if (found.out.empty()) GTEST_SKIP() << "libfaketimeMT.so.1 is not installed";
    library_ = found.out.substr(0, found.out.find('\n'));
    MakePictures(kPictures);
    Set("+0");
  }

  // The clock that people look at; the other one goes on as it does.
  void Set(const std::string& offset) const {
    const fs::path anew = tree_.root() / "clock.new";
    std::ofstream(anew, std::ios::trunc) << offset << "\n";
    fs::rename(anew, tree_.root() / "clock");
  }

  testing::ProcessOptions Options() const {
    testing::ProcessOptions options;
    options.directory = tree_.root();
    options.environment["LD_PRELOAD"] = library_;
    options.environment["FAKETIME_TIMESTAMP_FILE"] = (tree_.root() / "clock").string();
    options.environment["FAKETIME_NO_CACHE"] = "1";
    options.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
    options.environment["NO_FAKE_STAT"] = "1";
    return options;
  }

  ProcessResult RunWhileItJumps(const std::vector<std::string>& line) const {
    testing::Process process(TBBTHUMBS_COMMAND, line, Options());
    std::atomic<bool> ended = false;
    const std::jthread setter([&] {
      const std::vector<std::string> offsets = {"+0", "-30y", "+10y", "-1d", "+3600", "-3600"};
      for (size_t i = 0; !ended; ++i) {
        Set(offsets[i % offsets.size()]);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    });
    ProcessResult result = process.Wait();
    ended = true;
    return result;
  }

  std::string library_;
};

TEST_F(FaultClockTest, JumpsBackAndForth) {
  if (IsSkipped()) return;
  std::vector<std::string> line = Line("in", "out");
  line.insert(line.end(), {"--progress", "always"});
  const ProcessResult result = RunWhileItJumps(line);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto summary = Summary(result);
  EXPECT_EQ(summary["made"], kPictures);
  EXPECT_GE(summary["wall_seconds"], 0);
  EXPECT_LT(summary["wall_seconds"], 60);
  EXPECT_EQ(result.err.find("y left"), std::string::npos) << "a time that is left of years";
  ExpectAsUndisturbed("out", true);
  // What is up to date is so by the files' dates, not by the clock.
  EXPECT_EQ(Summary(RunWhileItJumps(Line("in", "out")))["up_to_date"], kPictures);
  tree_.Write("in/1/1.jpg", testing::JpegFile({333, 222}));
  const auto again = Summary(RunWhileItJumps(Line("in", "out")));
  EXPECT_EQ(again["made"], 1);
  EXPECT_EQ(again["up_to_date"], kPictures - 1);
}

// Thirty years ago the journal would be younger than all it knows.
TEST_F(FaultClockTest, HasBeenWrongAllTheTime) {
  if (IsSkipped()) return;
  for (const std::string offset : {"-30y", "+30y"}) {
    Set(offset);
    fs::remove_all(tree_.root() / "out");
    EXPECT_EQ(Summary(testing::RunProcess(TBBTHUMBS_COMMAND, Line("in", "out"), Options()))["made"], kPictures);
    EXPECT_EQ(Summary(Run(Line("in", "out")))["up_to_date"], kPictures) << offset;
    ExpectAsUndisturbed("out", true);
  }
}

}  // namespace
}  // namespace tbbthumbs
