#include "codecs/size_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;

SizeSpec Parsed(std::string_view text, const SizeDefaults& defaults = {}) {
  const auto spec = ParseSizeSpec(text, defaults);
  EXPECT_TRUE(spec) << text << ": " << spec.error().message;
  return spec.value_or(SizeSpec{});
}

std::string Refusal(std::string_view text) {
  const auto spec = ParseSizeSpec(text);
  EXPECT_FALSE(spec) << text;
  return spec ? "" : spec.error().message;
}

TEST(ParseSizeSpec, Boxes) {
  EXPECT_EQ(Parsed("256"), (SizeSpec{256, 256}));
  EXPECT_EQ(Parsed("256x"), (SizeSpec{256, 0}));
  EXPECT_EQ(Parsed("x256"), (SizeSpec{0, 256}));
  EXPECT_EQ(Parsed("320x240"), (SizeSpec{320, 240}));
  EXPECT_EQ(Parsed("65500"), (SizeSpec{65500, 65500}));
}

TEST(ParseSizeSpec, Shares) {
  EXPECT_EQ(Parsed("50%"), (SizeSpec{.width = 0, .height = 0, .percent = 50}));
  EXPECT_EQ(Parsed("12.5%"), (SizeSpec{.width = 0, .height = 0, .percent = 12.5}));
}

TEST(ParseSizeSpec, DensitiesCountPixelsOfThumbnails) {
  EXPECT_EQ(Parsed("256@2x"), (SizeSpec{.width = 512, .height = 512, .density = 2}));
  EXPECT_EQ(Parsed("x100@3x"), (SizeSpec{.width = 0, .height = 300, .density = 3}));
}

TEST(ParseSizeSpec, WhatIsResized) {
  EXPECT_EQ(Parsed("256>").scaling, Scaling::kShrink);
  EXPECT_EQ(Parsed("256<").scaling, Scaling::kEnlarge);
  EXPECT_EQ(Parsed("320x240!").fit, Fit::kFill);
  EXPECT_EQ(Parsed("256@2x<").scaling, Scaling::kEnlarge);
  EXPECT_EQ(Parsed("256,enlarge=yes").scaling, Scaling::kBoth);
}

TEST(ParseSizeSpec, NamesAndSettings) {
  EXPECT_EQ(Parsed("square=256x256,fit=cover,gravity=attention,q=70"), (SizeSpec{.width = 256,
                                                                                 .height = 256,
                                                                                 .fit = Fit::kCover,
                                                                                 .gravity = Gravity::kAttention,
                                                                                 .quality = 70,
                                                                                 .name = "square"}));
}

TEST(ParseSizeSpec, BytesOfAFile) {
  EXPECT_EQ(Parsed("64").max_bytes, std::nullopt);
  EXPECT_EQ(Parsed("64,max=0").max_bytes, 0u);
  EXPECT_EQ(Parsed("64,max=9000").max_bytes, 9000u);
  EXPECT_EQ(Parsed("64,max=20k,q=5").max_bytes, 20u << 10);
  EXPECT_EQ(Parsed("64,max=20K").max_bytes, 20u << 10);
  EXPECT_EQ(Parsed("64,max=2M").max_bytes, 2u << 20);
  for (const char* wrong : {"", "k", "-1", "20kk", "20 k", "1.5k", "1e3", "99999999999999999999", "9999999999999M"}) {
    EXPECT_THAT(Refusal("64,max=" + std::string(wrong)), HasSubstr("max is a number of bytes")) << wrong;
  }
  for (const char* text : {"64,max=9000", "64,max=20k", "64,max=2048k,q=70", "64,max=0"}) {
    EXPECT_EQ(ToString(Parsed(text)), text);
  }
}

TEST(ParseSizeSpec, WhatIsNotSaidIsTakenFromTheDefaults) {
  const SizeDefaults defaults{Fit::kPad, Scaling::kBoth, Gravity::kWest};
  EXPECT_EQ(
      Parsed("64", defaults),
      (SizeSpec{.width = 64, .height = 64, .fit = Fit::kPad, .scaling = Scaling::kBoth, .gravity = Gravity::kWest}));
  const SizeSpec own = Parsed("64>,fit=cover,gravity=centre", defaults);
  EXPECT_EQ(own, (SizeSpec{.width = 64, .height = 64, .fit = Fit::kCover}));
}

// What is made of names has to fit into a file's name.
TEST(ParseSizeSpec, NamesHaveAtMost64Letters) {
  EXPECT_TRUE(ParseSizeSpec(std::string(64, 'n') + "=5"));
  const auto refused = ParseSizeSpec(std::string(65, 'n') + "=5");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.ends_with("a name has at most 64 letters")) << refused.error().message;
}

TEST(ParseSizeSpec, RefusesAllElse) {
  for (const char* text : {"",
                           "x",
                           "0",
                           "0x10",
                           "10x0",
                           "-5",
                           "65501",
                           "12a",
                           "a",
                           "1x2x3",
                           " 5",
                           "5X6",
                           "%",
                           "0%",
                           "-1%",
                           "10001%",
                           "nan%",
                           "inf%",
                           "1e400%",
                           "256@",
                           "256@x",
                           "256@0x",
                           "256@2",
                           "256@10x",
                           "32751@2x",
                           "=256",
                           "a b=256",
                           "a/b=9",
                           "name=",
                           "256,fit",
                           "256,fit=",
                           "256,q=0",
                           "256,q=101",
                           "256,q=x",
                           "256,sharpen",
                           "256,sharpen=-1",
                           "256,sharpen=10.1",
                           "256,sharpen=nan",
                           "256,fit=round",
                           "256,gravity=up",
                           "256,colour=red",
                           "99999999999",
                           "256<>"}) {
    EXPECT_FALSE(Refusal(text).empty());
  }
  EXPECT_THAT(Refusal("256,fit=round"), HasSubstr("inside, cover, fill, pad"));
  EXPECT_THAT(Refusal("256,colour=red"), HasSubstr("none of fit, gravity, q, max, sharpen, enlarge"));
  EXPECT_THAT(Refusal("256@10x"), HasSubstr("1x to 9x"));
  EXPECT_THAT(Refusal("40000@2x"), HasSubstr("1 to 32750"));
}

TEST(ToString, ReadsBack) {
  for (const char* text : {"256", "256x", "x9", "320x240", "50%", "12.5%", "256@2x", "10%@3x", "256<",
                           "320x240,fit=fill", "a-b_C=64,fit=cover,gravity=northeast,enlarge=yes,q=33",
                           "64<,fit=pad,gravity=entropy", "64,q=9,sharpen=0.5", "64,sharpen=0"}) {
    EXPECT_EQ(ToString(Parsed(text)), text);
    EXPECT_EQ(Parsed(ToString(Parsed(text))), Parsed(text));
  }
  EXPECT_EQ(ToString(Parsed("256x256>")), "256");
}

std::vector<std::string> Labels(const std::vector<std::string>& texts) {
  std::vector<SizeSpec> specs;
  specs.reserve(texts.size());
  for (const std::string& text : texts) specs.push_back(Parsed(text));
  return SizeLabels(specs);
}

TEST(SizeLabels, ABoxAndAWidthAreCalledAlikeUnlessBothAreWanted) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(Labels({"32", "64x", "x64", "320x240"}), (Strings{"32", "64", "x64", "320x240"}));
  EXPECT_EQ(Labels({"32", "32x"}), (Strings{"32", "32x"}));
  EXPECT_EQ(Labels({"32x", "32"}), (Strings{"32", "32x32"}));
  EXPECT_EQ(Labels({"32", "32,fit=cover", "32,fit=pad", "32,fit=cover,q=5"}),
            (Strings{"32", "32x32", "32x32-pad", "32x32-cover"}));
  EXPECT_EQ(Labels({"32", "32<", "32,q=5", "32,q=6", "32,q=7"}),
            (Strings{"32", "32x32", "32x32-inside", "32x32-inside-4", "32x32-inside-5"}));
  EXPECT_EQ(Labels({"50%", "256@2x", "teaser=256"}), (Strings{"50pc", "256@2x", "teaser"}));
}

}  // namespace
}  // namespace tbbthumbs
