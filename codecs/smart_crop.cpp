#include "codecs/smart_crop.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "codecs/box_shrink.h"
#include "codecs/thumbnail_layout.h"

namespace tbbthumbs {
namespace {

struct Pixel {
  int red = 0;
  int green = 0;
  int blue = 0;
  int alpha = 255;

  // BT.601.
  int luma() const { return (299 * red + 587 * green + 114 * blue + 500) / 1000; }
};

Pixel PixelAt(const Raster& raster, int x, int y) {
  const int channels = raster.channels();
  const uint8_t* samples = raster.u8().data() + (static_cast<size_t>(y) * raster.size.width + x) * channels;
  const bool color = raster.color == ColorModel::kRgb;
  return {samples[0], samples[color ? 1 : 0], samples[color ? 2 : 0], raster.alpha ? samples[channels - 1] : 255};
}

std::vector<uint8_t> LumasOf(const Raster& raster) {
  std::vector<uint8_t> lumas;
  lumas.reserve(raster.size.pixels());
  for (int y = 0; y < raster.size.height; ++y) {
    for (int x = 0; x < raster.size.width; ++x) lumas.push_back(static_cast<uint8_t>(PixelAt(raster, x, y).luma()));
  }
  return lumas;
}

// Shares of the score. Edges tell things from their background, faces are what people look for first, saturation
// tells a subject from sky and walls.
constexpr double kSkinWeight = 1.8;
constexpr double kSaturationWeight = 0.3;
constexpr double kEdgeWeight = 1.0;
// Skin of all shades lies near one direction in RGB, here that of smartcrop.js. Darker or lighter than this it can't be
// told from shadows and highlights.
constexpr int kDarkestSkin = 50;
constexpr int kLightestSkin = 245;
constexpr std::array<double, 3> kSkin{0.78, 0.57, 0.44};
constexpr double kSkinRadius = 0.2;

double Skin(const Pixel& pixel) {
  const int luma = pixel.luma();
  if (luma < kDarkestSkin || luma > kLightestSkin) return 0;
  const double length =
      std::sqrt(1.0 * pixel.red * pixel.red + 1.0 * pixel.green * pixel.green + 1.0 * pixel.blue * pixel.blue);
  const double red = pixel.red / length - kSkin[0];
  const double green = pixel.green / length - kSkin[1];
  const double blue = pixel.blue / length - kSkin[2];
  return std::max(0.0, 1 - std::sqrt(red * red + green * green + blue * blue) / kSkinRadius);
}

// As in HSL, but none for what is nearly black or white.
double Saturation(const Pixel& pixel) {
  const int most = std::max({pixel.red, pixel.green, pixel.blue});
  const int least = std::min({pixel.red, pixel.green, pixel.blue});
  const int sum = most + least;
  if (most == least || sum < 50 || sum > 460) return 0;
  return (most - least) / static_cast<double>(sum > 255 ? 510 - sum : sum);
}

// How much each pixel is worth, row by row.
std::vector<double> Scores(const Raster& raster, const std::vector<uint8_t>& lumas) {
  const Size size = raster.size;
  std::vector<double> scores;
  scores.reserve(size.pixels());
  const auto luma = [&](int x, int y) {
    x = std::clamp(x, 0, size.width - 1);
    y = std::clamp(y, 0, size.height - 1);
    return int{lumas[static_cast<size_t>(y) * size.width + x]};
  };
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const Pixel pixel = PixelAt(raster, x, y);
      const int laplace = 4 * luma(x, y) - luma(x - 1, y) - luma(x + 1, y) - luma(x, y - 1) - luma(x, y + 1);
      const double edge = std::min(std::abs(laplace), 255) / 255.0;
      scores.push_back((kSkinWeight * Skin(pixel) + kSaturationWeight * Saturation(pixel) + kEdgeWeight * edge) *
                       pixel.alpha / 255);
    }
  }
  return scores;
}

// Sums over all pixels left of and above each corner: (width + 1) x (height + 1).
std::vector<double> SumsOf(const std::vector<double>& scores, Size size) {
  const size_t stride = static_cast<size_t>(size.width) + 1;
  std::vector<double> sums(stride * (static_cast<size_t>(size.height) + 1));
  for (size_t y = 0; y + 1 < sums.size() / stride; ++y) {
    double row = 0;
    for (size_t x = 0; x + 1 < stride; ++x) {
      row += scores[y * (stride - 1) + x];
      sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
    }
  }
  return sums;
}

// Of the brightness within a window, in bits.
double Entropy(const std::vector<uint8_t>& lumas, int width, const Window& window) {
  std::array<int, 64> counts{};
  for (int y = window.y; y < window.y + window.size.height; ++y) {
    const uint8_t* row = lumas.data() + static_cast<size_t>(y) * width + window.x;
    for (int x = 0; x < window.size.width; ++x) ++counts[row[x] / 4];
  }
  const double pixels = static_cast<double>(window.size.pixels());
  double bits = 0;
  for (const int count : counts) {
    if (count > 0) bits -= count / pixels * std::log2(count / pixels);
  }
  return bits;
}

// Steps along the axis in which the picture is longer than the window, or along both: enough that neighbours differ by
// little.
constexpr int kPlaces = 64;
constexpr int kPlacesOfBoth = 8;

// Of what is looked at. More would show nothing new, and takes 17 bytes a pixel.
constexpr uint64_t kMostPixels = uint64_t{1} << 20;

Window MiddleOf(Size whole, Size size) {
  return {Placed(whole.width, size.width, 0, true), Placed(whole.height, size.height, 0, true), size};
}

Raster Averaged(const Raster& raster, int factor) {
  const PlaneFormat plane{raster.size.width, raster.size.height, raster.channels(), raster.size.width + 0.0,
                          raster.size.height + 0.0};
  BoxShrink shrink(plane, raster.sample, factor, factor);
  Raster averaged{{shrink.format().width, shrink.format().height}, raster.color, raster.alpha, raster.sample, {}};
  averaged.pixels.reserve(averaged.row_bytes() * static_cast<size_t>(averaged.size.height));
  for (int y = 0; y < raster.size.height; ++y) {
    const auto row = shrink.Add(raster.row(y));
    averaged.pixels.insert(averaged.pixels.end(), row.begin(), row.end());
  }
  return averaged;
}

// By all of its pixels.
Window Search(const Raster& raster, Size size, bool attention) {
  const int room_x = raster.size.width - size.width;
  const int room_y = raster.size.height - size.height;
  Window best = MiddleOf(raster.size, size);
  const size_t stride = static_cast<size_t>(raster.size.width) + 1;
  const std::vector<uint8_t> lumas = LumasOf(raster);
  const std::vector<double> sums = attention ? SumsOf(Scores(raster, lumas), raster.size) : std::vector<double>();
  const auto value = [&](const Window& window) {
    if (!attention) return Entropy(lumas, raster.size.width, window);
    const size_t top = window.y * stride;
    const size_t bottom = (window.y + static_cast<size_t>(size.height)) * stride;
    const size_t left = window.x;
    const size_t right = left + size.width;
    return sums[bottom + right] - sums[bottom + left] - sums[top + right] + sums[top + left];
  };
  const Window middle = best;
  const auto off_middle = [&](const Window& window) {
    return std::abs(window.x - middle.x) + std::abs(window.y - middle.y);
  };
  double most = value(best);
  const int places = room_x > 0 && room_y > 0 ? kPlacesOfBoth : kPlaces;
  const int step_x = std::max(1, room_x / places);
  const int step_y = std::max(1, room_y / places);
  for (int y = 0; y <= room_y; y += step_y) {
    for (int x = 0; x <= room_x; x += step_x) {
      const Window window{x, y, size};
      const double here = value(window);
      // Sums of the same pixels in another order differ by a few units in the last place.
      const double same = 1e-9 * std::max(1.0, most);
      if (here > most + same || (here > most - same && off_middle(window) < off_middle(best))) {
        best = window;
        most = here;
      }
    }
  }
  return best;
}

}  // namespace

Window ChooseWindow(const Raster& raster, Size size, Gravity gravity) {
  Window window = MiddleOf(raster.size, size);
  if (gravity != Gravity::kAttention && gravity != Gravity::kEntropy) return window;
  const bool attention = gravity == Gravity::kAttention;
  int factor = 1;
  while (raster.size.pixels() / factor / factor > kMostPixels) ++factor;
  if (factor == 1) return Search(raster, size, attention);
  const Raster coarse = Averaged(raster, factor);
  const Size coarse_size{std::clamp(size.width / factor, 1, coarse.size.width),
                         std::clamp(size.height / factor, 1, coarse.size.height)};
  const Window found = Search(coarse, coarse_size, attention);
  // The ends of the one are those of the other.
  const auto scaled = [](int at, int coarse_room, int room) {
    return coarse_room > 0 ? static_cast<int>(int64_t{at} * room / coarse_room) : room / 2;
  };
  window.x = scaled(found.x, coarse.size.width - coarse_size.width, raster.size.width - size.width);
  window.y = scaled(found.y, coarse.size.height - coarse_size.height, raster.size.height - size.height);
  return window;
}

void Crop(Raster& raster, const Window& window) {
  Raster kept{window.size, raster.color, raster.alpha, raster.sample, {}};
  kept.pixels.resize(kept.row_bytes() * static_cast<size_t>(window.size.height));
  const size_t offset =
      static_cast<size_t>(window.x) * static_cast<size_t>(raster.channels()) * SampleBytes(raster.sample);
  for (int y = 0; y < window.size.height; ++y) {
    std::memcpy(kept.row(y).data(), raster.row(window.y + y).data() + offset, kept.row_bytes());
  }
  raster = std::move(kept);
}

}  // namespace tbbthumbs
