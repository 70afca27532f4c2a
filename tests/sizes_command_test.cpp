// Sizes and shapes by the command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ProcessResult;
using ::testing::UnorderedElementsAre;

class SizesCommandTest : public testing::CommandFixture {
 protected:
  SizesCommandTest() { tree_.Write("in/a.jpg", testing::JpegFile({640, 480})); }

  // Width and height of each thumbnail, as the records say; each time in a directory of its own.
  std::vector<std::string> Made(std::vector<std::string> options) {
    out_ = "out" + std::to_string(++runs_);
    options.insert(options.begin(), {"in", "-o", out_, "--json"});
    const ProcessResult result = Run(options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<std::string> sizes;
    const auto records = JsonLines(result.out);
    for (const auto& output : records.front()["outputs"]) {
      sizes.push_back(std::to_string(output["width"].get<int>()) + "x" + std::to_string(output["height"].get<int>()));
    }
    return sizes;
  }

  std::string MadeFile(const std::vector<std::string>& options) {
    EXPECT_THAT(Made(options), ElementsAre("90x90"));
    return tree_.Read(out_ + "/" + tree_.Files(out_).front());
  }

  std::string out_;
  int runs_ = 0;
};

TEST_F(SizesCommandTest, EverySpelling) {
  EXPECT_THAT(Made({"-s", "256", "-s", "300x", "-s", "x100", "-s", "50%", "-s", "64@2x", "-s", "200x50!"}),
              ElementsAre("256x192", "300x225", "133x100", "320x240", "128x96", "200x50"));
  EXPECT_THAT(Made({"-s", "900", "-s", "900<", "-s", "100<", "-s", "900,enlarge=yes"}),
              ElementsAre("640x480", "900x675", "640x480", "900x675"));
}

TEST_F(SizesCommandTest, EveryFit) {
  EXPECT_THAT(Made({"-s", "200x100"}), ElementsAre("133x100"));
  EXPECT_THAT(Made({"-s", "200x100", "--fit", "cover"}), ElementsAre("200x100"));
  EXPECT_THAT(Made({"-s", "200x100", "--fit", "fill"}), ElementsAre("200x100"));
  EXPECT_THAT(Made({"-s", "200x100", "--fit", "pad"}), ElementsAre("200x100"));
  EXPECT_THAT(Made({"-s", "800x800", "--fit", "cover"}), ElementsAre("640x480"));  // not enlarged
  EXPECT_THAT(Made({"-s", "400x600", "--fit", "cover"}), ElementsAre("400x480"));
  EXPECT_THAT(Made({"-s", "800x800", "--fit", "cover", "--enlarge"}), ElementsAre("800x800"));
}

TEST_F(SizesCommandTest, NamedSizesWithSettingsOfTheirOwn) {
  EXPECT_THAT(Made({"--fit", "cover", "-s", "card=200x100", "-s", "whole=200x100,fit=inside,q=30"}),
              ElementsAre("200x100", "133x100"));
  EXPECT_THAT(tree_.Files(out_), UnorderedElementsAre("a_card.jpg", "a_whole.jpg"));
}

TEST_F(SizesCommandTest, GravityBackgroundAndKernelDecideAboutThePixels) {
  const std::vector<std::vector<std::string>> ways = {
      {"-s", "90x90", "--fit", "cover"},
      {"-s", "90x90", "--fit", "cover", "--gravity", "west"},
      {"-s", "90x90", "--fit", "cover", "--gravity", "entropy"},
      {"-s", "90x90", "--fit", "pad"},
      {"-s", "90x90", "--fit", "pad", "--gravity", "north"},
      {"-s", "90x90", "--fit", "pad", "--background", "#123"},
      {"-s", "90x90", "--fit", "pad", "--background", "blur"},
      {"-s", "90x90", "--fit", "fill"},
      {"-s", "90x90", "--fit", "fill", "--kernel", "mitchell"},
  };
  std::vector<std::string> files;
  for (const auto& way : ways) {
    const std::string file = MadeFile(way);
    for (const std::string& earlier : files) EXPECT_NE(file, earlier) << ::testing::PrintToString(way);
    files.push_back(file);
  }
}

TEST_F(SizesCommandTest, WrongOnesAreNamed) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--fit", "square"}, "--fit: 'square' is not"},
      {{"--gravity", "up"}, "--gravity: 'up' is not"},
      {{"--background", "blurred"}, "--background: "},
      {{"-s", "64,fit=round"}, "--size: '64,fit=round' is no size"},
      {{"-s", "64", "-s", "64x64"}, "--size: 64 is given twice"},
  };
  for (const auto& [options, message] : cases) {
    std::vector<std::string> words{"in", "-o", "out"};
    words.insert(words.end(), options.begin(), options.end());
    const ProcessResult result = Run(words);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

}  // namespace
}  // namespace tbbthumbs
