#include "codecs/blurhash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "codecs/cosine_means.h"
#include "codecs/srgb_light.h"

namespace tbbthumbs {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
static_assert(kDigits.size() == 83);

void AppendNumber(std::string& text, int value, size_t digits) {
  const size_t begin = text.size();
  text.resize(begin + digits);
  for (size_t i = digits; i-- > 0; value /= 83) text[begin + i] = kDigits[static_cast<size_t>(value % 83)];
}

// The frequencies of a channel in linear light. Their waves begin at the first sample's own place, not in front of it:
// so do the published encoders.
std::vector<double> Frequencies(const Raster& raster, int channel, int nx, int ny) {
  const std::array<double, 256>& light = SrgbLight();
  const auto step = static_cast<size_t>(raster.channels());
  std::vector<double> samples;
  samples.reserve(raster.size.pixels());
  for (auto i = static_cast<size_t>(channel); i < raster.pixels.size(); i += step) {
    samples.push_back(light[static_cast<size_t>(raster.pixels[i])]);
  }
  std::vector<double> means = CosineMeans(samples, raster.size, nx, ny, 0);
  for (size_t i = 1; i < means.size(); ++i) means[i] *= 2;
  return means;
}

// -1 to 1 as 0 to 18, finer around none.
int QuantiseFrequency(double value) {
  const double root = std::copysign(std::sqrt(std::abs(value)), value);
  return static_cast<int>(std::clamp(std::floor(root * 9 + 9.5), 0.0, 18.0));
}

}  // namespace

std::string BlurHash(const Raster& raster, int nx, int ny) {
  std::array<std::vector<double>, 3> colors;
  const bool gray = raster.color == ColorModel::kGray;
  for (int c = 0; c < 3; ++c) {
    colors[static_cast<size_t>(c)] = gray && c > 0 ? colors[0] : Frequencies(raster, c, nx, ny);
  }
  double largest = 0;
  for (const std::vector<double>& color : colors) {
    for (size_t i = 1; i < color.size(); ++i) largest = std::max(largest, std::abs(color[i]));
  }
  std::string hash;
  AppendNumber(hash, nx - 1 + (ny - 1) * 9, 1);
  const int scale = static_cast<int>(std::clamp(std::floor(largest * 166 - 0.5), 0.0, 82.0));
  AppendNumber(hash, scale, 1);
  const auto all = [&](size_t i, auto&& quantise, int base) {
    return (quantise(colors[0][i]) * base + quantise(colors[1][i])) * base + quantise(colors[2][i]);
  };
  AppendNumber(hash,
               all(
                   0, [](double mean) { return int{LightToSrgb(mean)}; }, 256),
               4);
  for (size_t i = 1; i < colors[0].size(); ++i) {
    AppendNumber(hash,
                 all(
                     i, [&](double value) { return QuantiseFrequency(value * 166 / (scale + 1)); }, 19),
                 2);
  }
  return hash;
}

}  // namespace tbbthumbs
