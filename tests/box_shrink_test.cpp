#include "codecs/box_shrink.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <random>
#include <vector>

#include "codecs/resample_scalar.h"
#include "codecs/resizer.h"

namespace {

// Bytes that this program holds and held at most, as the operators below count them.
size_t held = 0;
size_t peak = 0;

// In front of each block: its size, in a place that keeps any alignment up to 64 bytes.
constexpr size_t kHeader = 64;

void* Allocate(size_t size) {
  auto* block = static_cast<std::byte*>(std::aligned_alloc(kHeader, (size + 2 * kHeader - 1) / kHeader * kHeader));
  if (block == nullptr) throw std::bad_alloc();
  std::memcpy(block, &size, sizeof(size));
  held += size;
  if (held > peak) peak = held;
  return block + kHeader;
}

void Release(void* memory) noexcept {
  if (memory == nullptr) return;
  auto* block = static_cast<std::byte*>(memory) - kHeader;
  size_t size;
  std::memcpy(&size, block, sizeof(size));
  held -= size;
  std::free(block);
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new(size_t size, std::align_val_t /*alignment*/) { return Allocate(size); }
void operator delete(void* memory) noexcept { Release(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept { Release(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { Release(memory); }
void operator delete(void* memory, size_t /*size*/, std::align_val_t /*alignment*/) noexcept { Release(memory); }

namespace tbbthumbs {
namespace {

TEST(BoxFactor, LeavesFourTimesTheTargetToTheFilter) {
  EXPECT_EQ(BoxFactor(2000, 256, Kernel::kLanczos3), 1);
  EXPECT_EQ(BoxFactor(2047.9, 256, Kernel::kLanczos3), 1);
  EXPECT_EQ(BoxFactor(2048, 256, Kernel::kLanczos3), 2);
  EXPECT_EQ(BoxFactor(4000, 256, Kernel::kMitchell), 3);
  EXPECT_EQ(BoxFactor(100, 256, Kernel::kLanczos3), 1);
  EXPECT_EQ(BoxFactor(1'000'000, 1, Kernel::kLanczos3), kMaxBlockFactor);
  for (int extent = 1; extent < 30000; extent += 7) {
    const int factor = BoxFactor(extent, 100, Kernel::kLanczos3);
    if (factor > 1) {
      EXPECT_GE(extent / 100.0 / factor, 4);
      EXPECT_LT(extent / 100.0 / factor, 6);
    }
  }
}

TEST(BoxFactor, IsTheWholeRatioOfAreaWhereItIsAnInteger) {
  EXPECT_EQ(BoxFactor(300, 100, Kernel::kArea), 3);
  EXPECT_EQ(BoxFactor(25600, 100, Kernel::kArea), 256);
  EXPECT_EQ(BoxFactor(301, 100, Kernel::kArea), 1);
  EXPECT_EQ(BoxFactor(100, 100, Kernel::kArea), 1);
  EXPECT_EQ(BoxFactor(50, 100, Kernel::kArea), 1);
}

template <class Sample>
void ExpectMeans(int width, int height, int channels, int factor_x, int factor_y) {
  SCOPED_TRACE(testing::Message() << width << 'x' << height << 'x' << channels << " by " << factor_x << ' '
                                  << factor_y);
  std::mt19937 random(1);
  std::vector<Sample> samples(static_cast<size_t>(width) * height * channels);
  for (Sample& sample : samples) sample = static_cast<Sample>(random());
  const PlaneFormat plane{width, height, channels, width - 0.25, height - 0.5};
  BoxShrink shrink(plane, sizeof(Sample) == 1 ? SampleType::kU8 : SampleType::kU16, factor_x, factor_y);
  const PlaneFormat& shrunk = shrink.format();
  ASSERT_EQ(shrunk.width, (width + factor_x - 1) / factor_x);
  ASSERT_EQ(shrunk.height, (height + factor_y - 1) / factor_y);
  EXPECT_DOUBLE_EQ(shrunk.extent_width, (width - 0.25) / factor_x);
  EXPECT_DOUBLE_EQ(shrunk.extent_height, (height - 0.5) / factor_y);
  int block_y = 0;
  const size_t row = static_cast<size_t>(width) * channels;
  for (int y = 0; y < height; ++y) {
    // A copy of its own, so that a sanitizer sees reads behind its end.
    const std::vector<Sample> copy(samples.begin() + y * row, samples.begin() + (y + 1) * row);
    const auto means = shrink.Add(std::as_bytes(std::span(copy)));
    ASSERT_EQ(!means.empty(), (y + 1) % factor_y == 0 || y + 1 == height);
    if (means.empty()) continue;
    ASSERT_EQ(means.size(), shrunk.width * channels * sizeof(Sample));
    for (int x = 0; x < shrunk.width * channels; ++x) {
      uint64_t sum = 0, count = 0;
      for (int j = block_y * factor_y; j < std::min(height, (block_y + 1) * factor_y); ++j) {
        for (int i = x / channels * factor_x; i < std::min(width, (x / channels + 1) * factor_x); ++i, ++count) {
          sum += samples[j * row + i * channels + x % channels];
        }
      }
      Sample mean;
      std::memcpy(&mean, means.data() + x * sizeof(Sample), sizeof(Sample));
      ASSERT_EQ(mean, (2 * sum + count) / (2 * count));
    }
    ++block_y;
  }
  EXPECT_EQ(block_y, shrunk.height);
}

TEST(BoxShrink, MeansOfWholeAndPartialBlocks) {
  for (int channels = 1; channels <= 4; ++channels) {
    for (const auto& [factor_x, factor_y] : {std::pair{1, 2}, {2, 1}, {2, 2}, {3, 5}, {7, 4}, {30, 40}}) {
      for (const auto& [width, height] : {std::pair{1, 1}, {31, 17}, {64, 9}, {100, 41}}) {
        ExpectMeans<uint8_t>(width, height, channels, factor_x, factor_y);
        ExpectMeans<uint16_t>(width, height, channels, factor_x, factor_y);
      }
    }
  }
  ExpectMeans<uint8_t>(300, 300, 3, 256, 256);
  ExpectMeans<uint16_t>(300, 300, 3, 256, 256);
}

// White stays white in the largest blocks: nothing overflows.
TEST(BoxShrink, LargestSums) {
  const std::vector<std::byte> row(256 * 4 * 2, std::byte{0xFF});
  for (const SampleType type : {SampleType::kU8, SampleType::kU16}) {
    const size_t bytes = 256 * 4 * SampleBytes(type);
    BoxShrink shrink({256, 256, 4, 256, 256}, type, 256, 256);
    for (int y = 0; y < 255; ++y) ASSERT_TRUE(shrink.Add(std::span(row).first(bytes)).empty());
    const auto means = shrink.Add(std::span(row).first(bytes));
    ASSERT_EQ(means.size(), 4 * SampleBytes(type));
    for (const std::byte mean : means) EXPECT_EQ(mean, std::byte{0xFF});
  }
}

// What a resizer holds, its result aside, for the largest pictures. The height does not count.
size_t ResizerPeak(const PlaneFormat& plane, Size target, SampleType type) {
  const std::vector<std::byte> row(static_cast<size_t>(plane.width) * plane.channels * SampleBytes(type));
  TapCache taps;
  const size_t before = held;
  peak = held;
  Resizer resizer(target, Kernel::kLanczos3, taps);
  const ColorModel color = plane.channels == 4 ? ColorModel::kRgb : ColorModel::kGray;
  EXPECT_TRUE(resizer.Begin({color, plane.channels == 4, type, {plane}}));
  for (int y = 0; y < std::min(plane.height, 1000); ++y) EXPECT_TRUE(resizer.Row(0, row));
  return peak - before - target.pixels() * plane.channels * SampleBytes(type);
}

TEST(BoxShrink, BoundsTheMemoryOfTheResizer) {
  constexpr size_t kMegabyte = 1'000'000;
  EXPECT_LT(ResizerPeak({12715, 8277, 4, 12715, 8277}, {256, 167}, SampleType::kU8), 2 * kMegabyte);
  EXPECT_LT(ResizerPeak({12715, 8277, 4, 12715, 8277}, {256, 167}, SampleType::kU16), 4 * kMegabyte);
  EXPECT_LT(ResizerPeak({2047, 2047, 4, 2047, 2047}, {256, 256}, SampleType::kU8), 4 * kMegabyte);
  EXPECT_LT(ResizerPeak({1, 1'000'000, 1, 1, 1'000'000}, {1, 256}, SampleType::kU8), 2 * kMegabyte);
  EXPECT_LT(ResizerPeak({1'000'000, 1, 1, 1'000'000, 1}, {256, 1}, SampleType::kU8), 4 * kMegabyte);
}

}  // namespace
}  // namespace tbbthumbs
