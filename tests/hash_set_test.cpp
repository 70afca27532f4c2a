#include "pipeline/hash_set.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "pipeline/name_hash.h"

namespace tbbthumbs {
namespace {

TEST(HashSet, HoldsWhatWasPutInAndNothingElse) {
  HashSet hashes;
  EXPECT_FALSE(hashes.Contains(7));
  std::set<uint64_t> reference;
  for (int i = 0; i < 6'000; ++i) {
    // Many of them with the same lowest bits.
    const uint64_t hash = HashOf(std::to_string(i % 4'500)) << (i % 3 * 20);
    EXPECT_EQ(hashes.Contains(hash), reference.contains(hash));
    EXPECT_EQ(hashes.Insert(hash), reference.insert(hash).second);
    EXPECT_TRUE(hashes.Contains(hash));
  }
  EXPECT_EQ(hashes.size(), reference.size());
  for (const uint64_t hash : reference) EXPECT_TRUE(hashes.Contains(hash));
  hashes.Clear();
  EXPECT_EQ(hashes.size(), 0u);
  for (const uint64_t hash : reference) EXPECT_FALSE(hashes.Contains(hash));
}

TEST(HashSet, ZeroIsAHashToo) {
  HashSet hashes;
  EXPECT_TRUE(hashes.Insert(0));
  EXPECT_TRUE(hashes.Contains(0));
  EXPECT_FALSE(hashes.Insert(0));
  EXPECT_EQ(hashes.size(), 1u);
}

}  // namespace
}  // namespace tbbthumbs
