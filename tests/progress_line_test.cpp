#include "tools/progress_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tbbthumbs::tool {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

Progress At(milliseconds elapsed, uint64_t done, std::optional<uint64_t> total, uint64_t bytes_in = 0) {
  Progress progress;
  progress.elapsed = elapsed;
  progress.done = done;
  progress.total = total;
  progress.bytes_in = bytes_in;
  return progress;
}

const Speed kSpeed{.pictures_per_second = 1523, .bytes_per_second = 28.4e6, .left = seconds(58)};

// Columns on the screen: escape sequences take none, and every character that the line uses takes one.
int Columns(std::string_view line) {
  int columns = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = line.find('m', i);
    } else if ((static_cast<unsigned char>(line[i]) & 0xC0) != 0x80) {
      ++columns;
    }
  }
  return columns;
}

TEST(ProgressLineTest, SaysAllThereIsToSay) {
  Progress progress = At(seconds(10), 12345, 100000);
  progress.failed = 3;
  EXPECT_EQ(RenderProgressLine(progress, kSpeed, {.width = 100}),
            " 12,345/100,000   12 %  ====..............................  1,523/s  28.4 MB/s  0:58 left  3 failed");
}

TEST(ProgressLineTest, HasNoTotalWhileItIsUnknown) {
  const Speed speed{.pictures_per_second = 15.4, .bytes_per_second = 1.2e6, .left = std::nullopt};
  EXPECT_EQ(RenderProgressLine(At(seconds(75), 1234, std::nullopt), speed, {.width = 80}),
            "1,234 done   15.4/s  1.20 MB/s  1:15");
}

TEST(ProgressLineTest, SaysWhatIsKnownOfWhileInputsAreStillBeingFound) {
  Progress progress = At(seconds(75), 1234, std::nullopt);
  progress.found = 56'000;
  const Speed speed{.pictures_per_second = 100, .bytes_per_second = 1.2e6, .left = seconds(547)};
  EXPECT_EQ(RenderProgressLine(progress, speed, {.width = 80}), "1,234 of 56,000+    100/s  1.20 MB/s  9:07+ left");
}

TEST(ProgressLineTest, NeverFillsTheTerminalsWidth) {
  Progress progress = At(seconds(10), 12345, 100000);
  progress.failed = 3;
  for (const bool color : {false, true}) {
    for (const bool unicode : {false, true}) {
      for (int width = 0; width <= 200; ++width) {
        const LineStyle style{.width = width, .color = color, .unicode = unicode, .stopping = width % 2 == 1};
        EXPECT_LT(Columns(RenderProgressLine(progress, kSpeed, style)), std::max(width, 1)) << width;
      }
    }
  }
}

TEST(ProgressLineTest, LeavesOutTheLeastTellingFirst) {
  Progress progress = At(seconds(10), 12345, 100000);
  progress.failed = 3;
  const auto line = [&](int width) { return RenderProgressLine(progress, kSpeed, {.width = width}); };
  EXPECT_THAT(line(75), HasSubstr("=."));
  EXPECT_THAT(line(66), Not(HasSubstr("=.")));
  EXPECT_THAT(line(66), HasSubstr("MB/s"));
  EXPECT_THAT(line(58), Not(HasSubstr("MB/s")));
  EXPECT_THAT(line(58), HasSubstr("12 %"));
  EXPECT_THAT(line(27), HasSubstr("3 failed"));
  EXPECT_EQ(line(17), " 12,345/100,000");
  EXPECT_EQ(line(5), "");
}

TEST(ProgressLineTest, TheBarIsAsFullAsTheRun) {
  const auto bar = [&](uint64_t done, LineStyle style) {
    style.width = 70;
    const std::string line = RenderProgressLine(At(seconds(1), done, 100), Speed{}, style);
    const size_t start = line.find('%') + 3;
    return line.substr(start, line.find("  ", start) - start);
  };
  const int columns = Columns(bar(0, {}));
  EXPECT_GE(columns, 8);
  EXPECT_EQ(bar(0, {}), std::string(columns, '.'));
  EXPECT_EQ(bar(100, {}), std::string(columns, '='));
  EXPECT_EQ(Columns(bar(37, {.unicode = true})), columns);
  // More done than counted: files that came meanwhile.
  EXPECT_EQ(bar(250, {}), std::string(columns, '='));
}

TEST(ProgressLineTest, ColorsOnlyWhereWanted) {
  Progress progress = At(seconds(10), 5, 10);
  progress.failed = 1;
  EXPECT_THAT(RenderProgressLine(progress, kSpeed, {.color = false}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(RenderProgressLine(progress, kSpeed, {.color = true}), HasSubstr("\x1b[31m1 failed\x1b[0m"));
}

TEST(ProgressLineTest, SaysThatItIsStopping) {
  EXPECT_THAT(RenderProgressLine(At(seconds(1), 5, 10), kSpeed, {.stopping = true}), HasSubstr("stopping"));
  Progress paused = At(seconds(1), 5, 10);
  paused.paused = true;
  EXPECT_THAT(RenderProgressLine(paused, kSpeed, {}), HasSubstr("paused  "));
  EXPECT_THAT(RenderProgressLine(paused, kSpeed, {.load = 3.26}), HasSubstr("paused (load 3.3)  "));
  EXPECT_THAT(RenderProgressLine(At(seconds(1), 5, 10), kSpeed, {.load = 3}), Not(HasSubstr("load")));
}

TEST(ProgressLineTest, AnEmptyRunIsNoDivisionByZero) {
  EXPECT_THAT(RenderProgressLine(At(seconds(0), 0, 0), Speed{}, {}), HasSubstr("0/0"));
}

TEST(SpeedMeterTest, MeasuresAndEstimates) {
  SpeedMeter meter;
  const Speed speed = meter.Update(At(seconds(2), 100, 600, 5'000'000));
  EXPECT_DOUBLE_EQ(speed.pictures_per_second, 50);
  EXPECT_DOUBLE_EQ(speed.bytes_per_second, 2.5e6);
  EXPECT_EQ(speed.left, seconds(10));
}

TEST(SpeedMeterTest, ForgetsWhatIsLongAgo) {
  SpeedMeter meter;
  // 10,000 up-to-date pictures in the first second, then ten a second.
  meter.Update(At(seconds(1), 10'000, 11'000));
  Speed speed;
  for (int i = 1; i <= 300; ++i) {
    speed = meter.Update(At(seconds(1) + milliseconds(100 * i), 10'000 + static_cast<uint64_t>(i), 11'000));
  }
  EXPECT_NEAR(speed.pictures_per_second, 10, 0.01);
  EXPECT_EQ(speed.left, seconds(70));
}

TEST(SpeedMeterTest, EstimatesFromALongerTimeInALongerRun) {
  SpeedMeter meter;
  Speed speed;
  // Ten a second, but for every fourth period of ten seconds, in which there is none.
  uint64_t done = 0;
  for (int i = 1; i <= 4000; ++i) {
    if (i / 100 % 4 != 3) ++done;
    speed = meter.Update(At(milliseconds(100) * i, done, 10'000));
  }
  EXPECT_NEAR(speed.pictures_per_second, 0, 0.2);
  // 50 s, an eighth of the run, of which 10 to 20 stood still.
  ASSERT_TRUE(speed.left);
  const double left = static_cast<double>(10'000 - done);
  EXPECT_GE(speed.left->count(), left / 10 * 50 / 40 - 5);
  EXPECT_LE(speed.left->count(), left / 10 * 50 / 30 + 5);
}

TEST(SpeedMeterTest, EstimatesAtLeastWhatIsKnownOf) {
  Progress progress = At(seconds(2), 100, std::nullopt);
  progress.found = 600;
  EXPECT_EQ(SpeedMeter().Update(progress).left, seconds(10));
  progress.found = 100;
  EXPECT_EQ(SpeedMeter().Update(progress).left, std::nullopt);
}

TEST(SpeedMeterTest, EstimatesNothingWithoutTotalOrMovementOrTime) {
  EXPECT_EQ(SpeedMeter().Update(At(seconds(2), 100, std::nullopt)).left, std::nullopt);
  EXPECT_EQ(SpeedMeter().Update(At(seconds(2), 0, 100)).left, std::nullopt);
  EXPECT_EQ(SpeedMeter().Update(At(milliseconds(100), 5, 100)).left, std::nullopt);
  EXPECT_EQ(SpeedMeter().Update(At(seconds(0), 0, 100)).pictures_per_second, 0);
}

}  // namespace
}  // namespace tbbthumbs::tool
