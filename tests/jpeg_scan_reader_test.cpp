#include "codecs/jpeg_scan_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/jpeg_fixture.h"
#include "tests/support/jpeg_scan_reading.h"
#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs {
namespace {

using testing::JpegColor;
using testing::JpegFixture;
using testing::MakeJpeg;
using testing::ReadScan;
using testing::ScanReading;
using testing::ScanReadingOptions;
using testing::SynthComponent;
using testing::SynthJpeg;
using testing::SynthRandom;

// A gradient with more noise to the right.
void Paint(int x, int y, uint8_t* sample) {
  for (int c = 0; c < 3; ++c) {
    const auto noise = static_cast<int>(
        (static_cast<unsigned>(x) * 2654435761U ^ static_cast<unsigned>(y) * 40503U * static_cast<unsigned>(c + 1)) >>
            7 &
        0xFF);
    sample[c] = static_cast<uint8_t>(std::clamp(3 * x + (c - 1) * 2 * y + noise * x / 64, 0, 255));
  }
}

void ExpectLibjpegsCoefficients(std::span<const std::byte> jpeg, const ScanReadingOptions& options,
                                const std::string& what) {
  const ScanReading reading = ReadScan(jpeg, options);
  ASSERT_TRUE(reading.read()) << what << ": " << static_cast<int>(reading.end);
  EXPECT_TRUE(reading.exact) << what;
  ASSERT_EQ(DifferenceFromLibjpeg(reading, jpeg, options.sides), "") << what;
}

// Each component's side, 1 or 2, from the bits of `choice`.
std::vector<int> Sides(int choice) { return {1 + (choice & 1), 1 + (choice >> 1 & 1), 1 + (choice >> 2 & 1)}; }

SynthJpeg Synthetic(SynthRandom& random, Size size, std::vector<SynthComponent> components) {
  SynthJpeg jpeg;
  jpeg.size = size;
  jpeg.components = std::move(components);
  jpeg.quants[0].fill(1);
  jpeg.dc = {testing::StandardDc(), testing::RandomDcCode(random)};
  jpeg.ac = {testing::StandardAc(), testing::StandardAc()};
  // Fewer symbols, all others of 16 bits.
  jpeg.ac[1].counts[14] = 0;
  jpeg.ac[1].counts[15] = 0x60;
  jpeg.scan = testing::RandomScan(random, jpeg);
  return jpeg;
}

TEST(JpegScanReader, EverySamplingThatAnMcuMayHave) {
  SynthRandom random(1);
  int count = 0;
  for (int bits = 0; bits < 1 << 12; ++bits) {
    std::vector<SynthComponent> components;
    int blocks = 0;
    for (int c = 0; c < 3; ++c) {
      const int factors = bits >> 4 * c & 15;
      components.push_back({1 + factors % 4, 1 + factors / 4, 0, c == 0 ? 0 : 1, c == 0 ? 0 : 1});
      blocks += components.back().h * components.back().v;
    }
    if (blocks > kMaxMcuBlocks) continue;
    const Size size{1 + static_cast<int>(random() % 70), 1 + static_cast<int>(random() % 70)};
    const auto jpeg = testing::Assemble(Synthetic(random, size, components));
    ExpectLibjpegsCoefficients(jpeg, {.sides = Sides(count++)}, std::to_string(bits));
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(count, 515);
}

TEST(JpegScanReader, EverySizeUpToFortyAndEverySide) {
  int count = 0;
  for (int width = 1; width <= 40; ++width) {
    for (int height = 1; height <= 40; height += 1 + width % 3) {
      JpegFixture fixture{.size = {width, height}, .color = width % 4 == 0 ? JpegColor::kGray : JpegColor::kYcc};
      constexpr std::array<std::array<int, 2>, 5> kLuma = {{{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}}};
      fixture.luma_sampling = kLuma[static_cast<size_t>(count) % kLuma.size()];
      fixture.paint = [gray = fixture.color == JpegColor::kGray](int x, int y, uint8_t* sample) {
        uint8_t all[3];
        Paint(x, y, all);
        std::copy(all, all + (gray ? 1 : 3), sample);
      };
      ExpectLibjpegsCoefficients(MakeJpeg(fixture), {.sides = Sides(count++)},
                                 std::to_string(width) + "x" + std::to_string(height));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(JpegScanReader, RestartIntervals) {
  for (const int interval : {1, 2, 7, 11, 65535}) {
    for (const bool optimize : {false, true}) {
      for (int choice = 0; choice < 8; ++choice) {
        JpegFixture fixture{.size = {173, 99}};  // 11 MCUs in a row
        fixture.restart_mcus = interval;
        fixture.optimize = optimize;
        fixture.paint = &Paint;
        ExpectLibjpegsCoefficients(MakeJpeg(fixture), {.sides = Sides(choice)}, std::to_string(interval));
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(JpegScanReader, QualitiesAndQuantizers) {
  for (int quality = 1; quality <= 100; quality += quality < 10 || quality >= 90 ? 1 : 9) {
    for (const bool optimize : {false, true}) {
      JpegFixture fixture{.size = {67, 45}, .luma_sampling = {1, 1}, .quality = quality};
      fixture.optimize = optimize;
      fixture.wide_quantizers = true;
      fixture.paint = &Paint;
      ExpectLibjpegsCoefficients(MakeJpeg(fixture), {.sides = Sides(quality % 8)}, std::to_string(quality));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(JpegScanReader, GrayWithSamplingFactorsIsCodedBlockByBlock) {
  for (const auto& factors : {std::array{2, 2}, std::array{4, 1}, std::array{1, 3}, std::array{4, 4}}) {
    for (const int interval : {0, 1, 3}) {
      SynthRandom random(static_cast<unsigned>(interval + 3));
      SynthJpeg jpeg = Synthetic(random, {37, 21}, {{factors[0], factors[1]}});
      jpeg.restart_interval = interval;
      jpeg.scan = testing::RandomScan(random, jpeg);
      for (const int side : {1, 2}) {
        ExpectLibjpegsCoefficients(testing::Assemble(jpeg), {.sides = {side}}, std::to_string(interval));
      }
    }
  }
}

TEST(JpegScanReader, CodesAndDataThatNoEncoderWrites) {
  SynthRandom random(9);
  for (int round = 0; round < 1500; ++round) {
    const SynthJpeg parts = testing::RandomJpeg(random, 60);
    const auto jpeg = testing::Assemble(parts);
    const std::vector<int> sides = Sides(round);
    const ScanReading reading = ReadScan(jpeg, {.sides = sides});
    const bool large = std::ranges::any_of(
        parts.quants, [](const auto& quant) { return *std::max_element(quant.begin(), quant.begin() + 5) > 32767; });
    ASSERT_TRUE(reading.read() || (large && reading.end == ScanReading::End::kNoFrame)) << round;
    ASSERT_EQ(DifferenceFromLibjpeg(reading, jpeg, sides), "") << round;
    EXPECT_TRUE(!reading.read() || reading.exact) << round;
  }
}

// Windows that end anywhere in the picture, over sources of every kind.
TEST(JpegScanReader, TheWindowMovesAlong) {
  for (const int interval : {0, 1, 40}) {
    JpegFixture fixture{.size = {400, 300}, .quality = 100};
    fixture.restart_mcus = interval;
    fixture.paint = &Paint;
    const auto jpeg = MakeJpeg(fixture);
    ASSERT_GT(jpeg.size(), 12 * ScanBytes::kMargin);
    for (size_t window = ScanBytes::kMargin; window < ScanBytes::kMargin + 40; window += 3) {
      for (const size_t resident : {size_t{0}, jpeg.size() / 2, SIZE_MAX}) {
        ExpectLibjpegsCoefficients(
            jpeg, {.sides = Sides(static_cast<int>(window)), .window = window, .source = {.resident_bytes = resident}},
            std::to_string(window));
        if (HasFatalFailure()) return;
      }
    }
    ExpectLibjpegsCoefficients(jpeg, {.window = 4096, .source = {.most_a_read = 1}}, "a byte at a time");
  }
}

TEST(JpegScanReader, AWindowThatIsTooSmallDeclines) {
  JpegFixture fixture{.size = {200, 200}, .quality = 100};
  fixture.paint = &Paint;
  const auto jpeg = MakeJpeg(fixture);
  for (size_t window = 1; window < ScanBytes::kMargin; window += 101) {
    const ScanReading reading = ReadScan(jpeg, {.sides = {2, 2, 2}, .window = window});
    EXPECT_EQ(DifferenceFromLibjpeg(reading, jpeg, {2, 2, 2}), "") << window;
    EXPECT_TRUE(window > 2000 || !reading.read()) << window;
  }
}

// Ten blocks of 63 coefficients, each a code of 16 bits and a value of 15.
SynthJpeg LongestMcus(Size size) {
  SynthJpeg jpeg;
  jpeg.size = size;
  jpeg.components = {{2, 4}, {1, 1}, {1, 1}};
  jpeg.quants[0].fill(1);
  jpeg.dc[0].counts[15] = 1;
  jpeg.dc[0].symbols[0] = 11;
  jpeg.ac[0].counts[15] = 1;
  jpeg.ac[0].symbols[0] = 0x0F;
  SynthRandom random(1);
  jpeg.scan = testing::RandomScan(random, jpeg);
  return jpeg;
}

TEST(JpegScanReader, TheLongestMcus) {
  const SynthJpeg parts = LongestMcus({160, 128});
  const auto jpeg = testing::Assemble(parts);
  EXPECT_GT(parts.scan.size(), 40U * 2470);
  for (size_t window = ScanBytes::kMargin; window < ScanBytes::kMargin + 3000; window += 37) {
    ExpectLibjpegsCoefficients(jpeg, {.sides = Sides(static_cast<int>(window)), .window = window},
                               std::to_string(window));
    if (HasFatalFailure()) return;
  }
  // Cut in the last two MCUs.
  for (size_t cut = 1; cut < 5000; cut += 19) {
    const auto part = std::span(jpeg).first(jpeg.size() - 2 - cut);
    const ScanReading reading = ReadScan(part, {.sides = {2, 1, 2}, .window = ScanBytes::kMargin});
    EXPECT_EQ(reading.end, ScanReading::End::kDeclined) << cut;
  }
}

// One row or more of blocks with the same difference each, and nothing else.
SynthJpeg Climbing(Size size, int value) {
  SynthJpeg jpeg;
  jpeg.size = size;
  jpeg.quants[0].fill(1);
  jpeg.dc[0].counts[0] = 1;
  jpeg.dc[0].symbols[0] = 11;
  jpeg.ac[0].counts[0] = 1;
  testing::ScanWriter writer;
  for (int block = jpeg.McuColumns() * jpeg.McuRows(); block > 0; --block) {
    writer.Put(0, 1);
    writer.Put(static_cast<uint32_t>(value > 0 ? value : value + 2047), 11);
    writer.Put(0, 1);
  }
  jpeg.scan = writer.Take();
  return jpeg;
}

TEST(JpegScanReader, DcCoefficientsOf16BitsWrapAsLibjpegsDo) {
  for (const int value : {2047, -2047}) {
    const auto jpeg = testing::Assemble(Climbing({1000, 16}, value));
    const ScanReading reading = ReadScan(jpeg, {.sides = {1}});
    ASSERT_TRUE(reading.read());
    EXPECT_EQ(DifferenceFromLibjpeg(reading, jpeg, {1}), "");
    const auto [least, most] = std::ranges::minmax(reading.corners[0]);
    EXPECT_LT(least, -30'000);
    EXPECT_GT(most, 30'000);
  }
}

TEST(JpegScanReader, DcPredictionsThatLeaveAllBoundsAreDeclined) {
  for (const int value : {2047, -2047}) {
    EXPECT_EQ(ReadScan(testing::Assemble(Climbing({65'500, 520}, value)), {.sides = {1}}).end,
              ScanReading::End::kDeclined);
    EXPECT_TRUE(ReadScan(testing::Assemble(Climbing({65'500, 400}, value)), {.sides = {1}}).read());
  }
}

TEST(JpegScanReader, ATableThatIsNoneIsDeclinedAtOnce) {
  SynthJpeg jpeg;
  jpeg.quants[0].fill(1);
  jpeg.dc[0] = testing::StandardDc();
  jpeg.ac[0] = testing::StandardAc();
  testing::ScanWriter writer;
  for (int block = 0; block < 4; ++block) writer.Put(0b00'1010, 6);
  jpeg.scan = writer.Take();
  ASSERT_TRUE(ReadScan(testing::Assemble(jpeg), {}).read());
  jpeg.ac[0].counts[0] = 2;
  EXPECT_EQ(ReadScan(testing::Assemble(jpeg), {}).end, ScanReading::End::kNoTables);
  jpeg.ac[0] = testing::StandardAc();
  jpeg.dc[0].symbols[11] = 16;
  EXPECT_EQ(ReadScan(testing::Assemble(jpeg), {}).end, ScanReading::End::kNoTables);
}

}  // namespace
}  // namespace tbbthumbs
