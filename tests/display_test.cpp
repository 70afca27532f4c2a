// The command on a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/pictures.h"
#include "tests/support/process.h"
#include "tests/support/pty.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using testing::JpegFile;
using ::testing::Not;
using testing::Process;
using testing::ProcessOptions;
using testing::ProcessResult;
using testing::Pty;

const std::map<std::string, std::string> kTerminal{{"TERM", "xterm"}, {"LANG", "C.UTF-8"}};

// What is on the screen at the end, line by line, of a terminal wide enough for every line: '\r' goes back to the start
// of the line, ESC [ K clears the rest of it, other escape sequences change nothing that this sees.
std::vector<std::string> Screen(const std::string& output) {
  std::vector<std::string> lines(1);
  size_t column = 0;
  for (size_t i = 0; i < output.size(); ++i) {
    std::string& line = lines.back();
    if (output[i] == '\r') {
      column = 0;
    } else if (output[i] == '\n') {
      lines.emplace_back();
      column = 0;
    } else if (output[i] == '\x1b') {
      const size_t end = output.find_first_of("mK", i);
      if (output[end] == 'K') line.resize(column);
      i = end;
    } else {
      if (line.size() <= column) line.resize(column + 1, ' ');
      line[column++] = output[i];
    }
  }
  return lines;
}

class DisplayTest : public ::testing::Test {
 protected:
  DisplayTest() {
    const auto jpeg = JpegFile({800, 600});
    for (int i = 0; i < 300; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", jpeg);
    tree_.Write("in/150 \x1b[31m\xff.jpg", std::span(jpeg).first(jpeg.size() / 2));
  }

  ProcessResult RunOnTerminal(std::vector<std::string> more, std::map<std::string, std::string> environment = kTerminal,
                              int columns = 120) {
    Pty terminal(columns);
    ProcessOptions options{.directory = tree_.root(), .environment = std::move(environment), .terminal = &terminal};
    std::vector<std::string> arguments{"in", "-o", "out", "-s", "32"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return testing::RunProcess(TBBTHUMBS_COMMAND, arguments, options);
  }

  testing::TempTree tree_;
};

TEST_F(DisplayTest, ShowsProgressAndTakesItAway) {
  const ProcessResult result = RunOnTerminal({});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, ContainsRegex("[0-9]/s .* B/s"));
  const std::vector<std::string> screen = Screen(result.err);
  ASSERT_EQ(screen.size(), 5u) << result.err;
  // The failure, escaped and on a line of its own; the summary; nothing of the progress line.
  EXPECT_THAT(screen[0], ::testing::StartsWith("tbbthumbs: in/150 \\x1b[31m\\xff.jpg: truncated: "));
  EXPECT_THAT(screen[1], ::testing::StartsWith("made 300 pictures (300 thumbnails, "));
  EXPECT_EQ(screen[2], "decoders: 300 fast 1/8");
  EXPECT_EQ(screen[3], "failed 1: 1 truncated");
  EXPECT_EQ(screen[4], "");
}

TEST_F(DisplayTest, DrawsAtMostTenTimesASecond) {
  const auto start = std::chrono::steady_clock::now();
  const ProcessResult result = RunOnTerminal({"--color-output", "never"});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  int drawn = 0;
  for (size_t at = result.err.find("\x1b[K"); at != std::string::npos; at = result.err.find("\x1b[K", at + 1)) ++drawn;
  // One for the failure's line and one that takes the progress away beside the ten a second.
  EXPECT_LE(drawn, seconds * 10 + 3);
  EXPECT_GE(drawn, 2);
}

TEST_F(DisplayTest, FitsTheTerminal) {
  const ProcessResult result = RunOnTerminal({"--color-output", "never"}, {{"TERM", "xterm"}}, 30);
  std::string line;
  for (const char c : result.err + "\r") {
    if (c != '\r') {
      line += c;
      continue;
    }
    // The terminal makes "\r\n" of a line's end.
    const size_t start = line.starts_with('\n') ? 1 : 0;
    const std::string shown = line.substr(start, line.find('\x1b') - start);
    if (shown.find("/s") != std::string::npos && shown.find("made") == std::string::npos) {
      EXPECT_LT(shown.size(), 30u);
    }
    line.clear();
  }
}

TEST_F(DisplayTest, ColorsUnlessToldOtherwise) {
  EXPECT_THAT(RunOnTerminal({}).err, HasSubstr("\x1b[1;31mtruncated\x1b[0m"));
  EXPECT_THAT(RunOnTerminal({"--color-output", "never"}).err, Not(HasSubstr("\x1b[1;31m")));
  auto no_color = kTerminal;
  no_color["NO_COLOR"] = "1";
  EXPECT_THAT(RunOnTerminal({}, no_color).err, Not(HasSubstr("\x1b[1;31m")));
  no_color["NO_COLOR"] = "";  // no-color.org: an empty one does not count
  EXPECT_THAT(RunOnTerminal({}, no_color).err, HasSubstr("\x1b[1;31m"));
  no_color["NO_COLOR"] = "1";
  EXPECT_THAT(RunOnTerminal({"--color-output", "always"}, no_color).err, HasSubstr("\x1b[1;31m"));
}

TEST_F(DisplayTest, NoProgressWhereItWouldDisturb) {
  // A terminal that can't, somebody who asked for none, quiet, and no terminal at all.
  EXPECT_THAT(RunOnTerminal({}, {{"TERM", "dumb"}}).err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(RunOnTerminal({"--progress", "never", "--color-output", "never"}).err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(RunOnTerminal({"--quiet", "--color-output", "never"}).err, Not(HasSubstr("\x1b")));
  const ProcessResult piped = testing::RunProcess(TBBTHUMBS_COMMAND, {"in", "-o", "out2"},
                                                  {.directory = tree_.root(), .environment = kTerminal});
  EXPECT_THAT(piped.err, Not(HasSubstr("\r")));
  EXPECT_THAT(piped.err, HasSubstr("in/150 \x1b[31m\xff.jpg"));  // raw: a program reads it
}

TEST_F(DisplayTest, ProgressCanBeAskedForWithoutATerminal) {
  const ProcessResult result =
      testing::RunProcess(TBBTHUMBS_COMMAND, {"in", "-o", "out", "--progress", "always"}, {.directory = tree_.root()});
  EXPECT_THAT(result.err, HasSubstr("\r"));
}

TEST_F(DisplayTest, AnInterruptTakesTheLineAway) {
  for (int i = 0; i < 2000; ++i) {
    std::filesystem::create_hard_link(tree_.root() / "in/1.jpg",
                                      tree_.root() / ("in/more" + std::to_string(i) + ".jpg"));
  }
  Pty terminal(120);
  Process process(TBBTHUMBS_COMMAND, {"in", "-o", "out", "-s", "32"},
                  {.directory = tree_.root(), .environment = kTerminal, .terminal = &terminal});
  ASSERT_TRUE(process.WaitForError("/s"));
  process.Signal(SIGINT);
  const ProcessResult result = process.Wait();
  EXPECT_EQ(result.exit_code, 130);
  const std::vector<std::string> screen = Screen(result.err);
  EXPECT_EQ(screen.back(), "");
  EXPECT_THAT(screen[screen.size() - 2], ContainsRegex("^left at least [0-9,]+ \\(stopped\\)$"));
}

}  // namespace
}  // namespace tbbthumbs
