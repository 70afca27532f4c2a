#include "codecs/jpeg_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stop_token>
#include <string>
#include <vector>

#include "codecs/decoder.h"
#include "tests/support/collecting_sink.h"

namespace tbbthumbs {
namespace {

using testing::CollectingSink;

constexpr JpegOptions kOptions[] = {{80, false, false}, {95, true, false}, {50, false, true}};

// As libjpeg's encoder makes them of RGB: its integers, and means of two by two pixels whose rounding alternates.
// Edges repeat.
YccPlanes PlanesOf(const Raster& rgb, bool full_chroma = false) {
  const Size size = rgb.size;
  YccPlanes planes = YccPlanes::Make(size, full_chroma ? size : ChromaHalved(size));
  const auto fix = [](double x) { return static_cast<int>(x * 65536 + 0.5); };
  std::vector<uint8_t> full[2];
  for (size_t i = 0; i < size.pixels(); ++i) {
    const int r = rgb.u8()[3 * i], g = rgb.u8()[3 * i + 1], b = rgb.u8()[3 * i + 2];
    const int middle = (128 << 16) + 32767;
    planes.planes[0][i] = static_cast<std::byte>((fix(0.299) * r + fix(0.587) * g + fix(0.114) * b + 32768) >> 16);
    full[0].push_back(static_cast<uint8_t>((-fix(0.16874) * r - fix(0.33126) * g + fix(0.5) * b + middle) >> 16));
    full[1].push_back(static_cast<uint8_t>((fix(0.5) * r - fix(0.41869) * g - fix(0.08131) * b + middle) >> 16));
  }
  for (size_t p = 0; p < 2; ++p) {
    if (full_chroma) {
      std::memcpy(planes.planes[p + 1].data(), full[p].data(), full[p].size());
      continue;
    }
    const auto at = [&](int x, int y) {
      return full[p][static_cast<size_t>(std::min(y, size.height - 1)) * size.width + std::min(x, size.width - 1)];
    };
    for (int y = 0; y < planes.chroma_size.height; ++y) {
      for (int x = 0; x < planes.chroma_size.width; ++x) {
        const int sum = at(2 * x, 2 * y) + at(2 * x + 1, 2 * y) + at(2 * x, 2 * y + 1) + at(2 * x + 1, 2 * y + 1);
        planes.planes[p + 1][static_cast<size_t>(y) * planes.chroma_size.width + x] =
            static_cast<std::byte>((sum + 1 + x % 2) >> 2);
      }
    }
  }
  return planes;
}

Raster Picture(Size size, bool gray) {
  Raster raster;
  raster.size = size;
  raster.pixels.resize(size.pixels() * 3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      uint8_t* pixel = &raster.u8()[(static_cast<size_t>(y) * size.width + x) * 3];
      pixel[0] = static_cast<uint8_t>(128 + 100 * std::sin(x / 5.0 + y / 9.0));
      pixel[1] = gray ? pixel[0] : static_cast<uint8_t>(128 + 100 * std::sin(y / 6.0 + 1));
      pixel[2] = gray ? pixel[0] : static_cast<uint8_t>(128 + 100 * std::cos(x / 7.0 + 2));
    }
  }
  return raster;
}

CollectingSink Decoded(const std::vector<std::byte>& jpeg, const std::string& chroma = "4:2:0") {
  MemorySource source{std::span<const std::byte>(jpeg)};
  Workspace workspace;
  CollectingSink sink;
  auto decoder = OpenDecoder(source, {});
  EXPECT_TRUE(decoder);
  const DecodeRequest request{.at_least = (*decoder)->info().size, .strictness = Strictness::kStrict};
  EXPECT_TRUE((*decoder)->Decode(request, sink, workspace, Watch({}, {})));
  EXPECT_TRUE((*decoder)->info().coding.ends_with(chroma)) << (*decoder)->info().coding;
  return sink;
}

TEST(JpegEncoder, PlanesOfAGrayPictureGiveTheBytesOfItsPixels) {
  for (int width = 1; width <= 40; ++width) {
    for (const int height : {1, 7, 8, 9, 16, 17, 33}) {
      const Raster raster = Picture({width, height}, true);
      for (const JpegOptions& options : kOptions) {
        const auto pixels = EncodeJpeg(raster, options);
        const auto planes = EncodeJpeg(PlanesOf(raster), options);
        ASSERT_TRUE(pixels && planes);
        ASSERT_EQ(*pixels, *planes) << width << "x" << height;
      }
    }
  }
}

TEST(JpegEncoder, PlanesOfColourGiveTheBytesOfTheirPixelsWhereBlocksAreWhole) {
  for (const Size size : {Size{16, 16}, {64, 48}, {256, 176}, {32, 15}, {32, 9}}) {
    const Raster raster = Picture(size, false);
    for (const JpegOptions& options : kOptions) {
      EXPECT_EQ(*EncodeJpeg(raster, options), *EncodeJpeg(PlanesOf(raster), options)) << size.width;
    }
  }
}

// The last column of chroma is repeated, where libjpeg repeats the last pixel: nobody sees it but the coder.
TEST(JpegEncoder, FullChromaOfPixelsAndOfPlanesGivesTheSameBytes) {
  for (int width = 1; width <= 40; ++width) {
    for (const int height : {1, 7, 8, 9, 33}) {
      const Raster raster = Picture({width, height}, false);
      for (JpegOptions options : kOptions) {
        options.full_chroma = true;
        const auto pixels = EncodeJpeg(raster, options);
        const auto planes = EncodeJpeg(PlanesOf(raster, true), options);
        ASSERT_TRUE(pixels && planes);
        ASSERT_EQ(*pixels, *planes) << width << "x" << height;
      }
    }
  }
  Decoded(*EncodeJpeg(Picture({33, 9}, false), {.full_chroma = true}), "4:4:4");
}

TEST(JpegEncoder, HalvedPlanesAreThoseThatLibjpegMakes) {
  for (const Size size : {Size{1, 1}, {2, 3}, {16, 16}, {33, 15}, {40, 41}}) {
    const Raster raster = Picture(size, false);
    const YccPlanes expected = PlanesOf(raster);
    const YccPlanes halved = HalveChroma(PlanesOf(raster, true));
    EXPECT_EQ(halved.chroma_size, expected.chroma_size);
    EXPECT_EQ(halved.planes, expected.planes) << size.width << "x" << size.height;
  }
}

TEST(JpegEncoder, EveryQualityIsReadable) {
  const Raster raster = Picture({37, 29}, false);
  const Raster gray = [] {
    Raster picture{.size = {37, 29}, .color = ColorModel::kGray};
    for (size_t i = 0; i < picture.size.pixels(); ++i) picture.pixels.push_back(static_cast<std::byte>(i * 7));
    return picture;
  }();
  for (int quality = 1; quality <= 100; ++quality) {
    for (const bool full_chroma : {false, true}) {
      for (const bool progressive : {false, true}) {
        const JpegOptions options{.quality = quality, .progressive = progressive, .full_chroma = full_chroma};
        const CollectingSink sink = Decoded(*EncodeJpeg(raster, options), full_chroma ? "4:4:4" : "4:2:0");
        EXPECT_EQ(sink.bytes.size(), raster.pixels.size());
        if (quality == 100 && full_chroma) {
          for (size_t i = 0; i < sink.bytes.size(); ++i) {
            ASSERT_NEAR(static_cast<int>(sink.bytes[i]), static_cast<int>(raster.pixels[i]), 5);
          }
        }
        EXPECT_EQ(Decoded(*EncodeJpeg(gray, options), "gray").bytes.size(), gray.pixels.size());
      }
    }
  }
}

TEST(JpegEncoder, PlanesOfAnySizeShowTheSamePicture) {
  for (int width = 1; width <= 40; ++width) {
    for (const int height : {1, 2, 8, 15, 33}) {
      const Raster raster = Picture({width, height}, false);
      const CollectingSink pixels = Decoded(*EncodeJpeg(raster, {.quality = 95}));
      const CollectingSink planes = Decoded(*EncodeJpeg(PlanesOf(raster), {.quality = 95}));
      ASSERT_EQ(pixels.bytes.size(), planes.bytes.size());
      int largest = 0;
      for (size_t i = 0; i < pixels.bytes.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<int>(pixels.bytes[i]) - static_cast<int>(planes.bytes[i])));
      }
      ASSERT_LE(largest, 8) << width << "x" << height;
    }
  }
}

TEST(JpegEncoder, GivesUpWhenStopped) {
  std::stop_source stop;
  const DecodeLimits limits{.cpu_deadline = std::chrono::milliseconds(1)};
  const Watch watch(limits, stop.get_token());
  while (watch.Poll()) {
  }
  const Raster raster = Picture({64, 64}, false);
  EXPECT_TRUE(EncodeJpeg(raster, {.watch = &watch})) << "what is decoded may take its time";
  stop.request_stop();
  // Metadata come first: by then the buffer has grown.
  const std::vector<std::byte> icc(100'000);
  for (const auto& bytes : {EncodeJpeg(raster, {.watch = &watch}), EncodeJpeg(PlanesOf(raster), {.watch = &watch}),
                            EncodeJpeg(raster, {.progressive = true, .metadata = {.icc = icc}, .watch = &watch})}) {
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::kStopped);
  }
}

TEST(JpegEncoder, RefusesPlanesOfOtherSizes) {
  const auto code = [](const YccPlanes& planes) {
    const auto bytes = EncodeJpeg(planes, {});
    return bytes ? ErrorCode::kIo : bytes.error().code;
  };
  EXPECT_EQ(code(YccPlanes::Make({16, 16}, {16, 16})), ErrorCode::kInternal);
  EXPECT_EQ(code(YccPlanes::Make({17, 16}, {8, 8})), ErrorCode::kInternal);
  EXPECT_EQ(code({}), ErrorCode::kInternal);
  EXPECT_FALSE(EncodeJpeg(YccPlanes::Make({16, 16}, {8, 8}), {.full_chroma = true}));
  YccPlanes missing = YccPlanes::Make({16, 16}, {8, 8});
  missing.planes[2].pop_back();
  EXPECT_EQ(code(missing), ErrorCode::kInternal);
  EXPECT_EQ(code(YccPlanes::Make({65501, 1}, {32751, 1})), ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace tbbthumbs
