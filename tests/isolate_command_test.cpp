// --isolate: decoding in processes of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/png_fixture.h"
#include "tests/support/raw_server.h"
#include "tools/sandbox.h"

namespace tbbthumbs {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ProcessResult;
using ::testing::UnorderedElementsAre;
using Words = std::vector<std::string>;

std::set<pid_t> ChildrenOf(pid_t pid) {
  std::set<pid_t> children;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    std::ifstream stream(entry.path() / "stat");
    std::string line;
    std::getline(stream, line);
    const size_t end = line.rfind(") ");
    if (end == std::string::npos) continue;
    std::istringstream rest(line.substr(end + 2));
    std::string state;
    pid_t parent = 0;
    if (rest >> state >> parent && parent == pid && state != "Z") children.insert(std::stoi(entry.path().filename()));
  }
  return children;
}

bool IsThere(pid_t pid) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stream, line);
  const size_t end = line.rfind(") ");
  return end != std::string::npos && line[end + 2] != 'Z';
}

class IsolateCommandTest : public testing::CommandFixture {
 protected:
  // A record for each picture, by its input; the last under "".
  static std::map<std::string, nlohmann::json> Records(const ProcessResult& result) {
    std::map<std::string, nlohmann::json> records;
    for (const nlohmann::json& line : JsonLines(result.out)) {
      records[line["type"] == "picture" ? line["input"].get<std::string>() : ""] = line;
    }
    return records;
  }

  // What both ways make of it, which must be the same.
  void ExpectTheSame(const Words& words, int exit_code = 0) const {
    Words plain = words;
    plain.insert(plain.end(), {"-o", "plain", "--no-journal", "--json", "--force"});
    Words isolated = words;
    isolated.insert(isolated.end(), {"-o", "isolated", "--no-journal", "--json", "--force", "--isolate"});
    const ProcessResult of_plain = Run(plain);
    const ProcessResult of_isolated = Run(isolated);
    EXPECT_EQ(of_plain.exit_code, exit_code) << of_plain.err;
    EXPECT_EQ(of_isolated.exit_code, exit_code) << of_isolated.err;
    EXPECT_EQ(tree_.Files("plain"), tree_.Files("isolated"));
    for (const std::string& file : tree_.Files("plain")) {
      EXPECT_EQ(tree_.Read("plain/" + file), tree_.Read("isolated/" + file)) << file;
    }
    auto records = Records(of_isolated);
    double cpu_seconds = 0;
    for (const auto& [input, record] : records) cpu_seconds += input.empty() ? 0 : record.value("cpu_seconds", 0.0);
    EXPECT_GT(cpu_seconds, 0);
    EXPECT_GE(records[""]["cpu_seconds"].get<double>(), cpu_seconds);
    for (auto& [input, record] : Records(of_plain)) {
      if (input.empty()) continue;
      ASSERT_TRUE(records.contains(input)) << input;
      for (const char* const name : {"format", "width", "height", "decoder", "salvaged", "damage", "error", "outcome",
                                     "blurhash", "thumbhash", "average_color"}) {
        EXPECT_EQ(record.value(name, nlohmann::json()), records[input].value(name, nlohmann::json()))
            << input << " " << name;
      }
    }
    EXPECT_EQ(tree_.Files("plain").empty(), false);
  }
};

TEST_F(IsolateCommandTest, MakesTheSame) {
  for (int i = 0; i < 12; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", testing::JpegFile({300 + i, 200}));
  tree_.Write("in/p.png", testing::PngFile({120, 90}));
  const std::string whole = tree_.Read("in/3.jpg");
  tree_.Write("in/cut.jpg", whole.substr(0, whole.size() / 2));
  tree_.Write("in/empty.jpg", "");
  tree_.Write("in/text.txt", "no picture");
  ExpectTheSame({"in", "-s", "64", "-s", "32x32,fit=cover", "--blurhash", "--thumbhash", "-j", "3"}, 1);
  ExpectTheSame({"in", "-s", "64", "--on-damage", "salvage", "--format", "png"});
  ExpectTheSame({"in/p.png", "-s", "50%", "--keep", "all", "--name", "{camera}-{date:%Y}-{stem}", "--memory", "64M"});
}

// Beyond the memory that is shared: the rest of the file is asked for, and that of the thumbnail is sent after.
TEST_F(IsolateCommandTest, LargeFilesComeInPieces) {
  testing::PngFixture noise{.size = {2200, 2200}, .color = testing::PngColor::kRgba, .zlib_level = 0};
  noise.samples = testing::NoiseSamples(noise);
  tree_.Write("in/noise.png", testing::MakePng(noise));
  ASSERT_GT(tree_.Read("in/noise.png").size(), size_t{17} << 20);
  ExpectTheSame({"in", "-s", "2200", "--format", "png", "--fast"});
  ASSERT_GT(tree_.Read("plain/noise_2200.png").size(), size_t{17} << 20);
}

TEST_F(IsolateCommandTest, IsForTheCommandLine) {
  tree_.Write("in/a.jpg", testing::JpegFile({300, 200}));
  tree_.Write("out/tbbthumbs.conf", "isolate = no\n");
  const ProcessResult result = Run({"in", "-o", "out", "-s", "64"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("'isolate' is for the command line only"));
  EXPECT_EQ(Run({"info", "in/a.jpg", "--isolate"}).exit_code, 2);
}

class IsolatePlantedTest : public IsolateCommandTest {
 protected:
  void SetUp() override {
#ifdef TBBTHUMBS_SANITIZED
    GTEST_SKIP() << "sanitizers end crashing processes by themselves, and want to be loaded first";
#endif
  }

  // Pictures whose thumbnails of 64 pixels have these heights, and so what PLANTED_TROUBLE does at each.
  void WriteTroubles(const std::vector<int>& heights) const {
    for (const int height : heights) {
      tree_.Write("in/" + std::to_string(height) + ".jpg", testing::JpegFile({640, height * 10}));
    }
  }

  static testing::ProcessOptions Planted(const char* plant) {
    testing::ProcessOptions options;
    options.environment["LD_PRELOAD"] = plant;
    return options;
  }
};

TEST_F(IsolatePlantedTest, ACrashIsOnePicturesError) {
  WriteTroubles({3, 4, 5, 8, 9, 20, 21, 22, 23});
  // Else the test would say nothing.
  testing::ProcessOptions options = Planted(PLANTED_TROUBLE);
  options.directory = tree_.root();
  EXPECT_EQ(testing::RunProcess(TBBTHUMBS_COMMAND, {"in/3.jpg", "-o", "out", "-s", "64"}, options).signal, SIGSEGV);

  const ProcessResult result =
      Run({"in", "-o", "out", "-s", "64", "-j", "2", "--isolate", "--json", "--quiet"}, options);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  auto records = Records(result);
  EXPECT_EQ(records[""]["made"], 4);
  EXPECT_EQ(records[""]["failed_by_code"]["crashed"], 5);
  const auto message = [&](int height) {
    const nlohmann::json& record = records["in/" + std::to_string(height) + ".jpg"];
    return record["error"]["message"].get<std::string>();
  };
  EXPECT_EQ(message(3), "the process that decoded it ended by SIGSEGV");
  EXPECT_EQ(message(4), "the process that decoded it ended by SIGABRT");
  EXPECT_EQ(message(5), "the process that decoded it ended with exit code 7");
  EXPECT_EQ(message(8), "the process that decoded it gave no answer that makes sense, and was ended");
  EXPECT_EQ(message(9), message(8));
  EXPECT_THAT(result.err, HasSubstr("in/3.jpg: crashed: the process that decoded it ended by SIGSEGV"));
  EXPECT_THAT(tree_.Files("out"), UnorderedElementsAre("20_64.jpg", "21_64.jpg", "22_64.jpg", "23_64.jpg"));

  // Written down, and tried again: the next version may not crash.
  EXPECT_THAT(Run({"status", "out"}).out, HasSubstr("crashed"));
  const ProcessResult again = Run({"in", "-o", "out", "-s", "64", "--isolate", "--json", "--quiet"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(Records(again)[""]["made"], 5);
}

// A crash tells where it happens.
TEST_F(IsolatePlantedTest, ShardsAndAddressesToo) {
  WriteTroubles({3, 20});
  const testing::ProcessOptions options = Planted(PLANTED_TROUBLE);
  ASSERT_EQ(Run({"plan", "in", "-o", "out", "-s", "64", "--shards", "1", "--plan", "p.db", "--isolate", "--name",
                 "{date:%Y}-{stem}"})
                .exit_code,
            0);
  const ProcessResult shard = Run({"run", "--plan", "p.db", "--shard", "0", "--isolate"}, options);
  EXPECT_EQ(shard.exit_code, 1) << shard.err;
  EXPECT_THAT(shard.err, HasSubstr("3.jpg: crashed: "));
  EXPECT_THAT(shard.err, HasSubstr("made 1 picture"));
  const std::string picture = tree_.Read("in/3.jpg");
  const testing::RawServer server("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(picture.size()) + "\r\n\r\n" +
                                  picture);
  const ProcessResult fetched =
      Run({server.Url("a.jpg"), "--allow-private", "-o", "web", "-s", "64", "--isolate"}, options);
  EXPECT_EQ(fetched.exit_code, 1) << fetched.err;
  EXPECT_THAT(fetched.err, HasSubstr("a.jpg: crashed: "));
}

// As daemons start their children.
TEST_F(IsolatePlantedTest, WhoeverHasStartedItMayIgnoreChildren) {
  WriteTroubles({3, 4, 20});
  testing::ProcessOptions options = Planted(PLANTED_TROUBLE);
  options.directory = tree_.root();
  const ProcessResult result = testing::RunProcess(
      "/bin/sh", {"-c", "trap '' CHLD; exec \"$0\" in -o out -s 64 -j 1 --isolate --quiet", TBBTHUMBS_COMMAND},
      options);
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("ended by SIGABRT"));
  EXPECT_THAT(tree_.Files("out"), Contains("20_64.jpg"));
}

// What holds the command back is what others do, not its own decoders; and these give way as it does.
TEST_F(IsolatePlantedTest, MannersAreThoseOfTheCommand) {
  WriteTroubles({7, 20});
  testing::ProcessOptions options = Planted(PLANTED_TROUBLE);
  options.directory = tree_.root();
  testing::Process command(TBBTHUMBS_COMMAND,
                           {"in/20.jpg", "in/7.jpg", "-o", "out", "-s", "64", "-j", "1", "--isolate", "--nice",
                            "--timeout", "0", "--max-load", "1000", "--verbose"},
                           options);
  ASSERT_TRUE(command.WaitForError("in/20.jpg"));
  std::set<pid_t> decoders;
  for (const pid_t keeper : ChildrenOf(command.pid())) decoders = ChildrenOf(keeper);
  ASSERT_EQ(decoders.size(), 1U);
  EXPECT_GE(getpriority(PRIO_PROCESS, static_cast<id_t>(*decoders.begin())), 10);
  command.Signal(SIGTERM);
  EXPECT_EQ(command.Wait().exit_code, 128 + SIGTERM);
}

// Neither a decoder that sleeps for ever nor one that ignores its deadline.
TEST_F(IsolatePlantedTest, AHangIsOnePicturesError) {
  WriteTroubles({6, 7, 20});
  const ProcessResult result =
      Run({"in", "-o", "out", "-s", "64", "-j", "3", "--isolate", "--json", "--quiet", "--timeout", "0.5"},
          Planted(PLANTED_TROUBLE));
  EXPECT_EQ(result.exit_code, 1) << result.err;
  auto records = Records(result);
  EXPECT_EQ(records[""]["made"], 1);
  EXPECT_EQ(records["in/6.jpg"]["error"]["code"], "crashed");
  EXPECT_THAT(records["in/6.jpg"]["error"]["message"].get<std::string>(), HasSubstr("hung"));
  EXPECT_EQ(records["in/7.jpg"]["error"]["code"], "timeout");
}

TEST_F(IsolatePlantedTest, NothingIsLeftOfACommandThatEnds) {
  WriteTroubles({6, 20});
  for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
    testing::ProcessOptions options = Planted(PLANTED_TROUBLE);
    options.directory = tree_.root();
    testing::Process command(
        TBBTHUMBS_COMMAND,
        {"in/20.jpg", "in/6.jpg", "-o", "out", "-s", "64", "-j", "1", "--isolate", "--verbose", "--force"}, options);
    ASSERT_TRUE(command.WaitForError("in/20.jpg"));
    std::set<pid_t> all;
    for (const pid_t keeper : ChildrenOf(command.pid())) {
      all.insert(keeper);
      all.merge(ChildrenOf(keeper));
    }
    EXPECT_EQ(all.size(), 2U);
    command.Signal(signal);
    const ProcessResult result = command.Wait();
    EXPECT_EQ(result.exit_code, signal == SIGKILL ? -1 : 128 + signal) << result.err;
    for (const pid_t pid : all) {
      for (int i = 0; i < 500 && IsThere(pid); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      EXPECT_FALSE(IsThere(pid)) << signal;
    }
  }
}

TEST_F(IsolatePlantedTest, OthersMayEndItsProcesses) {
  WriteTroubles({6, 20, 21});
  for (const bool whole : {false, true}) {
    testing::ProcessOptions options = Planted(PLANTED_TROUBLE);
    options.directory = tree_.root();
    testing::Process command(
        TBBTHUMBS_COMMAND,
        {"in/20.jpg", "in/6.jpg", "in/21.jpg", "-o", "out", "-s", "64", "-j", "1", "--isolate", "--verbose", "--force"},
        options);
    ASSERT_TRUE(command.WaitForError("in/20.jpg"));
    const auto keepers = ChildrenOf(command.pid());
    ASSERT_EQ(keepers.size(), 1U);
    const auto decoders = ChildrenOf(*keepers.begin());
    ASSERT_EQ(decoders.size(), 1U);
    ASSERT_EQ(kill(whole ? *keepers.begin() : *decoders.begin(), SIGKILL), 0);
    const ProcessResult result = command.Wait();
    EXPECT_EQ(result.exit_code, whole ? 74 : 1) << result.err;
    if (whole) {
      EXPECT_THAT(result.err, HasSubstr("tbbthumbs: io: the processes that decode have been ended"));
      EXPECT_THAT(result.err, HasSubstr("left at least 2"));
    } else {
      EXPECT_THAT(result.err, HasSubstr("in/6.jpg: crashed: the process that decoded it ended by SIGKILL"));
      EXPECT_THAT(result.err, HasSubstr("in/21.jpg: 640x210 JPEG, 64x21"));
    }
  }
}

TEST_F(IsolatePlantedTest, NothingGetsOut) {
  const tool::SandboxAbilities abilities = tool::KernelAbilities();
  if (abilities.landlock == 0 || !abilities.syscall_filters) GTEST_SKIP() << "this kernel has no sandbox to enter";
  tree_.Write("in/a.jpg", testing::JpegFile({300, 200}));
  tree_.Write("outside.txt", "a text");
  const auto escapes = [&](const Words& more) {
    testing::ProcessOptions options = Planted(PLANTED_ESCAPE);
    options.environment["ESCAPE_INPUT"] = tree_.root() / "in/a.jpg";
    options.environment["ESCAPE_OUTSIDE"] = tree_.root() / "outside.txt";
    options.environment["ESCAPE_OUTPUT"] = tree_.root() / "out";
    options.environment["ESCAPE_PORT"] = "1";
    options.environment["ESCAPE_REPORT"] = tree_.root() / "report";
    Words words = {"in", "-o", "out", "-s", "64", "-j", "1", "--no-journal", "--isolate", "--force"};
    words.insert(words.end(), more.begin(), more.end());
    const ProcessResult result = Run(words, options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::istringstream lines(tree_.Read("report"));
    Words done;
    int tried = 0;
    for (std::string line; std::getline(lines, line) && line.starts_with("escape: "); ++tried) {
      if (line.ends_with(": done")) done.push_back(line);
    }
    EXPECT_GE(tried, 20);
    return done;
  };
  EXPECT_THAT(escapes({"--sandbox", "on"}), IsEmpty());
  EXPECT_EQ(tree_.Read("outside.txt"), "a text");
  EXPECT_THAT(tree_.Files("out"), UnorderedElementsAre("a_64.jpg"));
  // Else that would say nothing.
  EXPECT_THAT(escapes({"--sandbox", "off"}), Contains(HasSubstr("read /etc/passwd")));
}

// What is called so is started by the command alone.
TEST_F(IsolateCommandTest, ADecoderByItselfDoesNothing) {
  const ProcessResult result =
      testing::RunProcess("/bin/bash", {"-c", "exec -a tbbthumbs-decoder \"$0\" 0 </dev/null", TBBTHUMBS_COMMAND});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_EQ(result.signal, 0);
}

}  // namespace
}  // namespace tbbthumbs
