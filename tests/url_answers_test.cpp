// Answers of a server that says whatever it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/url_fetcher.h"
#include "tests/support/raw_server.h"
#include "tests/support/url_fetcher_fixture.h"

namespace tbbthumbs {
namespace {

using std::chrono::seconds;
using testing::Ends;
using testing::JpegOfBytes;
using testing::kMegabyte;
using testing::MessageOf;
using testing::RawServer;
using testing::UrlFetcherTest;

// Sizes of answers that no server sends by accident.
TEST_F(UrlFetcherTest, EndsEndlessAnswers) {
  limits_.max_body_bytes = kMegabyte;
  options_.retries = 0;
  options_.stall_time = seconds(1);
  const auto endless = [](const std::string& head, const std::string& piece) {
    return [head, piece](int fd, const std::string&) {
      if (!RawServer::Send(fd, head)) return;
      while (RawServer::Send(fd, piece)) {
      }
    };
  };
  const std::string zeros(64 * 1024, '\0');
  const std::vector<std::pair<std::string, std::string>> answers = {
      {"HTTP/1.1 200 OK\r\n\r\n" + JpegOfBytes(100), zeros},
      {"HTTP/1.1 200 OK\r\n\r\n", zeros},
      {"HTTP/1.1 404 Not Found\r\n\r\n", zeros},
      {"HTTP/1.1 302 Found\r\nLocation: /b.jpg\r\n\r\n", zeros},
      {"HTTP/1.1 302 Found\r\nLocation: /b.jpg\r\nContent-Length: 99999999999\r\n\r\n", zeros},
      {"HTTP/1.1 302 Found\r\nLocation: /b.jpg\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
      {"HTTP/1.1 200 OK\r\n", "X-Header: " + std::string(10000, 'x') + "\r\n"},
      {"HTTP/1.1 200 OK\r\nX-Header: ", std::string(10000, 'x')},
      {"", "HTTP/1.1 100 Continue\r\n\r\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", std::string(10000, 'x')},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\xff\xd8\xff\r\n0\r\n",
       "X-Trailer: " + std::string(1000, 'x') + "\r\n"},
  };
  for (const auto& [head, piece] : answers) {
    SCOPED_TRACE(head.substr(0, 60) + piece.substr(0, 20));
    const RawServer server(endless(head, piece));
    Ends ends;
    UrlFetcher fetcher(options_, limits_);
    fetcher.Start(Request(server.Url("a.jpg")), ends.Keep(0));
    const std::optional<Fetched> fetched = ends.Take(0);
    ASSERT_TRUE(fetched) << "it goes on";
    EXPECT_TRUE(fetched->error);
    EXPECT_EQ(fetched->body, nullptr);
  }
}

// libcurl keeps all headers, also those behind a body, and waits for more.
TEST_F(UrlFetcherTest, TakesOnlySoManyTrailers) {
  const RawServer server([](int fd, const std::string&) {
    const std::string trailer = "X-Trailer: " + std::string(1000, 'x') + "\r\n";
    RawServer::Send(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\xff\xd8\xff\r\n0\r\n");
    for (int i = 0; i < 1000 && RawServer::Send(fd, trailer); ++i) {
    }
  });
  EXPECT_EQ(MessageOf(Get(server.Url("a.jpg"))), "its server sends too many headers");
  EXPECT_EQ(summary_.requests, 1U);
}

TEST_F(UrlFetcherTest, SurvivesNonsense) {
  options_.retries = 0;
  const std::string picture = JpegOfBytes(1000);
  for (const std::string& answer : {
           std::string(),
           std::string("\r\n\r\n"),
           picture,
           std::string("HTTP/9.9 200 OK\r\n\r\n") + picture,
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + picture,
           "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + picture,
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n" + picture,
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + picture,
           std::string("HTTP/1.1 302 Found\r\nLocation: http://\r\n\r\n"),
           std::string("HTTP/1.1 302 Found\r\nLocation: \r\n\r\n"),
           std::string("HTTP/1.1 302 Found\r\n\r\n"),
           std::string("HTTP/1.1 999 \r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nX: ") + '\0' + "\r\n\r\n" + picture,
       }) {
    SCOPED_TRACE(answer.substr(0, 80));
    const RawServer server(answer);
    const Fetched fetched = Get(server.Url("a.jpg"));
    EXPECT_TRUE(fetched.error);
    EXPECT_EQ(fetched.body, nullptr);
    EXPECT_NE(MessageOf(fetched), "");
  }
}

TEST_F(UrlFetcherTest, KeepsNoValidatorsThatServersCanNotMean) {
  const auto validators_with = [&](const std::string& headers) {
    const RawServer server("HTTP/1.1 200 OK\r\n" + headers + "\r\n" + JpegOfBytes(1000));
    return Get(server.Url("a.jpg")).validators;
  };
  EXPECT_EQ(validators_with("ETag: W/\"x\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            (UrlValidators{"W/\"x\"", "Sun, 06 Nov 1994 08:49:37 GMT"}));
  EXPECT_TRUE(validators_with("ETag: \"" + std::string(5000, 'x') + "\"\r\n").empty());
  EXPECT_TRUE(validators_with("ETag: \"\x1b[2J\"\r\nLast-Modified: \x01\r\n").empty());
}

TEST_F(UrlFetcherTest, TakesDatesOnlyIfTheyMakeSense) {
  const auto modified_with = [&](const std::string& date) {
    const RawServer server("HTTP/1.1 200 OK\r\nLast-Modified: " + date + "\r\n\r\n" + JpegOfBytes(1000));
    return Get(server.Url("a.jpg")).modified;
  };
  EXPECT_EQ(modified_with("Sun, 06 Nov 1994 08:49:37 GMT"), seconds(784111777));
  EXPECT_EQ(modified_with("Sun, 06 Nov 9994 08:49:37 GMT"), seconds(0));
  EXPECT_EQ(modified_with("Sun, 06 Nov 1904 08:49:37 GMT"), seconds(0));
  EXPECT_EQ(modified_with("yesterday"), seconds(0));
}

}  // namespace
}  // namespace tbbthumbs
