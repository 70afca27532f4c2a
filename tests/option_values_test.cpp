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

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

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

TEST(OptionValuesTest, RatesAreOfASecond) {
  const auto expect = [](std::string_view text, double rate) {
    const auto parsed = ParseRate(text);
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_DOUBLE_EQ(*parsed, rate) << text;
  };
  expect("10", 10);
  expect("10/s", 10);
  expect("90/m", 1.5);
  expect("1800/h", 0.5);
  expect("86400/d", 1);
  expect("0.5/s", 0.5);
  expect("1/d", 1.0 / 86400);
  for (const std::string_view wrong : {"", "0", "0/s", "0.0/d", "-1", "-1/s", "/s", "10/", "10/x", "10/S", "10 /s",
                                       "10/ss", "1e3", "nan", "inf", "inf/d", "0.0000000001/d", "99999999999"}) {
    const auto rate = ParseRate(wrong);
    ASSERT_FALSE(rate) << wrong;
    EXPECT_EQ(rate.error(), "'" + std::string(wrong) + "' is no rate, as in 10/s, 90/m, 1000/h or 5000/d");
  }
}

TEST(OptionValuesTest, Proxies) {
  EXPECT_EQ(ParseProxy("none"), "");
  for (const std::string_view right :
       {"env", "proxy:8080", "10.0.0.1:1", "[::1]:65535", "http://proxy", "http://proxy/", "https://proxy.example:443",
        "socks5://user:pass@proxy:1080", "user:p@ss@proxy:8080", "http://[fe80::1]", "http://[::1]:8080/"}) {
    EXPECT_EQ(ParseProxy(right), std::string(right));
  }
  for (const std::string_view wrong : {"",
                                       "proxy",
                                       "yes",
                                       "[::1]",
                                       "proxy:",
                                       "proxy:0",
                                       "proxy:65536",
                                       "proxy:x",
                                       ":8080",
                                       "ftp://proxy:80",
                                       "http://",
                                       "http:///",
                                       "http://:80",
                                       "http://a b",
                                       "http://proxy/path",
                                       "http://proxy:80/path",
                                       "http://[]",
                                       "http://[::1",
                                       "http://[::1]8080",
                                       "proxy\n:80",
                                       "http://proxy?",
                                       "http://proxy#x"}) {
    const auto proxy = ParseProxy(wrong);
    ASSERT_FALSE(proxy) << wrong;
    EXPECT_THAT(proxy.error(), HasSubstr("' is no proxy: HOST:PORT, or with http://, https:// or socks5://; "));
  }
  for (const std::string_view secret : {"user:pass@proxy", "http://user:pass@proxy:x", "ftp://user:pass@proxy"}) {
    const auto proxy = ParseProxy(secret);
    ASSERT_FALSE(proxy) << secret;
    EXPECT_THAT(proxy.error(), AllOf(Not(HasSubstr("pass")), Not(HasSubstr("user")), HasSubstr("proxy")));
  }
}

TEST(OptionValuesTest, PathsAreNoAddresses) {
  for (const std::string right : {"a", "/a/b", "./http://a", "http", "ftp://a"}) EXPECT_EQ(ParsePath(right), right);
  EXPECT_EQ(ParsePath("").error(), "a value is missing");
  EXPECT_EQ(ParsePath("HTTPS://user:pass@host/a.jpg").error(),
            "'HTTPS://host/a.jpg' is an address, where a path is wanted");
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
