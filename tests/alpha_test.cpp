#include "codecs/alpha.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "codecs/resizer.h"

namespace tbbthumbs {
namespace {

// Keeps what reaches it.
class Collector final : public RowSink {
 public:
  Status Begin(const RowFormat& format) override {
    format_ = format;
    bytes.clear();
    begun = true;
    return {};
  }
  Status Row(int /*plane*/, std::span<const std::byte> row) override {
    bytes.insert(bytes.end(), row.begin(), row.end());
    last = row.data();
    return {};
  }
  Status End() override {
    ended = true;
    return {};
  }

  template <class Sample>
  std::vector<Sample> Samples() const {
    std::vector<Sample> samples(bytes.size() / sizeof(Sample));
    std::memcpy(samples.data(), bytes.data(), bytes.size());
    return samples;
  }

  std::vector<std::byte> bytes;
  const std::byte* last = nullptr;
  bool begun = false;
  bool ended = false;

 private:
  RowFormat format_;
};

template <class Sample>
RowFormat Format(int width, int height, int channels) {
  return {channels <= 2 ? ColorModel::kGray : ColorModel::kRgb,
          channels % 2 == 0,
          sizeof(Sample) == 1 ? SampleType::kU8 : SampleType::kU16,
          {{width, height, channels, width + 0.0, height + 0.0}}};
}

TEST(Premultiplier, AllProductsOf8Bits) {
  for (const int channels : {2, 4}) {
    Collector collector;
    Premultiplier premultiplier(collector);
    ASSERT_TRUE(premultiplier.Begin(Format<uint8_t>(256, 256, channels)));
    std::vector<uint8_t> row(256 * channels);
    for (int alpha = 0; alpha < 256; ++alpha) {
      for (int i = 0; i < 256 * channels; ++i) {
        row[i] = static_cast<uint8_t>(i % channels == channels - 1 ? alpha : i / channels + 85 * (i % channels));
      }
      collector.bytes.clear();
      ASSERT_TRUE(premultiplier.Row(0, std::as_bytes(std::span(row))));
      const auto out = collector.Samples<uint8_t>();
      for (int i = 0; i < 256 * channels; ++i) {
        ASSERT_EQ(out[i], i % channels == channels - 1 ? alpha : (2 * row[i] * alpha + 255) / 510);
      }
    }
    EXPECT_FALSE(premultiplier.opaque());
    EXPECT_TRUE(premultiplier.End());
    EXPECT_TRUE(collector.ended);
  }
}

TEST(Premultiplier, ProductsOf16Bits) {
  for (const int channels : {2, 4}) {
    Collector collector;
    Premultiplier premultiplier(collector);
    ASSERT_TRUE(premultiplier.Begin(Format<uint16_t>(65536, 7, channels)));
    std::vector<uint16_t> row(static_cast<size_t>(65536) * channels);
    for (const uint64_t alpha : {0, 1, 2, 255, 32767, 32768, 65534}) {
      for (size_t i = 0; i < row.size(); ++i) {
        row[i] = static_cast<uint16_t>(i % channels == channels - 1u ? alpha : i / channels);
      }
      collector.bytes.clear();
      ASSERT_TRUE(premultiplier.Row(0, std::as_bytes(std::span(row))));
      const auto out = collector.Samples<uint16_t>();
      for (size_t i = 0; i < row.size(); ++i) {
        ASSERT_EQ(out[i], i % channels == channels - 1u ? alpha : (2 * row[i] * alpha + 65535) / 131070);
      }
    }
  }
}

template <class Sample>
void ExpectOpaqueIsTold(int channels) {
  constexpr Sample kMax = static_cast<Sample>(~Sample{0});
  for (int width = 1; width < 20; ++width) {
    for (int hole = 0; hole < width; ++hole) {
      Collector collector;
      Premultiplier premultiplier(collector);
      ASSERT_TRUE(premultiplier.Begin(Format<Sample>(width, 2, channels)));
      std::vector<Sample> row(width * channels);
      for (int i = 0; i < width; ++i) row[i * channels + channels - 1] = kMax;
      ASSERT_TRUE(premultiplier.Row(0, std::as_bytes(std::span(row))));
      EXPECT_TRUE(premultiplier.opaque());
      if (channels != 4 || sizeof(Sample) != 1) {
        EXPECT_EQ(collector.last, reinterpret_cast<const std::byte*>(row.data())) << "an opaque row was copied";
      }
      row[hole * channels + channels - 1] = kMax - 1;
      ASSERT_TRUE(premultiplier.Row(0, std::as_bytes(std::span(row))));
      EXPECT_FALSE(premultiplier.opaque()) << width << " pixels, a hole at " << hole;
      ASSERT_TRUE(premultiplier.Begin(Format<Sample>(width, 2, channels)));
      EXPECT_TRUE(premultiplier.opaque());
    }
  }
}

TEST(Premultiplier, TellsWhetherAllWasOpaque) {
  ExpectOpaqueIsTold<uint8_t>(2);
  ExpectOpaqueIsTold<uint8_t>(4);
  ExpectOpaqueIsTold<uint16_t>(2);
  ExpectOpaqueIsTold<uint16_t>(4);
}

TEST(Premultiplier, PassesPicturesWithoutAlpha) {
  Collector collector;
  Premultiplier premultiplier(collector);
  ASSERT_TRUE(premultiplier.Begin(Format<uint8_t>(3, 1, 3)));
  const std::vector<std::byte> row(9, std::byte{7});
  ASSERT_TRUE(premultiplier.Row(0, row));
  EXPECT_EQ(collector.last, row.data());
  EXPECT_TRUE(premultiplier.opaque());
}

// Rows of RGBA pixels, every one opaque but that at `hole`, if it is in the picture.
std::vector<uint8_t> RowsWithHole(Size size, Size hole) {
  std::vector<uint8_t> rows;
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (const int sample : {7 * x + y, 90 + x * y, 255 - 3 * y}) rows.push_back(static_cast<uint8_t>(sample));
      rows.push_back(x == hole.width && y == hole.height ? 77 : 255);
    }
  }
  return rows;
}

Raster Resized(const std::vector<uint8_t>& rows, Size size, bool premultiply) {
  TapCache taps;
  Resizer resizer({7, 5}, Kernel::kLanczos3, taps);
  Premultiplier premultiplier(resizer);
  RowSink& sink = premultiply ? static_cast<RowSink&>(premultiplier) : resizer;
  EXPECT_TRUE(sink.Begin(Format<uint8_t>(size.width, size.height, 4)));
  const size_t row_bytes = static_cast<size_t>(size.width) * 4;
  for (size_t y = 0; y * row_bytes < rows.size(); ++y) {
    EXPECT_TRUE(sink.Row(0, std::as_bytes(std::span(rows).subspan(y * row_bytes, row_bytes))));
  }
  EXPECT_TRUE(sink.End());
  return resizer.Take();
}

TEST(Premultiplier, AlphaApartMakesTheSamePicture) {
  const Size size{61, 40};
  // In no row, the first, the second, a later one, the last.
  for (const Size hole : {Size{-1, -1}, {0, 0}, {60, 1}, {30, 22}, {5, 39}}) {
    const std::vector<uint8_t> rows = RowsWithHole(size, hole);
    std::vector<uint8_t> multiplied = rows;
    if (hole.width >= 0) {
      uint8_t* pixel = &multiplied[(static_cast<size_t>(hole.height) * size.width + hole.width) * 4];
      for (int c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>((2 * pixel[c] * 77 + 255) / 510);
    }
    EXPECT_EQ(Resized(rows, size, true).pixels, Resized(multiplied, size, false).pixels)
        << "hole in row " << hole.height;
  }
}

// Tells which planes there are and how many rows each of them gets.
class RowCounter final : public RowSink {
 public:
  Status Begin(const RowFormat& format) override {
    rows.assign(format.planes.size(), 0);
    return {};
  }
  Status Row(int plane, std::span<const std::byte> /*row*/) override {
    ++rows[static_cast<size_t>(plane)];
    return {};
  }
  Status End() override { return {}; }

  std::vector<int> rows;
};

TEST(Premultiplier, OpaqueInFactHasNoRowsOfAlpha) {
  const auto count = [](Size hole) {
    RowCounter counter;
    Premultiplier premultiplier(counter);
    EXPECT_TRUE(premultiplier.Begin(Format<uint8_t>(3, 4, 4)));
    const std::vector<uint8_t> rows = RowsWithHole({3, 4}, hole);
    for (size_t y = 0; y < 4; ++y) {
      EXPECT_TRUE(premultiplier.Row(0, std::as_bytes(std::span(rows).subspan(y * 12, 12))));
    }
    EXPECT_TRUE(premultiplier.End());
    return counter.rows;
  };
  EXPECT_EQ(count({-1, -1}), (std::vector{4, 0}));
  EXPECT_EQ(count({1, 2}), (std::vector{4, 4}));
  EXPECT_EQ(count({2, 3}), (std::vector{4, 4}));
  EXPECT_EQ(count({1, 0}), (std::vector{4})) << "alpha from the start";
}

TEST(Premultiplier, RefusesOtherShapesOfAlpha) {
  Collector collector;
  Premultiplier premultiplier(collector);
  const PlaneFormat plane{1, 1, 1, 1, 1};
  EXPECT_FALSE(premultiplier.Begin({ColorModel::kGray, true, SampleType::kU8, {plane, plane}}));
  EXPECT_FALSE(premultiplier.Begin({ColorModel::kCmyk, true, SampleType::kU8, {{1, 1, 5, 1, 1}}}));
  EXPECT_FALSE(collector.begun);
  ASSERT_TRUE(premultiplier.Begin(Format<uint8_t>(1, 1, 4)));
  EXPECT_FALSE(premultiplier.Row(0, std::vector<std::byte>(3)));
  EXPECT_FALSE(premultiplier.Row(1, std::vector<std::byte>(4)));
  EXPECT_FALSE(premultiplier.Row(0, std::vector<std::byte>(8, std::byte{255})));
}

TEST(Unpremultiply, AllQuotientsOf8Bits) {
  Raster raster{{256, 256}, ColorModel::kRgb, true, SampleType::kU8, std::vector<std::byte>(256 * 256 * 4)};
  for (int i = 0; i < 65536; ++i) {
    for (int c = 0; c < 3; ++c) raster.u8()[4 * i + c] = static_cast<uint8_t>(i % 256);
    raster.u8()[4 * i + 3] = static_cast<uint8_t>(i / 256);
  }
  Unpremultiply(raster);
  for (int i = 0; i < 65536; ++i) {
    const int colour = i % 256, alpha = i / 256;
    const int expected = alpha == 0 ? 0 : std::min(255, (2 * colour * 255 + alpha) / (2 * alpha));
    for (int c = 0; c < 3; ++c) ASSERT_EQ(raster.u8()[4 * i + c], expected) << colour << " over " << alpha;
    ASSERT_EQ(raster.u8()[4 * i + 3], alpha);
  }
}

TEST(Unpremultiply, QuotientsOf16Bits) {
  Raster raster{{4, 1}, ColorModel::kGray, true, SampleType::kU16, std::vector<std::byte>(16)};
  const uint16_t source[] = {1, 2, 50000, 40000, 65535, 65535, 9, 0};
  std::copy(std::begin(source), std::end(source), raster.u16().begin());
  Unpremultiply(raster);
  const uint16_t expected[] = {32768, 2, 65535, 40000, 65535, 65535, 0, 0};
  EXPECT_TRUE(std::equal(std::begin(expected), std::end(expected), raster.u16().begin()));
}

TEST(Unpremultiply, UndoesPremultiplying) {
  Collector collector;
  Premultiplier premultiplier(collector);
  ASSERT_TRUE(premultiplier.Begin(Format<uint16_t>(1, 1, 2)));
  for (const uint16_t alpha : {uint16_t{30000}, uint16_t{65535}}) {
    for (int colour = 0; colour < 65536; colour += 111) {
      const uint16_t pixel[] = {static_cast<uint16_t>(colour), alpha};
      collector.bytes.clear();
      ASSERT_TRUE(premultiplier.Row(0, std::as_bytes(std::span(pixel))));
      Raster raster{{1, 1}, ColorModel::kGray, true, SampleType::kU16, collector.bytes};
      Unpremultiply(raster);
      EXPECT_NEAR(raster.u16()[0], colour, 2);
    }
  }
}

TEST(Unpremultiply, LeavesPicturesWithoutAlpha) {
  Raster raster{{1, 1}, ColorModel::kRgb, false, SampleType::kU8, {std::byte{9}, std::byte{8}, std::byte{0}}};
  const auto before = raster.pixels;
  Unpremultiply(raster);
  EXPECT_EQ(raster.pixels, before);
}

}  // namespace
}  // namespace tbbthumbs
