// How thumbnails are encoded, by the command: chroma, bytes at most, PNG's levels and palettes, with each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "codecs/decoder.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/command_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using testing::CollectingSink;
using ::testing::HasSubstr;
using testing::MakeJpeg;
using testing::MakePng;
using testing::PngColor;
using testing::PngFixture;
using testing::ProcessResult;
using ::testing::StartsWith;

using Bytes = std::vector<std::byte>;
using Words = std::vector<std::string>;

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Waves of colour with fine texture: colour that halving blurs, and data enough.
void Paint(int x, int y, uint8_t* rgb) {
  const int grain = (x * 7 + y * 13) % 23;
  rgb[0] = static_cast<uint8_t>(120 + 90 * std::sin(x / 9.0) + grain);
  rgb[1] = static_cast<uint8_t>(120 + 90 * std::sin(y / 11.0) + grain);
  rgb[2] = static_cast<uint8_t>(120 + 90 * std::cos((x - y) / 8.0) + grain);
}

Bytes Photo(Size size = {800, 600}, int orientation = 1) {
  testing::JpegFixture fixture{.size = size, .luma_sampling = {1, 1}, .paint = Paint};
  if (orientation != 1) fixture.exif = testing::ExifWithOrientation(orientation);
  return MakeJpeg(fixture);
}

// The same as PNG; 16 bits a sample, or fading out to the right.
Bytes Drawing(Size size, PngColor color = PngColor::kRgb, int depth = 8) {
  PngFixture fixture{.size = size, .color = color, .depth = depth};
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      uint8_t rgb[3];
      Paint(x, y, rgb);
      const auto put = [&](int sample) {
        fixture.samples.push_back(static_cast<uint16_t>(depth == 16 ? sample * 257 : sample));
      };
      if (color == PngColor::kGray || color == PngColor::kGrayAlpha) {
        put(rgb[0]);
      } else {
        for (const int sample : rgb) put(sample);
      }
      if (color == PngColor::kRgba || color == PngColor::kGrayAlpha)
        put(std::clamp(400 - 500 * x / size.width, 0, 255));
    }
  }
  return MakePng(fixture);
}

struct Thumbnail {
  Bytes bytes;
  ImageInfo info;
  CollectingSink pixels;

  size_t CountColors() const {
    const auto channels = static_cast<size_t>(pixels.format.planes[0].channels);
    std::set<std::vector<std::byte>> colors;
    for (size_t i = 0; i < pixels.bytes.size(); i += channels) {
      colors.emplace(pixels.bytes.begin() + static_cast<long>(i),
                     pixels.bytes.begin() + static_cast<long>(i + channels));
    }
    return colors.size();
  }
};

// By the strictest reading.
Thumbnail Read(Bytes bytes) {
  Thumbnail thumbnail{std::move(bytes), {}, {}};
  MemorySource source{std::span<const std::byte>(thumbnail.bytes)};
  auto decoder = OpenDecoder(source, {});
  if (!decoder) {
    ADD_FAILURE() << decoder.error().message;
    return thumbnail;
  }
  thumbnail.info = (*decoder)->info();
  Workspace workspace;
  const DecodeRequest request{
      .at_least = thumbnail.info.size, .strictness = Strictness::kStrict, .decoder = DecoderChoice::kReference};
  const auto report = (*decoder)->Decode(request, thumbnail.pixels, workspace, Watch(DecodeLimits(), {}));
  EXPECT_TRUE(report) << report.error().message;
  return thumbnail;
}

double MeanDifference(const Thumbnail& a, const Thumbnail& b) {
  EXPECT_EQ(a.pixels.bytes.size(), b.pixels.bytes.size());
  double sum = 0;
  for (size_t i = 0; i < std::min(a.pixels.bytes.size(), b.pixels.bytes.size()); ++i) {
    sum += std::abs(static_cast<int>(a.pixels.bytes[i]) - static_cast<int>(b.pixels.bytes[i]));
  }
  return sum / static_cast<double>(a.pixels.bytes.size());
}

class EncodingCommandTest : public testing::CommandFixture {
 protected:
  // What becomes of the file `in` at `size` with these options: exactly one thumbnail.
  Thumbnail Make(const Words& options, const std::string& size = "128") {
    const std::string out = "out" + std::to_string(++runs_);
    const ProcessResult result = Run(Words{"in", "-o", out, "-s", size} + options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto files = tree_.Files(out);
    if (files.size() != 1) {
      ADD_FAILURE() << ::testing::PrintToString(options) << ": " << files.size() << " thumbnails. " << result.err;
      return {};
    }
    return Read(ReadBytes(std::filesystem::path(out) / files[0]));
  }

  Bytes ReadBytes(const std::filesystem::path& path) {
    std::ifstream file(tree_.root() / path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    return Bytes(bytes, bytes + text.size());
  }

  int runs_ = 0;
};

TEST_F(EncodingCommandTest, ChromaIsHalvedBelowQuality90) {
  // As planes, and through RGB (turned; stored as PNG; too small to be halved as planes).
  for (const Bytes& picture : {Photo(), Photo({800, 600}, 6), Drawing({400, 300})}) {
    tree_.Write("in", picture);
    for (const std::string size : {"128", "12", "100x60,fit=pad", "60x100,fit=cover,gravity=attention"}) {
      EXPECT_EQ(Make({}, size).info.coding, "baseline 4:2:0") << size;
      EXPECT_EQ(Make({"-q", "90"}, size).info.coding, "baseline 4:4:4") << size;
      EXPECT_EQ(Make({"-q", "95", "--chroma", "420"}, size).info.coding, "baseline 4:2:0") << size;
      EXPECT_EQ(Make({"-q", "50", "--chroma", "444"}, size).info.coding, "baseline 4:4:4") << size;
      EXPECT_EQ(Make({"--chroma", "auto", "--progressive"}, size + ",q=92").info.coding, "progressive 4:4:4") << size;
    }
  }
}

TEST_F(EncodingCommandTest, FullChromaIsThatOfThePicture) {
  for (const int orientation : {1, 3}) {
    tree_.Write("in", Photo({1024, 768}, orientation));
    const Thumbnail exact = Make({"--format", "png"});
    for (const Words& way :
         {Words{}, {"--decoder", "turbo"}, {"--decoder", "reference"}, {"--optimize"}, {"--small"}}) {
      const double halved = MeanDifference(Make(Words{"-q", "98", "--chroma", "420"} + way), exact);
      const double full = MeanDifference(Make(Words{"-q", "98", "--chroma", "444"} + way), exact);
      EXPECT_LT(full, 1.6) << orientation << ::testing::PrintToString(way);
      EXPECT_GT(halved, full * 1.5) << orientation << ::testing::PrintToString(way);
    }
  }
}

TEST_F(EncodingCommandTest, GrayHasNoChroma) {
  tree_.Write("in", MakeJpeg({.size = {300, 200}, .color = testing::JpegColor::kGray}));
  const Bytes plain = Make({"-q", "92"}).bytes;
  EXPECT_EQ(Make({"-q", "92", "--chroma", "444"}).bytes, plain);
  EXPECT_EQ(Make({"-q", "92", "--chroma", "420"}).bytes, plain);
}

// A file of the limit's size or below is what it would have been without; else it is that of the highest quality that
// fits, made as ever.
TEST_F(EncodingCommandTest, MaxBytesFindsTheBestQuality) {
  constexpr int kWanted = 97;
  for (const int orientation : {1, 8}) {
    tree_.Write("in", Photo({800, 600}, orientation));
    for (const Words& way : {Words{"--chroma", "420"},
                             {"--chroma", "420", "--progressive"},
                             {"--chroma", "444", "--optimize"},
                             {"--chroma", "444", "--small"}}) {
      // One run makes every quality.
      Words all = {"in", "-o", "all", "--name", "{size}", "--force"};
      for (int quality = 1; quality <= kWanted; ++quality) {
        all = all + Words{"-s", "q" + std::to_string(quality) + "=128,q=" + std::to_string(quality)};
      }
      ASSERT_EQ(Run(all + way).exit_code, 0);
      const auto of_quality = [&](int quality) { return ReadBytes("all/q" + std::to_string(quality) + ".jpg"); };
      const size_t most = of_quality(kWanted).size();
      for (const size_t limit : {most, most - 1, most / 2, most / 5}) {
        const Words options = way + Words{"-q", std::to_string(kWanted), "--max-bytes", std::to_string(limit)};
        const Bytes fitted = Make(options).bytes;
        EXPECT_LE(fitted.size(), limit);
        int quality = kWanted;
        while (quality > 1 && of_quality(quality) != fitted) --quality;
        ASSERT_GT(quality, 1) << ::testing::PrintToString(options);
        if (quality < kWanted) {
          EXPECT_GT(of_quality(quality + 1).size(), limit);
        }
        EXPECT_EQ(quality == kWanted, limit == most);
      }
    }
  }
}

// A limit that quality 95 is above of ends below 90, where chroma is halved.
TEST_F(EncodingCommandTest, MaxBytesHalvesChromaBelowQuality90) {
  for (const int orientation : {1, 6}) {
    tree_.Write("in", Photo({800, 600}, orientation));
    const Thumbnail fine = Make({"-q", "95"});
    const Thumbnail less = Make({"-q", "95", "--max-bytes", std::to_string(fine.bytes.size() - 1)});
    EXPECT_EQ(less.info.coding, "baseline 4:4:4");
    const Thumbnail least = Make({"-q", "95", "--max-bytes", std::to_string(fine.bytes.size() / 4)});
    EXPECT_EQ(least.info.coding, "baseline 4:2:0");
    EXPECT_LE(least.bytes.size(), fine.bytes.size() / 4);
    EXPECT_LT(MeanDifference(least, fine), 16);
  }
}

TEST_F(EncodingCommandTest, EachSizeHasItsBytes) {
  tree_.Write("in", Photo());
  ASSERT_EQ(Run({"in", "-o", "out", "--name", "{size}", "--max-bytes", "6000", "-s", "a=200", "-s", "b=200,max=3k",
                 "-s", "c=200,max=0"})
                .exit_code,
            0);
  const Bytes a = ReadBytes("out/a.jpg");
  const Bytes b = ReadBytes("out/b.jpg");
  const Bytes c = ReadBytes("out/c.jpg");
  EXPECT_LE(a.size(), 6000u);
  EXPECT_LE(b.size(), 3072u);
  EXPECT_GT(b.size(), 2400u);
  EXPECT_GT(a.size(), 4800u);
  EXPECT_GT(c.size(), 6000u);
}

TEST_F(EncodingCommandTest, WhatCannotFitFailsAndSaysSo) {
  tree_.Write("in", Photo());
  const ProcessResult jpeg = Run({"in", "-o", "out", "--max-bytes", "500"});
  EXPECT_EQ(jpeg.exit_code, 1);
  EXPECT_THAT(jpeg.err, StartsWith("tbbthumbs: in: too_large: the thumbnail has "));
  EXPECT_THAT(jpeg.err, HasSubstr(" bytes at quality 1, 500 are allowed\n"));
  const ProcessResult png = Run({"in", "-o", "out", "--max-bytes", "100", "--format", "png"});
  EXPECT_EQ(png.exit_code, 1);
  EXPECT_THAT(png.err, HasSubstr(" bytes with 2 colours, 100 are allowed\n"));
  EXPECT_TRUE(tree_.Files("out").empty());
}

TEST_F(EncodingCommandTest, MaxBytesTakesColorsFromPng) {
  tree_.Write("in", Photo());
  const Thumbnail whole = Make({"--format", "png"});
  EXPECT_EQ(Make({"--format", "png", "--max-bytes", std::to_string(whole.bytes.size())}).bytes, whole.bytes);
  size_t before = 257;
  for (const size_t share : {2, 3, 5, 10}) {
    const size_t limit = whole.bytes.size() / share;
    const Thumbnail fitted = Make({"--format", "png", "--max-bytes", std::to_string(limit)});
    EXPECT_LE(fitted.bytes.size(), limit);
    EXPECT_LT(fitted.CountColors(), before);
    EXPECT_GE(fitted.CountColors(), 2u);
    before = fitted.CountColors();
  }
}

TEST_F(EncodingCommandTest, PngLevelsChangeTheBytesAndNotThePixels) {
  tree_.Write("in", Drawing({500, 400}, PngColor::kRgba));
  const Thumbnail usual = Make({"--format", "png"});
  std::set<size_t> sizes;
  for (int level = 1; level <= 9; ++level) {
    const Thumbnail made = Make({"--format", "auto", "--png-level", std::to_string(level)});
    EXPECT_EQ(made.pixels.bytes, usual.pixels.bytes) << level;
    if (level == 6) {
      EXPECT_EQ(made.bytes, usual.bytes);
    }
    sizes.insert(made.bytes.size());
  }
  EXPECT_GE(sizes.size(), 6u);
  // What --fast and --small mean of PNG; --fast reads JPEG in another way, PNG it does not.
  EXPECT_EQ(Make({"--format", "png", "--png-level", "1"}).bytes, Make({"--format", "png", "--fast"}).bytes);
  EXPECT_EQ(Make({"--format", "png", "--png-level", "9"}).bytes, Make({"--format", "png", "--small"}).bytes);
}

TEST_F(EncodingCommandTest, PalettesOfEveryKindOfPicture) {
  for (const auto& [color, depth] : {std::pair{PngColor::kRgb, 8},
                                     {PngColor::kRgba, 8},
                                     {PngColor::kGray, 8},
                                     {PngColor::kGrayAlpha, 8},
                                     {PngColor::kRgb, 16},
                                     {PngColor::kRgba, 16}}) {
    tree_.Write("in", Drawing({400, 300}, color, depth));
    for (const std::string size : {"100", "80x80,fit=cover,gravity=entropy", "100x100,fit=pad"}) {
      const Thumbnail exact = Make({"--format", "png"}, size);
      size_t fewest = 0;
      for (const int colors : {200, 16, 3}) {
        const Words options = {"--format", "png", "--palette", std::to_string(colors)};
        const Thumbnail made = Make(options, size);
        const Thumbnail plain = Make(options + Words{"--no-dither"}, size);
        EXPECT_LE(made.CountColors(), static_cast<size_t>(colors));
        EXPECT_LE(plain.CountColors(), static_cast<size_t>(colors));
        EXPECT_LE(plain.bytes.size(), made.bytes.size());
        EXPECT_EQ(made.pixels.format.alpha, exact.pixels.format.alpha);
        fewest = made.bytes.size();
      }
      EXPECT_LT(fewest, exact.bytes.size() / (exact.info.color == ColorModel::kRgb ? 3 : 1));
    }
  }
}

TEST_F(EncodingCommandTest, PalettesAreHonouredWithAllElse) {
  tree_.Write("in", MakeJpeg({.size = {500, 400}, .color = testing::JpegColor::kCmyk, .luma_sampling = {1, 1}}));
  EXPECT_LE(Make({"--format", "png", "--palette", "5", "--small"}).CountColors(), 5u);
  EXPECT_LE(Make({"--format", "png", "--palette", "5", "--fast", "--png-level", "1"}).CountColors(), 5u);
  tree_.Write("in", Photo());
  const Thumbnail limited = Make({"--format", "png", "--palette", "40", "--max-bytes", "4k", "--no-dither"});
  EXPECT_LE(limited.bytes.size(), 4096u);
  EXPECT_LE(limited.CountColors(), 40u);
  // What is opaque becomes JPEG with auto, of which it says nothing.
  EXPECT_EQ(Make({"--format", "auto", "--palette", "40"}).bytes, Make({}).bytes);
}

TEST_F(EncodingCommandTest, ContradictionsAreRefused) {
  tree_.Write("in", Photo());
  for (const Words& options : {Words{"--palette", "16"}, {"--png-level", "4"}, {"--fast", "--small"}}) {
    const ProcessResult result = Run(Words{"in", "-o", "out"} + options);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, StartsWith("tbbthumbs: " + options[0]));
  }
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out"));
}

}  // namespace
}  // namespace tbbthumbs
