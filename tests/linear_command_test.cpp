// --linear and --sharpen through the command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "codecs/decoder.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/command_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;
using testing::ProcessResult;

class LinearCommandTest : public testing::CommandFixture {
 protected:
  // A board of black and white pixels, 72 x 72.
  void WriteBoards() {
    testing::PngFixture png{.size = {72, 72}};
    testing::JpegFixture jpeg{.size = {72, 72}, .quality = 100};
    jpeg.paint = [](int x, int y, uint8_t* s) { s[0] = s[1] = s[2] = (x + y) % 2 == 1 ? 255 : 0; };
    for (int i = 0; i < 72 * 72; ++i) {
      uint8_t pixel[3];
      jpeg.paint(i % 72, i / 72, pixel);
      png.samples.insert(png.samples.end(), pixel, pixel + 3);
    }
    tree_.Write("in/board.png", testing::MakePng(png));
    tree_.Write("in/photo.jpg", testing::MakeJpeg(jpeg));
  }

  // The first sample in the middle row of a thumbnail.
  int Middle(const std::string& path) {
    const std::string file = tree_.Read(path);
    MemorySource source(std::as_bytes(std::span(file)));
    auto decoder = OpenDecoder(source, {});
    if (!decoder) return -1;
    testing::CollectingSink sink;
    Workspace workspace;
    const Size size = (*decoder)->info().size;
    EXPECT_TRUE((*decoder)->Decode({.at_least = size}, sink, workspace, Watch(DecodeLimits(), {})));
    return sink.U8(size.width / 2, size.height / 2, 0);
  }
};

TEST_F(LinearCommandTest, LinearKeepsTheBrightnessOfABoard) {
  WriteBoards();
  for (const std::string format : {"jpeg", "png"}) {
    const std::string extension = format == "png" ? ".png" : ".jpg";
    EXPECT_EQ(Run({"in", "-o", format, "-s", "24", "--format", format, "--linear"}).exit_code, 0);
    EXPECT_EQ(Run({"in", "-o", format + "-plain", "-s", "24", "--format", format}).exit_code, 0);
    for (const std::string name : {"/board_24", "/photo_24"}) {
      EXPECT_NEAR(Middle(format + name + extension), 188, 2) << format << name;
      EXPECT_NEAR(Middle(format + "-plain" + name + extension), 128, 2) << format << name;
    }
  }
}

TEST_F(LinearCommandTest, EveryDecoderKnowsLinearLight) {
  WriteBoards();
  for (const std::string decoder : {"auto", "scalar", "turbo", "reference"}) {
    EXPECT_EQ(Run({"in", "-o", decoder, "-s", "24", "--linear", "--decoder", decoder}).exit_code, 0);
    EXPECT_NEAR(Middle(decoder + "/photo_24.jpg"), 188, 2) << decoder;
    EXPECT_NEAR(Middle(decoder + "/board_24.jpg"), 188, 2) << decoder;
  }
}

TEST_F(LinearCommandTest, JsonTellsWhoDecodedAsWithoutIt) {
  tree_.Write("in/a.jpg", testing::JpegFile({1600, 1200}));
  const auto decoder = [](const ProcessResult& result) {
    std::istringstream lines(result.out);
    std::string line;
    std::getline(lines, line);
    return nlohmann::json::parse(line).at("decoder").get<std::string>();
  };
  const std::string plain = decoder(Run({"in", "-o", "plain", "-s", "64", "--json"}));
  EXPECT_EQ(decoder(Run({"in", "-o", "linear", "-s", "64", "--json", "--linear"})), plain);
  EXPECT_NE(tree_.Read("linear/a_64.jpg"), tree_.Read("plain/a_64.jpg"));
}

TEST_F(LinearCommandTest, SharpenIsOfTheRunOrOfASize) {
  tree_.Write("in/a.jpg", testing::JpegFile({640, 480}));
  EXPECT_EQ(Run({"in", "-o", "plain", "-s", "64", "-s", "96"}).exit_code, 0);
  EXPECT_EQ(Run({"in", "-o", "sharp", "-s", "64", "-s", "96", "--sharpen", "1"}).exit_code, 0);
  EXPECT_EQ(Run({"in", "-o", "mixed", "-s", "64,sharpen=1", "-s", "96"}).exit_code, 0);
  EXPECT_NE(tree_.Read("sharp/a_64.jpg"), tree_.Read("plain/a_64.jpg"));
  EXPECT_NE(tree_.Read("sharp/a_96.jpg"), tree_.Read("plain/a_96.jpg"));
  EXPECT_EQ(tree_.Read("mixed/a_64.jpg"), tree_.Read("sharp/a_64.jpg"));
  EXPECT_EQ(tree_.Read("mixed/a_96.jpg"), tree_.Read("plain/a_96.jpg"));
}

TEST_F(LinearCommandTest, WrongAmountsAreRefusedInOneLine) {
  WriteBoards();
  const ProcessResult all = Run({"in", "-o", "out", "--sharpen", "11"});
  EXPECT_EQ(all.exit_code, 2);
  EXPECT_EQ(all.err, "tbbthumbs: --sharpen: '11' is no number from 0 to 10\n");
  const ProcessResult one = Run({"in", "-o", "out", "-s", "64,sharpen=much"});
  EXPECT_EQ(one.exit_code, 2);
  EXPECT_THAT(one.err, HasSubstr("--size: '64,sharpen=much' is no size: sharpen is a number from 0 to 10"));
  EXPECT_EQ(Run({"in", "-o", "out", "--linear=maybe"}).exit_code, 2);
}

// With everything else at once, on every kind of picture.
TEST_F(LinearCommandTest, GoesWithAllOtherLooks) {
  WriteBoards();
  tree_.Write("in/alpha.png", testing::PngFile({200, 150}, true));
  tree_.Write("in/ink.jpg", testing::MakeJpeg({.size = {200, 150}, .color = testing::JpegColor::kCmyk}));
  testing::PngFixture wide{.size = {60, 40}, .color = testing::PngColor::kGrayAlpha, .depth = 16};
  wide.samples = testing::NoiseSamples(wide);
  tree_.Write("in/wide.png", testing::MakePng(wide));
  const ProcessResult result = Run({"in",           "-o",
                                    "out",          "--linear",
                                    "--sharpen",    "0.7",
                                    "--format",     "auto",
                                    "--background", "blur",
                                    "-s",           "32,fit=pad",
                                    "-s",           "30x20,fit=cover,gravity=attention",
                                    "-s",           "50%",
                                    "-s",           "90,enlarge=yes",
                                    "--kernel",     "mitchell"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(tree_.Files("out").size(), 20u);
}

}  // namespace
}  // namespace tbbthumbs
