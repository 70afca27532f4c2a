#include "tools/units.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tbbthumbs::tool {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(UnitsTest, Counts) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCountOf(1, "picture"), "1 picture");
  EXPECT_EQ(FormatCountOf(2000, "picture"), "2,000 pictures");
  EXPECT_EQ(FormatCountOf(0, "directory"), "0 directories");
}

TEST(UnitsTest, BytesInThreeFigures) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1240), "1.24 kB");
  EXPECT_EQ(FormatBytes(28'449'000), "28.4 MB");
  EXPECT_EQ(FormatBytes(999'400), "999 kB");
  EXPECT_EQ(FormatBytes(999'500), "1.00 MB");  // not "1,000 kB"
  EXPECT_EQ(FormatBytes(9'996), "10.0 kB");    // not "10.00 kB"
  EXPECT_EQ(FormatBytes(1'200'000'000'000), "1.20 TB");
  EXPECT_EQ(FormatBytes(1'234'000'000'000'000), "1,234 TB");
}

TEST(UnitsTest, Rates) {
  EXPECT_EQ(FormatRate(0), "0.00");
  EXPECT_EQ(FormatRate(15.44), "15.4");
  EXPECT_EQ(FormatRate(999.6), "1,000");
}

TEST(UnitsTest, Durations) {
  EXPECT_EQ(FormatDuration(milliseconds(420)), "0.42 s");
  EXPECT_EQ(FormatDuration(milliseconds(3100)), "3.1 s");
  EXPECT_EQ(FormatDuration(milliseconds(58'400)), "58 s");
  EXPECT_EQ(FormatDuration(milliseconds(59'700)), "1 min 00 s");
  EXPECT_EQ(FormatDuration(seconds(125)), "2 min 05 s");
  EXPECT_EQ(FormatDuration(seconds(3725)), "1 h 02 min");
}

TEST(UnitsTest, Clocks) {
  EXPECT_EQ(FormatClock(seconds(58)), "0:58");
  EXPECT_EQ(FormatClock(seconds(725)), "12:05");
  EXPECT_EQ(FormatClock(seconds(3723)), "1:02:03");
}

}  // namespace
}  // namespace tbbthumbs::tool
