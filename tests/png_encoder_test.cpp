#include "codecs/png_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "codecs/png_decoder.h"
#include "tests/support/corpus.h"
#include "tests/support/png_decoding.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::AnyOf;
using testing::PngChunk;

constexpr PngEffort kEfforts[] = {PngEffort::kFast, PngEffort::kUsual, PngEffort::kSmall};

Raster Blank(Size size, ColorModel color, bool alpha) {
  Raster raster{.size = size, .color = color, .alpha = alpha, .sample = SampleType::kU8, .pixels = {}};
  raster.pixels.resize(raster.row_bytes() * static_cast<size_t>(size.height));
  return raster;
}

// A ramp with a little noise.
Raster Picture(Size size, ColorModel color, bool alpha) {
  Raster raster = Blank(size, color, alpha);
  uint32_t noise = 1;
  for (size_t i = 0; i < raster.pixels.size(); ++i) {
    noise = noise * 1664525 + 1013904223;
    raster.pixels[i] = static_cast<std::byte>(i / 7 + (noise >> 29));
  }
  return raster;
}

// Patches of 8 x 3 pixels in no order: a number for each pixel, the same for the same patch.
uint32_t PatchAt(int x, int y) {
  const auto patch = static_cast<uint32_t>(x / 8 + y / 3 * 1000);
  return (patch * 2654435761u ^ patch * 40503u) >> 7;
}

// Patches of `count` colours, all of which are used, `transparent` of them not opaque.
Raster OfColors(Size size, size_t count, size_t transparent = 0) {
  Raster raster = Blank(size, ColorModel::kRgb, true);
  for (size_t i = 0; i < size.pixels(); ++i) {
    const auto width = static_cast<size_t>(size.width);
    const size_t color = i < count ? i : PatchAt(static_cast<int>(i % width), static_cast<int>(i / width)) % count;
    const uint8_t pixel[4] = {static_cast<uint8_t>(color * 37), static_cast<uint8_t>(color * 59 + (color >> 8)),
                              static_cast<uint8_t>(color * 101),
                              static_cast<uint8_t>(color < transparent ? color * 3 % 255 : 255)};
    std::memcpy(raster.pixels.data() + 4 * i, pixel, 4);
  }
  return raster;
}

std::vector<uint8_t> ToRgba(const Raster& raster) {
  std::vector<uint8_t> rgba;
  const auto channels = static_cast<size_t>(raster.channels());
  for (size_t i = 0; i < raster.pixels.size(); i += channels) {
    const uint8_t* pixel = raster.u8().data() + i;
    const bool rgb = raster.color == ColorModel::kRgb;
    rgba.insert(rgba.end(), {pixel[0], pixel[rgb ? 1 : 0], pixel[rgb ? 2 : 0],
                             raster.alpha ? pixel[channels - 1] : static_cast<uint8_t>(255)});
  }
  return rgba;
}

// What libpng makes of a file in its simplest way, or nothing where it has anything to say against it.
std::vector<uint8_t> ReadByLibpng(const std::vector<std::byte>& file, Size size) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) return {};
  EXPECT_EQ(static_cast<int>(image.width), size.width);
  EXPECT_EQ(static_cast<int>(image.height), size.height);
  image.format = PNG_FORMAT_RGBA;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) == 0 || image.warning_or_error != 0) return {};
  return pixels;
}

// Encodes, and proves that the file is right in every way: the pixels, the chunks in order, their checksums, and not a
// warning of our own decoder's.
std::vector<std::byte> EncodeProven(const Raster& raster, PngEffort effort) {
  const auto file = EncodePng(raster, effort);
  if (!file) {
    ADD_FAILURE() << file.error().message;
    return {};
  }
  EXPECT_TRUE(ReadByLibpng(*file, raster.size) == ToRgba(raster));
  const testing::PngOutcome outcome = testing::DecodePng(*file, Strictness::kStrict);
  EXPECT_EQ(outcome.error_name(), "");
  const std::vector<PngChunk> chunks = testing::SplitChunks(*file);
  EXPECT_EQ(testing::JoinChunks(chunks), *file);
  std::string types;
  for (const PngChunk& chunk : chunks) types += chunk.type + " ";
  EXPECT_THAT(types, AnyOf("IHDR IDAT IEND ", "IHDR PLTE IDAT IEND ", "IHDR PLTE tRNS IDAT IEND "));
  return *file;
}

// IHDR's colour type and depth.
struct Kind {
  int color = -1;
  int depth = -1;
  friend bool operator==(const Kind&, const Kind&) = default;
};

Kind KindOf(const std::vector<std::byte>& file) {
  return file.size() < 26 ? Kind{} : Kind{std::to_integer<int>(file[25]), std::to_integer<int>(file[24])};
}

std::optional<PngChunk> FindChunk(const std::vector<std::byte>& file, const std::string& type) {
  for (PngChunk& chunk : testing::SplitChunks(file)) {
    if (chunk.type == type) return std::move(chunk);
  }
  return std::nullopt;
}

// Bytes that libpng's writer takes.
size_t BytesByLibpng(const Raster& raster, int level) {
  size_t bytes = 0;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes, [](png_structp to, png_bytep, size_t count) { *static_cast<size_t*>(png_get_io_ptr(to)) += count; },
      nullptr);
  const int color =
      (raster.color == ColorModel::kRgb ? PNG_COLOR_MASK_COLOR : 0) | (raster.alpha ? PNG_COLOR_MASK_ALPHA : 0);
  png_set_IHDR(png, info, static_cast<png_uint_32>(raster.size.width), static_cast<png_uint_32>(raster.size.height), 8,
               color, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, level);
  png_set_compression_buffer_size(png, 1 << 20);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
  png_write_info(png, info);
  for (int y = 0; y < raster.size.height; ++y) {
    png_write_row(png, reinterpret_cast<png_const_bytep>(raster.row(y).data()));
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

TEST(EncodePng, IsReadBackExactly) {
  for (const ColorModel color : {ColorModel::kGray, ColorModel::kRgb}) {
    for (const bool alpha : {false, true}) {
      for (const Size size :
           {Size{1, 1}, Size{2, 1}, Size{1, 3}, Size{7, 5}, Size{33, 31}, Size{256, 171}, Size{3, 900}}) {
        for (const PngEffort effort : kEfforts) {
          SCOPED_TRACE(std::to_string(size.width) + " x " + std::to_string(size.height) + ", effort " +
                       std::to_string(static_cast<int>(effort)));
          EncodeProven(Picture(size, color, alpha), effort);
        }
      }
    }
  }
}

TEST(EncodePng, FewColorsBecomeAPalette) {
  const std::pair<size_t, int> kDepths[] = {{2, 1}, {3, 2}, {4, 2}, {5, 4}, {16, 4}, {17, 8}, {256, 8}};
  for (const PngEffort effort : kEfforts) {
    for (const auto& [count, depth] : kDepths) {
      for (const size_t transparent : {size_t{0}, size_t{1}, count / 2, count}) {
        SCOPED_TRACE(std::to_string(count) + " colours, transparent " + std::to_string(transparent));
        // A width that is no multiple of the pixels in a byte.
        const auto file = EncodeProven(OfColors({301, 167}, count, transparent), effort);
        EXPECT_EQ(KindOf(file), (Kind{PNG_COLOR_TYPE_PALETTE, depth}));
        const auto palette = FindChunk(file, "PLTE");
        ASSERT_TRUE(palette);
        EXPECT_EQ(palette->data.size(), 3 * count);
        const auto alphas = FindChunk(file, "tRNS");
        ASSERT_EQ(alphas.has_value(), transparent > 0);
        EXPECT_EQ(alphas ? alphas->data.size() : 0, transparent);  // the opaque ones are left out
      }
    }
    EXPECT_EQ(KindOf(EncodeProven(OfColors({301, 167}, 257), effort)), (Kind{PNG_COLOR_TYPE_RGB, 8}));
    EXPECT_EQ(KindOf(EncodeProven(OfColors({301, 167}, 257, 1), effort)), (Kind{PNG_COLOR_TYPE_RGB_ALPHA, 8}));
  }
}

TEST(EncodePng, APaletteIsNotTakenWhereItIsLarger) {
  // 200 colours in 200 pixels: the palette alone is larger than they are.
  const Raster strip = OfColors({200, 1}, 200);
  for (const PngEffort effort : kEfforts) EXPECT_EQ(KindOf(EncodeProven(strip, effort)).color, PNG_COLOR_TYPE_RGB);
  Raster red = Blank({1, 1}, ColorModel::kRgb, false);
  red.pixels[0] = std::byte{200};
  EXPECT_EQ(KindOf(EncodeProven(red, PngEffort::kUsual)).color, PNG_COLOR_TYPE_RGB);
}

TEST(EncodePng, GraysTakeTheBitsTheyNeed) {
  const std::pair<int, int> kSteps[] = {{255, 1}, {85, 2}, {17, 4}, {1, 8}};
  for (const PngEffort effort : kEfforts) {
    for (const auto& [step, depth] : kSteps) {
      for (const ColorModel color : {ColorModel::kGray, ColorModel::kRgb}) {
        for (const bool alpha : {false, true}) {
          Raster raster = Blank({199, 80}, color, alpha);
          const auto channels = static_cast<size_t>(raster.channels());
          const auto levels = static_cast<uint32_t>(255 / step + 1);
          for (size_t i = 0; i < raster.pixels.size(); ++i) {
            const auto pixel = static_cast<int>(i / channels);
            const bool is_alpha = alpha && i % channels == channels - 1;
            const uint32_t gray = PatchAt(pixel % 199, pixel / 199) % levels * static_cast<uint32_t>(step);
            raster.pixels[i] = static_cast<std::byte>(is_alpha ? 255 : gray);
          }
          EXPECT_EQ(KindOf(EncodeProven(raster, effort)), (Kind{PNG_COLOR_TYPE_GRAY, depth}));
        }
      }
    }
  }
  // Two grays that one bit does not hold.
  Raster two = Blank({64, 64}, ColorModel::kGray, false);
  for (size_t i = 0; i < two.pixels.size(); ++i) two.pixels[i] = static_cast<std::byte>(i * i / 7 % 2 == 0 ? 40 : 41);
  EXPECT_EQ(KindOf(EncodeProven(two, PngEffort::kUsual)), (Kind{PNG_COLOR_TYPE_PALETTE, 1}));
}

TEST(EncodePng, ChannelsThatSayNothingAreLeftOut) {
  Raster opaque = Picture({80, 60}, ColorModel::kRgb, true);
  for (size_t i = 3; i < opaque.pixels.size(); i += 4) opaque.pixels[i] = std::byte{255};
  Raster colorless = Picture({80, 60}, ColorModel::kRgb, true);
  for (size_t i = 0; i < colorless.pixels.size(); ++i) {
    if (i % 4 == 1 || i % 4 == 2) colorless.pixels[i] = colorless.pixels[i - i % 4];
  }
  for (const PngEffort effort : kEfforts) {
    EXPECT_EQ(KindOf(EncodeProven(opaque, effort)), (Kind{PNG_COLOR_TYPE_RGB, 8}));
    EXPECT_EQ(KindOf(EncodeProven(colorless, effort)), (Kind{PNG_COLOR_TYPE_GRAY_ALPHA, 8}));
  }
}

TEST(EncodePng, ChoosesFiltersByRow) {
  // A smooth ramp compresses well only where rows are filtered.
  Raster ramp = Blank({256, 256}, ColorModel::kGray, false);
  for (int y = 0; y < 256; ++y) {
    for (int x = 0; x < 256; ++x) ramp.row(y)[static_cast<size_t>(x)] = static_cast<std::byte>((x * 3 + y * 5) / 4);
  }
  for (const PngEffort effort : kEfforts) EXPECT_LT(EncodeProven(ramp, effort).size(), 2500u);
}

// Flat areas, ramps, noise, and lines: none is what one way of filtering or compressing is best for.
TEST(EncodePng, MoreEffortIsNeverLarger) {
  std::vector<Raster> pictures;
  for (const bool alpha : {false, true}) {
    for (const ColorModel color : {ColorModel::kGray, ColorModel::kRgb}) {
      pictures.push_back(Picture({1, 1}, color, alpha));
      pictures.push_back(Picture({16, 16}, color, alpha));
      pictures.push_back(Picture({200, 150}, color, alpha));
      Raster noise = Blank({64, 64}, color, alpha);
      uint32_t seed = 3;
      for (std::byte& sample : noise.pixels) {
        seed = seed * 1664525 + 1013904223;
        sample = static_cast<std::byte>(128 + (seed >> 28) + (seed >> 24 & 7));  // bell-shaped
      }
      pictures.push_back(std::move(noise));
    }
  }
  pictures.push_back(OfColors({128, 128}, 30));
  for (const Raster& raster : pictures) {
    const size_t small = EncodeProven(raster, PngEffort::kSmall).size();
    EXPECT_LE(small, EncodeProven(raster, PngEffort::kUsual).size());
    EXPECT_LE(small, BytesByLibpng(raster, 9)) << raster.size.width << " x " << raster.size.height;
  }
}

// Thumbnails of real pictures: 256 pixels out of the middle of each.
TEST(EncodePng, EveryEffortHoldsThePixelsAndMoreIsHardlyEverLarger) {
  const Raster raster = Picture({200, 150}, ColorModel::kRgb, false);
  size_t before = EncodeProven(raster, PngEffort::kFast).size();
  for (int effort = 2; effort <= 9; ++effort) {
    const size_t bytes = EncodeProven(raster, static_cast<PngEffort>(effort)).size();
    EXPECT_LE(bytes, before * 102 / 100) << effort;
    before = bytes;
  }
  for (const int effort : {0, 10}) EXPECT_FALSE(EncodePng(raster, static_cast<PngEffort>(effort)));
}

TEST(EncodePng, RealPicturesStayWithinTheirBytes) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no picture corpus beside the source tree";
  size_t by_libpng = 0;
  size_t by_effort[3] = {};
  int pictures = 0;
  Workspace workspace;
  for (const testing::CorpusFile& entry : testing::ListCorpus(*corpus, "png-real")) {
    const std::vector<std::byte> bytes = testing::ReadBytes(entry.path);
    const testing::PngOutcome outcome = testing::DecodePng(bytes, Strictness::kFailTruncated, {.max_pixels = 400'000});
    const Size whole = outcome.info.size;
    if (!outcome.report || outcome.sink.format.sample != SampleType::kU8 || whole.width < 256 || whole.height < 256) {
      continue;
    }
    Raster part = Blank({256, 256}, outcome.sink.format.color, outcome.sink.format.alpha);
    const size_t stride = outcome.sink.bytes.size() / static_cast<size_t>(whole.height);
    const size_t pixel = static_cast<size_t>(part.channels());
    for (int y = 0; y < 256; ++y) {
      const size_t from = static_cast<size_t>((whole.height - 256) / 2 + y) * stride +
                          static_cast<size_t>((whole.width - 256) / 2) * pixel;
      std::memcpy(part.row(y).data(), outcome.sink.bytes.data() + from, part.row_bytes());
    }
    SCOPED_TRACE(entry.path);
    const size_t level6 = BytesByLibpng(part, 6);
    by_libpng += level6;
    for (size_t i = 0; i < 3; ++i) {
      const auto file = EncodePng(part, kEfforts[i], workspace);
      ASSERT_TRUE(file);
      EXPECT_TRUE(ReadByLibpng(*file, part.size) == ToRgba(part));
      by_effort[i] += file->size();
    }
    ++pictures;
  }
  EXPECT_GT(pictures, 10);
  EXPECT_LT(static_cast<double>(by_effort[0]), 1.10 * static_cast<double>(by_libpng));
  EXPECT_LT(static_cast<double>(by_effort[1]), 1.01 * static_cast<double>(by_libpng));
  EXPECT_LT(static_cast<double>(by_effort[2]), 0.95 * static_cast<double>(by_libpng));
}

TEST(EncodePng, GivesTheSameBytesWhateverWasEncodedBefore) {
  const Raster pictures[] = {Picture({256, 171}, ColorModel::kRgb, true), OfColors({80, 90}, 200, 20),
                             Picture({31, 9}, ColorModel::kGray, false), OfColors({40, 40}, 3)};
  for (const PngEffort effort : kEfforts) {
    Workspace forth;
    Workspace back;
    std::vector<std::vector<std::byte>> files;
    for (const Raster& raster : pictures) files.push_back(EncodePng(raster, effort, forth).value());
    for (size_t i = files.size(); i-- > 0;) {
      EXPECT_EQ(EncodePng(pictures[i], effort, back).value(), files[i]);
      EXPECT_EQ(EncodePng(pictures[i], effort).value(), files[i]);
      EXPECT_EQ(EncodePng(pictures[i], effort, forth).value(), files[i]);
    }
  }
}

// Buffers that a large picture needed are not kept, and the next one is right all the same.
TEST(EncodePng, LargePicturesLeaveTheWorkspaceUsable) {
  Workspace workspace;
  const Raster large = Picture({2500, 1500}, ColorModel::kRgb, false);
  for (const PngEffort effort : {PngEffort::kFast, PngEffort::kUsual}) {
    const auto file = EncodePng(large, effort, workspace);
    ASSERT_TRUE(file);
    EXPECT_TRUE(ReadByLibpng(*file, large.size) == ToRgba(large));
    const Raster next = Picture({50, 40}, ColorModel::kRgb, false);
    EXPECT_TRUE(ReadByLibpng(EncodePng(next, effort, workspace).value(), next.size) == ToRgba(next));
  }
}

TEST(EncodePng, GivesUpWhenStopped) {
  std::stop_source stop;
  const Watch watch({}, stop.get_token());
  Workspace workspace;
  const Raster raster = Picture({20, 20}, ColorModel::kRgb, false);
  EXPECT_TRUE(EncodePng(raster, PngEffort::kSmall, workspace, {}, &watch));
  stop.request_stop();
  for (const PngEffort effort : {PngEffort::kFast, PngEffort::kUsual, PngEffort::kSmall}) {
    const auto file = EncodePng(raster, effort, workspace, {}, &watch);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::kStopped);
  }
}

TEST(EncodePng, RefusesWhatItDoesNotTake) {
  Raster wide = Picture({2, 2}, ColorModel::kRgb, false);
  wide.sample = SampleType::kU16;
  wide.pixels.resize(24);
  Raster cmyk = Picture({2, 2}, ColorModel::kCmyk, false);
  Raster ycc = Picture({2, 2}, ColorModel::kYcc, false);
  Raster empty;
  Raster short_of_pixels = Picture({2, 2}, ColorModel::kRgb, false);
  short_of_pixels.pixels.pop_back();
  for (const Raster& raster : {wide, cmyk, ycc, empty, short_of_pixels}) {
    const auto file = EncodePng(raster);
    ASSERT_FALSE(file.has_value());
    EXPECT_EQ(file.error().code, ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace tbbthumbs
