#include "codecs/orientation.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tbbthumbs {
namespace {

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
