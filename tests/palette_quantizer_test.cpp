#include "codecs/palette_quantizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "codecs/palette_choice.h"
#include "codecs/palette_search.h"
#include "tests/support/thinning.h"

namespace tbbthumbs {
namespace {

using Paint = std::function<std::vector<int>(int x, int y)>;

Raster Painted(Size size, ColorModel color, bool alpha, const Paint& paint) {
  Raster raster{.size = size, .color = color, .alpha = alpha};
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (const int sample : paint(x, y)) raster.pixels.push_back(static_cast<std::byte>(sample));
    }
  }
  return raster;
}

// Many colours in smooth waves.
Raster Waves(Size size) {
  return Painted(size, ColorModel::kRgb, false, [](int x, int y) {
    return std::vector<int>{static_cast<int>(128 + 100 * std::sin(x / 21.0)),
                            static_cast<int>(128 + 90 * std::sin(y / 17.0)),
                            static_cast<int>(128 + 80 * std::cos((x + y) / 33.0))};
  });
}

// A disc whose rim fades out on a transparent ground.
Raster Disc(Size size) {
  return Painted(size, ColorModel::kRgb, true, [&](int x, int y) {
    const double r = std::hypot(x - size.width / 2, y - size.height / 2) / size.width;
    const int alpha = static_cast<int>(std::clamp((0.45 - r) * 20, 0.0, 1.0) * 255);
    if (alpha == 0) return std::vector<int>{0, 0, 0, 0};
    return std::vector<int>{x * 255 / size.width, y * 255 / size.height, 120, alpha};
  });
}

std::vector<uint32_t> Pixels(const Raster& raster) {
  const auto channels = static_cast<size_t>(raster.channels());
  std::vector<uint32_t> pixels(raster.size.pixels());
  for (size_t i = 0; i < pixels.size(); ++i) {
    for (size_t c = 0; c < channels; ++c) pixels[i] |= uint32_t{raster.u8()[i * channels + c]} << 8 * c;
  }
  return pixels;
}

size_t CountDistinct(const Raster& raster) {
  const std::vector<uint32_t> pixels = Pixels(raster);
  return std::set<uint32_t>(pixels.begin(), pixels.end()).size();
}

double Psnr(const Raster& a, const Raster& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const double difference = static_cast<int>(a.pixels[i]) - static_cast<int>(b.pixels[i]);
    sum += difference * difference;
  }
  return 10 * std::log10(255 * 255 / std::max(sum / static_cast<double>(a.pixels.size()), 1e-9));
}

TEST(PaletteQuantizer, NeverMoreColorsAndTheMoreTheNearer) {
  for (const Raster& raster : {Waves({150, 110}), Disc({120, 120})}) {
    const PaletteQuantizer quantizer(raster);
    double before = 0;
    for (const int colors : {2, 3, 4, 5, 8, 16, 31, 64, 255, 256}) {
      for (const bool dither : {true, false}) {
        const Raster made = quantizer.Quantize(colors, dither);
        EXPECT_EQ(made.size, raster.size);
        EXPECT_EQ(made.channels(), raster.channels());
        EXPECT_LE(CountDistinct(made), static_cast<size_t>(colors));
        EXPECT_GE(CountDistinct(made), static_cast<size_t>(colors) * 9 / 10);
      }
      const double psnr = Psnr(quantizer.Quantize(colors, false), raster);
      EXPECT_GT(psnr, before);
      before = psnr;
    }
    EXPECT_GT(before, 32);
  }
}

TEST(PaletteQuantizer, FewColorsStayAsTheyAre) {
  const Raster raster = Painted({40, 40}, ColorModel::kRgb, true, [](int x, int y) {
    return std::vector<int>{x / 10 * 60, y / 10 * 60, 7, x < 10 ? 128 : 255};
  });
  ASSERT_EQ(CountDistinct(raster), 16u);
  EXPECT_EQ(PaletteQuantizer(raster).Quantize(16, true).pixels, raster.pixels);
  EXPECT_NE(PaletteQuantizer(raster).Quantize(15, true).pixels, raster.pixels);
}

// 300 colours that differ by little, of which none may be taken for another before it must.
TEST(PaletteQuantizer, NearColorsAreToldApart) {
  const Raster raster = Painted({300, 4}, ColorModel::kRgb, false, [](int x, int) {
    return std::vector<int>{100 + x % 7, 100 + x / 7 % 7, 100 + x / 49};
  });
  const Raster made = PaletteQuantizer(raster).Quantize(256, false);
  EXPECT_GE(CountDistinct(made), 240u);
  EXPECT_GT(Psnr(made, raster), 55);
}

TEST(PaletteQuantizer, OpaqueAndTransparentStayWhatTheyAre) {
  const Raster raster = Disc({120, 120});
  const std::vector<uint32_t> before = Pixels(raster);
  const PaletteQuantizer quantizer(raster);
  for (const int colors : {2, 3, 4, 16, 256}) {
    for (const bool dither : {true, false}) {
      const std::vector<uint32_t> after = Pixels(quantizer.Quantize(colors, dither));
      size_t translucent = 0;
      for (size_t i = 0; i < after.size(); ++i) {
        if (before[i] >> 24 == 255) {
          ASSERT_EQ(after[i] >> 24, 255u);
        }
        if (before[i] >> 24 == 0) {
          ASSERT_EQ(after[i], 0u);
        }
        translucent += after[i] >> 24 != 0 && after[i] >> 24 != 255;
      }
      EXPECT_EQ(translucent > 0, colors > 2) << colors;
    }
  }
}

TEST(PaletteQuantizer, GrayStaysGray) {
  for (const bool alpha : {false, true}) {
    const Raster gray = Painted({90, 70}, ColorModel::kGray, alpha, [&](int x, int y) {
      std::vector<int> samples{(x * 3 + y * 5) % 256};
      if (alpha) samples.push_back(std::min(255, y * 4));
      if (alpha && samples[1] == 0) samples[0] = 0;
      return samples;
    });
    Raster rgb = gray;
    rgb.color = ColorModel::kRgb;
    rgb.pixels.clear();
    const auto channels = static_cast<size_t>(gray.channels());
    for (size_t i = 0; i < gray.pixels.size(); i += channels) {
      rgb.pixels.insert(rgb.pixels.end(), 3, gray.pixels[i]);
      if (alpha) rgb.pixels.push_back(gray.pixels[i + 1]);
    }
    const Raster made = PaletteQuantizer(gray).Quantize(8, true);
    EXPECT_EQ(made.color, ColorModel::kGray);
    EXPECT_LE(CountDistinct(made), 8u);
    const Raster colored = PaletteQuantizer(rgb).Quantize(8, true);
    for (size_t i = 0, j = 0; i < made.pixels.size(); i += channels, j += channels + 2) {
      for (size_t c = 0; c < 3; ++c) ASSERT_EQ(colored.pixels[j + c], made.pixels[i]);
    }
  }
}

// A ramp in few grays: its steps are as wide as a step of brightness, and the means over them are right with dithering.
TEST(PaletteQuantizer, DitheringKeepsTheMeanBrightness) {
  const Raster ramp = Painted({256, 64}, ColorModel::kGray, false, [](int x, int) { return std::vector<int>{x}; });
  const PaletteQuantizer quantizer(ramp);
  const auto largest_error = [&](bool dither) {
    const Raster made = quantizer.Quantize(8, dither);
    double largest = 0;
    for (int left = 20; left < 230; left += 8) {
      double sum = 0;
      for (int y = 0; y < 64; ++y) {
        for (int x = left; x < left + 8; ++x) sum += made.u8()[static_cast<size_t>(y) * 256 + static_cast<size_t>(x)];
      }
      largest = std::max(largest, std::abs(sum / (8 * 64) - (left + 3.5)));
    }
    return largest;
  };
  EXPECT_GT(largest_error(false), 8);
  EXPECT_LT(largest_error(true), 4);
}

TEST(PaletteQuantizer, FlatAreasStayFlat) {
  // Two flat colours and a ramp between them.
  const Raster raster = Painted({200, 60}, ColorModel::kRgb, false, [](int x, int) {
    const int level = std::clamp(x - 50, 0, 100);
    return std::vector<int>{50 + level, 200 - level, 90};
  });
  const Raster made = PaletteQuantizer(raster).Quantize(16, true);
  std::set<uint32_t> left;
  const std::vector<uint32_t> pixels = Pixels(made);
  for (size_t y = 0; y < 60; ++y) {
    for (size_t x = 0; x < 45; ++x) left.insert(pixels[y * 200 + x]);
  }
  EXPECT_LE(left.size(), 2u);
}

TEST(PaletteQuantizer, AnyPictureOfAnySize) {
  uint32_t noise = 1;
  const auto next = [&noise] { return static_cast<int>((noise = noise * 1664525 + 1013904223) >> 24); };
  for (const Size size : {Size{1, 1}, {1, 50}, {50, 1}, {2, 2}, {17, 31}, {300, 200 / testing::kThinning}}) {
    for (const bool alpha : {false, true}) {
      for (const ColorModel color : {ColorModel::kGray, ColorModel::kRgb}) {
        const Raster raster = Painted(size, color, alpha, [&](int, int) {
          std::vector<int> samples;
          for (int c = 0; c < ColorChannels(color); ++c) samples.push_back(next());
          if (alpha) samples.push_back(std::clamp(next() * 2 - 128, 0, 255));
          return samples;
        });
        for (const int colors : {2, 3, 17, 256}) {
          for (const bool dither : {true, false}) {
            const Raster made = PaletteQuantizer(raster).Quantize(colors, dither);
            ASSERT_EQ(made.pixels.size(), raster.pixels.size());
            EXPECT_LE(CountDistinct(made), static_cast<size_t>(colors));
          }
        }
      }
    }
  }
}

TEST(PaletteSearch, FindsWhatIsNearest) {
  uint32_t noise = 7;
  const auto next = [&noise] { return (noise = noise * 1664525 + 1013904223) >> 8; };
  const auto pixel = [&] { return static_cast<PalettePixel>(next() | (next() % 3 == 0 ? 0xFF000000 : next() << 24)); };
  for (const size_t count : {1u, 2u, 7u, 100u, 256u}) {
    std::vector<PaletteEntry> entries;
    for (size_t i = 0; i < count; ++i) {
      const PalettePixel color = i == 0 ? 0xFF102030 : pixel();
      entries.push_back({color, PointOf(LightOf(color))});
    }
    for (const bool only_opaque : {false, true}) {
      const PaletteSearch search(entries, only_opaque);
      for (int i = 0; i < 500; ++i) {
        const PalettePoint point = PointOf(LightOf(pixel()));
        int32_t least = INT32_MAX;
        for (const PaletteEntry& entry : entries) {
          if (!only_opaque || entry.opaque()) least = std::min(least, SquaredDistance(entry.point, point));
        }
        ASSERT_EQ(SquaredDistance(entries[search.Nearest(point)].point, point), least);
      }
    }
  }
}

TEST(PaletteColor, PixelsComeBackFromTheirLight) {
  for (uint32_t alpha = 1; alpha <= 255; ++alpha) {
    for (uint32_t level = 0; level <= 255; ++level) {
      const PalettePixel pixel = alpha << 24 | level << 16 | (255 - level) << 8 | level / 2;
      const PalettePixel back = PixelOf(LightOf(pixel));
      ASSERT_EQ(back >> 24, alpha);
      for (int c = 0; c < 3; ++c) {
        const auto channel = [c](PalettePixel p) { return static_cast<int>(p >> 8 * c & 0xFF); };
        // Of what can hardly be seen, few levels are left.
        ASSERT_NEAR(channel(back), channel(pixel), 16.0 / alpha + 0.01);
      }
    }
  }
  EXPECT_EQ(PixelOf(LightOf(0xFF123456)), 0xFF123456);
}

}  // namespace
}  // namespace tbbthumbs
