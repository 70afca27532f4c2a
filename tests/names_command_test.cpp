// Names by the command: templates, letters, plans.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/exif_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::JpegFile;
using testing::MakeExif;
using testing::MakeJpeg;
using testing::PngFile;
using testing::ProcessOptions;
using testing::ProcessResult;
using ::testing::StartsWith;

class NamesCommandTest : public testing::CommandFixture {
 protected:
  // What is made of the inputs "in" with these options, each time in a directory of its own.
  std::vector<std::string> Made(std::vector<std::string> options) {
    const std::string out = "out" + std::to_string(++runs_);
    options.insert(options.begin(), {"in", "-o", out});
    const ProcessResult result = Run(options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return tree_.Files(out);
  }

  void WriteDatedPictures() {
    tree_.Write(
        "in/a.jpg",
        MakeJpeg({.size = {64, 48},
                  .exif = MakeExif(
                      {.date_time_original = "2023:12:31 23:59:58", .make = "Canon", .model = "Canon EOS 5D"})}));
    tree_.Write("in/b.jpg",
                MakeJpeg({.size = {64, 48}, .exif = MakeExif({.orientation = 6, .date_time = "2024:01:01 00:00:01"})}));
    const auto plain = tree_.Write("in/c.png", PngFile({64, 64}));
    const auto day = std::chrono::sys_days(std::chrono::year(2020) / 2 / 29);
    std::filesystem::last_write_time(
        plain, std::chrono::file_clock::from_sys(std::chrono::time_point_cast<std::chrono::nanoseconds>(day)));
  }

  int runs_ = 0;
};

TEST_F(NamesCommandTest, Layouts) {
  tree_.Write("in/a.jpg", JpegFile({64, 64}));
  tree_.Write("in/sub/b.png", PngFile({64, 64}));
  EXPECT_THAT(Made({}), ElementsAre("a_256.jpg", "sub/b_256.jpg"));
  EXPECT_THAT(Made({"--name", "{stem}"}), ElementsAre("a.jpg", "b.jpg"));
  EXPECT_THAT(Made({"--name", "{size}/{path}", "-s", "32", "-s", "16"}),
              ElementsAre("16/a.jpg", "16/sub/b.jpg", "32/a.jpg", "32/sub/b.jpg"));
  EXPECT_THAT(Made({"--name", "{parent}-{ext}-{width}x{height}-{format}", "-s", "32"}),
              ElementsAre("in-jpg-32x32-jpeg.jpg", "sub-png-32x32-jpeg.jpg"));
  const auto sharded = Made({"--name", "{hash:2}/{hash:16}"});
  ASSERT_EQ(sharded.size(), 2u);
  for (const std::string& name : sharded) {
    EXPECT_EQ(name.size(), std::string("ab/abcdefabcdefabcd.jpg").size());
    EXPECT_EQ(name.substr(0, 2), name.substr(3, 2));
  }
}

TEST_F(NamesCommandTest, DatesAndCamerasOutOfExif) {
  WriteDatedPictures();
  EXPECT_THAT(Made({"--name", "{date:%Y/%m}/{stem}"}), ElementsAre("2020/02/c.jpg", "2023/12/a.jpg", "2024/01/b.jpg"));
  EXPECT_THAT(Made({"--name", "{date:%Y-%m-%d_%H%M%S}"}),
              ElementsAre("2020-02-29_000000.jpg", "2023-12-31_235958.jpg", "2024-01-01_000001.jpg"));
  EXPECT_THAT(Made({"--name", "{camera}/{stem}"}), ElementsAre("Canon EOS 5D/a.jpg", "unknown/b.jpg", "unknown/c.jpg"));
  // Upright.
  EXPECT_THAT(Made({"--name", "{stem}-{width}x{height}", "-s", "32"}),
              ElementsAre("a-32x24.jpg", "b-24x32.jpg", "c-32x32.jpg"));
}

TEST_F(NamesCommandTest, WhatIsUpToDateIsFoundUnderAnyTemplate) {
  WriteDatedPictures();
  for (const char* name_template :
       {"{stem}", "{date:%Y}_{seq}", "{mtime:%Y}/{stem}", "{input_hash}", "{camera}_{total}{seq}", "{hash:2}/{hash}"}) {
    const std::string out = std::string("again-") + std::to_string(++runs_);
    EXPECT_THAT(Run({"in", "-o", out, "--name", name_template}).err, HasSubstr("made 3 pictures"));
    EXPECT_THAT(Run({"in", "-o", out, "--name", name_template}).err, HasSubstr("up to date 3\n")) << name_template;
    EXPECT_EQ(tree_.Files(out).size(), 3u) << name_template;
  }
}

TEST_F(NamesCommandTest, NumbersFollowTheInputOrderWhateverTheThreadsAndFailures) {
  for (int i = 0; i < 40; ++i) {
    const std::string path = "in/" + std::string(i < 10 ? "0" : "") + std::to_string(i) + ".jpg";
    auto jpeg = JpegFile({100 + 20 * (i % 7), 80});
    if (i % 8 == 3) jpeg.resize(jpeg.size() / 2);
    tree_.Write(path, jpeg);
  }
  std::set<std::vector<std::string>> all;
  for (const char* threads : {"1", "3"}) {
    for (const char* readers : {"1", "7"}) {
      // By the path alone, and with what is looked up first.
      for (const char* name_template : {"{seq:03}-{stem}-{total}", "{seq:03}-{stem}-{total}{camera}"}) {
        const std::string out = "o" + std::to_string(++runs_);
        const ProcessResult result =
            Run({"in", "-o", out, "--name", name_template, "-j", threads, "--io-threads", readers});
        EXPECT_EQ(result.exit_code, 1);
        auto files = tree_.Files(out);
        ASSERT_EQ(files.size(), 35u);
        EXPECT_EQ(files.front().substr(0, 9), "001-00-40");
        EXPECT_EQ(files[3].substr(0, 6), "005-04");  // 004 failed
        for (std::string& file : files) file.resize(9);
        all.insert(std::move(files));
      }
    }
  }
  EXPECT_EQ(all.size(), 1u);
}

TEST_F(NamesCommandTest, CollisionsAreSettledInInputOrder) {
  for (const char* path : {"in/A.jpg", "in/a.jpg", "in/sub/a.jpg"}) tree_.Write(path, JpegFile({32, 32}));
  tree_.Write("in/a.png", PngFile({32, 32}));
  const auto names = Made({"--name", "{stem}"});
  ASSERT_EQ(names.size(), 4u);
  EXPECT_THAT(names, ::testing::IsSupersetOf({"A.jpg", "a_jpg.jpg", "a_png.jpg"}));
  EXPECT_EQ(names, Made({"--name", "{stem}", "-j", "3", "--io-threads", "5"}));
}

TEST_F(NamesCommandTest, TheSameContentIsNamedAlikeAndKeptApart) {
  const auto jpeg = JpegFile({32, 32});
  for (const char* path : {"in/a.jpg", "in/b.jpg"}) tree_.Write(path, jpeg);
  const auto names = Made({"--name", "{input_hash:8}"});
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0].substr(0, 8), names[1].substr(0, 8));
}

TEST_F(NamesCommandTest, LettersAsAskedFor) {
  tree_.Write("in/\u00DCbergro\u00DFe Stra\u00DFe.jpg", JpegFile({32, 32}));
  EXPECT_THAT(Made({"--ascii"}), ElementsAre("Ubergrosse Strasse_256.jpg"));
  EXPECT_THAT(Made({"--ascii", "--case", "lower"}), ElementsAre("ubergrosse strasse_256.jpg"));
  EXPECT_THAT(Made({"--case", "upper", "--name", "{stem}"}), ElementsAre("\u00DCBERGRO\u1E9EE STRA\u1E9EE.jpg"));
  EXPECT_THAT(Made({}), ElementsAre("\u00DCbergro\u00DFe Stra\u00DFe_256.jpg"));
}

TEST_F(NamesCommandTest, NamesThatNoFileSystemRefuses) {
  tree_.Write("in/a:b?.jpg", JpegFile({32, 32}));
  tree_.Write("in/con.x.jpg", JpegFile({32, 32}));
  tree_.Write("in/dir. /cafe\u0301\xE9.jpg", JpegFile({32, 32}));
  EXPECT_THAT(Made({}), ElementsAre("a_b__256.jpg", "con_.x_256.jpg", "dir__/caf\u00E9%E9_256.jpg"));
}

TEST_F(NamesCommandTest, MistakesInTheTemplateAreShownBeforeAnythingStarts) {
  tree_.Write("in/a.jpg", JpegFile({32, 32}));
  const ProcessResult unknown = Run({"in", "-o", "out", "--name", "a_{stemm}_{size}"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(unknown.err,
            "tbbthumbs: --name: unknown field {stemm} at character 3 (did you mean {stem}?)\n"
            "  a_{stemm}_{size}\n"
            "    ^~~~~~~\n");
  const ProcessResult date = Run({"in", "-o", "out", "--name", "\u00E9{date:%Y-%Q}"});
  EXPECT_EQ(date.exit_code, 2);
  EXPECT_THAT(date.err, StartsWith("tbbthumbs: --name: in {date}: '%Q' is none of "));
  EXPECT_THAT(date.err, ::testing::EndsWith("at character 11\n  \u00E9{date:%Y-%Q}\n            ^~\n"));
  EXPECT_THAT(Run({"in", "-o", "out", "--name", "{stem}", "-s", "32", "-s", "64"}).err,
              HasSubstr("--name: all 2 sizes would have the same name: {size} or {width} is missing"));
  EXPECT_THAT(Run({"in", "-o", "out", "--name", "../{stem}"}).err, HasSubstr("'..' is no name"));
  EXPECT_THAT(Run({"in", "-o", "out", "--case", "Lower"}).err, HasSubstr("'Lower' is not keep, lower or upper"));
  EXPECT_THAT(Run({"-", "-o", "out", "--name", "{seq} of {total}"}, {.input = "in/a.jpg\n"}).err,
              HasSubstr("{total} in names"));
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out"));
}

TEST_F(NamesCommandTest, ADryRunSaysAllAndWritesNothing) {
  tree_.Write("in/a.jpg", JpegFile({640, 480}));
  tree_.Write("in/a.png", PngFile({300, 400}));
  tree_.Write("in/b:.jpg", JpegFile({64, 64}));
  tree_.Write("in/notes.txt", "no picture");
  const ProcessResult result = Run({"in", "-o", "out", "--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "in/a.jpg -> out/a_256.jpg\n"
            "in/a.png -> out/a_png_256.jpg (taken: an earlier input has the name)\n"
            "in/b:.jpg -> out/b__256.jpg (respelled)\n");
  EXPECT_EQ(result.err, "would make the thumbnails of 3 pictures\nnot pictures 1\n");
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out"));
  // As said, so done.
  EXPECT_THAT(Made({}), ElementsAre("a_256.jpg", "a_png_256.jpg", "b__256.jpg"));
}

TEST_F(NamesCommandTest, ADryRunAsJsonWithWhatIsDecidedOnWriting) {
  tree_.Write("in/a.png", PngFile({300, 400}, true));
  tree_.Write("in/a.jpg", JpegFile({640, 480}));
  const ProcessResult result =
      Run({"in", "-o", "out", "--dry-run", "--json", "--format", "auto", "--name", "{format}/{stem}", "-s", "100"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::istringstream lines(result.out);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(line, R"({"type":"picture","seq":0,"input":"in/a.jpg","outcome":"planned","format":"JPEG","bytes_in":)" +
                      std::to_string(std::filesystem::file_size(tree_.root() / "in/a.jpg")) +
                      R"(,"outputs":[{"path":"out/jpeg/a.jpg","or_path":"out/png/a.png","width":100,"height":75}]})");
  ASSERT_TRUE(std::getline(lines, line));
  const auto second = nlohmann::json::parse(line);
  EXPECT_EQ(second["outputs"][0]["or_path"], "out/png/a_png.png");
  EXPECT_EQ(second["renamed"], nlohmann::json::array({"taken"}));
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(nlohmann::json::parse(line)["planned"], 2);
  EXPECT_THAT(Run({"in", "-o", "out", "--dry-run", "--format", "auto"}).out,
              HasSubstr("in/a.jpg -> out/a_256.jpg or out/a_256.png (decided on writing)\n"));
}

TEST_F(NamesCommandTest, ADryRunKnowsWhatIsThereAndWhatIsBroken) {
  tree_.Write("in/a.jpg", JpegFile({640, 480}));
  tree_.Write("in/b.jpg", JpegFile({640, 480}));
  Run({"in/a.jpg", "-o", "out"});
  const auto before = tree_.Files("out");
  tree_.Write("in/broken.jpg", "\xFF\xD8\xFF nothing more");
  const ProcessResult result = Run({"in", "-o", "out", "--dry-run"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "in/a.jpg: up to date\nin/b.jpg -> out/b_256.jpg\n");
  EXPECT_THAT(result.err, StartsWith("tbbthumbs: in/broken.jpg: "));
  EXPECT_EQ(tree_.Files("out"), before);
}

TEST_F(NamesCommandTest, NothingIsWrittenOverByAnotherPicturesThumbnail) {
  // Every directory has a picture of the same name, in one flat directory of thumbnails.
  for (int i = 0; i < 30; ++i) tree_.Write("in/" + std::to_string(i) + "/IMG.jpg", JpegFile({32 + i, 32}));
  EXPECT_EQ(Made({"--name", "{stem}"}).size(), 30u);
  EXPECT_EQ(Made({"--name", "{date:%Y}"}).size(), 30u);
}

}  // namespace
}  // namespace tbbthumbs
