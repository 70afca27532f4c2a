#include "bench/strategies/blocking_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tbbthumbs::bench {
namespace {

TEST(BlockingQueue, GivesInOrder) {
  BlockingQueue<std::unique_ptr<int>> queue(3);
  EXPECT_TRUE(queue.empty());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.Put(std::make_unique<int>(i)));
  EXPECT_TRUE(queue.full());
  EXPECT_EQ(queue.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(**queue.Get(), i);
  EXPECT_TRUE(queue.empty());
}

TEST(BlockingQueue, GivesTheHighestPriorityFirstAndEqualsInOrder) {
  BlockingQueue<std::string, PriorityOrder<std::string>> queue(10);
  queue.Put("small", 1);
  queue.Put("large", 9);
  queue.Put("middle", 5);
  queue.Put("middle too", 5);
  queue.Put("largest", 10);
  std::vector<std::string> taken;
  while (!queue.empty()) taken.push_back(*queue.Get());
  EXPECT_EQ(taken, (std::vector<std::string>{"largest", "large", "middle", "middle too", "small"}));
}

TEST(BlockingQueue, ClosedItGivesWhatItHasAndTakesNoMore) {
  BlockingQueue<int> queue(4);
  queue.Put(1);
  queue.Close();
  EXPECT_FALSE(queue.Put(2));
  EXPECT_EQ(queue.Get(), 1);
  EXPECT_EQ(queue.Get(), std::nullopt);
}

TEST(BlockingQueue, CloseWakesWhoWaits) {
  BlockingQueue<int> empty(1);
  BlockingQueue<int> full(1);
  full.Put(1);
  std::jthread reader([&] { EXPECT_EQ(empty.Get(), std::nullopt); });
  std::jthread writer([&] { EXPECT_FALSE(full.Put(2)); });
  empty.Close();
  full.Close();
}

TEST(BlockingQueue, NeverHoldsMoreThanItsCapacity) {
  BlockingQueue<int> queue(2);
  std::mutex mutex;
  std::vector<int> taken;
  {
    std::vector<std::jthread> threads;
    for (int w = 0; w < 3; ++w) {
      threads.emplace_back([&, w] {
        for (int i = 0; i < 200; ++i) queue.Put(w * 200 + i);
      });
    }
    for (int r = 0; r < 3; ++r) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          EXPECT_LE(queue.size(), queue.capacity());
          const int value = *queue.Get();
          const std::lock_guard lock(mutex);
          taken.push_back(value);
        }
      });
    }
  }
  std::sort(taken.begin(), taken.end());
  ASSERT_EQ(taken.size(), 600u);
  for (int i = 0; i < 600; ++i) EXPECT_EQ(taken[static_cast<size_t>(i)], i);
}

}  // namespace
}  // namespace tbbthumbs::bench
