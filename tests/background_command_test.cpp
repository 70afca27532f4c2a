// The command in the background: beside programs that come first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/ioprio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;
using testing::JpegFile;
using testing::Process;
using testing::ProcessOptions;
using testing::ProcessResult;

struct ThreadPriority {
  int nice = 0;
  int io_class = 0;
};

// Of the threads of a process, by their names.
std::map<std::string, ThreadPriority> Threads(pid_t pid) {
  std::map<std::string, ThreadPriority> threads;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream file(entry.path() / "stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    const size_t name = stat.find('(') + 1;
    const size_t name_end = stat.rfind(')');
    std::istringstream fields(stat.substr(name_end + 1));
    std::string field;
    for (int i = 3; i <= 19; ++i) fields >> field;  // proc(5) counts from 1
    const long io = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, std::stoi(entry.path().filename()));
    threads[stat.substr(name, name_end - name)] = {std::stoi(field), static_cast<int>(IOPRIO_PRIO_CLASS(io))};
  }
  return threads;
}

class BackgroundTest : public testing::CommandFixture {
 protected:
  BackgroundTest() { options_.directory = tree_.root(); }

  void WritePictures(int count, Size size) {
    const std::vector<std::byte> jpeg = JpegFile(size);
    for (int i = 0; i < count; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", jpeg);
  }

  ProcessOptions options_;
};

TEST_F(BackgroundTest, NiceIsForEveryThread) {
  // Nobody reads the records: the run stands still once the pipe is full, with all its threads.
  WritePictures(2000, {60, 40});
  tree_.Write("nice.conf", "nice = yes\n");
  const int own = getpriority(PRIO_PROCESS, 0);
  const std::vector<std::string> line{"in", "-o", "out", "-s", "32", "--json", "--progress", "always", "-j", "3"};
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--nice"}, {"--config", "nice.conf"}, {"--config", "nice.conf", "--no-nice"}}) {
    std::vector<std::string> arguments = line;
    arguments.insert(arguments.end(), more.begin(), more.end());
    Process process(TBBTHUMBS_COMMAND, arguments, options_);
    ASSERT_TRUE(process.WaitForOutput("\"made\""));
    const bool wanted = more.size() < 3;
    const int nice = wanted ? std::max(own, 10) : own;
    EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(process.pid())), nice);
    const auto threads = Threads(process.pid());
    EXPECT_GE(threads.size(), 4u);
    EXPECT_TRUE(threads.contains("tbbt-run"));
    for (const auto& [name, priority] : threads) {
      EXPECT_EQ(priority.nice, nice) << name;
      EXPECT_EQ(priority.io_class == IOPRIO_CLASS_IDLE, wanted) << name;
    }
    process.Signal(SIGKILL);
    process.Wait();
    std::filesystem::remove_all(tree_.root() / "out");
  }
}

// Another program that keeps a CPU busy: this one.
class BusyMachineTest : public BackgroundTest {
 private:
  std::jthread busy_{[](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
    }
  }};
};

TEST_F(BusyMachineTest, TheLoadHoldsARunBackButNotForEver) {
  WritePictures(3, {300, 200});
  const ProcessResult result =
      Run({"in", "-o", "out", "--max-load", "0.01", "--progress", "always"}, {.environment = {{"TERM", "xterm"}}});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("paused (load "));
  EXPECT_THAT(result.err, HasSubstr("made 3 pictures"));
  EXPECT_EQ(tree_.Files("out").size(), 3u);
}

TEST_F(BusyMachineTest, AHighLimitHoldsNothingBack) {
  WritePictures(3, {300, 200});
  const ProcessResult result =
      Run({"in", "-o", "out", "--max-load", "1000", "--progress", "always"}, {.environment = {{"TERM", "xterm"}}});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, ::testing::Not(HasSubstr("paused")));
  EXPECT_THAT(result.err, HasSubstr("made 3 pictures"));
}

TEST_F(BusyMachineTest, WhatIsHeldBackCanBeStopped) {
  // Far more than are let through once in a while.
  WritePictures(400, {2400, 1800});
  Process process(TBBTHUMBS_COMMAND, {"in", "-o", "out", "--max-load", "0.01", "--progress", "always"}, options_);
  ASSERT_TRUE(process.WaitForError("paused"));
  process.Signal(SIGINT);
  const ProcessResult result = process.Wait();
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("(stopped)"));
}

TEST_F(BackgroundTest, WrongLoadsAreNamed) {
  WritePictures(1, {30, 20});
  for (const std::string wrong : {"0", "-1", "many", "1x"}) {
    const ProcessResult result = Run({"in", "-o", "out", "--max-load=" + wrong});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("--max-load: '" + wrong + "' is no number from 0.01 to 100000"));
  }
  EXPECT_THAT(Run({"in", "-o", "out", "--nice=10"}).err, HasSubstr("--nice: takes no value"));
}

}  // namespace
}  // namespace tbbthumbs
