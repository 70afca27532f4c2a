#include "tools/info_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs::tool {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

ImageInfo PhotoInfo() {
  ImageInfo info;
  info.format = Format::kJpeg;
  info.size = {4000, 3000};
  info.coding = "baseline 4:2:0";
  return info;
}

TEST(InfoTest, NamesTheDecoderAndItsScale) {
  ImageInfo info = PhotoInfo();
  EXPECT_EQ(DecoderPath(info, {{256, 256}}), "libjpeg-turbo 1/4");
  EXPECT_EQ(DecoderPath(info, {{256, 256}, {1000, 1000}}), "libjpeg-turbo 1/2");  // the largest decides
  EXPECT_EQ(DecoderPath(info, {{4000, 4000}}), "libjpeg-turbo 1/1");
  info.own_reader = true;
  EXPECT_EQ(DecoderPath(info, {{256, 256}}), "fast 1/4");
  EXPECT_EQ(DecoderPath(info, {{256, 256}, {1000, 1000}}), "libjpeg-turbo 1/2");
  info.progressive = true;
  EXPECT_EQ(DecoderPath(info, {{100, 100}}), "fast progressive 1/8");
  info.format = Format::kPng;
  EXPECT_EQ(DecoderPath(info, {{256, 256}}), "fast png");
  info.own_reader = false;
  EXPECT_EQ(DecoderPath(info, {{256, 256}}), "libpng");
}

TEST(InfoTest, TheDecoderSeesThePictureLyingDown) {
  ImageInfo info = PhotoInfo();
  info.size = {6000, 300};
  // Upright it is 300 wide: a width of 300 is all of it. Lying down, the short side would decide otherwise.
  info.orientation = 6;
  EXPECT_EQ(DecoderPath(info, {{300, 0}}), "libjpeg-turbo 1/1");
  info.orientation = 1;
  EXPECT_EQ(DecoderPath(info, {{300, 0}}), "libjpeg-turbo 1/8");
}

TEST(InfoTest, OneLineSaysItAll) {
  ImageInfo info = PhotoInfo();
  EXPECT_EQ(InfoLine("a.jpg", 2'100'000, info, "libjpeg-turbo 1/8", {}),
            "a.jpg: JPEG 4000x3000, baseline 4:2:0, RGB 8-bit, no profile, 2.10 MB, libjpeg-turbo 1/8");
  info.orientation = 6;
  info.profile = IccProfile{std::vector<std::byte>(560)};
  info.color = ColorModel::kCmyk;
  EXPECT_EQ(InfoLine("a\n.jpg", 2'100'000, info, "libjpeg-turbo 1/8", {.escape = true}),
            "a\\n.jpg: JPEG 4000x3000, baseline 4:2:0, CMYK 8-bit, upright 3000x4000 (orientation 6), ICC profile of "
            "560 B, 2.10 MB, libjpeg-turbo 1/8");
  info = {};
  info.format = Format::kPng;
  info.size = {10, 20};
  info.coding = "RGBA 16-bit interlaced";
  info.alpha = true;
  info.depth = 16;
  info.animated = true;
  info.profile = ParametricProfile{};
  EXPECT_EQ(InfoLine("a.png", 812, info, "libpng", {}),
            "a.png: PNG 10x20, RGBA 16-bit interlaced, parametric profile, animated, 812 B, libpng");
}

TEST(InfoTest, TransparencyThatTheCodingDoesNotNameIsSaid) {
  ImageInfo info;
  info.format = Format::kPng;
  info.size = {10, 20};
  info.coding = "palette 8-bit";
  info.alpha = true;
  EXPECT_EQ(InfoLine("a.png", 812, info, "libpng", {}),
            "a.png: PNG 10x20, palette 8-bit, transparency, no profile, 812 B, libpng");
}

class InfoCommandTest : public testing::CommandFixture {
 protected:
  InfoCommandTest() {
    tree_.Write("a.jpg", testing::JpegFile({4000, 300}));
    tree_.Write("b.png", testing::PngFile({30, 40}, true));
    tree_.Write("c.txt", "no picture");
  }
};

TEST_F(InfoCommandTest, SaysALineForEachFile) {
  const auto result = Run({"info", "a.jpg", "b.png"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("a.jpg: JPEG 4000x300, baseline 4:2:0, RGB 8-bit, no profile, "));
  EXPECT_THAT(result.out, HasSubstr("fast 1/4\nb.png: PNG 30x40, "));
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(InfoCommandTest, FailuresAreExitCodeOneAndTheRestIsTold) {
  const auto result = Run({"info", "c.txt", "nowhere", "b.png"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("tbbthumbs: c.txt: unsupported: "));
  EXPECT_THAT(result.err, HasSubstr("tbbthumbs: nowhere: not_found: "));
  EXPECT_THAT(result.out, StartsWith("b.png: PNG"));
}

TEST_F(InfoCommandTest, JsonHasARecordForEachFile) {
  const auto result = Run({"info", "--json", "a.jpg", "c.txt", "b.png"});
  EXPECT_EQ(result.exit_code, 1);
  std::istringstream lines(result.out);
  std::vector<nlohmann::json> records;
  for (std::string line; std::getline(lines, line);) records.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0]["type"], "info");
  EXPECT_EQ(records[0]["width"], 4000);
  EXPECT_EQ(records[0]["profile"], nullptr);
  EXPECT_EQ(records[0]["decoder"], "fast 1/4");
  EXPECT_EQ(records[1]["error"]["code"], "unsupported");
  EXPECT_EQ(records[2]["format"], "PNG");
  EXPECT_EQ(records[2]["alpha"], true);
}

}  // namespace
}  // namespace tbbthumbs::tool
