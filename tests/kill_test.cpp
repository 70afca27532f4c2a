// The command killed at any instant, again and again: what comes of it in the end is what one run would have made.
//
// TBBTHUMBS_KILLS says how many times (25 unless it is set): TBBTHUMBS_KILLS=200 takes half a minute.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

using testing::Process;
using testing::ProcessResult;
using Clock = std::chrono::steady_clock;

class KillTest : public testing::CommandFixture {
 protected:
  static constexpr int kPictures = 2000;

  KillTest() {
    options_.directory = tree_.root();
    // Some kinds, so that the pictures differ in time and bytes.
    std::vector<std::vector<std::byte>> files;
    for (int i = 0; i < 9; ++i) files.push_back(testing::JpegFile({80 + 40 * i, 60 + 30 * i}));
    files.push_back(testing::PngFile({100, 75}));
    for (size_t i = 0; i < kPictures; ++i) {
      tree_.Write("in/" + std::to_string(i % 13) + "/" + std::to_string(i) + ".jpg", files[i % files.size()]);
    }
  }

  static int Kills() {
    const char* wanted = std::getenv("TBBTHUMBS_KILLS");
    return wanted == nullptr ? 25 : std::max(1, std::atoi(wanted));
  }

  static std::vector<std::string> Line(const std::string& output) {
    return {"in", "-o", output, "-s", "64", "-s", "32", "--quiet"};
  }

  // Makes all thumbnails in `output`; returns how long that took.
  Clock::duration RunToTheEnd(const std::string& output) const {
    const auto begin = Clock::now();
    const ProcessResult result = Run(Line(output));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Clock::now() - begin;
  }

  std::map<std::string, std::string> Contents(const std::string& directory) const {
    std::map<std::string, std::string> contents;
    for (const std::string& file : tree_.Files(directory)) contents[file] = tree_.Read(directory + "/" + file);
    return contents;
  }

  testing::ProcessOptions options_;
};

TEST_F(KillTest, TheTreeIsThatOfARunThatWasLeftAlone) {
  const Clock::duration whole = RunToTheEnd("whole");
  const Clock::duration nothing_to_do = RunToTheEnd("whole");
  const auto wanted = Contents("whole");
  ASSERT_EQ(wanted.size(), size_t{2 * kPictures});
  // Lives of random length, the longer the less has been made by then: so the kills are spread over all of the work.
  const int kills = Kills();
  double longest_s = std::chrono::duration<double>(nothing_to_do + whole / kills).count();
  std::minstd_rand random(20240131);
  int killed = 0;
  int with_temporaries = 0;
  for (int lives = 0; killed < kills; ++lives) {
    ASSERT_LT(lives, 10 * kills) << "it ends before it is killed";
    Process process(TBBTHUMBS_COMMAND, Line("out"), options_);
    std::this_thread::sleep_for(
        std::chrono::duration<double>(std::uniform_real_distribution<double>(0, longest_s)(random)));
    process.Signal(SIGKILL);
    const ProcessResult result = process.Wait();
    ASSERT_TRUE(result.signal == SIGKILL || result.exit_code == 0) << result.err;
    killed += result.signal == SIGKILL ? 1 : 0;
    with_temporaries += tree_.Files("out/.tbbthumbs/tmp").empty() ? 0 : 1;
    const double made = static_cast<double>(tree_.Files("out").size()) / static_cast<double>(wanted.size());
    longest_s *= made * kills > killed ? 0.8 : 1.25;
  }
  std::printf("killed %d times, %d left temporary files; %zu of %zu thumbnails were there\n", killed, with_temporaries,
              tree_.Files("out").size(), wanted.size());
  RecordProperty("kills", killed);
  RunToTheEnd("out");
  EXPECT_TRUE(Contents("out") == wanted) << "files: " << tree_.Files("out").size();
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out/.tbbthumbs/tmp"));
}

}  // namespace
}  // namespace tbbthumbs
