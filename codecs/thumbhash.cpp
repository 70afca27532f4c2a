#include "codecs/thumbhash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "codecs/cosine_means.h"

namespace tbbthumbs {
namespace {

// Below this no frequency reaches a step of any scale (1/63): what is left of adding up many samples.
constexpr double kNothing = 1e-9;

// To the nearest, halves up.
uint32_t Rounded(double value) { return static_cast<uint32_t>(std::floor(value + 0.5)); }

// Samples 0 to 1: red, green, blue, alpha.
std::vector<std::array<double, 4>> Pixels(const Raster& raster) {
  const auto channels = static_cast<size_t>(raster.channels());
  const bool gray = raster.color == ColorModel::kGray;
  std::vector<std::array<double, 4>> pixels;
  pixels.reserve(raster.size.pixels());
  const std::span<const uint8_t> samples = raster.u8();
  for (size_t i = 0; i < samples.size(); i += channels) {
    const auto at = [&](size_t c) { return samples[i + c] / 255.0; };
    pixels.push_back({at(0), at(gray ? 0 : 1), at(gray ? 0 : 2), raster.alpha ? at(channels - 1) : 1.0});
  }
  return pixels;
}

// Brightness, yellow against blue, red against green, and alpha. What is transparent has the mean colour.
struct Channels {
  std::array<std::vector<double>, 3> colors;
  std::vector<double> alpha;
  bool transparent = false;
};

Channels ToChannels(const Raster& raster) {
  const std::vector<std::array<double, 4>> pixels = Pixels(raster);
  std::array<double, 3> mean{};
  double opacity = 0;
  for (const auto& pixel : pixels) {
    for (size_t c = 0; c < 3; ++c) mean[c] += pixel[3] * pixel[c];
    opacity += pixel[3];
  }
  for (double& color : mean) color = opacity > 0 ? color / opacity : 0;
  Channels channels;
  channels.transparent = opacity < static_cast<double>(pixels.size());
  for (const auto& pixel : pixels) {
    std::array<double, 3> rgb;
    for (size_t c = 0; c < 3; ++c) rgb[c] = mean[c] * (1 - pixel[3]) + pixel[3] * pixel[c];
    channels.colors[0].push_back((rgb[0] + rgb[1] + rgb[2]) / 3);
    channels.colors[1].push_back((rgb[0] + rgb[1]) / 2 - rgb[2]);
    channels.colors[2].push_back(rgb[0] - rgb[1]);
    channels.alpha.push_back(pixel[3]);
  }
  return channels;
}

// The mean, and the frequencies of a triangle: those of few waves in both directions together.
struct Frequencies {
  double mean = 0;
  double scale = 0;             // the largest magnitude of the others
  std::vector<double> varying;  // 0 to 1; half is none
};

Frequencies ToFrequencies(std::span<const double> samples, Size size, int nx, int ny) {
  const std::vector<double> all = CosineMeans(samples, size, nx, ny, 0.5);
  Frequencies result;
  result.mean = all[0];
  for (int j = 0; j < ny; ++j) {
    for (int i = j == 0 ? 1 : 0; i * ny < nx * (ny - j); ++i) {
      result.varying.push_back(all[static_cast<size_t>(j * nx + i)]);
      result.scale = std::max(result.scale, std::abs(result.varying.back()));
    }
  }
  if (result.scale < kNothing) result.scale = 0;
  for (double& value : result.varying) value = result.scale > 0 ? 0.5 + 0.5 / result.scale * value : 0;
  return result;
}

}  // namespace

std::vector<std::byte> ThumbHash(const Raster& raster) {
  const Size size = raster.size;
  const Channels channels = ToChannels(raster);
  const int most = channels.transparent ? 5 : 7;  // alpha takes the place of finer brightness
  const double longer = std::max(size.width, size.height);
  const auto lx = std::max(1, static_cast<int>(Rounded(most * size.width / longer)));
  const auto ly = std::max(1, static_cast<int>(Rounded(most * size.height / longer)));
  const Frequencies l = ToFrequencies(channels.colors[0], size, std::max(3, lx), std::max(3, ly));
  const Frequencies p = ToFrequencies(channels.colors[1], size, 3, 3);
  const Frequencies q = ToFrequencies(channels.colors[2], size, 3, 3);
  std::vector<double> varying;
  for (const Frequencies* color : {&l, &p, &q}) {
    varying.insert(varying.end(), color->varying.begin(), color->varying.end());
  }

  std::vector<std::byte> hash;
  const auto append = [&hash](uint32_t value, int bytes) {
    for (; bytes > 0; --bytes, value >>= 8) hash.push_back(static_cast<std::byte>(value & 255));
  };
  const bool landscape = size.width > size.height;
  append(Rounded(63 * l.mean) | Rounded(31.5 + 31.5 * p.mean) << 6 | Rounded(31.5 + 31.5 * q.mean) << 12 |
             Rounded(31 * l.scale) << 18 | (channels.transparent ? 1u << 23 : 0),
         3);
  append(static_cast<uint32_t>(landscape ? ly : lx) | Rounded(63 * p.scale) << 3 | Rounded(63 * q.scale) << 9 |
             (landscape ? 1u << 15 : 0),
         2);
  if (channels.transparent) {
    const Frequencies a = ToFrequencies(channels.alpha, size, 5, 5);
    append(Rounded(15 * a.mean) | Rounded(15 * a.scale) << 4, 1);
    varying.insert(varying.end(), a.varying.begin(), a.varying.end());
  }
  for (size_t i = 0; i < varying.size(); i += 2) {  // four bits each, the lower ones first
    append(Rounded(15 * varying[i]) | (i + 1 < varying.size() ? Rounded(15 * varying[i + 1]) << 4 : 0), 1);
  }
  return hash;
}

}  // namespace tbbthumbs
