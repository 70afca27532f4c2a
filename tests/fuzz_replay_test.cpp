// The fuzz targets without a fuzzer: made pictures, whole and damaged in every way that a few lines can.
#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <vector>

#include "tests/fuzz/targets.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

// Every target survives `seed` with some bytes changed, cut out, doubled or cut off.
void Torment(const std::vector<std::byte>& seed, int rounds) {
  std::minstd_rand random(static_cast<unsigned>(seed.size()));
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::byte> input{static_cast<std::byte>(round)};
    input.insert(input.end(), seed.begin(), seed.end());
    for (unsigned change = random() % 4; change > 0; --change) {
      const size_t at = 1 + random() % (input.size() - 1);
      switch (random() % 4) {
        case 0:
          input[at] = static_cast<std::byte>(random());
          break;
        case 1:
          input.erase(input.begin() + static_cast<ptrdiff_t>(at));
          break;
        case 2:
          input.insert(input.begin() + static_cast<ptrdiff_t>(at), input[at]);
          break;
        default:
          input.resize(at + 1);
      }
    }
    fuzz::Thumbnail(input);
    fuzz::Exif(std::span(input).subspan(1));
  }
}

TEST(FuzzReplay, Jpegs) {
  for (const bool progressive : {false, true}) {
    for (const testing::JpegColor color : {testing::JpegColor::kYcc, testing::JpegColor::kCmyk}) {
      Torment(testing::MakeJpeg({.size = {48, 40}, .color = color, .progressive = progressive, .restart_rows = 1}),
              400);
    }
  }
  Torment(testing::MakeJpeg({.size = {20, 20}, .exif = testing::ExifWithOrientation(6)}), 400);
  SUCCEED() << "a target that fails aborts";
}

TEST(FuzzReplay, Pngs) {
  for (const testing::PngColor color : {testing::PngColor::kGray, testing::PngColor::kRgba}) {
    for (const bool interlaced : {false, true}) {
      testing::PngFixture fixture;
      fixture.color = color;
      fixture.depth = interlaced ? 16 : 8;
      fixture.interlaced = interlaced;
      fixture.samples = testing::NoiseSamples(fixture);
      Torment(testing::MakePng(fixture), 400);
    }
  }
  SUCCEED() << "a target that fails aborts";
}

TEST(FuzzReplay, ExifBlocks) {
  for (const bool big_endian : {false, true}) Torment(testing::ExifWithOrientation(5, big_endian), 2000);
  SUCCEED() << "a target that fails aborts";
}

}  // namespace
}  // namespace tbbthumbs
