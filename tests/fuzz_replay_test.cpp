// The fuzz targets without a fuzzer: made pictures, whole and damaged in every way that a few lines can.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/fuzz/icc_mutator.h"
#include "tests/fuzz/jpeg_mutator.h"
#include "tests/fuzz/jpeg_progressive_mutator.h"
#include "tests/fuzz/picture_mutator.h"
#include "tests/fuzz/png_mutator.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/target_list.h"
#include "tests/fuzz/targets.h"
#include "tests/support/corpus.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"
#include "tests/support/tiff_fixture.h"

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
    fuzz::Xmp(std::span(input).subspan(1));
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

// Stands for libFuzzer's own: flips a bit, or appends a byte.
struct ByteMutator {
  size_t operator()(uint8_t* data, size_t size, size_t capacity) {
    if (size == 0) return size;
    data[random() % size] ^= static_cast<uint8_t>(1U << random() % 8);
    if (size == capacity || random() % 4 != 0) return size;
    data[size] = data[random() % size];
    return size + 1;
  }
  std::minstd_rand random{1};
};

// What the mutator makes of nothing and of a picture, several times over.
TEST(FuzzReplay, JpegsForOurOwnReader) {
  ByteMutator bytes;
  const auto picture = testing::MakeJpeg({.size = {48, 40}, .restart_rows = 1});
  const auto* begin = reinterpret_cast<const uint8_t*>(picture.data());
  int taken = 0;
  int progressive = 0;
  int inputs = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    std::vector<uint8_t> input;
    if (seed % 2 == 0) {
      input.assign(begin, begin + picture.size());
      input.push_back(0);
    }
    for (unsigned round = 0; round < 4; ++round, ++inputs) {
      fuzz::MutateJpeg(input, 20'000, seed * 4 + round, bytes);
      const fuzz::JpegFastOutcome outcome = fuzz::JpegFast(std::as_bytes(std::span(input)));
      if (outcome != fuzz::JpegFastOutcome::kLeft) ++taken;
      if (outcome == fuzz::JpegFastOutcome::kSameProgressive) ++progressive;
    }
  }
  EXPECT_GT(progressive, 0);
  EXPECT_GT(taken, inputs / 5);
  EXPECT_LT(taken, inputs * 4 / 5);
}

TEST(FuzzReplay, PngsForOurOwnReader) {
  testing::PngFixture fixture{.size = {40, 30}, .chunk_bytes = 500};
  fixture.samples = testing::NoiseSamples(fixture);
  const auto picture = testing::MakePng(fixture);
  const auto* begin = reinterpret_cast<const uint8_t*>(picture.data());
  std::array<int, 4> outcomes{};
  int inputs = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::vector<uint8_t> input;
    if (seed % 2 == 0) {
      input.assign(begin, begin + picture.size());
      input.push_back(0);
    }
    for (unsigned round = 0; round < 4; ++round, ++inputs) {
      fuzz::MutatePng(input, 40'000, seed * 4 + round, ByteMutator{});
      ++outcomes[static_cast<size_t>(fuzz::PngFast(std::as_bytes(std::span(input))))];
    }
  }
  EXPECT_GT(outcomes[static_cast<size_t>(fuzz::PngFastOutcome::kSame)], inputs / 10);
  EXPECT_GT(outcomes[static_cast<size_t>(fuzz::PngFastOutcome::kRefused)], inputs / 5);
  EXPECT_GT(outcomes[static_cast<size_t>(fuzz::PngFastOutcome::kLeft)], 20);
}

TEST(FuzzReplay, ProgressiveJpegsForOurOwnReader) {
  const fuzz::MutateBytes bytes = [](uint8_t* data, size_t size, size_t) {
    if (size > 0) data[size / 2] ^= 0x10;
    return size;
  };
  std::array<int, 4> outcomes{};
  for (unsigned seed = 0; seed < 1000; ++seed) {
    testing::SynthRandom random(seed);
    random.discard(2);
    fuzz::Bytes input;
    for (int round = 0; round < 3; ++round) {
      fuzz::MutateProgressive(input, random, bytes);
      EXPECT_TRUE(fuzz::IsProgressive(input));
      input.push_back(static_cast<uint8_t>(random() % 4));
      ++outcomes[static_cast<size_t>(fuzz::JpegFast(std::as_bytes(std::span(input))))];
      input.pop_back();
    }
  }
  EXPECT_GT(outcomes[static_cast<size_t>(fuzz::JpegFastOutcome::kLeft)], 500);
  EXPECT_GT(outcomes[static_cast<size_t>(fuzz::JpegFastOutcome::kDelivered)], 100);
  EXPECT_GT(outcomes[static_cast<size_t>(fuzz::JpegFastOutcome::kSameProgressive)], 300);
  EXPECT_EQ(outcomes[static_cast<size_t>(fuzz::JpegFastOutcome::kSame)], 0);
}

// Pictures with enough data for several lanes, whole and changed.
TEST(FuzzReplay, JpegsInLanes) {
  const fuzz::MutateBytes bytes = [](uint8_t* data, size_t size, size_t) {
    if (size > 0) data[size / 2] ^= 0x10;
    return size;
  };
  testing::JpegFixture fixture{.size = {200, 160}};
  fixture.paint = [](int x, int y, uint8_t* sample) {
    for (int c = 0; c < 3; ++c) sample[c] = static_cast<uint8_t>(x * x / 7 + y * (c + 1) * 5 + x * y % 31);
  };
  const auto picture = testing::MakeJpeg(fixture);
  const auto* begin = reinterpret_cast<const uint8_t*>(picture.data());
  int in_lanes = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    fuzz::Bytes input(begin, begin + picture.size());
    input.push_back(static_cast<uint8_t>(seed));
    for (unsigned round = 0; round < 3; ++round) {
      const auto blocks = fuzz::JpegLanes(std::as_bytes(std::span(input)));
      if (blocks && *blocks > 0) ++in_lanes;
      fuzz::MutateJpeg(input, 60'000, seed * 3 + round, bytes);
    }
  }
  EXPECT_GT(in_lanes, 200);
}

TEST(FuzzReplay, TheMutatorKeepsToItsCapacityAndSeed) {
  const fuzz::MutateBytes bytes = [](uint8_t*, size_t size, size_t) { return size; };
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::vector<uint8_t> input(seed % 7, 0xFF);
    std::vector<uint8_t> same = input;
    fuzz::MutateJpeg(input, 500, seed, bytes);
    fuzz::MutateJpeg(same, 500, seed, bytes);
    EXPECT_LE(input.size(), 500U);
    EXPECT_FALSE(input.empty());
    EXPECT_EQ(input, same);
  }
}

TEST(FuzzReplay, ExifBlocks) {
  // No pictures: only the EXIF target takes them.
  for (const bool big_endian : {false, true}) EXPECT_EQ(Torment(testing::ExifWithOrientation(5, big_endian), 2000), 0);
}

TEST(FuzzReplay, MetadataBlocks) {
  const auto camera = testing::MakeTiff(
      {.picture = {testing::TextField(0x010F, "Maker"), testing::NumberField(0x0112, 3, {6})},
       .exif = {testing::NumberField(0xA002, 3, {64}), testing::TextField(0x9003, "2024:05:01 12:30:59")},
       .gps = {testing::NumberField(0x0002, 5, {50, 1, 5, 1, 3, 10})},
       .thumbnail = {testing::NumberField(0x0201, 4, {8})}});
  EXPECT_EQ(Torment(camera, 5000), 0);
  const std::string packet =
      "<rdf:RDF xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
      "tiff:Orientation=\"6\"><tiff:ImageWidth>64</tiff:ImageWidth><xmp:Thumbnails>x</xmp:Thumbnails></rdf:RDF>";
  const auto* begin = reinterpret_cast<const std::byte*>(packet.data());
  EXPECT_EQ(Torment({begin, begin + packet.size()}, 5000), 0);
  // Pictures that have both.
  EXPECT_GT(Torment(testing::MakeJpeg({.size = {20, 20}, .exif = camera}), 400), 40);
}

// What was found once. Each file of tests/fuzz/regressions/TARGET, and what it is about, its name says.
TEST(FuzzReplay, WhatWasFoundOnce) {
  namespace fs = std::filesystem;
  const fs::path regressions = fs::path(TBBTHUMBS_SOURCE_DIR) / "tests/fuzz/regressions";
  int replayed = 0;
  for (const auto& directory : fs::directory_iterator(regressions)) {
    const fuzz::Target* target = fuzz::FindTarget(directory.path().filename().string());
    ASSERT_NE(target, nullptr) << directory.path();
    for (const auto& file : fs::directory_iterator(directory)) {
      SCOPED_TRACE(file.path());
      EXPECT_LE(file.file_size(), 16384U);
      EXPECT_LT(target->run(testing::ReadBytes(file.path())), target->outcomes.size());
      ++replayed;
    }
  }
  EXPECT_GT(replayed, 0);
}

// Each target takes what fuzzers begin with, and not all of it is refused.
TEST(FuzzReplay, SeedsOfAllTargets) {
  for (const fuzz::Target& target : fuzz::AllTargets()) {
    SCOPED_TRACE(target.name);
    const auto seeds = fuzz::MadeSeeds(target.name);
    std::set<size_t> outcomes;
    for (const auto& seed : seeds) outcomes.insert(target.run(seed));
    ASSERT_FALSE(outcomes.empty());
    EXPECT_LT(*outcomes.rbegin(), target.outcomes.size());
    EXPECT_TRUE(*outcomes.rbegin() > 0 || target.outcomes.size() == 1);
  }
}

// As libFuzzer does, with what mutators make of seeds; texts and databases as bytes.
TEST(FuzzReplay, ChangedSeedsOfAllTargets) {
  for (const fuzz::Target& target : fuzz::AllTargets()) {
    SCOPED_TRACE(target.name);
    ByteMutator bytes;
    const auto seeds = fuzz::MadeSeeds(target.name);
    ASSERT_FALSE(seeds.empty());
    for (unsigned round = 0; round < 100; ++round) {
      const auto& seed = seeds[round % seeds.size()];
      const auto* begin = reinterpret_cast<const uint8_t*>(seed.data());
      fuzz::Bytes input(begin, begin + seed.size());
      for (unsigned change = 0; change <= round % 3; ++change) {
        if (target.mutate != nullptr) {
          target.mutate(input, 40'000, round * 3 + change, bytes);
        } else {
          input.resize(input.size() + 1);
          input.resize(bytes(input.data(), input.size() - 1, input.size()));
        }
      }
      EXPECT_LT(target.run(std::as_bytes(std::span(input))), target.outcomes.size());
    }
  }
}

TEST(FuzzReplay, MutatorsKeepToTheirCapacityAndSeed) {
  const fuzz::MutateBytes bytes = [](uint8_t*, size_t size, size_t) { return size; };
  for (const auto mutate : {&fuzz::MutateIcc, &fuzz::MutatePicture}) {
    fuzz::Bytes input;
    for (unsigned seed = 0; seed < 300; ++seed) {
      fuzz::Bytes same = input;
      mutate(input, 5000, seed, bytes);
      mutate(same, 5000, seed, bytes);
      EXPECT_LE(input.size(), 5000U);
      EXPECT_FALSE(input.empty());
      EXPECT_EQ(input, same);
    }
  }
}

// Mutators know their way about profiles and pictures: much of what they make can be used.
TEST(FuzzReplay, ProfilesAndPicturesStayUsable) {
  ByteMutator bytes;
  int usable = 0;
  int pictures = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    fuzz::Bytes profile;
    fuzz::Bytes picture;
    for (unsigned change = 0; change < 3; ++change) {
      fuzz::MutateIcc(profile, 60'000, seed * 3 + change, bytes);
      fuzz::MutatePicture(picture, 30'000, seed * 3 + change, bytes);
    }
    if (fuzz::Icc(std::as_bytes(std::span(profile))) == fuzz::IccOutcome::kUsable) ++usable;
    if (fuzz::Thumbnail(std::as_bytes(std::span(picture)))) ++pictures;
  }
  EXPECT_GT(usable, 20);
  EXPECT_LT(usable, 100);
  EXPECT_GT(pictures, 20);
  EXPECT_LT(pictures, 100);
}

// Samples of real files, where they are there.
TEST(FuzzReplay, SeedsOfTheCorpus) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no corpus";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*corpus)) {
    if (entry.is_regular_file() && entry.file_size() <= 100'000) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  constexpr size_t kEvery = 40;
  std::set<std::string_view> targets;
  for (size_t i = 0; i < files.size(); i += kEvery) {
    SCOPED_TRACE(files[i]);
    for (const fuzz::Seed& seed : fuzz::SeedsOf(testing::ReadBytes(files[i]))) {
      const fuzz::Target* target = fuzz::FindTarget(seed.target);
      ASSERT_NE(target, nullptr) << seed.target;
      EXPECT_LT(target->run(seed.bytes), target->outcomes.size());
      targets.insert(target->name);
    }
  }
  EXPECT_GE(targets.size(), 8U);
}

}  // namespace
}  // namespace tbbthumbs
