// Every JPEG of the corpus in lanes, cut as usual and as finely as can be: the same as ScanReader.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "codecs/jpeg_lane_reader.h"
#include "tests/support/corpus.h"
#include "tests/support/jpeg_scan_reading.h"

namespace tbbthumbs {
namespace {

using testing::ScanReading;

class JpegLaneCorpus : public ::testing::TestWithParam<const char*> {};

TEST_P(JpegLaneCorpus, IsReadAsScanReaderReadsIt) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no corpus; set TBBTHUMBS_CORPUS";
  const std::string why_no_vectors = testing::WhyNoVectorLanes();
  if (!why_no_vectors.empty()) std::printf("plain lanes only: %s\n", why_no_vectors.c_str());
  const std::vector<testing::NamedLanes> all = testing::AllLanes();
  int jpegs = 0;
  int baseline = 0;
  int as_usual = 0;
  int finely = 0;
  LaneCounts usual_counts;
  LaneCounts fine_counts;
  for (const testing::CorpusFile& file : testing::ListCorpus(*corpus, GetParam())) {
    if (file.format != "jpeg") continue;
    const std::vector<std::byte> jpeg = testing::ReadBytes(file.path);
    const int side = 1 + ++jpegs % 2;
    const std::vector<int> sides = {side, 1 + jpegs / 2 % 2, side};
    const ScanReading expected = testing::ReadScan(jpeg, {.sides = sides, .window = ScanBytes::kDefaultWindow});
    if (expected.end == ScanReading::End::kNoFrame) continue;
    ++baseline;
    for (const testing::NamedLanes& lanes : all) {
      testing::LaneReadingOptions options{.sides = sides, .run = lanes.run, .tuning = {}};
      options.window = std::clamp(jpeg.size(), ScanBytes::kMargin + 1, LaneReader::kWindow);
      const ScanReading usual = testing::ReadInLanes(jpeg, options);
      EXPECT_EQ(DifferenceFromScanReader(usual, expected), "") << file.path << ", " << lanes.name;
      options.tuning = testing::TinyTuning(static_cast<uint64_t>(jpegs % 8) * 50);
      options.window = std::max(jpeg.size() / 4, 3 * ScanBytes::kMargin);
      const ScanReading fine = testing::ReadInLanes(jpeg, options);
      EXPECT_EQ(DifferenceFromScanReader(fine, expected), "") << file.path << ", " << lanes.name;
      if (lanes.run != all.back().run) continue;
      as_usual += usual.read() ? 1 : 0;
      finely += fine.read() ? 1 : 0;
      usual_counts.lane_blocks += usual.lanes.lane_blocks;
      fine_counts.lane_blocks += fine.lanes.lane_blocks;
      fine_counts.chunks += fine.lanes.chunks;
      fine_counts.wrong_guesses += fine.lanes.wrong_guesses;
    }
  }
  std::printf(
      "%s: %d JPEGs, %d baseline; lanes took %d as usual (%llu blocks), %d in fine chunks (%llu blocks; %llu "
      "chunks, %llu of them wrong)\n",
      GetParam(), jpegs, baseline, as_usual, static_cast<unsigned long long>(usual_counts.lane_blocks), finely,
      static_cast<unsigned long long>(fine_counts.lane_blocks), static_cast<unsigned long long>(fine_counts.chunks),
      static_cast<unsigned long long>(fine_counts.wrong_guesses));
  ASSERT_GT(baseline, 0);
  EXPECT_GT(fine_counts.lane_blocks, 1000U);
  EXPECT_GT(finely, 0);
}

INSTANTIATE_TEST_SUITE_P(Sets, JpegLaneCorpus, ::testing::Values("photos-big", "photos-web", "conformance", "hostile"),
                         [](const auto& set) {
                           std::string name = set.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace tbbthumbs
