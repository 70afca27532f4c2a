#include "codecs/resizer.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>
#include <random>
#include <span>
#include <vector>

#include "codecs/box_shrink.h"

namespace tbbthumbs {
namespace {

constexpr Kernel kKernels[] = {Kernel::kLanczos3, Kernel::kMitchell, Kernel::kCatmullRom, Kernel::kArea};
constexpr SampleType kTypes[] = {SampleType::kU8, SampleType::kU16};

// One plane of a source picture, samples as numbers of its type.
struct Plane {
  PlaneFormat format;
  std::vector<uint16_t> samples;

  Plane(int width, int height, int channels)
      : format{width, height, channels, width + 0.0, height + 0.0},
        samples(static_cast<size_t>(width) * height * channels) {}
  uint16_t& at(int x, int y, int c) {
    return samples[(static_cast<size_t>(y) * format.width + x) * format.channels + c];
  }
};

Plane Filled(int width, int height, int channels, const std::function<double(int x, int y, int c)>& value) {
  Plane plane(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) plane.at(x, y, c) = static_cast<uint16_t>(std::lround(value(x, y, c)));
    }
  }
  return plane;
}

Plane Noise(int width, int height, int channels, SampleType type, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> any(0, type == SampleType::kU8 ? 255 : 65535);
  return Filled(width, height, channels, [&](int, int, int) { return any(random); });
}

RowFormat FormatOf(std::span<const Plane> planes, SampleType type) {
  RowFormat format;
  int channels = 0;
  for (const Plane& plane : planes) {
    format.planes.push_back(plane.format);
    channels += plane.format.channels;
  }
  format.alpha = channels == 2 || channels == 5;
  format.color = channels <= 2 ? ColorModel::kGray : channels == 3 ? ColorModel::kRgb : ColorModel::kCmyk;
  format.sample = type;
  return format;
}

std::vector<std::byte> RowBytes(const Plane& plane, int y, SampleType type) {
  const auto count = static_cast<size_t>(plane.format.width) * plane.format.channels;
  const auto row = std::span(plane.samples).subspan(y * count, count);
  std::vector<std::byte> bytes(count * SampleBytes(type));
  if (type == SampleType::kU16) {
    std::memcpy(bytes.data(), row.data(), bytes.size());
  } else {
    std::transform(row.begin(), row.end(), bytes.begin(), [](uint16_t value) { return static_cast<std::byte>(value); });
  }
  return bytes;
}

void Deliver(std::span<const Plane> planes, SampleType type, Resizer& resizer) {
  ASSERT_TRUE(resizer.Begin(FormatOf(planes, type)));
  int rows = 0;
  for (const Plane& plane : planes) rows = std::max(rows, plane.format.height);
  for (int y = 0; y < rows; ++y) {
    for (size_t p = 0; p < planes.size(); ++p) {
      if (y >= planes[p].format.height) continue;
      // A copy of its own, so that a sanitizer sees reads behind its end.
      ASSERT_TRUE(resizer.Row(static_cast<int>(p), RowBytes(planes[p], y, type)));
    }
  }
  ASSERT_TRUE(resizer.End());
}

Raster Resize(std::span<const Plane> planes, SampleType type, Size target, Kernel kernel) {
  TapCache taps;
  Resizer resizer(target, kernel, taps);
  Deliver(planes, type, resizer);
  return resizer.Take();
}
Raster Resize(const Plane& plane, SampleType type, Size target, Kernel kernel = Kernel::kLanczos3) {
  return Resize(std::span(&plane, 1), type, target, kernel);
}

int At(const Raster& raster, int x, int y, int c) {
  const size_t index = (static_cast<size_t>(y) * raster.size.width + x) * raster.channels() + c;
  return raster.sample == SampleType::kU8 ? raster.u8()[index] : raster.u16()[index];
}

double ReferenceKernel(Kernel kernel, double x) {
  x = std::abs(x);
  const auto sinc = [](double t) { return t == 0 ? 1 : std::sin(std::numbers::pi * t) / (std::numbers::pi * t); };
  const auto cubic = [x](double b, double c) {
    if (x >= 2) return 0.0;
    if (x < 1) return (12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x + 6 - 2 * b;
    return (-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x + (-12 * b - 48 * c) * x + 8 * b + 24 * c;
  };
  switch (kernel) {
    case Kernel::kLanczos3:
      return x < 3 ? sinc(x) * sinc(x / 3) : 0;
    case Kernel::kMitchell:
      return cubic(1.0 / 3, 1.0 / 3);
    default:
      return cubic(0, 0.5);
  }
}

// Rows of weights for a whole axis, the plain way.
std::vector<std::vector<double>> ReferenceWeights(double extent, int samples, int out, Kernel kernel) {
  std::vector<std::vector<double>> rows(out, std::vector<double>(samples));
  for (int o = 0; o < out; ++o) {
    double sum = 0;
    for (int i = 0; i < samples; ++i) {
      const double x = (i + 0.5 - (o + 0.5) * extent / out) / std::max(1.0, extent / out);
      sum += rows[o][i] = ReferenceKernel(kernel, x);
    }
    for (double& weight : rows[o]) weight /= sum;
  }
  return rows;
}

// The greatest and the mean difference of `actual` to a resampling in double precision.
std::pair<double, double> DifferenceToReference(Plane plane, const Raster& actual, Kernel kernel) {
  const PlaneFormat& f = plane.format;
  const auto columns = ReferenceWeights(f.extent_width, f.width, actual.size.width, kernel);
  const auto rows = ReferenceWeights(f.extent_height, f.height, actual.size.height, kernel);
  const double max = actual.sample == SampleType::kU8 ? 255 : 65535;
  double greatest = 0, total = 0;
  for (int c = 0; c < f.channels; ++c) {
    for (int y = 0; y < actual.size.height; ++y) {
      std::vector<double> row(f.width);
      for (int i = 0; i < f.height; ++i) {
        for (int x = 0; x < f.width; ++x) row[x] += rows[y][i] * plane.at(x, i, c);
      }
      for (int x = 0; x < actual.size.width; ++x) {
        double sum = 0;
        for (int i = 0; i < f.width; ++i) sum += columns[x][i] * row[i];
        const double difference = std::abs(std::clamp(sum, 0.0, max) - At(actual, x, y, c));
        greatest = std::max(greatest, difference);
        total += difference;
      }
    }
  }
  return {greatest, total / static_cast<double>(actual.size.pixels() * f.channels)};
}

TEST(Resizer, EqualsADoublePrecisionResampling) {
  for (const SampleType type : kTypes) {
    for (const Kernel kernel : {Kernel::kLanczos3, Kernel::kMitchell, Kernel::kCatmullRom}) {
      for (const Size target : {Size{40, 31}, {63, 47}, {64, 48}, {65, 49}, {200, 9}, {13, 150}, {9, 7}}) {
        for (int channels = 1; channels <= 4; ++channels) {
          if (target == Size{64, 48}) continue;  // a copy, by its own rule
          const Plane plane = Noise(64, 48, channels, type, 1);
          const auto [greatest, mean] = DifferenceToReference(plane, Resize(plane, type, target, kernel), kernel);
          // Half a step of rounding, and what the integers lose.
          EXPECT_LE(greatest, type == SampleType::kU8 ? 0.75 : 0.55) << target.width << 'x' << target.height;
          EXPECT_LE(mean, 0.29) << target.width << 'x' << target.height;
        }
      }
    }
  }
}

TEST(Resizer, FractionalExtentsEqualADoublePrecisionResampling) {
  for (const SampleType type : kTypes) {
    Plane plane = Noise(51, 38, 3, type, 2);
    plane.format.extent_width = 50.125;
    plane.format.extent_height = 37.5;
    for (const Size target : {Size{25, 19}, {50, 37}, {51, 38}}) {
      const auto [greatest, mean] = DifferenceToReference(plane, Resize(plane, type, target), Kernel::kLanczos3);
      EXPECT_LE(greatest, 0.75);
      EXPECT_LE(mean, 0.29);
    }
  }
}

TEST(Resizer, ConstantStaysConstant) {
  for (const SampleType type : kTypes) {
    const int value = type == SampleType::kU8 ? 255 : 65535;
    for (int source = 1; source <= 64; ++source) {
      // Both axes go through all sizes, one up and one down.
      const Plane plane = Filled(source, 65 - source, 1, [value](int, int, int) { return value; });
      for (int target = 1; target <= 64; ++target) {
        const Raster raster = Resize(plane, type, {target, target}, kKernels[(source + target) % 4]);
        for (int i = 0; i < target * target; ++i) ASSERT_EQ(At(raster, i % target, i / target, 0), value);
      }
    }
  }
}

// A ramp is its own value at the exact position of each sample, save where a filter is cut at an edge.
TEST(Resizer, RampStaysInPlace) {
  for (const Kernel kernel : kKernels) {
    for (const int width : {60, 255, 500, 501, 1023, 2500}) {
      for (const int target : {16, 33, 50, 64, 100, 255, 300}) {
        const double slope = 60000.0 / width;
        const double margin = 6 + 4 * std::max(1.0, width / static_cast<double>(target));
        for (const bool vertical : {false, true}) {
          const Plane plane = vertical ? Filled(3, width, 1, [=](int, int y, int) { return (y + 0.5) * slope; })
                                       : Filled(width, 3, 1, [=](int x, int, int) { return (x + 0.5) * slope; });
          const Raster raster = Resize(plane, SampleType::kU16, vertical ? Size{3, target} : Size{target, 3}, kernel);
          for (int i = 0; i < target; ++i) {
            const double centre = (i + 0.5) * width / target;
            if (centre < margin || centre > width - margin) continue;
            // Area takes a pixel of which it covers a part for that part: its centre is off by an eighth at most.
            const double error = kernel == Kernel::kArea ? 0.13 * BoxFactor(width, target, kernel) : 0.03;
            const double tolerance = slope * error + 1;
            ASSERT_NEAR(At(raster, vertical ? 1 : i, vertical ? i : 1, 0), centre * slope, tolerance)
                << width << " to " << target << " at " << i;
          }
        }
      }
    }
  }
}

TEST(Resizer, Ramp8StaysInPlaceWithinOneStep) {
  for (const int width : {300, 500, 999, 2040}) {
    for (const int target : {50, 129, 256}) {
      const double slope = 250.0 / width;
      const Plane plane = Filled(width, 5, 3, [=](int x, int, int) { return (x + 0.5) * slope; });
      const Raster raster = Resize(plane, SampleType::kU8, {target, 2});
      for (int x = 10; x < target - 10; ++x) {
        ASSERT_NEAR(At(raster, x, 1, 2), (x + 0.5) * width / target * slope, 1) << width << " to " << target;
      }
    }
  }
}

// 4001 pixels at 1/8 scale: 501 columns that cover 500.125. Their ramp must come out as that of 500 columns does.
TEST(Resizer, FractionalExtentDoesNotShift) {
  for (const double extent : {500.125, 500.5, 500.875, 501.0}) {
    const double slope = 100;
    Plane plane = Filled(501, 4, 1, [=](int x, int, int) { return (x + 0.5) * slope; });
    plane.format.extent_width = extent;
    const Raster raster = Resize(plane, SampleType::kU16, {250, 2});
    for (int x = 8; x < 242; ++x) {
      ASSERT_NEAR(At(raster, x, 0, 0), (x + 0.5) * extent / 250 * slope, 2) << extent << " at " << x;
    }
  }
}

// The centre of gravity of a dot in the middle stays in the middle.
TEST(Resizer, CentredDotStaysCentred) {
  for (const int source : {33, 101, 333, 1001}) {
    Plane plane(source, source, 1);
    const int radius = source / 10;
    for (int y = source / 2 - radius; y <= source / 2 + radius; ++y) {
      for (int x = source / 2 - radius; x <= source / 2 + radius; ++x) plane.at(x, y, 0) = 60000;
    }
    for (const int target : {15, 16, 64, 65}) {
      const Raster raster = Resize(plane, SampleType::kU16, {target, target});
      double sum = 0, sum_x = 0, sum_y = 0;
      for (int y = 0; y < target; ++y) {
        for (int x = 0; x < target; ++x) {
          sum += At(raster, x, y, 0);
          sum_x += At(raster, x, y, 0) * (x + 0.5);
          sum_y += At(raster, x, y, 0) * (y + 0.5);
        }
      }
      // Averaging may leave a last block that holds fewer pixels; the dot does not reach it.
      EXPECT_NEAR(sum_x / sum, target / 2.0, 0.02) << source << " to " << target;
      EXPECT_NEAR(sum_y / sum, target / 2.0, 0.02) << source << " to " << target;
    }
  }
}

TEST(Resizer, MirrorImages) {
  for (const SampleType type : kTypes) {
    for (const Size source : {Size{64, 48}, {101, 77}, {30, 31}}) {
      Plane plane = Noise(source.width, source.height, 3, type, 3);
      Plane mirrored = Filled(source.width, source.height, 3, [&](int x, int y, int c) {
        return plane.at(source.width - 1 - x, source.height - 1 - y, c);
      });
      for (const Size target : {Size{31, 32}, {16, 15}, {50, 40}}) {
        for (const Kernel kernel : kKernels) {
          const Raster raster = Resize(plane, type, target, kernel);
          const Raster twin = Resize(mirrored, type, target, kernel);
          for (int y = 0; y < target.height; ++y) {
            for (int x = 0; x < target.width; ++x) {
              const int other = At(twin, target.width - 1 - x, target.height - 1 - y, 1);
              // Integer sums do not depend on their order, float ones hardly.
              ASSERT_NEAR(At(raster, x, y, 1), other, type == SampleType::kU8 ? 0 : 1);
            }
          }
        }
      }
    }
  }
}

TEST(Resizer, CopiesWhatHasItsSizeAlready) {
  for (const SampleType type : kTypes) {
    for (int channels = 1; channels <= 4; ++channels) {
      for (const Kernel kernel : kKernels) {
        Plane plane = Noise(67, 35, channels, type, 4);
        const Raster raster = Resize(plane, type, {67, 35}, kernel);
        for (int i = 0; i < 67 * 35; ++i) ASSERT_EQ(At(raster, i % 67, i / 67, 0), plane.at(i % 67, i / 67, 0));
      }
    }
  }
}

TEST(Resizer, AreaIsTheExactMeanOfWholeBlocks) {
  for (const SampleType type : kTypes) {
    for (const Size factor : {Size{2, 2}, {3, 5}, {7, 1}, {11, 13}, {1, 6}}) {
      Plane plane = Noise(9 * factor.width, 4 * factor.height, 3, type, 5);
      const Raster raster = Resize(plane, type, {9, 4}, Kernel::kArea);
      const int pixels = factor.width * factor.height;
      for (int y = 0; y < 4; ++y) {
        for (int x = 0; x < 9; ++x) {
          int sum = 0;
          for (int i = 0; i < pixels; ++i) {
            sum += plane.at(x * factor.width + i % factor.width, y * factor.height + i / factor.width, 0);
          }
          ASSERT_EQ(At(raster, x, y, 0), (2 * sum + pixels) / (2 * pixels));
        }
      }
    }
  }
}

// A smooth picture at a large ratio: averaging first must not be seen.
TEST(Resizer, AveragingFirstHardlyDiffersFromTheFilterAlone) {
  std::mt19937 random(6);
  std::uniform_real_distribution<double> any(0, 1);
  std::vector<std::array<double, 4>> waves(60);  // of amplitudes that fall with the frequency, as in photographs
  for (auto& [fx, fy, phase, amplitude] : waves) {
    const double frequency = std::pow(2, 8 * any(random));
    const double angle = any(random) * 2 * std::numbers::pi;
    fx = frequency * std::cos(angle);
    fy = frequency * std::sin(angle);
    phase = any(random) * 6;
    amplitude = 30 / std::sqrt(frequency);
  }
  constexpr int kWidth = 500, kHeight = 375, kTarget = 32;
  const Plane plane = Filled(kWidth, kHeight, 1, [&](int x, int y, int) {
    double sum = 128;
    for (const auto& [fx, fy, phase, amplitude] : waves) {
      sum += amplitude / 2 * std::sin((fx * x + fy * y) / kWidth * 6.28 + phase);
    }
    return std::clamp(sum, 0.0, 255.0);
  });
  ASSERT_GT(BoxFactor(kWidth, kTarget, Kernel::kLanczos3), 1);
  const Raster raster = Resize(plane, SampleType::kU8, {kTarget, 24});
  const auto [greatest, mean] = DifferenceToReference(plane, raster, Kernel::kLanczos3);
  // Rounding alone gives a mean of 0.25.
  EXPECT_LE(mean, 0.3);
  EXPECT_LE(greatest, 1.2);
}

TEST(Resizer, EveryTargetWidthIsHit) {
  const Plane plane = Filled(300, 200, 3, [](int x, int y, int) { return 40 + (x * 3 + y) % 100; });
  double mean = 0;
  for (const uint16_t sample : plane.samples) mean += sample;
  mean /= static_cast<double>(plane.samples.size());
  for (int width = 1; width <= 320; ++width) {
    const Size target{width, std::max(1, width * 2 / 3)};
    const Raster raster = Resize(plane, SampleType::kU8, target);
    ASSERT_EQ(raster.size, target);
    ASSERT_EQ(raster.pixels.size(), target.pixels() * 3);
    double sum = 0;
    for (const uint8_t sample : raster.u8()) sum += sample;
    ASSERT_NEAR(sum / static_cast<double>(raster.pixels.size()), mean, 1.5) << width;
    for (int y = 0; y < target.height; ++y) ASSERT_GE(At(raster, width - 1, y, 0), 20) << "a dark edge at " << width;
  }
}

TEST(Resizer, PlanesOfSeveralSizesShareATarget) {
  for (const SampleType type : kTypes) {
    // As a JPEG of 101 x 75 pixels with 4:2:0 sampling delivers them.
    std::vector<Plane> planes{Noise(101, 75, 1, type, 7), Noise(51, 38, 1, type, 8), Noise(51, 38, 1, type, 9)};
    for (size_t i = 1; i < 3; ++i) {
      planes[i].format.extent_width = 50.5;
      planes[i].format.extent_height = 37.5;
    }
    const Size target{40, 30};
    const Raster raster = Resize(planes, type, target, Kernel::kLanczos3);
    ASSERT_EQ(raster.channels(), 3);
    for (int c = 0; c < 3; ++c) {
      const Raster single = Resize(planes[c], type, target);
      for (int i = 0; i < 40 * 30; ++i) ASSERT_EQ(At(raster, i % 40, i / 40, c), At(single, i % 40, i / 40, 0));
    }
  }
}

TEST(Resizer, PlanesOfSeveralChannelsShareATarget) {
  for (const SampleType type : kTypes) {
    const std::vector<Plane> planes{Noise(50, 40, 1, type, 1), Noise(25, 20, 3, type, 2)};
    const Raster raster = Resize(planes, type, {33, 22}, Kernel::kLanczos3);
    ASSERT_EQ(raster.channels(), 4);
    const Raster second = Resize(planes[1], type, {33, 22});
    for (int i = 0; i < 33 * 22; ++i) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(At(raster, i % 33, i / 33, 1 + c), At(second, i % 33, i / 33, c));
    }
  }
}

TEST(Resizer, AllTargetsGiveTheSameBits) {
  std::vector<Raster> first;
  for (int64_t targets = hwy::SupportedTargets(), rest = targets; rest != 0; rest &= rest - 1) {
    hwy::SetSupportedTargetsForTest(rest & -rest);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    std::vector<Raster> rasters;
    for (const SampleType type : kTypes) {
      for (const Size source : {Size{37, 41}, {129, 65}, {500, 333}}) {
        for (int channels = 1; channels <= 4; ++channels) {
          const Plane plane = Noise(source.width, source.height, channels, type, 10);
          for (const Size target : {Size{37, 20}, {64, 48}, {19, 7}}) {
            rasters.push_back(Resize(plane, type, target, kKernels[channels - 1]));
          }
        }
      }
    }
    if (first.empty()) first = rasters;
    for (size_t i = 0; i < rasters.size(); ++i) {
      EXPECT_EQ(rasters[i].pixels, first[i].pixels) << hwy::TargetName(rest & -rest) << ", case " << i;
    }
    hwy::SetSupportedTargetsForTest(0);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(Resizer, RandomOddSizes) {
  std::mt19937 random(11);
  std::uniform_int_distribution<int> side(1, 40);
  for (int i = 0; i < 1500; ++i) {
    const SampleType type = kTypes[i % 2];
    const Plane plane = Noise(side(random), side(random), 1 + i % 4, type, i);
    const Size target{side(random), side(random)};
    const Raster raster = Resize(plane, type, target, kKernels[i / 4 % 4]);
    ASSERT_EQ(raster.pixels.size(), target.pixels() * plane.format.channels * SampleBytes(type));
  }
}

TEST(Resizer, ThinPictures) {
  for (const SampleType type : kTypes) {
    const Plane wide = Filled(30000, 1, 3, [](int x, int, int) { return x < 15000 ? 0 : 255; });
    const Raster row = Resize(wide, type, {256, 1});
    EXPECT_EQ(At(row, 120, 0, 1), 0);
    EXPECT_EQ(At(row, 135, 0, 1), 255);
    const Plane high = Filled(1, 30000, 3, [](int, int y, int) { return y < 15000 ? 0 : 255; });
    const Raster column = Resize(high, type, {1, 256});
    EXPECT_EQ(At(column, 0, 120, 1), 0);
    EXPECT_EQ(At(column, 0, 135, 1), 255);
    EXPECT_EQ(At(Resize(high, type, {1, 1}), 0, 0, 0), 128);
  }
}

TEST(Resizer, BeginStartsOver) {
  const Plane abandoned = Noise(60, 50, 3, SampleType::kU8, 12);
  const Plane plane = Noise(44, 33, 1, SampleType::kU16, 13);
  TapCache taps;
  Resizer resizer({20, 15}, Kernel::kLanczos3, taps);
  ASSERT_TRUE(resizer.Begin(FormatOf(std::span(&abandoned, 1), SampleType::kU8)));
  for (int y = 0; y < 30; ++y) ASSERT_TRUE(resizer.Row(0, RowBytes(abandoned, y, SampleType::kU8)));
  Deliver(std::span(&plane, 1), SampleType::kU16, resizer);
  const Raster raster = resizer.Take();
  EXPECT_EQ(raster.pixels, Resize(plane, SampleType::kU16, {20, 15}).pixels);
  EXPECT_EQ(raster.color, ColorModel::kGray);
  EXPECT_EQ(raster.sample, SampleType::kU16);
  // And again, for the next picture.
  Deliver(std::span(&abandoned, 1), SampleType::kU8, resizer);
  EXPECT_EQ(resizer.Take().pixels, Resize(abandoned, SampleType::kU8, {20, 15}).pixels);
  EXPECT_TRUE(resizer.Take().pixels.empty());
}

ErrorCode CodeOf(const Status& status) { return status ? ErrorCode::kIo : status.error().code; }

TEST(Resizer, RefusesWhatWasNotAnnounced) {
  TapCache taps;
  Resizer resizer({5, 5}, Kernel::kLanczos3, taps);
  const std::vector<std::byte> row(30);
  const auto part = [&row](size_t bytes) { return std::span(row).first(bytes); };
  EXPECT_EQ(CodeOf(resizer.Row(0, row)), ErrorCode::kInternal);
  EXPECT_EQ(CodeOf(resizer.End()), ErrorCode::kInternal);
  const RowFormat format{ColorModel::kRgb, false, SampleType::kU8, {{10, 2, 3, 10, 2}}};
  ASSERT_TRUE(resizer.Begin(format));
  EXPECT_EQ(CodeOf(resizer.Row(0, part(29))), ErrorCode::kInternal);
  EXPECT_EQ(CodeOf(resizer.Row(1, row)), ErrorCode::kInternal);
  EXPECT_EQ(CodeOf(resizer.Row(-1, row)), ErrorCode::kInternal);
  ASSERT_TRUE(resizer.Row(0, row));
  EXPECT_EQ(CodeOf(resizer.End()), ErrorCode::kInternal);
  ASSERT_TRUE(resizer.Row(0, row));
  EXPECT_EQ(CodeOf(resizer.Row(0, row)), ErrorCode::kInternal);
  EXPECT_TRUE(resizer.End());

  for (const PlaneFormat& plane :
       {PlaneFormat{10, 2, 4, 10, 2}, {10, 2, 3, 9, 2}, {10, 2, 3, 10, 2.5}, {0, 2, 3, 0, 2}}) {
    EXPECT_EQ(CodeOf(resizer.Begin({ColorModel::kRgb, false, SampleType::kU8, {plane}})), ErrorCode::kInternal);
  }
  EXPECT_EQ(CodeOf(resizer.Begin({ColorModel::kRgb, false, SampleType::kU8, {}})), ErrorCode::kInternal);
  Resizer empty({0, 5}, Kernel::kLanczos3, taps);
  EXPECT_EQ(CodeOf(empty.Begin(format)), ErrorCode::kInternal);
}

}  // namespace
}  // namespace tbbthumbs
