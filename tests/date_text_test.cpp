#include "pipeline/date_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace tbbthumbs {
namespace {

// The C library is the reference, in its C locale.
TEST(DateText, IsWhatStrftimeSays) {
  const std::string format = "%Y %y %m %d %j %H %I %M %S %p %B %b %A %a %F %G %V %u %%";
  // Every 1000th hour or so of 40 years: all months, leap years, first and last weeks.
  for (int64_t hour = 0; hour < 24 * 366 * 40; hour += 997) {
    const std::time_t seconds = hour * 3600 + 59;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::string expected(200, '\0');
    expected.resize(std::strftime(expected.data(), expected.size(), format.c_str(), &utc));
    const CalendarTime time{utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec};
    EXPECT_EQ(DateText(time, format), expected);
  }
}

TEST(DateText, OtherCharactersStay) { EXPECT_EQ(DateText({2024, 5, 1}, "a/%Y\u00E9:"), "a/2024\u00E9:"); }

TEST(FindDateMistake, FindsTheFirst) {
  EXPECT_EQ(FindDateMistake("%Y-%m-%d_%H%M%S %%"), std::string_view::npos);
  EXPECT_EQ(FindDateMistake("%Y%Q%Z"), 2u);
  EXPECT_EQ(FindDateMistake("%Y%"), 2u);
  EXPECT_EQ(FindDateMistake("%"), 0u);
}

TEST(LocalTime, IsThatOfTheTimeZone) {
  setenv("TZ", "Asia/Kolkata", 1);
  tzset();
  const CalendarTime time = LocalTime(std::chrono::seconds(1'714'566'659));
  unsetenv("TZ");
  tzset();
  // Where the machine knows no such zone, it is UTC.
  EXPECT_TRUE(time == (CalendarTime{2024, 5, 1, 18, 0, 59}) || time == (CalendarTime{2024, 5, 1, 12, 30, 59}));
  EXPECT_EQ(LocalTime(std::chrono::nanoseconds(-1)).year, 1969);
}

}  // namespace
}  // namespace tbbthumbs
