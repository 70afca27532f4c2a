// Real pictures, odd ones and hostile ones through the whole of the codecs.
#include "tests/support/corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <string>

#include "codecs/thumbnail.h"

namespace tbbthumbs {
namespace {

using testing::CorpusFile;

std::vector<CorpusFile> Files(const char* set) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  return corpus ? testing::ListCorpus(*corpus, set) : std::vector<CorpusFile>();
}

Result<Made> Make(const CorpusFile& file, Workspace& workspace, Strictness strictness = Strictness::kFailTruncated) {
  MemorySource source(testing::ReadBytes(file.path));
  SpecSet specs;
  specs.sizes = {{256, 256}, {32, 0}};
  specs.strictness = strictness;
  DecodeLimits limits;
  // Ten times what is allowed without sanitizers.
  limits.cpu_deadline = std::chrono::seconds(20);
  return MakeThumbnails(source, specs, limits, workspace);
}

class RealPictures : public ::testing::TestWithParam<const char*> {};

TEST_P(RealPictures, EachGivesAThumbnailOfTheRightSize) {
  const auto files = Files(GetParam());
  if (files.empty()) GTEST_SKIP() << "no corpus of real pictures here (set TBBTHUMBS_CORPUS)";
  Workspace workspace;
  for (const CorpusFile& file : files) {
    const auto made = Make(file, workspace);
    ASSERT_TRUE(made) << file.path << ": " << made.error().message;
    Size source = made->info.size;
    if (made->info.orientation >= 5) source = source.Transposed();
    const Size size = made->thumbnails[0].size;
    const int longest = std::max(source.width, source.height);
    EXPECT_EQ(std::max(size.width, size.height), std::min(256, longest)) << file.path;
    const double scale = std::min(1.0, 256.0 / longest);
    EXPECT_LE(std::abs(size.width - source.width * scale), 1) << file.path;
    EXPECT_LE(std::abs(size.height - source.height * scale), 1) << file.path;
    EXPECT_EQ(made->thumbnails[1].size.width, std::min(32, source.width)) << file.path;
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, RealPictures, ::testing::Values("photos-big", "photos-web", "png-real"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Every file that the reference decoders take gives a picture, but for what is refused on purpose.
TEST(Conformance, WhatTheReferenceDecodersTakeIsMadeOrRefusedOnPurpose) {
  const auto files = Files("conformance");
  if (files.empty()) GTEST_SKIP() << "no corpus of conformance files here (set TBBTHUMBS_CORPUS)";
  Workspace workspace;
  size_t made_count = 0;
  for (const CorpusFile& file : files) {
    const auto made = Make(file, workspace);
    if (made) {
      ++made_count;
      continue;
    }
    const ErrorCode code = made.error().code;
    // 12-bit and lossless JPEG by name; data that ends early, which the reference decoders only warn of.
    const bool on_purpose = code == ErrorCode::kUnsupported || code == ErrorCode::kTruncated;
    EXPECT_TRUE(on_purpose) << file.path << ": " << ErrorCodeName(code) << ": " << made.error().message;
    if (code == ErrorCode::kTruncated) {
      // Of what does not even hold a block nothing can be salvaged.
      if (made.error().message == "scan data ends at 0 % of the rows") continue;
      const auto salvaged = Make(file, workspace, Strictness::kSalvage);
      ASSERT_TRUE(salvaged) << file.path << ": " << salvaged.error().message;
      EXPECT_TRUE(salvaged->decode.salvaged()) << file.path;
    }
  }
  EXPECT_GE(made_count, files.size() * 99 / 100);
}

TEST(Hostile, EveryFileEndsSoonWithThumbnailsOrAReason) {
  const auto files = Files("hostile");
  if (files.empty()) GTEST_SKIP() << "no corpus of hostile files here (set TBBTHUMBS_CORPUS)";
  Workspace workspace;
  std::map<std::string, int> outcomes;
  for (const CorpusFile& file : files) {
    if (!std::filesystem::is_regular_file(file.path)) continue;
    for (const Strictness strictness : {Strictness::kFailTruncated, Strictness::kSalvage, Strictness::kStrict}) {
      const auto made = Make(file, workspace, strictness);
      if (made) {
        ++outcomes["made"];
        continue;
      }
      ++outcomes[std::string(ErrorCodeName(made.error().code))];
      EXPECT_FALSE(made.error().message.empty()) << file.path;
      EXPECT_NE(made.error().code, ErrorCode::kTimeout) << file.path;
      EXPECT_NE(made.error().code, ErrorCode::kInternal) << file.path << ": " << made.error().message;
      EXPECT_NE(made.error().code, ErrorCode::kOutOfMemory) << file.path;
    }
  }
  EXPECT_GT(outcomes["made"], 100);
  EXPECT_GT(outcomes["corrupt"], 100);
  EXPECT_GT(outcomes["truncated"], 100);
  EXPECT_GT(outcomes["too_large"], 0);
}

}  // namespace
}  // namespace tbbthumbs
