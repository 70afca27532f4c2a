// Colours and metadata by the command: --color, --intent, --keep, --strip.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/exif_fixture.h"
#include "tests/support/icc_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProcessResult;

class ColorCommandTest : public testing::CommandFixture {
 protected:
  void SetUp() override {
    tree_.Write("in/p3.jpg", testing::MakeJpeg({.size = {64, 48},
                                                .exif = testing::MakeExif({.orientation = 6, .make = "Maker"}),
                                                .icc = testing::RgbIcc(testing::kP3Primaries, 0)}));
  }

  ProcessResult MakeAnew(std::vector<std::string> options) const {
    options.insert(options.begin(), {"in", "-o", "out", "--force", "-s", "32"});
    return Run(options);
  }

  // The bytes of the thumbnail of p3.jpg.
  std::string Made(const std::vector<std::string>& options) {
    const ProcessResult result = MakeAnew(options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const bool png = std::find(options.begin(), options.end(), "png") != options.end();
    return tree_.Read(png ? "out/p3_32.png" : "out/p3_32.jpg");
  }
};

TEST_F(ColorCommandTest, NothingIsKeptByDefault) {
  EXPECT_THAT(Made({}), AllOf(Not(HasSubstr("Exif")), Not(HasSubstr("ICC_PROFILE"))));
  EXPECT_THAT(Made({"--format", "png"}), AllOf(Not(HasSubstr("eXIf")), Not(HasSubstr("iCCP"))));
}

TEST_F(ColorCommandTest, WideColoursAreKeptWithTheirProfile) {
  EXPECT_THAT(Made({"--color", "keep"}), HasSubstr("ICC_PROFILE"));
  EXPECT_THAT(Made({"--color", "p3"}), HasSubstr("ICC_PROFILE"));
  EXPECT_THAT(Made({"--color", "p3", "--format", "png"}), HasSubstr("iCCP"));
  EXPECT_THAT(Made({"--color", "srgb", "--keep", "icc"}), HasSubstr("ICC_PROFILE"));
}

TEST_F(ColorCommandTest, MetadataAreKeptAsListed) {
  EXPECT_THAT(Made({"--keep", "exif"}), AllOf(HasSubstr("Maker"), Not(HasSubstr("ICC_PROFILE"))));
  EXPECT_THAT(Made({"--keep", "exif,icc"}), AllOf(HasSubstr("Maker"), HasSubstr("ICC_PROFILE")));
  EXPECT_THAT(Made({"--keep", "all", "--format", "png"}), AllOf(HasSubstr("eXIf"), HasSubstr("iCCP")));
  EXPECT_THAT(Made({"--keep", "copyright"}), Not(HasSubstr("Maker")));
}

TEST_F(ColorCommandTest, OfKeepAndStripTheLastCounts) {
  EXPECT_THAT(Made({"--keep", "exif", "--strip"}), Not(HasSubstr("Maker")));
  EXPECT_THAT(Made({"--strip", "--keep", "exif"}), HasSubstr("Maker"));
  EXPECT_THAT(Made({"--keep", "exif", "--keep", "none"}), Not(HasSubstr("Maker")));
  EXPECT_THAT(Made({"--no-strip"}), Not(HasSubstr("Maker"))) << "the last that says something";
  EXPECT_THAT(Made({"--keep", "exif", "--no-strip"}), HasSubstr("Maker"));
  tree_.Write("out/tbbthumbs.conf", "keep = exif\ncolor = keep\n");
  EXPECT_THAT(Made({}), AllOf(HasSubstr("Maker"), HasSubstr("ICC_PROFILE")));
  EXPECT_THAT(Made({"--strip"}), AllOf(Not(HasSubstr("Maker")), HasSubstr("ICC_PROFILE")));
  tree_.Write("out/tbbthumbs.conf", "strip = no\n");
  EXPECT_THAT(Made({}), Not(HasSubstr("Maker")));
  tree_.Write("out/tbbthumbs.conf", "keep = exif\nstrip = yes\n");
  EXPECT_THAT(Made({}), Not(HasSubstr("Maker")));
}

TEST_F(ColorCommandTest, WrongValuesAreNamed) {
  const auto refused = [&](const std::vector<std::string>& options) {
    const ProcessResult result = MakeAnew(options);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    return result.err;
  };
  EXPECT_THAT(refused({"--color", "adobe"}), HasSubstr("--color: 'adobe' is not srgb, p3 or keep"));
  EXPECT_THAT(refused({"--intent", "relativ"}), HasSubstr("--intent: 'relativ' is not perceptual"));
  EXPECT_THAT(refused({"--intent", "relativ"}), HasSubstr("'relative'"));
  EXPECT_THAT(refused({"--keep", "exif,iptc"}), HasSubstr("--keep: 'iptc' is not icc, exif, xmp or copyright"));
  EXPECT_THAT(refused({"--keep", "exif,"}), HasSubstr("--keep: "));
  EXPECT_THAT(refused({"--keep", ""}), HasSubstr("--keep: "));
  EXPECT_THAT(refused({"--keep", "all,exif"}), HasSubstr("--keep: 'all'"));
}

TEST_F(ColorCommandTest, IntentsDiffer) {
  tree_.Write("in/p3.jpg", testing::MakeJpeg({.size = {64, 48}, .icc = testing::PaleScreenIcc()}));
  const std::string perceptual = Made({});
  EXPECT_EQ(Made({"--intent", "perceptual"}), perceptual);
  const std::string relative = Made({"--intent", "relative"});
  EXPECT_NE(relative, perceptual);
  EXPECT_NE(Made({"--intent", "absolute"}), relative);
  EXPECT_EQ(Made({"--intent", "absolute", "--color", "keep"}), Made({"--color", "keep"}));
}

// With every shape, several sizes, alpha and `auto`.
TEST_F(ColorCommandTest, GoesWithOtherOptions) {
  tree_.Write("in/b.png", testing::PngFile({60, 80}, true));
  const ProcessResult result =
      MakeAnew({"--color", "p3", "--keep", "all", "-s", "20x30,fit=cover", "-s", "40,fit=pad", "--background", "#f80",
                "--format", "auto", "--intent", "relative", "--progressive"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(tree_.Files("out").size(), 6u);
  for (const std::string& file : tree_.Files("out")) {
    EXPECT_THAT(tree_.Read("out/" + file), HasSubstr(file.ends_with("png") ? "iCCP" : "ICC_PROFILE")) << file;
  }
}

}  // namespace
}  // namespace tbbthumbs
