// Connections to a real server: how many, how often, and how they end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/url_fetcher.h"
#include "tests/support/url_fetcher_fixture.h"

namespace tbbthumbs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::Ends;
using ::testing::Field;
using testing::JpegOfBytes;
using testing::kKilobyte;
using testing::kMegabyte;
using testing::MessageOf;
using ::testing::SizeIs;
using testing::TextOf;
using testing::UrlServerTest;
using testing::WebRequest;
using testing::WebServer;

TEST_F(UrlServerTest, KeepsToItsLimitsOfConnections) {
  options_.connections = 5;
  options_.per_host = 3;
  const WebServer server(files_->root());
  const auto fetch = [&](const std::function<std::string(uint64_t)>& url) {
    Ends ends;
    UrlFetcher fetcher(options_, limits_);
    for (uint64_t i = 0; i < 30; ++i) fetcher.Start(Request(url(i), i), ends.Keep(i));
    EXPECT_TRUE(ends.WaitFor(30));
    EXPECT_EQ(fetcher.summary().requests, 30U);
  };
  fetch([&](uint64_t) { return server.Url("/_/delay/20/a.jpg"); });
  EXPECT_EQ(server.MostAtOnce(), 3U);
  const auto log = server.Log();
  std::set<int64_t> connections;
  for (const WebRequest& request : log) connections.insert(request.connection);
  EXPECT_LE(connections.size(), 3U) << "they are used again";
  // Two servers to the eyes of a client.
  fetch([&](uint64_t i) {
    std::string url = server.Url("/_/delay/20/a.jpg");
    if (i % 2 == 0) url.replace(url.find("127.0.0.1"), 9, "localhost");
    return url;
  });
  EXPECT_EQ(server.MostAtOnce(), 5U);
}

TEST_F(UrlServerTest, AsksForManyOverOneConnectionOfHttp2) {
  const WebServer server(files_->root());
  options_.authorities = server.certificate_authority();
  options_.connections = 8;
  options_.per_host = 2;
  Ends ends;
  UrlFetcher fetcher(options_, limits_);
  for (uint64_t i = 0; i < 40; ++i) fetcher.Start(Request(server.SecureUrl("/_/delay/50/a.jpg"), i), ends.Keep(i));
  ASSERT_TRUE(ends.WaitFor(40));
  const auto log = server.Log();
  ASSERT_THAT(log, SizeIs(40));
  EXPECT_THAT(log, Each(Field(&WebRequest::protocol, "HTTP/2.0")));
  EXPECT_THAT(log, Each(Field(&WebRequest::connection, log[0].connection)));
  EXPECT_GT(server.MostAtOnce(), 2U);
  EXPECT_LE(server.MostAtOnce(), 8U);
}

// Over HTTP/2 the rest would come all the same, into libcurl's own memory.
TEST_F(UrlServerTest, BeginsAnewWithoutHttp2WhatFindsNoRoom) {
  limits_ = {.held_bytes = 300 * kKilobyte, .max_body_bytes = 100 * kMegabyte, .in_order = false};
  UrlFetcher fetcher(options_, limits_);
  Fetched held = fetcher.Fetch(Request(server_->SecureUrl("a.jpg"), 0));
  ASSERT_NE(held.body, nullptr);
  Ends ends;
  fetcher.Start(Request(server_->SecureUrl("large.jpg"), 1), ends.Keep(1));
  while (fetcher.summary().repeated == 0) std::this_thread::sleep_for(milliseconds(1));
  held.body.reset();
  const std::optional<Fetched> large = ends.Take(1);
  ASSERT_TRUE(large);
  EXPECT_TRUE(TextOf(*large) == large_) << MessageOf(*large);
  std::vector<std::string> protocols;
  for (const WebRequest& request : Log()) protocols.push_back(request.protocol);
  EXPECT_THAT(protocols, ElementsAre("HTTP/2.0", "HTTP/2.0", "HTTP/1.1"));
}

TEST_F(UrlServerTest, LetsLittleWaitOverHttp2) {
  limits_ = {.held_bytes = 150 * kKilobyte, .max_body_bytes = 100 * kMegabyte, .in_order = false};
  // By what one picture has, a second is believed to fit.
  UrlFetcher fetcher(options_, limits_);
  Ends ends;
  for (const uint64_t seq : {0, 1}) fetcher.Start(Request(server_->SecureUrl("a.jpg"), seq), ends.Keep(seq));
  std::optional<Fetched> first = ends.Take(0);
  ASSERT_TRUE(first);
  first->body.reset();
  const std::optional<Fetched> second = ends.Take(1);
  ASSERT_TRUE(second);
  EXPECT_TRUE(TextOf(*second) == picture_) << MessageOf(*second);
  EXPECT_EQ(fetcher.summary().repeated, 0U);
  EXPECT_THAT(Log(), Each(Field(&WebRequest::protocol, "HTTP/2.0")));
}

TEST_F(UrlServerTest, SparesServersThatDoNotSpeakHttp2) {
  testing::WebServerOptions old;
  old.http2 = false;
  const WebServer server(files_->root(), old);
  options_.authorities = server.certificate_authority();
  options_.connections = 8;
  options_.per_host = 2;
  Ends ends;
  UrlFetcher fetcher(options_, limits_);
  for (uint64_t i = 0; i < 20; ++i) fetcher.Start(Request(server.SecureUrl("/_/delay/20/a.jpg"), i), ends.Keep(i));
  ASSERT_TRUE(ends.WaitFor(20));
  EXPECT_EQ(server.MostAtOnce(), 2U);
}

// Where pictures lie elsewhere, what that server can do says nothing of the one that was asked.
TEST_F(UrlServerTest, SparesServersThatRedirectToHttp2) {
  const WebServer server(files_->root());
  options_.authorities = server.certificate_authority();
  options_.connections = 8;
  options_.per_host = 2;
  Ends ends;
  UrlFetcher fetcher(options_, limits_);
  const std::string url = server.Url("/_/to?url=" + server.SecureUrl("/_/delay/20/a.jpg"));
  for (uint64_t i = 0; i < 20; ++i) fetcher.Start(Request(url, i), ends.Keep(i));
  ASSERT_TRUE(ends.WaitFor(20));
  EXPECT_LE(server.MostAtOnce(), 2U);
}

TEST_F(UrlServerTest, KeepsToItsRequestsASecond) {
  options_.requests_per_second = 20;
  Ends ends;
  UrlFetcher fetcher(options_, limits_);
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < 11; ++i) fetcher.Start(Request(server_->Url("a.jpg"), i), ends.Keep(i));
  ASSERT_TRUE(ends.WaitFor(11));
  // Ten pauses of 50 ms; each may be a little shorter after one that was longer.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(470));
}

TEST_F(UrlServerTest, EndsWhatIsUnderWayWhenStopped) {
  const auto begin = std::chrono::steady_clock::now();
  {
    Ends ends;
    UrlFetcher fetcher(options_, limits_);
    for (uint64_t i = 0; i < 30; ++i) {
      const bool secure = i % 2 == 0;
      const std::string path = i % 3 == 0 ? "/_/stall/1000/a.jpg" : "/_/slow/1000/a.jpg";
      fetcher.Start(Request(secure ? server_->SecureUrl(path) : server_->Url(path), i), ends.Keep(i));
    }
    while (fetcher.summary().requests < 12) std::this_thread::sleep_for(milliseconds(1));
    fetcher.Stop();
    EXPECT_TRUE(ends.WaitFor(30));
    for (uint64_t i = 0; i < 30; ++i) EXPECT_EQ(ends.Take(i)->error->code, ErrorCode::kStopped);
    EXPECT_EQ(fetcher.Fetch(Request(server_->Url("a.jpg"))).error->code, ErrorCode::kStopped);
    fetcher.Stop();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(20));
}

TEST_F(UrlServerTest, EndsWhatIsUnderWayWhenDestroyed) {
  Ends ends;
  {
    UrlFetcher fetcher(options_, limits_);
    fetcher.Start(Request(server_->Url("/_/slow/1000/a.jpg")), ends.Keep(0));
    fetcher.Start(Request("http://nonexistent.invalid/a.jpg", 1), ends.Keep(1));
  }
  EXPECT_THAT(ends.order(), SizeIs(2));
  EXPECT_EQ(ends.Take(0)->error->code, ErrorCode::kStopped);
  EXPECT_EQ(ends.Take(1)->error->code, ErrorCode::kStopped);
}

TEST_F(UrlServerTest, LeavesBodiesToWhoHasThem) {
  Fetched fetched;
  {
    UrlFetcher fetcher(options_, limits_);
    fetched = fetcher.Fetch(Request(server_->Url("a.jpg")));
  }
  EXPECT_TRUE(TextOf(fetched) == picture_);
}

TEST_F(UrlServerTest, FetchesForManyThreads) {
  UrlFetcher fetcher(options_, limits_);
  std::atomic<uint64_t> next = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (uint64_t seq; (seq = next++) < 200;) {
        const bool missing = seq % 10 == 3;
        const std::string path = missing ? "/nothing.jpg" : "/a.jpg";
        const Fetched fetched =
            fetcher.Fetch(Request(seq % 2 == 0 ? server_->SecureUrl(path) : server_->Url(path), seq));
        EXPECT_TRUE(TextOf(fetched) == (missing ? "" : picture_)) << MessageOf(fetched);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fetcher.summary().requests, 200U);
}

TEST_F(UrlServerTest, TakesAThousandAtOnce) {
  files_->Write("small.jpg", JpegOfBytes(2000));
  Ends ends;
  UrlFetcher fetcher(options_, limits_);
  for (uint64_t i = 0; i < 1000; ++i) {
    fetcher.Start(Request(i % 2 == 0 ? server_->SecureUrl("small.jpg") : server_->Url("small.jpg"), i), ends.Keep(i));
  }
  for (uint64_t i = 0; i < 1000; ++i) {
    const std::optional<Fetched> fetched = ends.Take(i);
    ASSERT_TRUE(fetched);
    EXPECT_EQ(TextOf(*fetched).size(), 2000U) << MessageOf(*fetched);
  }
  EXPECT_EQ(fetcher.summary().bytes, 2'000'000U);
}

TEST_F(UrlServerTest, SaysNothingAloud) {
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  Get(server_->SecureUrl("a.jpg"));
  Get(server_->UntrustedUrl("a.jpg"));
  Get(server_->Url("/_/reset/9/" + Key() + "/a.jpg"));
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace tbbthumbs
