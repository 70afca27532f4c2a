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

// Runs every target on `seed` with some bytes changed, cut out, doubled or cut off; a target that fails aborts. Returns
// how many still were pictures.
int Torment(const std::vector<std::byte>& seed, int rounds) {
  std::minstd_rand random(static_cast<unsigned>(seed.size()));
  int made = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::byte> input{static_cast<std::byte>(round)};
    input.insert(input.end(), seed.begin(), seed.end());
    for (unsigned change = random() % 4; change > 0 && input.size() > 2; --change) {
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
    if (fuzz::Thumbnail(input)) ++made;
    fuzz::Exif(std::span(input).subspan(1));
  }
  return made;
}

TEST(FuzzReplay, Jpegs) {
  for (const bool progressive : {false, true}) {
    for (const testing::JpegColor color : {testing::JpegColor::kYcc, testing::JpegColor::kCmyk}) {
      testing::JpegFixture fixture{.size = {48, 40}, .color = color, .progressive = progressive, .restart_rows = 1};
      EXPECT_GT(Torment(testing::MakeJpeg(fixture), 400), 40);
    }
  }
  EXPECT_GT(Torment(testing::MakeJpeg({.size = {20, 20}, .exif = testing::ExifWithOrientation(6)}), 400), 40);
}

TEST(FuzzReplay, Pngs) {
  for (const testing::PngColor color : {testing::PngColor::kGray, testing::PngColor::kRgba}) {
    for (const bool interlaced : {false, true}) {
      testing::PngFixture fixture;
      fixture.color = color;
      fixture.depth = interlaced ? 16 : 8;
      fixture.interlaced = interlaced;
      fixture.samples = testing::NoiseSamples(fixture);
      EXPECT_GT(Torment(testing::MakePng(fixture), 400), 40);
    }
  }
}

TEST(FuzzReplay, ExifBlocks) {
  // No pictures: only the EXIF target takes them.
  for (const bool big_endian : {false, true}) EXPECT_EQ(Torment(testing::ExifWithOrientation(5, big_endian), 2000), 0);
}

}  // namespace
}  // namespace tbbthumbs
