#include "codecs/size_search.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

namespace tbbthumbs {
namespace {

// As a photograph's thumbnail: tables, and data by quality.
size_t PhotoBytes(int quality, double photo) {
  const double scale = quality < 50 ? 5000.0 / quality : 200 - 2 * quality;
  return 620 + static_cast<size_t>(photo / std::pow(scale + 5, 0.65));
}

struct Search {
  Result<Fitted> fitted;
  std::set<int> tried;
};

template <class Bytes>
Search Fit(int wanted, uint64_t max_bytes, Bytes&& bytes) {
  Search search;
  search.fitted = FitQuality(wanted, max_bytes, [&](int quality) -> Result<EncodedBytes> {
    EXPECT_GE(quality, 1);
    EXPECT_LE(quality, wanted);
    EXPECT_TRUE(search.tried.insert(quality).second) << quality << " was tried before";
    return EncodedBytes(bytes(quality), static_cast<std::byte>(quality));
  });
  return search;
}

TEST(FitQuality, TakesWhatIsWantedWhereItFits) {
  const Search search = Fit(85, 5000, [](int) { return 5000u; });
  EXPECT_TRUE(search.fitted->fits);
  EXPECT_EQ(search.fitted->bytes, EncodedBytes(5000, std::byte{85}));
  EXPECT_EQ(search.tried, std::set<int>{85});
}

// Of a few pixels: all sizes are below what the tables of a colour picture take.
TEST(FitQuality, FindsItAmongTablesAlone) {
  for (uint64_t max_bytes = 331; max_bytes < 340; ++max_bytes) {
    const Search search = Fit(90, max_bytes, [](int quality) { return static_cast<size_t>(330 + quality / 9); });
    EXPECT_TRUE(search.fitted->fits);
    EXPECT_EQ(search.fitted->bytes.size(), max_bytes);
    EXPECT_LE(search.tried.size(), 12u);
  }
}

TEST(FitQuality, FindsTheHighestThatFitsInFewEncodings) {
  size_t encodings = 0;
  size_t searches = 0;
  for (const int wanted : {100, 95, 80, 50, 30, 2, 1}) {
    for (const double photo : {20e3, 60e3, 120e3, 400e3}) {
      for (uint64_t max_bytes = 650; max_bytes < PhotoBytes(wanted, photo); max_bytes = max_bytes * 9 / 8) {
        const Search search = Fit(wanted, max_bytes, [&](int quality) { return PhotoBytes(quality, photo); });
        int best = wanted;
        while (best > 1 && PhotoBytes(best, photo) > max_bytes) --best;
        const bool fits = PhotoBytes(best, photo) <= max_bytes;
        ASSERT_EQ(search.fitted->fits, fits);
        EXPECT_EQ(search.fitted->bytes.size(), PhotoBytes(best, photo)) << wanted << ", " << max_bytes << " bytes";
        EXPECT_LE(search.tried.size(), 12u);
        encodings += search.tried.size();
        ++searches;
      }
    }
  }
  EXPECT_LT(static_cast<double>(encodings) / static_cast<double>(searches), 4.5);
}

TEST(FitQuality, EndsWhateverTheSizesAre) {
  for (uint32_t seed = 1; seed < 2000; ++seed) {
    const auto bytes = [&](int quality) {
      return size_t{1} + (seed * 2654435761u ^ static_cast<uint32_t>(quality) * 40503u * seed) % 5000;
    };
    const Search search = Fit(100, 2000, bytes);
    EXPECT_LE(search.tried.size(), 20u);
    if (search.fitted->fits) {
      EXPECT_LE(search.fitted->bytes.size(), 2000u);
    }
  }
}

TEST(FitQuality, HandsOutTheSmallestWhereNoneFits) {
  const Search search = Fit(80, 100, [](int quality) { return 900u + static_cast<size_t>(quality); });
  EXPECT_FALSE(search.fitted->fits);
  EXPECT_EQ(search.fitted->bytes.size(), 901u);
}

TEST(FitQuality, PassesErrorsOn) {
  const auto failed = FitQuality(80, 100, [](int quality) -> Result<EncodedBytes> {
    if (quality == 80) return EncodedBytes(200);
    return Fail(ErrorCode::kOutOfMemory, "none");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kOutOfMemory);
}

TEST(FitStep, FindsTheLastThatFits) {
  constexpr std::array<int, 5> kSteps = {2, 4, 8, 16, 256};
  for (const size_t max_bytes : {1, 2, 3, 4, 9, 16, 255, 256, 300}) {
    const auto fitted = FitStep(
        kSteps, max_bytes, [](int step) -> Result<EncodedBytes> { return EncodedBytes(static_cast<size_t>(step)); });
    size_t expected = 2;
    for (const int step : kSteps) {
      if (static_cast<size_t>(step) <= max_bytes) expected = static_cast<size_t>(step);
    }
    EXPECT_EQ(fitted->bytes.size(), expected);
    EXPECT_EQ(fitted->fits, max_bytes >= 2);
  }
}

}  // namespace
}  // namespace tbbthumbs
