#include "codecs/jpeg_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "codecs/jpeg_encoder.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/jpeg_fixture.h"

namespace tbbthumbs {
namespace {

using testing::CollectingSink;
using testing::JpegColor;
using testing::JpegFixture;
using testing::MakeJpeg;

struct Outcome {
  ImageInfo info;
  Result<DecodeReport> report = Fail(ErrorCode::kInternal, "not run");
  CollectingSink sink;
};

Outcome DecodeAll(const std::vector<std::byte>& bytes, Size at_least,
                  Strictness strictness = Strictness::kFailTruncated, const DecodeLimits& limits = {}) {
  Outcome outcome;
  MemorySource source{std::span<const std::byte>(bytes)};
  auto decoder = OpenJpeg(source, limits);
  if (!decoder) {
    outcome.report = tl::unexpected<Error>(decoder.error());
    return outcome;
  }
  outcome.info = (*decoder)->info();
  Workspace workspace;
  const Watch watch(limits, {});
  outcome.report = (*decoder)->Decode({.at_least = at_least, .strictness = strictness}, outcome.sink, workspace, watch);
  return outcome;
}

Outcome DecodeFull(const JpegFixture& fixture) { return DecodeAll(MakeJpeg(fixture), fixture.size); }

// The mean of the absolute differences from what was painted, in 8-bit steps.
double MeanError(const Outcome& outcome, Size size, const std::function<void(int, int, uint8_t*)>& paint) {
  const int channels = outcome.sink.format.planes[0].channels;
  double sum = 0;
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      uint8_t expected[4] = {};
      paint(x, y, expected);
      for (int c = 0; c < channels; ++c) sum += std::abs(outcome.sink.U8(x, y, c) - expected[c]);
    }
  }
  return sum / (static_cast<double>(size.pixels()) * channels);
}

void Gradient3(int x, int y, uint8_t* s) {
  s[0] = static_cast<uint8_t>(40 + x);
  s[1] = static_cast<uint8_t>(200 - y);
  s[2] = static_cast<uint8_t>(60 + (x + y) / 2);
}

TEST(JpegDecoder, EveryColourSpaceAndSampling) {
  struct Case {
    JpegColor color;
    std::array<int, 2> sampling;
    bool progressive;
    const char* coding;
  };
  for (const Case& c :
       {Case{JpegColor::kYcc, {1, 1}, false, "baseline 4:4:4"}, Case{JpegColor::kYcc, {2, 1}, false, "baseline 4:2:2"},
        Case{JpegColor::kYcc, {2, 2}, false, "baseline 4:2:0"}, Case{JpegColor::kYcc, {1, 2}, false, "baseline 4:4:0"},
        Case{JpegColor::kYcc, {4, 1}, false, "baseline 4:1:1"},
        Case{JpegColor::kYcc, {4, 2}, false, "baseline 4x2,1x1,1x1"},
        Case{JpegColor::kYcc, {2, 2}, true, "progressive 4:2:0"},
        Case{JpegColor::kRgb, {1, 1}, false, "baseline 4:4:4"}}) {
    JpegFixture fixture{.size = {101, 83}, .color = c.color, .luma_sampling = c.sampling, .progressive = c.progressive};
    fixture.quality = 98;
    fixture.paint = Gradient3;
    const Outcome outcome = DecodeFull(fixture);
    ASSERT_TRUE(outcome.report) << c.coding << ": " << outcome.report.error().message;
    EXPECT_EQ(outcome.info.coding, c.coding);
    EXPECT_EQ(outcome.info.color, ColorModel::kRgb);
    EXPECT_EQ(outcome.info.size, (Size{101, 83}));
    EXPECT_TRUE(outcome.sink.ended);
    EXPECT_LT(MeanError(outcome, fixture.size, Gradient3), 2.0) << c.coding;
  }
}

TEST(JpegDecoder, Gray) {
  JpegFixture fixture{.size = {33, 17}, .color = JpegColor::kGray, .luma_sampling = {1, 1}};
  fixture.paint = [](int x, int, uint8_t* s) { s[0] = static_cast<uint8_t>(7 * x); };
  const Outcome outcome = DecodeFull(fixture);
  ASSERT_TRUE(outcome.report) << outcome.report.error().message;
  EXPECT_EQ(outcome.sink.format.color, ColorModel::kGray);
  EXPECT_EQ(outcome.sink.format.planes[0].channels, 1);
  EXPECT_LT(MeanError(outcome, fixture.size, fixture.paint), 2.0);
}

TEST(JpegDecoder, InksOfCmykAndYcckWithAndWithoutAdobesInversion) {
  for (const JpegColor color : {JpegColor::kCmyk, JpegColor::kYcck}) {
    for (const bool adobe : {true, false}) {
      // libjpeg can only tell YCCK from CMYK by Adobe's marker.
      if (color == JpegColor::kYcck && !adobe) continue;
      JpegFixture fixture{.size = {40, 24}, .color = color, .luma_sampling = {1, 1}, .adobe_marker = adobe};
      fixture.quality = 98;
      const auto stored = [](int x, int y, uint8_t* s) {
        Gradient3(x, y, s);
        s[3] = 220;
      };
      fixture.paint = stored;
      const Outcome outcome = DecodeFull(fixture);
      ASSERT_TRUE(outcome.report) << outcome.report.error().message;
      EXPECT_EQ(outcome.sink.format.color, ColorModel::kCmyk);
      const auto ink = [&](int x, int y, uint8_t* s) {
        stored(x, y, s);
        for (int c = 0; c < 4 && adobe; ++c) s[c] = static_cast<uint8_t>(255 - s[c]);
      };
      EXPECT_LT(MeanError(outcome, fixture.size, ink), 2.0) << adobe;
    }
  }
}

TEST(JpegDecoder, ArithmeticSeveralScansAndRestarts) {
  JpegFixture fixture{.size = {97, 61}};
  fixture.paint = Gradient3;
  for (int variant = 0; variant < 4; ++variant) {
    JpegFixture v = fixture;
    v.arithmetic = variant == 0;
    v.several_scans = variant == 1;
    v.restart_rows = variant == 2 ? 1 : 0;
    v.progressive = variant == 3;
    const Outcome outcome = DecodeFull(v);
    ASSERT_TRUE(outcome.report) << variant << outcome.report.error().message;
    EXPECT_LT(MeanError(outcome, v.size, Gradient3), 3.0) << variant;
  }
}

TEST(JpegDecoder, DecodesAtTheSmallestSufficientScaleWithExactExtents) {
  const std::vector<std::byte> jpeg = MakeJpeg({.size = {1001, 403}});
  struct Case {
    int target;
    int width;
    double extent;
    const char* path;
  };
  for (const Case& c : {Case{10, 126, 125.125, "libjpeg-turbo 1/8"}, Case{100, 251, 250.25, "libjpeg-turbo 1/4"},
                        Case{250, 501, 500.5, "libjpeg-turbo 1/2"}, Case{900, 1001, 1001, "libjpeg-turbo 1/1"}}) {
    const Outcome outcome = DecodeAll(jpeg, {c.target, c.target * 403 / 1001});
    ASSERT_TRUE(outcome.report);
    EXPECT_EQ(outcome.report->path, c.path);
    EXPECT_EQ(outcome.sink.format.planes[0].width, c.width);
    EXPECT_DOUBLE_EQ(outcome.sink.format.planes[0].extent_width, c.extent);
  }
}

TEST(JpegDecoder, ReadsOrientationAndProfile) {
  std::vector<std::byte> profile(100'000);
  for (size_t i = 0; i < profile.size(); ++i) profile[i] = static_cast<std::byte>(i * 7);
  const Outcome outcome = DecodeFull({.exif = testing::ExifWithOrientation(6, true), .icc = profile});
  ASSERT_TRUE(outcome.report);
  EXPECT_EQ(outcome.info.orientation, 6);
  // Over 64 KiB: it came in two segments.
  ASSERT_TRUE(std::holds_alternative<IccProfile>(outcome.info.profile));
  EXPECT_EQ(std::get<IccProfile>(outcome.info.profile).bytes, profile);
}

TEST(JpegDecoder, CutAnywhereIsTruncated) {
  for (const bool progressive : {false, true}) {
    for (const int restart_rows : {0, 1}) {
      JpegFixture fixture{.size = {128, 128}, .progressive = progressive, .restart_rows = restart_rows};
      const std::vector<std::byte> whole = MakeJpeg(fixture);
      // The last bytes are the end marker and padding: without them nothing of the picture is missing.
      for (size_t length = 2; length + 8 < whole.size(); length += 1 + length / 50) {
        const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
        const Outcome outcome = DecodeAll(cut, fixture.size);
        ASSERT_FALSE(outcome.report) << length << " of " << whole.size() << " progressive " << progressive;
        EXPECT_EQ(outcome.report.error().code, ErrorCode::kTruncated)
            << length << ": " << outcome.report.error().message;
      }
    }
  }
}

TEST(JpegDecoder, SaysWhereTheDataEnds) {
  const JpegFixture fixture{.size = {256, 256}, .luma_sampling = {1, 1}};
  std::vector<std::byte> jpeg = MakeJpeg(fixture);
  const size_t start = testing::ScanStart(jpeg);
  jpeg.resize(start + (jpeg.size() - start) / 2);
  const Outcome outcome = DecodeAll(jpeg, fixture.size);
  ASSERT_FALSE(outcome.report);
  EXPECT_EQ(outcome.report.error().code, ErrorCode::kTruncated);
  EXPECT_TRUE(outcome.report.error().message.starts_with("scan data ends at ")) << outcome.report.error().message;
}

TEST(JpegDecoder, AnEndMarkerTooEarlyIsTruncatedToo) {
  const JpegFixture fixture{.size = {256, 256}};
  std::vector<std::byte> jpeg = MakeJpeg(fixture);
  const size_t start = testing::ScanStart(jpeg);
  jpeg.resize(start + (jpeg.size() - start) / 2);
  jpeg.push_back(std::byte{0xFF});
  jpeg.push_back(std::byte{0xD9});
  const Outcome outcome = DecodeAll(jpeg, fixture.size);
  ASSERT_FALSE(outcome.report);
  EXPECT_EQ(outcome.report.error().code, ErrorCode::kTruncated);
}

TEST(JpegDecoder, AMissingEndMarkerHarmsNobodyButTheStrict) {
  for (const bool progressive : {false, true}) {
    const JpegFixture fixture{.size = {64, 64}, .progressive = progressive};
    std::vector<std::byte> jpeg = MakeJpeg(fixture);
    jpeg.resize(jpeg.size() - 2);
    EXPECT_TRUE(DecodeAll(jpeg, fixture.size).report) << progressive;
    const Outcome strict = DecodeAll(jpeg, fixture.size, Strictness::kStrict);
    ASSERT_FALSE(strict.report);
    EXPECT_EQ(strict.report.error().code, ErrorCode::kTruncated);
  }
}

TEST(JpegDecoder, SalvageKeepsWhatDecoded) {
  for (const bool progressive : {false, true}) {
    JpegFixture fixture{.size = {256, 256}, .luma_sampling = {1, 1}, .progressive = progressive};
    fixture.paint = [](int x, int y, uint8_t* s) {
      s[0] = s[1] = s[2] = static_cast<uint8_t>((x * 31 + y * 17) % 256);
    };
    std::vector<std::byte> jpeg = MakeJpeg(fixture);
    const size_t start = testing::ScanStart(jpeg);
    jpeg.resize(start + (jpeg.size() - start) / 2);
    const Outcome outcome = DecodeAll(jpeg, fixture.size, Strictness::kSalvage);
    ASSERT_TRUE(outcome.report) << outcome.report.error().message;
    EXPECT_TRUE(outcome.report->salvaged());
    if (!progressive) {
      // The top is right, the bottom has no detail left.
      EXPECT_NEAR(outcome.sink.U8(100, 0, 0), 100 * 31 % 256, 40);
      EXPECT_EQ(outcome.sink.U8(10, 255, 0), outcome.sink.U8(200, 255, 0));
    }
  }
}

TEST(JpegDecoder, AnUndamagedFileIsNotCalledSalvaged) {
  const JpegFixture fixture;
  const Outcome outcome = DecodeAll(MakeJpeg(fixture), fixture.size, Strictness::kSalvage);
  ASSERT_TRUE(outcome.report);
  EXPECT_FALSE(outcome.report->salvaged());
}

TEST(JpegDecoder, TrailingBytesAreFineStrictlyToo) {
  const JpegFixture fixture;
  std::vector<std::byte> jpeg = MakeJpeg(fixture);
  jpeg.resize(jpeg.size() + 1000, std::byte{0x55});
  EXPECT_TRUE(DecodeAll(jpeg, fixture.size).report);
  EXPECT_TRUE(DecodeAll(jpeg, fixture.size, Strictness::kStrict).report);
}

TEST(JpegDecoder, TwelveBitIsRefusedByName) {
  std::vector<std::byte> jpeg = MakeJpeg({});
  for (size_t i = 2; i + 4 < jpeg.size();) {
    if (jpeg[i + 1] == std::byte{0xC0}) {
      jpeg[i + 1] = std::byte{0xC1};
      jpeg[i + 4] = std::byte{12};
      break;
    }
    i += 2 + (static_cast<size_t>(jpeg[i + 2]) << 8 | static_cast<size_t>(jpeg[i + 3]));
  }
  const Outcome outcome = DecodeAll(jpeg, {64, 48});
  ASSERT_FALSE(outcome.report);
  EXPECT_EQ(outcome.report.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(outcome.report.error().message, "12-bit JPEG");
}

TEST(JpegDecoder, LimitsAreCheckedAfterTheHeader) {
  const std::vector<std::byte> jpeg = MakeJpeg({.size = {300, 200}, .progressive = true});
  DecodeLimits pixels;
  pixels.max_pixels = 59'999;
  DecodeLimits side;
  side.max_side = 299;
  DecodeLimits held;
  held.max_decoded_bytes = 100'000;
  DecodeLimits scans;
  scans.max_scans_times_pixels = 300 * 200 * 3;
  for (const auto& [limits, name] :
       {std::pair{pixels, "max-pixels"}, std::pair{side, "max-side"}, std::pair{held, "max-decoded-bytes"},
        std::pair{scans, "max-scans-times-pixels"}}) {
    const Outcome outcome = DecodeAll(jpeg, {300, 200}, Strictness::kFailTruncated, limits);
    ASSERT_FALSE(outcome.report) << name;
    EXPECT_EQ(outcome.report.error().code, ErrorCode::kTooLarge);
    EXPECT_NE(outcome.report.error().message.find(name), std::string::npos) << outcome.report.error().message;
  }
}

TEST(JpegDecoder, AHeaderThatPromisesMoreThanTheFileCanHoldIsRefusedAtOnce) {
  std::vector<std::byte> jpeg = MakeJpeg({.size = {64, 64}, .progressive = true});
  for (size_t i = 2; i + 9 < jpeg.size();) {
    if (jpeg[i + 1] == std::byte{0xC2}) {
      for (const size_t at : {i + 5, i + 7}) {
        jpeg[at] = std::byte{0x30};  // 12,288 a side and more
        jpeg[at + 1] = std::byte{0};
      }
      break;
    }
    i += 2 + (static_cast<size_t>(jpeg[i + 2]) << 8 | static_cast<size_t>(jpeg[i + 3]));
  }
  const Outcome outcome = DecodeAll(jpeg, {256, 256});
  ASSERT_FALSE(outcome.report);
  EXPECT_EQ(outcome.report.error().code, ErrorCode::kTruncated);
  EXPECT_NE(outcome.report.error().message.find("can't hold"), std::string::npos);
}

TEST(JpegDecoder, TheDeadlineAndTheStopFlagEndIt) {
  const std::vector<std::byte> jpeg = MakeJpeg({.size = {3000, 2000}, .progressive = true});
  DecodeLimits limits;
  limits.cpu_deadline = std::chrono::milliseconds(1);
  const Outcome late = DecodeAll(jpeg, {3000, 2000}, Strictness::kFailTruncated, limits);
  ASSERT_FALSE(late.report);
  EXPECT_EQ(late.report.error().code, ErrorCode::kTimeout);

  MemorySource source{std::span<const std::byte>(jpeg)};
  auto decoder = OpenJpeg(source, {});
  ASSERT_TRUE(decoder);
  std::stop_source stop;
  stop.request_stop();
  CollectingSink sink;
  Workspace workspace;
  const Watch watch({}, stop.get_token());
  const auto report = (*decoder)->Decode({.at_least = {3000, 2000}}, sink, workspace, watch);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kStopped);
}

// Only its first `resident` bytes are in memory, as of a large file.
class StingySource final : public ByteSource {
 public:
  StingySource(std::vector<std::byte> bytes, size_t resident) : bytes_(std::move(bytes)), resident_(resident) {}
  uint64_t size() const override { return bytes_.size(); }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    if (offset >= bytes_.size()) return size_t{0};
    const size_t count = std::min(out.size(), bytes_.size() - static_cast<size_t>(offset));
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(offset), count, out.begin());
    return count;
  }
  std::span<const std::byte> Resident() const override { return std::span(bytes_).first(resident_); }

 private:
  std::vector<std::byte> bytes_;
  size_t resident_;
};

TEST(JpegDecoder, AFileThatIsNotInMemoryGivesTheSame) {
  JpegFixture fixture{.size = {700, 500}};
  fixture.paint = [](int x, int y, uint8_t* s) {
    s[0] = static_cast<uint8_t>(x * y);
    s[1] = static_cast<uint8_t>(x + y * 3);
    s[2] = static_cast<uint8_t>(x * 5);
  };
  const std::vector<std::byte> jpeg = MakeJpeg(fixture);
  ASSERT_GT(jpeg.size(), size_t{200'000});
  const Outcome whole = DecodeAll(jpeg, fixture.size);
  ASSERT_TRUE(whole.report);
  for (const size_t resident : {size_t{0}, size_t{1}, size_t{100'000}}) {
    StingySource source(jpeg, resident);
    auto decoder = OpenJpeg(source, {});
    ASSERT_TRUE(decoder);
    CollectingSink sink;
    Workspace workspace;
    const Watch watch({}, {});
    ASSERT_TRUE(
        (*decoder)->Decode({.at_least = fixture.size, .strictness = Strictness::kStrict}, sink, workspace, watch));
    EXPECT_EQ(sink.bytes, whole.sink.bytes);
  }
}

TEST(JpegDecoder, MegabytesOfUnknownSegmentsArePassedOver) {
  const std::vector<std::byte> jpeg = MakeJpeg({});
  std::vector<std::byte> stuffed(jpeg.begin(), jpeg.begin() + 2);
  for (int i = 0; i < 100; ++i) {
    stuffed.insert(stuffed.end(), {std::byte{0xFF}, std::byte{0xE1}, std::byte{0xFF}, std::byte{0xFF}});
    stuffed.resize(stuffed.size() + 0xFFFD, std::byte{'x'});
  }
  stuffed.insert(stuffed.end(), jpeg.begin() + 2, jpeg.end());
  StingySource source(std::move(stuffed), 1000);
  const auto decoder = OpenJpeg(source, {});
  ASSERT_TRUE(decoder) << decoder.error().message;
  EXPECT_EQ((*decoder)->info().size, (Size{64, 48}));
}

TEST(JpegDecoder, FlippedBitsNeverCrash) {
  unsigned random = 1;
  for (const bool progressive : {false, true}) {
    const std::vector<std::byte> whole =
        MakeJpeg({.size = {80, 80}, .progressive = progressive, .exif = testing::ExifWithOrientation(3)});
    for (int round = 0; round < 500; ++round) {
      std::vector<std::byte> damaged = whole;
      for (int flips = 0; flips < 3; ++flips) {
        random = random * 1664525 + 1013904223;
        damaged[(random >> 8) % damaged.size()] ^= static_cast<std::byte>(1U << (random & 7));
      }
      const Outcome outcome = DecodeAll(damaged, {20, 20}, Strictness::kSalvage);
      if (!outcome.report) {
        EXPECT_FALSE(outcome.report.error().message.empty());
      }
    }
  }
}

TEST(JpegEncoder, WhatItWritesDecodes) {
  Raster raster;
  raster.size = {37, 23};
  raster.pixels.resize(37 * 23 * 3);
  for (int y = 0; y < 23; ++y) {
    for (int x = 0; x < 37; ++x) Gradient3(x, y, &raster.u8()[static_cast<size_t>(y * 37 + x) * 3]);
  }
  for (const JpegOptions options :
       {JpegOptions{95, false, false}, JpegOptions{95, true, false}, JpegOptions{95, false, true}}) {
    const auto bytes = EncodeJpeg(raster, options);
    ASSERT_TRUE(bytes);
    const Outcome outcome = DecodeAll(*bytes, raster.size, Strictness::kStrict);
    ASSERT_TRUE(outcome.report) << outcome.report.error().message;
    EXPECT_EQ(outcome.info.progressive, options.progressive);
    EXPECT_EQ(outcome.info.coding, options.progressive ? "progressive 4:2:0" : "baseline 4:2:0");
    EXPECT_LT(MeanError(outcome, raster.size, Gradient3), 3.0);
  }
}

TEST(JpegEncoder, GrayStaysGrayAndQualityCounts) {
  Raster raster;
  raster.color = ColorModel::kGray;
  raster.size = {64, 64};
  raster.pixels.resize(64 * 64);
  for (size_t i = 0; i < raster.pixels.size(); ++i) raster.pixels[i] = static_cast<std::byte>(i * i / 7);
  const auto fine = EncodeJpeg(raster, {.quality = 95});
  const auto coarse = EncodeJpeg(raster, {.quality = 30});
  ASSERT_TRUE(fine && coarse);
  EXPECT_GT(fine->size(), coarse->size());
  EXPECT_EQ(DecodeAll(*fine, raster.size).info.color, ColorModel::kGray);
}

TEST(JpegEncoder, RefusesWhatJpegCannotHold) {
  Raster raster;
  raster.size = {2, 2};
  raster.alpha = true;
  raster.pixels.resize(16);
  EXPECT_EQ(EncodeJpeg(raster, {}).error().code, ErrorCode::kInternal);
  raster.alpha = false;
  raster.size = {65501, 1};
  raster.pixels.resize(65501 * 3);
  EXPECT_EQ(EncodeJpeg(raster, {}).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace tbbthumbs
