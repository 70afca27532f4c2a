#include "pipeline/buffer_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace tbbthumbs {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;

class BufferPoolTest : public ::testing::Test {
 protected:
  BufferPool::Buffer Take(size_t bytes) { return BufferPool::Take(pool_, bytes); }

  std::shared_ptr<BufferPool> pool_ = std::make_shared<BufferPool>();
};

TEST_F(BufferPoolTest, UsesAgainWhatComesBack) {
  const std::byte* first = nullptr;
  {
    BufferPool::Buffer buffer = Take(kMegabyte);
    ASSERT_FALSE(buffer.empty());
    first = buffer.data();
    EXPECT_NE(Take(kMegabyte).data(), first) << "one user at a time";
  }
  EXPECT_EQ(pool_->kept_bytes(), 2 * (kMegabyte + kMegabyte / 4));
  const BufferPool::Buffer again = Take(kMegabyte + kMegabyte / 5);
  const BufferPool::Buffer other = Take(kMegabyte + kMegabyte / 5);
  EXPECT_TRUE(again.data() == first || other.data() == first);
  EXPECT_EQ(pool_->kept_bytes(), 0U);
}

TEST_F(BufferPoolTest, TakesTheSmallestThatIsLargeEnough) {
  const std::byte* small = nullptr;
  {
    const BufferPool::Buffer large = Take(2 * kMegabyte);
    const BufferPool::Buffer one = Take(kMegabyte);
    small = one.data();
  }
  EXPECT_EQ(Take(kMegabyte).data(), small);
  EXPECT_EQ(Take(3 * kMegabyte / 2).empty(), false);
}

TEST_F(BufferPoolTest, LeavesLargeOnesToLargeFiles) {
  const std::byte* large = nullptr;
  {
    const BufferPool::Buffer buffer = Take(4 * kMegabyte);
    large = buffer.data();
  }
  const BufferPool::Buffer small = Take(kMegabyte);
  EXPECT_EQ(pool_->kept_bytes(), 5 * kMegabyte);
  EXPECT_EQ(Take(4 * kMegabyte).data(), large);
}

TEST_F(BufferPoolTest, KeepsNoSmallOnesAndNotTooMuch) {
  { const BufferPool::Buffer buffer = Take(BufferPool::kMinKeptBytes - 1); }
  EXPECT_EQ(pool_->kept_bytes(), 0U);
  { const BufferPool::Buffer buffer = Take(BufferPool::kMaxKeptBytes); }
  EXPECT_EQ(pool_->kept_bytes(), 0U);
  {
    std::vector<BufferPool::Buffer> many;
    many.reserve(40);
    for (int i = 0; i < 40; ++i) many.push_back(Take(kMegabyte));
  }
  EXPECT_GT(pool_->kept_bytes(), BufferPool::kMaxKeptBytes / 2);
  EXPECT_LE(pool_->kept_bytes(), BufferPool::kMaxKeptBytes);
}

TEST_F(BufferPoolTest, BuffersMoveAndOutliveTheirMaker) {
  BufferPool::Buffer buffer = Take(kMegabyte);
  BufferPool::Buffer moved = std::move(buffer);
  EXPECT_TRUE(buffer.empty());  // NOLINT(bugprone-use-after-move)
  buffer = Take(2 * kMegabyte);
  moved = std::move(buffer);
  EXPECT_EQ(pool_->kept_bytes(), kMegabyte + kMegabyte / 4) << "what was there before came back";
  pool_.reset();
  std::memset(moved.data(), 1, 2 * kMegabyte);
}

TEST_F(BufferPoolTest, NoMemoryIsNoCrash) {
#ifdef TBBTHUMBS_SANITIZED
  GTEST_SKIP() << "sanitizers end a program that asks for too much";
#endif
  EXPECT_TRUE(Take(size_t{1} << 60).empty());
  EXPECT_FALSE(Take(kMegabyte).empty());
}

TEST_F(BufferPoolTest, ServesThreads) {
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      std::minstd_rand random(static_cast<unsigned>(t) + 1);
      for (int i = 0; i < 300; ++i) {
        const size_t bytes = BufferPool::kMinKeptBytes / 2 + random() % kMegabyte;
        const BufferPool::Buffer buffer = Take(bytes);
        const auto mark = static_cast<std::byte>(t);
        buffer.data()[0] = buffer.data()[bytes - 1] = mark;
        std::this_thread::yield();
        ASSERT_EQ(buffer.data()[0], mark);
        ASSERT_EQ(buffer.data()[bytes - 1], mark);
      }
    });
  }
  threads.clear();
  EXPECT_LE(pool_->kept_bytes(), BufferPool::kMaxKeptBytes);
}

}  // namespace
}  // namespace tbbthumbs
