#include "pipeline/memory_shares.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace tbbthumbs {
namespace {

constexpr uint64_t kMega = 1 << 20;

JobOptions WithMemory(uint64_t bytes, int threads = 2) {
  JobOptions options;
  options.threads = threads;
  options.memory_bytes = bytes;
  return options;
}

TEST(MemoryShares, WithoutALimitOnlyWhatIsReadAheadHasOne) {
  JobOptions options = WithMemory(0);
  options.read_ahead_bytes = 12345;
  const MemoryShares shares = ShareMemory(options);
  EXPECT_FALSE(shares.limited);
  EXPECT_EQ(shares.read_ahead, 12345u);
  EXPECT_EQ(shares.pictures, std::numeric_limits<size_t>::max());
  EXPECT_GT(shares.kept_by_worker, 0u);
}

TEST(MemoryShares, AllSharesTogetherAreTheLimit) {
  for (const int threads : {0, 1, 2, 8, 64, 1024}) {
    for (const uint64_t limit : {64 * kMega, 65 * kMega, 100 * kMega, 512 * kMega, 4096 * kMega}) {
      const MemoryShares shares = ShareMemory(WithMemory(limit, threads));
      EXPECT_TRUE(shares.limited);
      const uint64_t kept = shares.kept_by_worker * static_cast<uint64_t>(std::max(threads, 1));
      EXPECT_LE(kept, limit / 16);
      EXPECT_LE(kept + shares.pictures + 25 * kMega, limit);
      EXPECT_GE(shares.pictures, limit / 2);
      EXPECT_LE(shares.read_ahead, shares.pictures / 4);
      EXPECT_GE(shares.read_ahead, kMega);
    }
  }
}

TEST(MemoryShares, MoreMemoryIsForPictures) {
  size_t before = 0;
  for (uint64_t limit = 64 * kMega; limit <= 64 * 1024 * kMega; limit *= 2) {
    const MemoryShares shares = ShareMemory(WithMemory(limit, 4));
    EXPECT_GT(shares.pictures, before);
    before = shares.pictures;
  }
  EXPECT_GT(before, 60'000 * kMega);
}

TEST(MemoryShares, NoMoreIsReadAheadThanWouldBeWithout) {
  JobOptions options = WithMemory(4096 * kMega);
  EXPECT_EQ(ShareMemory(options).read_ahead, options.read_ahead_bytes);
  options.read_ahead_bytes = 7;
  EXPECT_EQ(ShareMemory(options).read_ahead, 7u);
}

TEST(MemoryShares, LimitsBeyondAllMemoryAreFine) {
  const MemoryShares shares = ShareMemory(WithMemory(std::numeric_limits<uint64_t>::max(), 1024));
  EXPECT_GT(shares.pictures, std::numeric_limits<size_t>::max() / 4);
}

}  // namespace
}  // namespace tbbthumbs
