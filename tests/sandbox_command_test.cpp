// The locked room, tried from inside: an escape is planted where pictures are decoded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/raw_server.h"
#include "tools/sandbox.h"

namespace tbbthumbs {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ProcessResult;
using testing::RawServer;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Words = std::vector<std::string>;

class SandboxCommandTest : public testing::CommandFixture {
 protected:
  void SetUp() override {
    const tool::SandboxAbilities abilities = tool::KernelAbilities();
    if (abilities.landlock == 0 || !abilities.syscall_filters) GTEST_SKIP() << "this kernel has no sandbox to enter";
    std::filesystem::create_directory(tree_.root() / "in");
    tree_.Write("in/a.jpg", testing::JpegFile({300, 200}));
    tree_.Write("in/b.jpg", testing::JpegFile({200, 300}));
  }

  // With an escape in it: what became of each attempt.
  std::map<std::string, std::string> Escape(const Words& words, int port = 0) const {
    tree_.Write("outside.txt", "a text");
    testing::ProcessOptions options;
    options.environment = {{"LD_PRELOAD", PLANTED_ESCAPE},
                           {"ESCAPE_INPUT", tree_.root() / "in/a.jpg"},
                           {"ESCAPE_OUTSIDE", tree_.root() / "outside.txt"},
                           {"ESCAPE_OUTPUT", tree_.root() / "out"},
                           {"ESCAPE_PORT", std::to_string(port)}};
    const ProcessResult result = Run(words, options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::map<std::string, std::string> ends;
    std::istringstream lines(result.err);
    for (std::string line; std::getline(lines, line);) {
      const std::string prefix = "escape: ";
      const size_t colon = line.rfind(": ");
      if (!line.starts_with(prefix) || colon < prefix.size()) continue;
      ends[line.substr(prefix.size(), colon - prefix.size())] = line.substr(colon + 2);
    }
    EXPECT_THAT(ends, Not(IsEmpty())) << result.err;
    // In the room.
    if (std::find(words.begin(), words.end(), "off") == words.end()) {
      RecordProperty("attempts", static_cast<int>(ends.size()));
    }
    return ends;
  }

  static Words Done(const std::map<std::string, std::string>& ends) {
    Words done;
    for (const auto& [what, end] : ends) {
      if (end == "done") done.push_back(what);
    }
    return done;
  }
};

#ifndef TBBTHUMBS_SANITIZED
TEST_F(SandboxCommandTest, NothingGetsOut) {
  const RawServer server("");
  const std::string address = server.address();
  const auto ends = Escape({"in", "-o", "out", "-s", "64", "-j", "2", "--sandbox", "on", "--no-journal"},
                           std::stoi(address.substr(address.find(':') + 1)));
  EXPECT_THAT(Done(ends), UnorderedElementsAre("write to the output"));
  EXPECT_EQ(ends.size(), 22U);
  EXPECT_EQ(ends.at("read /etc/passwd"), "EACCES");
  EXPECT_EQ(ends.at("write to an input"), "EACCES");
  EXPECT_EQ(ends.at("become a program"), "EPERM");
  EXPECT_EQ(ends.at("make a socket"), "EPERM");
  EXPECT_EQ(tree_.Read("outside.txt"), "a text");
  EXPECT_THAT(tree_.Files("out"), UnorderedElementsAre("a_64.jpg", "b_64.jpg", "planted"));
  EXPECT_THAT(server.requests(), IsEmpty());
}

// Else the test above would say nothing.
TEST_F(SandboxCommandTest, WithoutItEverythingDoes) {
  const RawServer server("");
  const std::string address = server.address();
  const auto ends = Escape({"in", "-o", "out", "-s", "64", "--sandbox", "off", "--no-journal"},
                           std::stoi(address.substr(address.find(':') + 1)));
  for (const char* const what :
       {"be a thread outside", "read /etc/passwd", "read outside", "write to an input", "write outside",
        "make a file outside", "truncate", "rename to outside", "make a directory outside", "make a symbolic link",
        "remove outside", "run a program", "make a socket", "connect", "signal the parent", "read a process"}) {
    EXPECT_EQ(ends.at(what), "done") << what;
  }
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "outside.txt"));
}

// By default as far as the kernel goes, and here it goes all the way.
TEST_F(SandboxCommandTest, IsEnteredByDefault) {
  EXPECT_THAT(Done(Escape({"in", "-o", "out", "-s", "64", "--no-journal"})),
              UnorderedElementsAre("write to the output"));
}

// A list may name any file; what is written, run and asked for stays as narrow.
TEST_F(SandboxCommandTest, ListsOpenItForReading) {
  tree_.Write("list.txt", "in/a.jpg\nin/b.jpg\n");
  const Words done = Done(Escape({"--files-from", "list.txt", "-o", "out", "-s", "64", "--no-journal"}, 1));
  EXPECT_THAT(done, UnorderedElementsAre("write to the output", "read /etc/passwd", "read outside", "make a socket"));
}

// One server's port, and no other.
TEST_F(SandboxCommandTest, AddressesOpenTheirPorts) {
  const std::string picture = tree_.Read("in/a.jpg");
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(picture.size()) + "\r\n\r\n" + picture);
  const RawServer other("");
  const std::string address = other.address();
  const auto ends = Escape({server.Url("a.jpg"), "--allow-private", "-o", "out", "-s", "64", "--no-journal"},
                           std::stoi(address.substr(address.find(':') + 1)));
  EXPECT_THAT(Done(ends), UnorderedElementsAre("write to the output", "make a socket"));
  EXPECT_EQ(ends.at("connect"), "EACCES");
  EXPECT_EQ(ends.at("make a raw socket"), "EPERM");
}
#endif

// All that a run does besides, from inside: a journal elsewhere, kept originals, pruning, many threads, dates.
TEST_F(SandboxCommandTest, RunsAsOutside) {
  std::filesystem::create_directory(tree_.root() / "journals");
  const Words common = {"in",      "-s",        "64",
                        "-j",      "4",         "--io-threads",
                        "4",       "--journal", "journals/j.db",
                        "--prune", "--name",    "{mtime:%Y}/{stem}-{input_hash:8}",
                        "-o"};
  Words words = common;
  words.insert(words.end(), {"deep/er/out", "--sandbox", "on"});
  const ProcessResult first = Run(words);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  Words outside = common;
  outside.insert(outside.end(), {"out", "--sandbox", "off"});
  outside[8] = "other.db";
  EXPECT_EQ(Run(outside).exit_code, 0);
  EXPECT_EQ(tree_.Files("deep/er/out"), tree_.Files("out"));

  std::filesystem::remove(tree_.root() / "in/b.jpg");
  const ProcessResult second = Run(words);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.err, Not(HasSubstr("ermission")));
  EXPECT_EQ(tree_.Files("deep/er/out").size(), 1U) << second.err;
}

TEST_F(SandboxCommandTest, ReadsWhatNamesLeadTo) {
  std::filesystem::create_directory(tree_.root() / "far");
  tree_.Write("far/c.jpg", testing::JpegFile({100, 100}));
  std::filesystem::create_symlink("../far/c.jpg", tree_.root() / "in/c.jpg");
  std::filesystem::create_directory_symlink("far", tree_.root() / "near");
  for (const Words& words : {Words{"in/c.jpg"}, {"near"}, {"in", "--follow"}, {"far/../far/c.jpg"}}) {
    Words line = words;
    line.insert(line.end(), {"-o", "out", "-s", "64", "--sandbox", "on", "--json", "--force"});
    const ProcessResult result = Run(line);
    EXPECT_EQ(result.exit_code, 0) << words[0] << result.err;
    EXPECT_GE(JsonLines(result.out).back()["made"].get<int>(), 1) << words[0];
  }
}

TEST_F(SandboxCommandTest, OtherCommandsHaveTheirs) {
  EXPECT_THAT(Run({"info", "in/a.jpg", "--sandbox", "on"}).out, StartsWith("in/a.jpg: JPEG"));
  EXPECT_EQ(
      Run({"plan", "in", "-o", "out", "-s", "64", "--shards", "1", "--plan", "plan.db", "--sandbox", "on"}).exit_code,
      0);
  const ProcessResult shard = Run({"run", "--plan", "plan.db", "--shard", "0", "--sandbox", "on"});
  EXPECT_EQ(shard.exit_code, 0) << shard.err;
  EXPECT_EQ(Run({"merge", "--plan", "plan.db"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), Contains("a_64.jpg"));
  const ProcessResult renamed = Run({"rename", "out", "--name", "{stem}-x", "--sandbox", "on"});
  EXPECT_EQ(renamed.exit_code, 0) << renamed.err;
  EXPECT_THAT(tree_.Files("out"), Contains("a_64-x.jpg"));
  for (const auto& log : std::filesystem::directory_iterator(tree_.root() / "out/.tbbthumbs/renames")) {
    const ProcessResult undone = Run({"rename", "--undo", log.path(), "--sandbox", "on"});
    EXPECT_EQ(undone.exit_code, 0) << undone.err;
  }
  EXPECT_THAT(tree_.Files("out"), Contains("a_64.jpg"));
  const ProcessResult missing = Run({"rename", "nowhere", "--name", "{stem}-x"});
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "nowhere"));
}

TEST_F(SandboxCommandTest, SaysWhatThereIs) {
  const std::string said = Run({"--version", "--verbose"}).out;
  EXPECT_THAT(said, AllOf(StartsWith("tbbthumbs "), HasSubstr("\ncompiled by "), HasSubstr("\nsandbox: Landlock "),
                          HasSubstr("\nsandbox: seccomp: ")));
  const ProcessResult wrong = Run({"in", "-o", "out", "--sandbox", "maybe"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("--sandbox"), HasSubstr("maybe"), HasSubstr("auto")));
}

}  // namespace
}  // namespace tbbthumbs
