#include "codecs/smart_crop.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "codecs/border.h"

namespace tbbthumbs {
namespace {

using Paint = std::function<Rgb8(int x, int y)>;

Raster Picture(Size size, const Paint& paint) {
  Raster raster{size, ColorModel::kRgb, false, SampleType::kU8, {}};
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const Rgb8 colour = paint(x, y);
      for (const uint8_t sample : {colour.red, colour.green, colour.blue}) raster.pixels.push_back(std::byte{sample});
    }
  }
  return raster;
}

constexpr Rgb8 kWall{120, 124, 128};
constexpr Rgb8 kFace{210, 150, 115};

Paint Disc(int centre_x, int centre_y, int radius, Rgb8 colour) {
  return [=](int x, int y) {
    const int dx = x - centre_x, dy = y - centre_y;
    return dx * dx + dy * dy < radius * radius ? colour : kWall;
  };
}

// Both as far from a disc's middle as a window of that size may be to show all of it.
void ExpectShows(const Window& window, int centre_x, int centre_y, int radius) {
  EXPECT_LE(window.x, centre_x - radius);
  EXPECT_GE(window.x + window.size.width, centre_x + radius);
  EXPECT_LE(window.y, centre_y - radius);
  EXPECT_GE(window.y + window.size.height, centre_y + radius);
}

TEST(ChooseWindow, AFaceDrawsAttention) {
  for (const int x : {20, 50, 150, 280}) {
    const Raster raster = Picture({300, 100}, Disc(x, 50, 15, kFace));
    ExpectShows(ChooseWindow(raster, {100, 100}, Gravity::kAttention), x, 50, 15);
  }
  const Raster tall = Picture({100, 300}, Disc(50, 240, 20, kFace));
  ExpectShows(ChooseWindow(tall, {100, 100}, Gravity::kAttention), 50, 240, 20);
}

// Of more pixels than are looked at one by one, also where both axes have room.
TEST(ChooseWindow, LargePicturesAreLookedAtCoarsely) {
  for (const int x : {400, 2600}) {
    const Raster wide = Picture({3000, 1000}, Disc(x, 500, 200, kFace));
    ExpectShows(ChooseWindow(wide, {1000, 1000}, Gravity::kAttention), x, 500, 200);
  }
  const Raster raster = Picture({2000, 1600}, Disc(1600, 300, 100, kFace));
  for (const Gravity gravity : {Gravity::kAttention, Gravity::kEntropy}) {
    const Window window = ChooseWindow(raster, {900, 700}, gravity);
    EXPECT_EQ(window.size, (Size{900, 700}));
    EXPECT_GE(window.y, 0);
    EXPECT_LE(window.x, 1100);
    ExpectShows(window, 1600, 300, 60);
  }
}

TEST(ChooseWindow, AFaceDrawsMoreThanAWallOfAnyOtherColour) {
  const Raster raster = Picture({400, 100}, [](int x, int y) {
    if (x > 250) return Rgb8{40, 90, 160};
    return Disc(60, 50, 25, kFace)(x, y);
  });
  ExpectShows(ChooseWindow(raster, {100, 100}, Gravity::kAttention), 60, 50, 25);
}

TEST(ChooseWindow, EdgesDrawAttention) {
  const Raster raster = Picture({300, 100}, [](int x, int y) {
    return x > 200 && x < 260 && (x / 3 + y / 3) % 2 == 0 ? Rgb8{20, 20, 20} : kWall;
  });
  ExpectShows(ChooseWindow(raster, {100, 100}, Gravity::kAttention), 230, 50, 25);
}

TEST(ChooseWindow, EntropyPrefersManyBrightnesses) {
  const Raster raster = Picture({300, 100}, [](int x, int y) {
    const auto grey = static_cast<uint8_t>((x * 7 + y * 13) % 200);
    return x < 80 ? Rgb8{grey, grey, grey} : kWall;
  });
  EXPECT_LE(ChooseWindow(raster, {80, 100}, Gravity::kEntropy).x, 3);
}

TEST(ChooseWindow, WhereAllIsAlikeTheMiddleIsKept) {
  const Raster raster = Picture({300, 100}, [](int, int) { return kWall; });
  for (const Gravity gravity : {Gravity::kAttention, Gravity::kEntropy, Gravity::kCentre}) {
    EXPECT_EQ(ChooseWindow(raster, {100, 100}, gravity), (Window{100, 0, {100, 100}}));
  }
}

TEST(ChooseWindow, FullyTransparentPixelsAreWorthNothing) {
  Raster raster{{200, 50}, ColorModel::kRgb, true, SampleType::kU8, {}};
  for (int i = 0; i < 200 * 50; ++i) {
    const bool left = i % 200 < 100;
    for (const uint8_t sample : {uint8_t{210}, uint8_t{150}, uint8_t{115}, uint8_t(left ? 0 : 255)}) {
      raster.pixels.push_back(std::byte{sample});
    }
  }
  EXPECT_EQ(ChooseWindow(raster, {100, 50}, Gravity::kAttention).x, 100);
}

TEST(ChooseWindow, AnyShapeOfAnyModel) {
  for (const Size size : {Size{1, 1}, Size{2, 1}, Size{1, 200}, Size{200, 3}}) {
    for (const bool alpha : {false, true}) {
      for (const ColorModel color : {ColorModel::kGray, ColorModel::kRgb}) {
        Raster raster{size, color, alpha, SampleType::kU8, {}};
        raster.pixels.assign(raster.row_bytes() * static_cast<size_t>(size.height), std::byte{90});
        for (const Gravity gravity : {Gravity::kAttention, Gravity::kEntropy}) {
          const Size part{(size.width + 1) / 2, (size.height + 1) / 2};
          const Window window = ChooseWindow(raster, part, gravity);
          EXPECT_LE(window.x + part.width, size.width);
          EXPECT_LE(window.y + part.height, size.height);
          Raster kept = raster;
          Crop(kept, window);
          EXPECT_EQ(kept.size, part);
          EXPECT_EQ(kept.pixels.size(), kept.row_bytes() * static_cast<size_t>(part.height));
        }
      }
    }
  }
}

Layout Padded(Size size, int side) {
  const Layout layout = LayOut(size, {.width = side, .height = side, .fit = Fit::kPad});
  EXPECT_EQ(layout.shown, size);
  return layout;
}

TEST(AddBorder, PutsThePictureInTheMiddleOfAColour) {
  Raster raster = Picture({4, 2}, [](int x, int y) {
    return Rgb8{static_cast<uint8_t>(x), static_cast<uint8_t>(y), 7};
  });
  const Raster before = raster;
  AddBorder(raster, Padded(raster.size, 6), {1, 2, 3});
  ASSERT_EQ(raster.size, (Size{6, 6}));
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 6; ++x) {
      const uint8_t* pixel = &raster.u8()[(y * 6 + x) * 3];
      const bool inside = x >= 1 && x < 5 && y >= 2 && y < 4;
      EXPECT_EQ(pixel[0], inside ? x - 1 : 1);
      EXPECT_EQ(pixel[1], inside ? y - 2 : 2);
      EXPECT_EQ(pixel[2], inside ? 7 : 3);
    }
  }
}

TEST(AddBorder, GrayStaysGrayOnGrayAlone) {
  for (const bool alpha : {false, true}) {
    Raster raster{{2, 1}, ColorModel::kGray, alpha, SampleType::kU8, {}};
    raster.pixels.assign(alpha ? 4 : 2, std::byte{50});
    Raster colour = raster;
    AddBorder(raster, Padded({2, 1}, 2), {9, 9, 9});
    EXPECT_EQ(raster.color, ColorModel::kGray);
    EXPECT_EQ(raster.pixels.size(), alpha ? 8 : 4);
    AddBorder(colour, Padded({2, 1}, 2), {9, 9, 8});
    EXPECT_EQ(colour.color, ColorModel::kRgb);
    EXPECT_EQ(colour.pixels.size(), alpha ? 16 : 12);
    EXPECT_EQ(colour.u8()[0], 50);
    EXPECT_EQ(colour.u8()[static_cast<size_t>(colour.channels()) * 2], 9) << "the border lies below";
    EXPECT_EQ(colour.u8().back(), alpha ? 255 : 8) << "and is opaque";
  }
}

TEST(AddBlurredBorder, IsSmoothAndOfThePicturesColours) {
  Raster raster = Picture({60, 20}, [](int x, int y) {
    return (x + y) % 2 == 0 ? Rgb8{200, 40, 40} : Rgb8{100, 20, 20};
  });
  const Raster before = raster;
  TapCache taps;
  AddBlurredBorder(raster, Padded({60, 20}, 60), taps);
  ASSERT_EQ(raster.size, (Size{60, 60}));
  for (int x = 1; x < 60; ++x) {
    for (const int y : {0, 10, 50}) {
      const uint8_t* pixel = &raster.u8()[(y * 60 + x) * 3];
      EXPECT_NEAR(pixel[0], 150, 12);
      EXPECT_NEAR(pixel[0], pixel[-3], 4) << "no edges";
    }
  }
  Crop(raster, {0, 20, {60, 20}});
  EXPECT_EQ(raster.pixels, before.pixels);
}

}  // namespace
}  // namespace tbbthumbs
