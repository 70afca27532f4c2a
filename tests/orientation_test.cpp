#include "codecs/orientation.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tbbthumbs {
namespace {

struct Entry {
  uint32_t tag;
  uint32_t type;
  uint32_t count;
  uint32_t value;
  int value_bytes;  // 1, 2 or 4, at the start of the four
};

void Put(std::vector<std::byte>& out, uint32_t number, int bytes, bool big_endian) {
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<std::byte>(number >> 8 * (big_endian ? bytes - 1 - i : i)));
  }
}

std::vector<std::byte> Tiff(bool big_endian, const std::vector<Entry>& entries) {
  std::vector<std::byte> out(2, static_cast<std::byte>(big_endian ? 'M' : 'I'));
  Put(out, 42, 2, big_endian);
  Put(out, 8, 4, big_endian);
  Put(out, static_cast<uint32_t>(entries.size()), 2, big_endian);
  for (const Entry& entry : entries) {
    Put(out, entry.tag, 2, big_endian);
    Put(out, entry.type, 2, big_endian);
    Put(out, entry.count, 4, big_endian);
    Put(out, entry.value, entry.value_bytes, big_endian);
    Put(out, 0, 4 - entry.value_bytes, big_endian);
  }
  Put(out, 0, 4, big_endian);
  return out;
}

Entry Orientation(uint32_t value) { return {0x0112, 3, 1, value, 2}; }
constexpr Entry kMake{0x010F, 2, 4, 0x41424300, 4};

TEST(ReadExifOrientation, ReadsAllValuesInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    for (uint32_t value = 1; value <= 8; ++value) {
      EXPECT_EQ(ReadExifOrientation(Tiff(big_endian, {kMake, Orientation(value), kMake})), static_cast<int>(value));
    }
  }
}

TEST(ReadExifOrientation, AcceptsByteAndLong) {
  for (const bool big_endian : {false, true}) {
    EXPECT_EQ(ReadExifOrientation(Tiff(big_endian, {{0x0112, 1, 1, 6, 1}})), 6);
    EXPECT_EQ(ReadExifOrientation(Tiff(big_endian, {{0x0112, 4, 1, 8, 4}})), 8);
  }
}

TEST(ReadExifOrientation, IgnoresWhatMakesNoSense) {
  EXPECT_EQ(ReadExifOrientation(Tiff(true, {Orientation(0)})), 1);
  EXPECT_EQ(ReadExifOrientation(Tiff(true, {Orientation(9)})), 1);
  EXPECT_EQ(ReadExifOrientation(Tiff(false, {Orientation(0x0600)})), 1);
  EXPECT_EQ(ReadExifOrientation(Tiff(true, {{0x0112, 2, 1, 6, 2}})), 1) << "text";
  EXPECT_EQ(ReadExifOrientation(Tiff(true, {{0x0112, 3, 0, 6, 2}})), 1) << "no value";
  EXPECT_EQ(ReadExifOrientation(Tiff(true, {kMake})), 1);
  EXPECT_EQ(ReadExifOrientation({}), 1);
  std::vector<std::byte> wrong_magic = Tiff(true, {Orientation(6)});
  wrong_magic[3] = std::byte{43};
  EXPECT_EQ(ReadExifOrientation(wrong_magic), 1);
  std::vector<std::byte> mixed_order = Tiff(true, {Orientation(6)});
  mixed_order[1] = std::byte{'I'};
  EXPECT_EQ(ReadExifOrientation(mixed_order), 1);
}

TEST(ReadExifOrientation, NeverReadsOutside) {
  for (const bool big_endian : {false, true}) {
    const std::vector<std::byte> whole = Tiff(big_endian, {kMake, Orientation(6)});
    for (size_t length = 0; length < whole.size(); ++length) {
      // An allocation of its own, so that the sanitizer sees a byte too far.
      const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      const int orientation = ReadExifOrientation(cut);
      EXPECT_TRUE(orientation == 1 || orientation == 6) << length;
    }
    // The directory far away, and so near the end of the range that sums wrap.
    for (const uint32_t offset : {0xFFFFFFFFu, 0xFFFFFFF0u, 0x7FFFFFFFu, 1000u}) {
      std::vector<std::byte> far(whole.begin(), whole.begin() + 4);
      Put(far, offset, 4, big_endian);
      far.insert(far.end(), whole.begin() + 8, whole.end());
      EXPECT_EQ(ReadExifOrientation(far), 1) << offset;
    }
  }
}

// The EXIF standard says which side of the upright picture the stored row 0 and column 0 are. For the pixel at (x, y)
// of the upright picture: where it is stored.
Size StoredAt(int orientation, Size stored, int x, int y) {
  const int right = stored.width - 1;
  const int bottom = stored.height - 1;
  switch (orientation) {
    case 1:  // row 0 top, column 0 left
      return {x, y};
    case 2:  // top, right
      return {right - x, y};
    case 3:  // bottom, right
      return {right - x, bottom - y};
    case 4:  // bottom, left
      return {x, bottom - y};
    case 5:  // left, top
      return {y, x};
    case 6:  // right, top
      return {y, bottom - x};
    case 7:  // right, bottom
      return {right - y, bottom - x};
    case 8:  // left, bottom
      return {right - y, x};
    default:
      return {0, 0};
  }
}

struct Layout {
  ColorModel color;
  bool alpha;
  SampleType sample;
};

TEST(ApplyOrientation, TurnsEveryPixelSizeAndShape) {
  constexpr std::array<Layout, 9> kLayouts = {{{ColorModel::kGray, false, SampleType::kU8},
                                               {ColorModel::kGray, true, SampleType::kU8},
                                               {ColorModel::kRgb, false, SampleType::kU8},
                                               {ColorModel::kRgb, true, SampleType::kU8},
                                               {ColorModel::kCmyk, true, SampleType::kU8},
                                               {ColorModel::kGray, false, SampleType::kU16},
                                               {ColorModel::kGray, true, SampleType::kU16},
                                               {ColorModel::kRgb, false, SampleType::kU16},
                                               {ColorModel::kRgb, true, SampleType::kU16}}};
  for (const Size size : {Size{1, 1}, Size{5, 1}, Size{1, 7}, Size{3, 2}, Size{70, 33}}) {
    for (const Layout& layout : kLayouts) {
      Raster stored{.size = size, .color = layout.color, .alpha = layout.alpha, .sample = layout.sample, .pixels = {}};
      stored.pixels.resize(stored.row_bytes() * static_cast<size_t>(size.height));
      for (size_t i = 0; i < stored.pixels.size(); ++i) stored.pixels[i] = static_cast<std::byte>(i * 31 + i / 251);
      const size_t pixel_bytes = stored.row_bytes() / static_cast<size_t>(size.width);
      for (int orientation = 1; orientation <= 8; ++orientation) {
        Raster upright = stored;
        ApplyOrientation(upright, orientation);
        ASSERT_EQ(upright.size, SwapsSides(orientation) ? size.Transposed() : size);
        ASSERT_EQ(upright.pixels.size(), stored.pixels.size());
        for (int y = 0; y < upright.size.height; ++y) {
          for (int x = 0; x < upright.size.width; ++x) {
            const Size from = StoredAt(orientation, size, x, y);
            const auto got = upright.row(y).subspan(static_cast<size_t>(x) * pixel_bytes, pixel_bytes);
            const auto want =
                stored.row(from.height).subspan(static_cast<size_t>(from.width) * pixel_bytes, pixel_bytes);
            ASSERT_TRUE(std::equal(got.begin(), got.end(), want.begin()))
                << "orientation " << orientation << " at " << x << ", " << y << ", pixels of " << pixel_bytes;
          }
        }
      }
    }
  }
}

TEST(ApplyOrientation, OutOfRangeChangesNothing) {
  for (const int orientation : {0, 9, -1}) {
    Raster raster{.size = {2, 1}, .color = ColorModel::kGray, .alpha = false, .sample = SampleType::kU8, .pixels = {}};
    raster.pixels = {std::byte{1}, std::byte{2}};
    ApplyOrientation(raster, orientation);
    EXPECT_EQ(raster.size, (Size{2, 1}));
    EXPECT_EQ(raster.pixels[0], std::byte{1});
  }
}

}  // namespace
}  // namespace tbbthumbs
