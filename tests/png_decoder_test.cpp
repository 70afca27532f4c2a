// PNG files of every kind give the pixels that the standard says.
#include "codecs/png_decoder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/support/png_decoding.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using testing::BigEndian;
using testing::DecodePng;
using testing::MakePng;
using testing::PngColor;
using testing::PngFixture;

struct Kind {
  PngColor color;
  int depth;
};
constexpr Kind kKinds[] = {{PngColor::kGray, 1},       {PngColor::kGray, 2},    {PngColor::kGray, 4},
                           {PngColor::kGray, 8},       {PngColor::kGray, 16},   {PngColor::kRgb, 8},
                           {PngColor::kRgb, 16},       {PngColor::kPalette, 1}, {PngColor::kPalette, 2},
                           {PngColor::kPalette, 4},    {PngColor::kPalette, 8}, {PngColor::kGrayAlpha, 8},
                           {PngColor::kGrayAlpha, 16}, {PngColor::kRgba, 8},    {PngColor::kRgba, 16}};

PngFixture Noise(Kind kind, Size size, bool interlaced) {
  PngFixture fixture{.size = size, .color = kind.color, .depth = kind.depth, .interlaced = interlaced};
  if (kind.color == PngColor::kPalette) {
    for (int i = 0; i < 1 << kind.depth; ++i) {
      fixture.palette.push_back(
          {static_cast<uint8_t>(i * 7 + 3), static_cast<uint8_t>(200 - i), static_cast<uint8_t>(i * i)});
    }
  }
  fixture.samples = NoiseSamples(fixture);
  return fixture;
}

bool CanHaveKey(PngColor color) { return color != PngColor::kGrayAlpha && color != PngColor::kRgba; }

// Makes the colour of the first pixel transparent; for palettes, gives some entries an alpha, and leaves the others
// out.
void AddTransparency(PngFixture& fixture) {
  std::vector<std::byte> data;
  if (fixture.color == PngColor::kPalette) {
    for (size_t i = 0; i < (fixture.palette.size() + 1) / 2; ++i) data.push_back(static_cast<std::byte>(i * 50));
  } else if (fixture.color == PngColor::kGray) {
    data = BigEndian({fixture.samples[0]}, 2);
  } else {
    data = BigEndian({fixture.samples[0], fixture.samples[1], fixture.samples[2]}, 2);
  }
  fixture.before_data.push_back({"tRNS", data});
}

// One pixel as it should be delivered, as numbers.
std::vector<int> ExpectedPixel(const PngFixture& fixture, const uint16_t* sample, bool keyed) {
  const int channels = PngChannels(fixture.color);
  const int max = (1 << fixture.depth) - 1;
  std::vector<int> pixel;
  if (fixture.color == PngColor::kPalette) {
    const auto& color = fixture.palette[*sample];
    pixel.assign(color.begin(), color.end());
    if (keyed) pixel.push_back(*sample < (fixture.palette.size() + 1) / 2 ? *sample * 50 & 255 : 255);
    return pixel;
  }
  for (int c = 0; c < channels; ++c) pixel.push_back(fixture.depth < 8 ? sample[c] * 255 / max : sample[c]);
  if (keyed) {
    const bool transparent = std::memcmp(sample, fixture.samples.data(), static_cast<size_t>(channels) * 2) == 0;
    pixel.push_back(transparent ? 0 : fixture.depth == 16 ? 65535 : 255);
  }
  return pixel;
}

std::vector<std::byte> ExpectedBytes(const PngFixture& fixture, bool keyed) {
  std::vector<std::byte> bytes;
  for (size_t i = 0; i < fixture.samples.size(); i += static_cast<size_t>(PngChannels(fixture.color))) {
    for (const int value : ExpectedPixel(fixture, fixture.samples.data() + i, keyed)) {
      if (fixture.depth == 16) {
        const auto wide = static_cast<uint16_t>(value);
        std::byte both[2];
        std::memcpy(both, &wide, 2);
        bytes.insert(bytes.end(), both, both + 2);
      } else {
        bytes.push_back(static_cast<std::byte>(value));
      }
    }
  }
  return bytes;
}

TEST(PngDecoder, EveryColourTypeDepthInterlacingAndTransparency) {
  // Sizes at which passes of the interlacing are empty or cut.
  for (const Size size : {Size{1, 1}, Size{1, 9}, Size{3, 2}, Size{5, 5}, Size{17, 13}, Size{64, 40}}) {
    for (const Kind& kind : kKinds) {
      for (const bool interlaced : {false, true}) {
        for (const bool keyed : {false, true}) {
          if (keyed && !CanHaveKey(kind.color)) continue;
          PngFixture fixture = Noise(kind, size, interlaced);
          if (keyed) AddTransparency(fixture);
          const auto outcome = DecodePng(MakePng(fixture), Strictness::kStrict);
          SCOPED_TRACE(outcome.info.coding + (keyed ? " tRNS " : " ") + std::to_string(size.width) + " x " +
                       std::to_string(size.height));
          ASSERT_TRUE(outcome.report.has_value()) << outcome.report.error().message;
          EXPECT_TRUE(outcome.sink.ended);
          EXPECT_EQ(outcome.report->path, "libpng");
          EXPECT_FALSE(outcome.report->salvaged());
          ASSERT_EQ(outcome.sink.bytes, ExpectedBytes(fixture, keyed));
          // The way for damaged files fills blocks as it goes; a whole file must come out the same.
          const auto salvaged = DecodePng(MakePng(fixture), Strictness::kSalvage);
          ASSERT_TRUE(salvaged.report.has_value());
          EXPECT_FALSE(salvaged.report->salvaged());
          ASSERT_EQ(salvaged.sink.bytes, outcome.sink.bytes);
        }
      }
    }
  }
}

TEST(PngDecoder, SaysWhatTheHeaderSays) {
  PngFixture fixture = Noise({PngColor::kRgba, 16}, {40, 30}, true);
  const auto wide = DecodePng(MakePng(fixture));
  EXPECT_EQ(wide.info.format, Format::kPng);
  EXPECT_EQ(wide.info.size, (Size{40, 30}));
  EXPECT_EQ(wide.info.color, ColorModel::kRgb);
  EXPECT_TRUE(wide.info.alpha);
  EXPECT_EQ(wide.info.depth, 16);
  EXPECT_TRUE(wide.info.progressive);
  EXPECT_FALSE(wide.info.animated);
  EXPECT_EQ(wide.info.coding, "RGBA 16-bit interlaced");
  EXPECT_EQ(wide.info.orientation, 1);
  EXPECT_GT(wide.info.decoded_bytes, 40u * 30 * 8);
  EXPECT_EQ(wide.sink.format.sample, SampleType::kU16);
  ASSERT_EQ(wide.sink.format.planes.size(), 1u);
  EXPECT_EQ(wide.sink.format.planes[0].channels, 4);
  EXPECT_EQ(wide.sink.format.planes[0].extent_width, 40.0);
  EXPECT_EQ(wide.sink.format.planes[0].extent_height, 30.0);

  EXPECT_EQ(DecodePng(MakePng(Noise({PngColor::kPalette, 4}, {4, 4}, false))).info.coding, "palette 4-bit");
  EXPECT_EQ(DecodePng(MakePng(Noise({PngColor::kPalette, 4}, {4, 4}, false))).info.depth, 4);
  const auto bilevel = DecodePng(MakePng(Noise({PngColor::kGray, 1}, {4, 4}, false)));
  EXPECT_EQ(bilevel.info.coding, "gray 1-bit");
  EXPECT_EQ(bilevel.info.color, ColorModel::kGray);
  EXPECT_EQ(bilevel.sink.format.sample, SampleType::kU8);
  EXPECT_EQ(DecodePng(MakePng(Noise({PngColor::kGrayAlpha, 8}, {4, 4}, false))).info.coding, "gray+alpha 8-bit");
}

TEST(PngDecoder, AnAnimationGivesItsDefaultImage) {
  PngFixture fixture = Noise({PngColor::kRgb, 8}, {8, 8}, false);
  fixture.before_data.push_back({"acTL", BigEndian({2, 0}, 4)});
  fixture.after_data.push_back({"fdAT", BigEndian({1, 0x12345678}, 4)});
  const auto outcome = DecodePng(MakePng(fixture));
  EXPECT_TRUE(outcome.info.animated);
  ASSERT_TRUE(outcome.report.has_value());
  EXPECT_EQ(outcome.sink.bytes, ExpectedBytes(fixture, false));
}

TEST(PngDecoder, ManySmallChunksOfImageData) {
  PngFixture fixture = Noise({PngColor::kRgb, 8}, {50, 50}, false);
  fixture.chunk_bytes = 1;
  const auto outcome = DecodePng(MakePng(fixture), Strictness::kStrict);
  ASSERT_TRUE(outcome.report.has_value()) << outcome.report.error().message;
  EXPECT_EQ(outcome.sink.bytes, ExpectedBytes(fixture, false));
}

TEST(PngDecoder, ReadsWhatIsNotInMemoryInLargePieces) {
  PngFixture fixture = Noise({PngColor::kRgba, 8}, {300, 300}, false);
  const std::vector<std::byte> file = MakePng(fixture);
  ASSERT_GT(file.size(), 300'000u);
  for (const size_t resident : {size_t{0}, size_t{10}, size_t{100'000}, file.size() - 1, file.size()}) {
    testing::PartlyResidentSource source(file, resident);
    const auto outcome = DecodePngFrom(source);
    ASSERT_TRUE(outcome.report.has_value()) << outcome.report.error().message;
    EXPECT_EQ(outcome.sink.bytes, ExpectedBytes(fixture, false));
    EXPECT_LT(source.reads, 12);
  }
}

TEST(PngDecoder, LeavesTextAlone) {
  // libpng would inflate these 20 MB and warn of them.
  PngFixture fixture = Noise({PngColor::kGray, 8}, {8, 8}, false);
  testing::PngChunk text{"zTXt", {std::byte{'a'}, std::byte{0}, std::byte{0}}};
  const std::vector<std::byte> bomb = testing::Deflate(std::vector<std::byte>(20'000'000), 9);
  text.data.insert(text.data.end(), bomb.begin(), bomb.end());
  fixture.before_data.push_back(text);
  const auto outcome = DecodePng(MakePng(fixture), Strictness::kStrict);
  EXPECT_TRUE(outcome.report.has_value()) << outcome.report.error().message;
}

}  // namespace
}  // namespace tbbthumbs
