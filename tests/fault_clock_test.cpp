// The command while somebody sets the clock. Skipped where libfaketime is not installed (Debian: faketime).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/faked_clock.h"
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
    std::string why;
    clock_ = testing::FakedClock::Find(tree_.root() / "clock", why);
    if (!clock_) GTEST_SKIP() << why;
    MakePictures(kPictures);
  }

  testing::ProcessOptions Options() const {
    testing::ProcessOptions options;
    options.directory = tree_.root();
    options.environment = clock_->Environment();
    return options;
  }

  ProcessResult RunWhileItJumps(const std::vector<std::string>& line) const {
    testing::Process process(TBBTHUMBS_COMMAND, line, Options());
    std::atomic<bool> ended = false;
    const std::jthread setter([&] {
      for (size_t i = 0; !ended; ++i) {
        clock_->Jump(i);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    });
    ProcessResult result = process.Wait();
    ended = true;
    return result;
  }

  std::optional<testing::FakedClock> clock_;
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
    clock_->Set(offset);
    fs::remove_all(tree_.root() / "out");
    EXPECT_EQ(Summary(testing::RunProcess(TBBTHUMBS_COMMAND, Line("in", "out"), Options()))["made"], kPictures);
    EXPECT_EQ(Summary(Run(Line("in", "out")))["up_to_date"], kPictures) << offset;
    ExpectAsUndisturbed("out", true);
  }
}

}  // namespace
}  // namespace tbbthumbs
