// Bulk renaming by the command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/exif_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::JpegFile;
using testing::MakeExif;
using testing::MakeJpeg;
using testing::PngFile;
using testing::ProcessResult;
using ::testing::StartsWith;

class RenameCommandTest : public testing::CommandFixture {
 protected:
  std::vector<std::string> Pictures() const {
    std::vector<std::string> names;
    for (const std::string& name : tree_.Files("in")) {
      if (!name.starts_with(".tbbthumbs/")) names.push_back(name);
    }
    return names;
  }

  std::string LastLog() const {
    const auto logs = tree_.Files("in/.tbbthumbs/renames");
    return logs.empty() ? "" : "in/.tbbthumbs/renames/" + logs.back();
  }
};

TEST_F(RenameCommandTest, ShowsThePlanRenamesAndTakesItBack) {
  tree_.Write("in/b.JPG",
              MakeJpeg({.size = {64, 48}, .exif = MakeExif({.date_time_original = "2023:12:31 23:59:58"})}));
  tree_.Write("in/sub/c.png", PngFile({30, 20}));
  tree_.Write("in/notes.txt", "no picture");
  const auto before = Pictures();
  const ProcessResult dry = Run({"rename", "in", "--name", "{format}/{width}x{height}_{stem}", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_EQ(dry.out, "in/b.JPG -> in/jpeg/64x48_b.JPG\nin/sub/c.png -> in/png/30x20_c.png\n");
  EXPECT_EQ(dry.err, "would rename 2 of 2 pictures\n");
  EXPECT_EQ(Pictures(), before);
  EXPECT_FALSE(fs::exists(tree_.root() / "in/.tbbthumbs"));

  const ProcessResult done = Run({"rename", "in", "--name", "{format}/{width}x{height}_{stem}"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(done.out, dry.out);
  EXPECT_THAT(done.err, HasSubstr("renamed 2 of 2 pictures\nto take it back: tbbthumbs rename --undo " + LastLog()));
  EXPECT_THAT(Pictures(), ElementsAre("jpeg/64x48_b.JPG", "notes.txt", "png/30x20_c.png"));

  const ProcessResult undone = Run({"rename", "--undo", LastLog()});
  EXPECT_EQ(undone.exit_code, 0) << undone.err;
  EXPECT_EQ(Pictures(), before);
  EXPECT_FALSE(fs::exists(tree_.root() / "in/jpeg"));
  const ProcessResult again = Run({"rename", "--undo", LastLog()});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("it is undone already"));
}

TEST_F(RenameCommandTest, NumbersCountPicturesAndFilesGetEachOthersNames) {
  const auto second = JpegFile({40, 20});
  tree_.Write("in/2.jpg", JpegFile({20, 20}));
  tree_.Write("in/1.jpg", second);
  tree_.Write("in/10.jpg", JpegFile({60, 20}));
  tree_.Write("in/0.txt", "not counted");
  const ProcessResult result = Run({"rename", "in", "--name", "{seq} of {total}"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(Pictures(), ElementsAre("0.txt", "1 of 3.jpg", "2 of 3.jpg", "3 of 3.jpg"));
  Run({"rename", "--undo", LastLog()});
  // 1 stays, 10 becomes 2, 2 becomes 3.
  EXPECT_EQ(Run({"rename", "in", "--name", "{seq}"}).exit_code, 0);
  EXPECT_THAT(Pictures(), ElementsAre("0.txt", "1.jpg", "2.jpg", "3.jpg"));
  EXPECT_EQ(tree_.Read("in/1.jpg").size(), second.size());
}

TEST_F(RenameCommandTest, TheSameNamesAgainChangeNothing) {
  tree_.Write("in/a.jpg", JpegFile({20, 20}));
  const ProcessResult result = Run({"rename", "in", "--name", "{stem}"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "renamed 0 of 1 picture\n");
  EXPECT_FALSE(fs::exists(tree_.root() / "in/.tbbthumbs"));
}

TEST_F(RenameCommandTest, NothingIsDoneWhereAFileThatStaysHasAName) {
  tree_.Write("in/a.jpg", JpegFile({20, 20}));
  tree_.Write("in/b.jpg", JpegFile({20, 20}));
  tree_.Write("in/x_b.jpg", "no picture, but it has the name");
  const auto before = Pictures();
  const ProcessResult result = Run({"rename", "in", "--name", "x_{stem}"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("tbbthumbs: in/b.jpg: exists: x_b.jpg exists already\n"));
  EXPECT_THAT(result.err, HasSubstr("nothing was renamed"));
  EXPECT_EQ(Pictures(), before);
  EXPECT_FALSE(fs::exists(tree_.root() / "in/.tbbthumbs"));
}

TEST_F(RenameCommandTest, LettersAsAskedForOfDirectoriesToo) {
  tree_.Write("in/\u00DCbung/\u00C4pfel & B:irnen.jpg", JpegFile({20, 20}));
  EXPECT_EQ(Run({"rename", "in", "--ascii", "--case", "lower"}).exit_code, 0);
  EXPECT_THAT(Pictures(), ElementsAre("ubung/apfel & b_irnen.jpg"));
}

TEST_F(RenameCommandTest, TwoOfOneNameAreKeptApart) {
  for (const char* name : {"in/a/x.jpg", "in/b/x.jpg", "in/b/x.png"}) {
    tree_.Write(name, std::string(name).ends_with("png") ? PngFile({20, 20}) : JpegFile({20, 20}));
  }
  EXPECT_EQ(Run({"rename", "in", "--name", "{stem}"}).exit_code, 0);
  const auto names = Pictures();
  ASSERT_EQ(names.size(), 3u);
  EXPECT_THAT(names, ::testing::IsSupersetOf({"x.jpg", "x.png"}));
  EXPECT_THAT(names[2], ::testing::MatchesRegex("x_[0-9a-f]{8}\\.jpg"));
}

TEST_F(RenameCommandTest, ThumbnailsOrOriginals) {
  tree_.Write("in/cat.jpg", JpegFile({300, 200}));
  tree_.Write("in/cat_64.jpg", JpegFile({64, 43}));
  tree_.Write("in/dog_64x32.png", PngFile({40, 32}));
  // A camera's counter, not the size.
  tree_.Write("in/IMG_1234.jpg", JpegFile({300, 200}));
  EXPECT_EQ(Run({"rename", "in", "--only", "thumbnails", "--name", "{size}/{stem}"}).exit_code, 0);
  EXPECT_THAT(Pictures(), ElementsAre("64/cat.jpg", "64x32/dog.png", "IMG_1234.jpg", "cat.jpg"));
  Run({"rename", "--undo", LastLog()});
  EXPECT_EQ(Run({"rename", "in", "--only", "originals", "--name", "o/{stem}"}).exit_code, 0);
  EXPECT_THAT(Pictures(), ElementsAre("cat_64.jpg", "dog_64x32.png", "o/IMG_1234.jpg", "o/cat.jpg"));
}

TEST_F(RenameCommandTest, WhatCantBeReadKeepsItsNameAndItsNumber) {
  tree_.Write("in/a.jpg", "\xFF\xD8\xFF nothing more");
  tree_.Write("in/b.jpg", JpegFile({20, 20}));
  const ProcessResult result = Run({"rename", "in", "--name", "{width}_{seq}"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, StartsWith("tbbthumbs: in/a.jpg: "));
  EXPECT_THAT(Pictures(), ElementsAre("20_2.jpg", "a.jpg"));
}

TEST_F(RenameCommandTest, AsJson) {
  tree_.Write("in/a:.jpg", JpegFile({20, 20}));
  const ProcessResult result = Run({"rename", "in", "--name", "x{stem}", "--json", "--quiet"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  std::istringstream lines(result.out);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(line, R"({"type":"rename","from":"in/a:.jpg","to":"in/xa_.jpg","renamed":["respelled"]})");
  ASSERT_TRUE(std::getline(lines, line));
  const auto summary = nlohmann::json::parse(line);
  EXPECT_EQ(summary["to_rename"], 1);
  EXPECT_EQ(summary["log"], LastLog());
}

TEST_F(RenameCommandTest, WrongUse) {
  tree_.Write("in/a.jpg", JpegFile({20, 20}));
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"rename"}, "a DIR is missing"},
      {{"rename", "in", "other", "--name", "x"}, "only one DIR"},
      {{"rename", "in"}, "--name TEMPLATE"},
      {{"rename", "in", "--name", "{stemm}"}, "--name: unknown field {stemm} at character 1"},
      {{"rename", "in", "--name", "a{size}"},
       "--name: {size} needs --only thumbnails, at character 2\n  a{size}\n   ^~~~"},
      {{"rename", "in", "--name", "{host}_{stem}"}, "only pictures on the web have a {host}"},
      {{"rename", "in", "--name", "{url_hash}"}, "only pictures on the web have a {url_hash}"},
      {{"rename", "in", "--name", "x", "-q", "3"}, "--quality: not an option of 'rename'"},
      {{"in", "-o", "out", "--undo", "x"}, "--undo: not an option of 'make'"},
      {{"rename", "in", "--name", "x", "--only", "big"}, "--only: 'big' is not"},
      {{"rename", "gone", "--name", "x"}, "gone: "},
      {{"rename", "in/a.jpg", "--name", "x"}, "in/a.jpg: not a directory"},
      {{"rename", "in", "--undo", "x"}, "--undo takes the log alone"},
      {{"rename", "--undo", "in/a.jpg"}, "a log is used where it was written"},
      {{"rename", "--undo", "in/.tbbthumbs/renames/x.log"}, "x.log: "},
  };
  for (const auto& [arguments, message] : cases) {
    const ProcessResult result = Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  EXPECT_THAT(Pictures(), ElementsAre("a.jpg"));
}

// A plan that nobody reads is not carried out.
TEST_F(RenameCommandTest, AClosedOutputStopsIt) {
  for (int i = 0; i < 2000; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", JpegFile({20, 20}));
  testing::ProcessOptions options;
  options.directory = tree_.root();
  testing::Process process(TBBTHUMBS_COMMAND, {"rename", "in", "--name", "x{stem}"}, options);
  process.CloseOutput();
  const ProcessResult result = process.Wait();
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_THAT(result.err, ::testing::Not(HasSubstr("renamed")));
  EXPECT_TRUE(fs::exists(tree_.root() / "in/0.jpg"));
}

}  // namespace
}  // namespace tbbthumbs
