// Pictures from a real server, more than there is room for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "pipeline/url_fetcher.h"
#include "tests/support/url_fetcher_fixture.h"

namespace tbbthumbs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Ends;
using testing::JpegOfBytes;
using testing::kKilobyte;
using testing::kLong;
using testing::kMegabyte;
using testing::MessageOf;
using testing::TextOf;
using testing::UrlServerTest;

// Of 64 large pictures, more than there is room for, over either protocol.
class UrlBudgetTest : public UrlServerTest, public ::testing::WithParamInterface<std::tuple<bool, bool>> {
 protected:
  UrlBudgetTest() {
    limits_.held_bytes = kMegabyte;
    limits_.in_order = std::get<1>(GetParam());
    options_.connections = 64;
    options_.per_host = 64;
    options_.stall_time = seconds(120);
  }

  std::string UrlOf(const std::string& path) const {
    return std::get<0>(GetParam()) ? server_->SecureUrl(path) : server_->Url(path);
  }

  // Starts them, the first with another path if one is given, and lets go of each as it comes or in order.
  void FetchAll(size_t count, const std::string& first = "") {
    Ends ends;
    UrlFetcher fetcher(options_, limits_);
    for (size_t i = 0; i < count; ++i) {
      const std::string path = i == 0 && !first.empty() ? first : "large.jpg?" + std::to_string(i);
      if (limits_.in_order) {
        fetcher.Start(Request(UrlOf(path), i), ends.Keep(i));
        continue;
      }
      fetcher.Start(Request(UrlOf(path), i), [keep = ends.Keep(i)](Fetched fetched) {
        EXPECT_TRUE(TextOf(fetched) == large_) << MessageOf(fetched);
        fetched.body.reset();
        keep(std::move(fetched));
      });
    }
    if (limits_.in_order) {
      for (size_t i = 0; i < count; ++i) {
        const std::optional<Fetched> fetched = ends.Take(i);
        ASSERT_TRUE(fetched) << "nothing moves at " << i;
        EXPECT_TRUE(TextOf(*fetched) == large_) << i << ": " << MessageOf(*fetched);
      }
    } else {
      ASSERT_TRUE(ends.WaitFor(count)) << "nothing moves";
    }
    summary_ = fetcher.summary();
    EXPECT_LE(summary_.peak_held_bytes, limits_.held_bytes + kLargeBytes + 64 * 1024);
    EXPECT_GE(summary_.bytes, count * kLargeBytes);
  }
};

TEST_P(UrlBudgetTest, GetsAllWithinItsLimit) { FetchAll(64); }

TEST_P(UrlBudgetTest, GetsAllWhereNotEvenOneFits) {
  limits_.held_bytes = 1;
  FetchAll(16);
}

TEST_P(UrlBudgetTest, GetsAllWhereTheFirstIsSlow) { FetchAll(24, "/_/slow/400000/large.jpg"); }

TEST_P(UrlBudgetTest, GetsAllWhereTheFirstHasToBeAskedForAgain) {
  options_.first_wait = milliseconds(300);
  FetchAll(24, "/_/flaky/2/503/" + Key() + "/large.jpg");
}

// While the first waits to be asked for again, others take all connections and all room, and wait for it.
TEST_P(UrlBudgetTest, GetsAllWithFewConnections) {
  options_.first_wait = milliseconds(500);
  options_.connections = 2;
  options_.per_host = 2;
  FetchAll(24, "/_/flaky/2/503/" + Key() + "/large.jpg");
}

INSTANTIATE_TEST_SUITE_P(Fetching, UrlBudgetTest, ::testing::Combine(::testing::Bool(), ::testing::Bool()),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param) ? "Http2" : "Http1") +
                                  (std::get<1>(test.param) ? "InOrder" : "AsTheyCome");
                         });

// One that is asked for again comes before what has been begun meanwhile, but must not go over the limit beside it.
TEST_F(UrlServerTest, LetsOneAtATimeGoOverItsLimit) {
  limits_.held_bytes = 1;
  limits_.in_order = false;
  Ends ends;
  UrlFetcher fetcher(options_, limits_);
  fetcher.Start(Request(server_->Url("/_/slow/400000/large.jpg"), 5), ends.Keep(5));
  while (fetcher.summary().peak_held_bytes < 200 * kKilobyte) std::this_thread::sleep_for(milliseconds(1));
  fetcher.Start(Request(server_->Url("large.jpg"), 3), ends.Keep(3));
  for (const uint64_t seq : {5, 3}) {
    const std::optional<Fetched> fetched = ends.Take(seq);
    ASSERT_TRUE(fetched);
    EXPECT_TRUE(TextOf(*fetched) == large_) << MessageOf(*fetched);
  }
  EXPECT_LE(fetcher.summary().peak_held_bytes, 1 + kLargeBytes + 64 * 1024);
}

// CPU time of this process.
std::chrono::nanoseconds ThreadsCpuTime() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// The one that may go over the limit is not always the first by its number.
TEST_F(UrlServerTest, GoesOnWithTheOneThatMayGoOverItsLimit) {
  limits_.held_bytes = 400 * kKilobyte;
  limits_.in_order = false;
  files_->Write("small.jpg", JpegOfBytes(100));
  Ends ends;
  UrlFetcher fetcher(options_, limits_);
  Fetched held = fetcher.Fetch(Request(server_->Url("small.jpg"), 7));
  ASSERT_NE(held.body, nullptr);
  fetcher.Start(Request(server_->Url("large.jpg"), 5), ends.Keep(5));
  const auto wait_until = [](const auto& is_so) {
    const auto end = std::chrono::steady_clock::now() + kLong;
    while (!is_so() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(1));
    return is_so();
  };
  // libcurl hands over up to 16 KiB at once, and what does not fit waits as a whole.
  ASSERT_TRUE(wait_until([&] { return fetcher.summary().peak_held_bytes >= 380 * kKilobyte; }));
  fetcher.Start(Request(server_->Url("large.jpg"), 3), ends.Keep(3));
  ASSERT_TRUE(wait_until([&] { return fetcher.summary().requests >= 3; }));
  const auto before = ThreadsCpuTime();
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_LT(ThreadsCpuTime() - before, milliseconds(150)) << "whoever waits for room does nothing meanwhile";
  held.body.reset();
  for (const uint64_t seq : {5, 3}) {
    std::optional<Fetched> fetched = ends.Take(seq);
    ASSERT_TRUE(fetched) << seq << " waits for ever";
    EXPECT_TRUE(TextOf(*fetched) == large_) << MessageOf(*fetched);
  }
}

}  // namespace
}  // namespace tbbthumbs
