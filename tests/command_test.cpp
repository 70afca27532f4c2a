// The command as a process: streams, exit codes, files.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JpegFile;
using ::testing::Not;
using testing::PngFile;
using testing::Process;
using testing::ProcessOptions;
using testing::ProcessResult;
using ::testing::StartsWith;

class CommandTest : public testing::CommandFixture {
 protected:
  void WritePictures() {
    tree_.Write("in/a.jpg", JpegFile({640, 480}));
    tree_.Write("in/sub/b.png", PngFile({300, 400}));
  }

  // The first bytes of a JPEG: the header is whole, the data is not.
  void WriteCutPicture(const std::filesystem::path& path) {
    const std::vector<std::byte> jpeg = JpegFile({640, 480});
    tree_.Write(path, std::span(jpeg).first(jpeg.size() / 2));
  }
};

TEST_F(CommandTest, MakesThumbnailsOfADirectory) {
  WritePictures();
  const ProcessResult result = Run({"in", "-o", "out", "-s", "64", "-s", "32"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_32.jpg", "a_64.jpg", "sub/b_32.jpg", "sub/b_64.jpg"));
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, StartsWith("made 2 pictures (4 thumbnails, "));
}

TEST_F(CommandTest, SkipsWhatIsUpToDate) {
  WritePictures();
  Run({"in", "-o", "out"});
  const ProcessResult again = Run({"in", "-o", "out"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err, HasSubstr("made 0 pictures"));
  EXPECT_THAT(again.err, HasSubstr("up to date 2\n"));
  EXPECT_THAT(Run({"in", "-o", "out", "--force"}).err, HasSubstr("made 2 pictures"));
}

TEST_F(CommandTest, OneBadPictureCostsOneLineAndExitCodeOne) {
  WritePictures();
  WriteCutPicture("in/cut.jpg");
  tree_.Write("in/notes.txt", "no picture");
  const ProcessResult result = Run({"in", "-o", "out"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_256.jpg", "sub/b_256.jpg"));
  EXPECT_THAT(result.err, StartsWith("tbbthumbs: in/cut.jpg: truncated: "));
  EXPECT_THAT(result.err, HasSubstr("\nfailed 1: 1 truncated\nnot pictures 1\n"));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST_F(CommandTest, QuietSaysOnlyErrors) {
  WritePictures();
  EXPECT_THAT(Run({"in", "-o", "out", "--quiet"}).err, IsEmpty());
  WriteCutPicture("in/cut.jpg");
  const ProcessResult result = Run({"in", "-o", "out", "--quiet"});
  EXPECT_THAT(result.err, StartsWith("tbbthumbs: in/cut.jpg: truncated: "));
  EXPECT_THAT(result.err, Not(HasSubstr("made")));
}

TEST_F(CommandTest, VerboseSaysALineForEachPicture) {
  WritePictures();
  const ProcessResult result = Run({"in", "-o", "out", "-v"});
  EXPECT_THAT(result.err, HasSubstr("made          in/a.jpg: 640x480 JPEG, 256x192 "));
  EXPECT_THAT(result.err, HasSubstr("made          in/sub/b.png: 300x400 PNG, 192x256 "));
}

TEST_F(CommandTest, JsonIsOnStandardOutputAndTheRestIsNot) {
  WritePictures();
  WriteCutPicture("in/caf\xe9.jpg");
  const ProcessResult result = Run({"in", "-o", "out", "--json"});
  EXPECT_EQ(result.exit_code, 1);
  const auto lines = JsonLines(result.out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["input"], "in/a.jpg");
  EXPECT_EQ(lines[0]["outcome"], "made");
  EXPECT_EQ(lines[0]["outputs"][0]["path"], "out/a_256.jpg");
  EXPECT_EQ(lines[0]["outputs"][0]["width"], 256);
  EXPECT_EQ(lines[1]["input"], "in/caf\uFFFD.jpg");
  EXPECT_EQ(lines[1]["input_percent_encoded"], "in/caf%E9.jpg");
  EXPECT_EQ(lines[1]["error"]["code"], "truncated");
  EXPECT_EQ(lines[3]["type"], "summary");
  EXPECT_EQ(lines[3]["inputs"], 3);
  EXPECT_EQ(lines[3]["made"], 2);
  // Not a terminal: names as they are.
  EXPECT_THAT(result.err, StartsWith("tbbthumbs: in/caf\xe9.jpg: truncated: "));
}

TEST_F(CommandTest, PlaceholdersAreInTheRecordsOfWhatIsMade) {
  WritePictures();
  const std::vector<std::string> line{"in", "-o", "out", "--json", "--blurhash", "--thumbhash"};
  const auto lines = JsonLines(Run(line).out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["blurhash"].get<std::string>().size(), 28u);
  EXPECT_EQ(lines[0]["blurhash"].get<std::string>()[0], 'L');  // 640 x 480: 4 x 3 components
  EXPECT_EQ(lines[1]["blurhash"].get<std::string>()[0], 'T');  // 300 x 400: 3 x 4
  EXPECT_GE(lines[0]["thumbhash"].get<std::string>().size(), 24u);
  EXPECT_THAT(lines[0]["average_color"].get<std::string>(), ::testing::MatchesRegex("#[0-9a-f]{6}"));
  // Nothing is decoded.
  EXPECT_FALSE(JsonLines(Run(line).out)[0].contains("blurhash"));
  // Each by itself, and none unless asked.
  const auto one = JsonLines(Run({"in", "-o", "out", "--json", "--thumbhash", "--force"}).out);
  EXPECT_FALSE(one[0].contains("blurhash"));
  EXPECT_EQ(one[0]["thumbhash"], lines[0]["thumbhash"]);
  EXPECT_EQ(one[0]["average_color"], lines[0]["average_color"]);
  EXPECT_FALSE(JsonLines(Run({"in", "-o", "out", "--json", "--force"}).out)[0].contains("average_color"));
}

TEST_F(CommandTest, TakesListsFromFilesAndStandardInput) {
  WritePictures();
  const std::string with_nul("in/a.jpg\0in/sub/b.png\0", 22);
  EXPECT_THAT(Run({"-", "-o", "o1"}, {.input = "in/a.jpg\nin/sub/b.png\n"}).err, HasSubstr("made 2 pictures"));
  EXPECT_THAT(Run({"--files-from", "-", "-0", "-o", "o2"}, {.input = with_nul}).err, HasSubstr("made 2 pictures"));
  tree_.Write("list", "in/a.jpg\n");
  EXPECT_THAT(Run({"--files-from", "list", "-o", "o3"}).err, HasSubstr("made 1 picture "));
}

TEST_F(CommandTest, FiltersWhatIsFoundByWalking) {
  WritePictures();
  tree_.Write("in/.hidden.jpg", JpegFile({64, 64}));
  Run({"in", "-o", "o1", "--exclude", "*.png"});
  EXPECT_THAT(tree_.Files("o1"), ElementsAre("a_256.jpg"));
  Run({"in", "-o", "o2", "--include", "*.png"});
  EXPECT_THAT(tree_.Files("o2"), ElementsAre("sub/b_256.jpg"));
  Run({"in", "-o", "o3", "--no-recursive", "--hidden"});
  EXPECT_THAT(tree_.Files("o3"), ElementsAre(".hidden_256.jpg", "a_256.jpg"));
  EXPECT_THAT(Run({"in", "-o", "o4", "--newer-than", "2099-01-01"}).err, HasSubstr("left out by size or date 2"));
  EXPECT_THAT(Run({"in", "-o", "o5", "--max-input-bytes", "100"}).err, HasSubstr("left out by size or date 2"));
}

TEST_F(CommandTest, FormatOptionsReachTheThumbnails) {
  tree_.Write("in/a.png", PngFile({300, 400}, true));
  Run({"in", "-o", "out", "--format", "auto", "-s", "32x"});
  ASSERT_THAT(tree_.Files("out"), ElementsAre("a_32.png"));
  const auto size_of = [&](const std::string& quality) {
    Run({"in", "-o", "q" + quality, "-q", quality});
    return std::filesystem::file_size(tree_.root() / ("q" + quality) / "a_256.jpg");
  };
  EXPECT_LT(size_of("20"), size_of("95"));
}

TEST_F(CommandTest, LimitsAreKept) {
  WritePictures();
  const ProcessResult result = Run({"in/a.jpg", "-o", "out", "--max-pixels", "1k"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, StartsWith("tbbthumbs: in/a.jpg: too_large: "));
}

TEST_F(CommandTest, DamageIsTreatedAsAsked) {
  WriteCutPicture("in/cut.jpg");
  const ProcessResult result = Run({"in", "-o", "out", "--on-damage", "salvage"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(tree_.Files("out"), ElementsAre("cut_256.jpg"));
  EXPECT_THAT(result.err, HasSubstr("damaged, made from what decoded 1"));
}

TEST_F(CommandTest, ReadsTheConfigurationOfTheOutputDirectory) {
  WritePictures();
  tree_.Write("out/tbbthumbs.conf", "size = 48\n");
  EXPECT_EQ(Run({"in/a.jpg", "-o", "out"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_48.jpg", "tbbthumbs.conf"));
}

TEST_F(CommandTest, WrongUseIsExitCodeTwo) {
  WritePictures();
  const std::vector<std::vector<std::string>> cases = {
      {}, {"in"}, {"in", "-o", "out", "--qualty", "3"}, {"in", "-o", "out", "-q", "x"}, {"in", "-o", "in"}, {"info"}};
  for (const auto& arguments : cases) {
    const ProcessResult result = Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(result.err, StartsWith("tbbthumbs: "));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_EQ(tree_.Files().size(), 2u);
}

TEST_F(CommandTest, AMissingInputIsNamed) {
  WritePictures();
  const ProcessResult result = Run({"in/a.jpg", "nowhere.jpg", "-o", "out"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("nowhere.jpg"));
}

TEST_F(CommandTest, AnOutputThatCannotBeWrittenIs74) {
  WritePictures();
  const std::string too_long(300, 'x');
  const ProcessResult result = Run({"in", "-o", too_long});
  EXPECT_EQ(result.exit_code, 74) << result.err;
  EXPECT_THAT(result.err, HasSubstr(too_long));
}

TEST_F(CommandTest, HelpAndVersionAreOnStandardOutput) {
  const ProcessResult help = Run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("tbbthumbs [make] INPUT... -o DIR"));
  EXPECT_THAT(help.err, IsEmpty());
  EXPECT_THAT(Run({"--help", "all"}).out, HasSubstr("--io-threads"));
  EXPECT_THAT(Run({"--version"}).out, StartsWith("tbbthumbs 0."));
}

TEST_F(CommandTest, StandardOutputThatIsFullIs74) {
  WritePictures();
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  const ProcessResult result = Run({"in", "-o", "out", "--json"}, {.out_fd = full});
  close(full);
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_THAT(result.err, HasSubstr("tbbthumbs: standard output: No space left on device"));
}

// Enough pictures to be interrupted among them, on any machine.
class LongRunTest : public CommandTest {
 protected:
  LongRunTest() {
    const std::vector<std::byte> jpeg = JpegFile({1600, 1200});
    for (int i = 0; i < 2000; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", jpeg);
    options_.directory = tree_.root();
  }

  // Thumbnails are there whole or not at all, and nothing else is left.
  void ExpectOnlyWholeFiles() {
    const std::vector<std::string> files = tree_.Files("out");
    EXPECT_LT(files.size(), 2000u);
    for (const std::string& file : files) {
      EXPECT_THAT(file, ::testing::EndsWith("_32.jpg"));
      EXPECT_THAT(tree_.Read("out/" + file), ::testing::EndsWith("\xff\xd9"));
    }
  }

  ProcessOptions options_;
};

TEST_F(LongRunTest, SignalsStopItSoonAndCleanly) {
  for (const auto& [signal, exit_code] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143), std::pair(SIGHUP, 143)}) {
    Process process(TBBTHUMBS_COMMAND, {"in", "-o", "out", "-s", "32", "--json", "--force"}, options_);
    ASSERT_TRUE(process.WaitForOutput("\"made\""));
    const auto before = std::chrono::steady_clock::now();
    process.Signal(signal);
    const ProcessResult result = process.Wait();
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_THAT(result.err, HasSubstr("left "));
    EXPECT_THAT(result.err, HasSubstr("(stopped)\n"));
    const auto summary = JsonLines(result.out).back();
    EXPECT_EQ(summary["type"], "summary");
    EXPECT_EQ(summary["stopped"], true);
    ExpectOnlyWholeFiles();
    std::filesystem::remove_all(tree_.root() / "out");
  }
}

TEST_F(LongRunTest, ASecondSignalEndsItAtOnce) {
  // Nobody reads the records: the run stands still once the pipe is full, and can't come to an end by itself.
  Process process(TBBTHUMBS_COMMAND, {"in", "-o", "out", "-s", "32", "--json"}, options_);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  process.Signal(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  process.Signal(SIGINT);
  EXPECT_EQ(process.Wait().exit_code, 130);
}

TEST_F(LongRunTest, AReaderThatGoesAwayEndsIt) {
  Process process(TBBTHUMBS_COMMAND, {"in", "-o", "out", "-s", "32", "--json"}, options_);
  ASSERT_TRUE(process.WaitForOutput("\"made\""));
  process.CloseOutput();
  const ProcessResult result = process.Wait();
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_THAT(result.err, HasSubstr("standard output: Broken pipe"));
  ExpectOnlyWholeFiles();
}

}  // namespace
}  // namespace tbbthumbs
