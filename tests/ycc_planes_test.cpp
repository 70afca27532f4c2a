#include "codecs/ycc_planes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "codecs/ycc_simd.h"
#include "tests/support/simd_targets.h"

namespace tbbthumbs {
namespace {

using YccToRgbTest = testing::SimdTargetTest;

// The conversion of libjpeg's jdcolor.c, written out.
void Libjpeg(int y, int cb, int cr, uint8_t* rgb) {
  const auto fix = [](double x) { return static_cast<int>(x * 65536 + 0.5); };
  const int half = 1 << 15;
  cb -= 128;
  cr -= 128;
  const int colors[3] = {y + ((fix(1.40200) * cr + half) >> 16),
                         y + ((-fix(0.34414) * cb - fix(0.71414) * cr + half) >> 16),
                         y + ((fix(1.77200) * cb + half) >> 16)};
  for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(std::clamp(colors[c], 0, 255));
}

TEST_P(YccToRgbTest, EqualsLibjpegForEveryColour) {
  // Every pair of differences in a picture of an odd number of pixels, so that the last ones are no whole vector.
  YccPlanes planes = YccPlanes::Make({257, 257}, {257, 257});
  for (const int luma : {0, 1, 77, 128, 200, 255}) {
    for (size_t i = 0; i < planes.planes[0].size(); ++i) {
      planes.planes[0][i] = static_cast<std::byte>(luma);
      planes.planes[1][i] = static_cast<std::byte>(i % 256);
      planes.planes[2][i] = static_cast<std::byte>(i / 256 % 256);
    }
    const Raster raster = YccToRgb(planes);
    ASSERT_EQ(raster.size, planes.size);
    ASSERT_EQ(raster.color, ColorModel::kRgb);
    for (size_t i = 0; i < planes.planes[0].size(); ++i) {
      uint8_t expected[3];
      Libjpeg(luma, static_cast<int>(i % 256), static_cast<int>(i / 256 % 256), expected);
      for (int c = 0; c < 3; ++c) ASSERT_EQ(raster.u8()[3 * i + c], expected[c]) << luma << " " << i;
    }
  }
}

TEST_P(YccToRgbTest, WholeVectorsAreDoneAndNoMore) {
  std::vector<uint8_t> plane(100, 128), rgb(301, 7);
  for (const size_t pixels : {0u, 1u, 15u, 16u, 99u}) {
    std::fill(rgb.begin(), rgb.end(), uint8_t{7});
    const size_t done = simd::YccToRgb(plane.data(), plane.data(), plane.data(), pixels, rgb.data());
    ASSERT_LE(done, pixels);
    EXPECT_TRUE(std::all_of(rgb.begin() + static_cast<ptrdiff_t>(3 * done), rgb.end(), [](int v) { return v == 7; }));
    if (GetParam() < HWY_EMU128) {  // else there are no vectors, and none done is right
      EXPECT_LT(pixels - done, 16u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllTargets, YccToRgbTest, ::testing::ValuesIn(testing::SimdTargets()),
                         [](const auto& test) { return std::string(hwy::TargetName(test.param)); });

TEST(ChromaHalved, RoundsUp) {
  EXPECT_EQ(ChromaHalved({4, 5}), (Size{2, 3}));
  EXPECT_EQ(ChromaHalved({1, 1}), (Size{1, 1}));
}

}  // namespace
}  // namespace tbbthumbs
