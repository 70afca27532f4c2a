#include "codecs/cosine_means.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace tbbthumbs {
namespace {

// Of every position of an axis: kCount of them, so that a fixed number is added up at once; the last are 0.
template <size_t kCount>
std::vector<std::array<double, kCount>> MakeCosines(int side, int count, double phase) {
  std::vector<std::array<double, kCount>> cosines(static_cast<size_t>(side));
  for (int position = 0; position < side; ++position) {
    for (int i = 0; i < count; ++i) {
      cosines[static_cast<size_t>(position)][static_cast<size_t>(i)] =
          std::cos(std::numbers::pi / side * i * (position + phase));
    }
  }
  return cosines;
}

// kCount: at least `nx`.
template <size_t kCount>
std::vector<double> Means(std::span<const double> samples, Size size, int nx, int ny, double phase) {
  const auto across = MakeCosines<kCount>(size.width, nx, phase);
  const auto down = MakeCosines<kMaxCosines>(size.height, ny, phase);
  std::vector<double> means(static_cast<size_t>(nx) * static_cast<size_t>(ny));
  const auto width = static_cast<size_t>(size.width);
  for (size_t y = 0; y < down.size(); ++y) {
    const std::span<const double> row = samples.subspan(y * width, width);
    std::array<double, kCount> sums{};
    for (size_t x = 0; x < width; ++x) {
      for (size_t i = 0; i < kCount; ++i) sums[i] += row[x] * across[x][i];
    }
    for (size_t k = 0; k < means.size(); ++k) {
      means[k] += sums[k % static_cast<size_t>(nx)] * down[y][k / static_cast<size_t>(nx)];
    }
  }
  for (double& mean : means) mean /= static_cast<double>(size.pixels());
  return means;
}

}  // namespace

std::vector<double> CosineMeans(std::span<const double> samples, Size size, int nx, int ny, double phase) {
  return nx <= 4 ? Means<4>(samples, size, nx, ny, phase) : Means<kMaxCosines>(samples, size, nx, ny, phase);
}

}  // namespace tbbthumbs
