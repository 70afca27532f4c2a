#include "tools/option_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/temp_tree.h"

namespace tbbthumbs::tool {
namespace {

using ::testing::HasSubstr;

TEST(OptionValuesTest, WholeNumbers) {
  EXPECT_EQ(ParseInt("1", 1, 100), 1);
  EXPECT_EQ(ParseInt("100", 1, 100), 100);
  for (const std::string_view wrong : {"", "0", "101", "-1", "+5", "5.0", "5 ", " 5", "x", "99999999999"}) {
    const auto value = ParseInt(wrong, 1, 100);
    ASSERT_FALSE(value) << wrong;
    EXPECT_EQ(value.error(), "'" + std::string(wrong) + "' is no whole number from 1 to 100");
  }
}

TEST(OptionValuesTest, BytesArePowersOf1024) {
  EXPECT_EQ(ParseByteCount("0"), 0u);
  EXPECT_EQ(ParseByteCount("512"), 512u);
  EXPECT_EQ(ParseByteCount("10k"), 10u << 10);
  EXPECT_EQ(ParseByteCount("10K"), 10u << 10);
  EXPECT_EQ(ParseByteCount("5M"), 5u << 20);
  EXPECT_EQ(ParseByteCount("1.5M"), 3u << 19);
  EXPECT_EQ(ParseByteCount("2G"), uint64_t{2} << 30);
  EXPECT_EQ(ParseByteCount("2GiB"), uint64_t{2} << 30);
  EXPECT_EQ(ParseByteCount("1TB"), uint64_t{1} << 40);
  for (const std::string_view wrong : {"", "k", "5q", "5kk", "-5", "1.5", "nan", "inf", "1e5", "5M5", "99999999T"}) {
    EXPECT_FALSE(ParseByteCount(wrong)) << wrong;
  }
}

TEST(OptionValuesTest, PixelsArePowersOf1000) {
  EXPECT_EQ(ParsePixelCount("268M"), 268'000'000u);
  EXPECT_EQ(ParsePixelCount("1.5g"), 1'500'000'000u);
  EXPECT_EQ(ParsePixelCount("640"), 640u);
  for (const std::string_view wrong : {"", "0", "0k", "5MB", "5MiB", "-1"})
    EXPECT_FALSE(ParsePixelCount(wrong)) << wrong;
}

TEST(OptionValuesTest, Seconds) {
  using std::chrono::milliseconds;
  EXPECT_EQ(ParseSeconds("10"), milliseconds(10'000));
  EXPECT_EQ(ParseSeconds("0.5"), milliseconds(500));
  EXPECT_EQ(ParseSeconds("0"), milliseconds(0));
  EXPECT_EQ(ParseSeconds("0.0001"), milliseconds(1));  // not "no limit"
  for (const std::string_view wrong : {"", "-1", "10s", "x", "1e99", "99999999999"})
    EXPECT_FALSE(ParseSeconds(wrong)) << wrong;
}

TEST(OptionValuesTest, Colors) {
  EXPECT_EQ(ParseColor("white"), (Rgb8{255, 255, 255}));
  EXPECT_EQ(ParseColor("black"), (Rgb8{0, 0, 0}));
  EXPECT_EQ(ParseColor("#ff8001"), (Rgb8{255, 128, 1}));
  EXPECT_EQ(ParseColor("FF8001"), (Rgb8{255, 128, 1}));
  EXPECT_EQ(ParseColor("#f80"), (Rgb8{255, 136, 0}));
  for (const std::string_view wrong : {"", "#", "#ff", "#ff80", "#gg0000", "##f80", "pink", "-ff800"}) {
    EXPECT_FALSE(ParseColor(wrong)) << wrong;
  }
}

TEST(OptionValuesTest, DatesAreLocalTime) {
  std::tm day{};
  day.tm_year = 124;
  day.tm_mon = 4;
  day.tm_mday = 1;
  day.tm_isdst = -1;
  const auto midnight = std::chrono::system_clock::from_time_t(std::mktime(&day));
  EXPECT_EQ(ParseTime("2024-05-01"), midnight);
  EXPECT_EQ(ParseTime("2024-05-01T12:30:05"), midnight + std::chrono::seconds(12 * 3600 + 30 * 60 + 5));
  EXPECT_EQ(ParseTime("2024-05-01 12:30:05"), midnight + std::chrono::seconds(12 * 3600 + 30 * 60 + 5));
  EXPECT_TRUE(ParseTime("2024-02-29"));
  EXPECT_EQ(ParseTime("@0"), std::chrono::system_clock::time_point());
  EXPECT_EQ(ParseTime("@1714557600.000000500"),
            std::chrono::system_clock::time_point(std::chrono::seconds(1'714'557'600) + std::chrono::nanoseconds(500)));
  for (const std::string wrong : {"2024-02-30", "2023-02-29", "2024-13-01", "2024-5-1", "2024-05-01T25:00:00",
                                  "2024-05-01T12:60:00", "2024-05-01T12:00", "yesterday", ""}) {
    const auto time = ParseTime(wrong);
    ASSERT_FALSE(time) << wrong;
    EXPECT_THAT(time.error(), HasSubstr("neither a date"));
  }
}

TEST(OptionValuesTest, ATimeCanBeThatOfAFile) {
  const testing::TempTree tree;
  const auto file = tree.Write("stamp", "x");
  const auto when = std::filesystem::file_time_type::clock::now() - std::chrono::hours(50);
  std::filesystem::last_write_time(file, when);
  const auto time = ParseTime(file.string());
  ASSERT_TRUE(time);
  const auto expected = std::chrono::file_clock::to_sys(when);
  EXPECT_LT(std::chrono::abs(*time - expected), std::chrono::milliseconds(1));
}

TEST(OptionValuesTest, Choices) {
  constexpr std::pair<std::string_view, int> kChoices[] = {{"auto", 1}, {"jpeg", 2}, {"png", 3}};
  EXPECT_EQ(ParseChoice("jpeg", std::span<const std::pair<std::string_view, int>>(kChoices)), 2);
  const auto wrong = ParseChoice("jepg", std::span<const std::pair<std::string_view, int>>(kChoices));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), "'jepg' is not auto, jpeg or png; the nearest is 'jpeg'");
}

TEST(OptionValuesTest, YesAndNo) {
  EXPECT_EQ(ParseBool("yes"), true);
  EXPECT_EQ(ParseBool("on"), true);
  EXPECT_EQ(ParseBool("false"), false);
  EXPECT_EQ(ParseBool("0"), false);
  EXPECT_FALSE(ParseBool("perhaps"));
  EXPECT_FALSE(ParseBool(""));
}

}  // namespace
}  // namespace tbbthumbs::tool
