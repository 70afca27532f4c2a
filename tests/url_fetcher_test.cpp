// Pictures from a real server that fails in all ways it knows.
#include "pipeline/url_fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/free_ports.h"
#include "tests/support/url_fetcher_fixture.h"

namespace tbbthumbs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::Ends;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JpegOfBytes;
using testing::kKilobyte;
using testing::kMegabyte;
using testing::MessageOf;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TextOf;
using testing::UrlFetcherTest;
using testing::UrlServerTest;
using testing::WebRequest;

TEST_F(UrlServerTest, GetsPictures) {
  for (const std::string& url : {server_->Url("a.jpg"), server_->SecureUrl("a.jpg"), server_->Url("/_/chunked/a.jpg"),
                                 server_->SecureUrl("/_/chunked/a.jpg")}) {
    const Fetched fetched = Get(url);
    EXPECT_EQ(fetched.error, std::nullopt) << url << ": " << MessageOf(fetched);
    EXPECT_FALSE(fetched.unchanged);
    EXPECT_TRUE(TextOf(fetched) == picture_) << url;
    EXPECT_EQ(summary_.requests, 1U);
    EXPECT_EQ(summary_.repeated, 0U);
    EXPECT_EQ(summary_.bytes, kPictureBytes);
    EXPECT_GE(summary_.peak_held_bytes, kPictureBytes);
  }
}

TEST_F(UrlServerTest, HandsBodiesOutAsSources) {
  const Fetched fetched = Get(server_->Url("a.jpg"));
  ASSERT_NE(fetched.body, nullptr);
  EXPECT_EQ(fetched.body->size(), kPictureBytes);
  std::array<std::byte, 10> bytes{};
  EXPECT_EQ(fetched.body->ReadAt(50000, bytes), 10U);
  EXPECT_EQ(std::memcmp(bytes.data(), picture_.data() + 50000, 10), 0);
  EXPECT_EQ(fetched.body->ReadAt(kPictureBytes - 3, bytes), 3U);
  EXPECT_EQ(fetched.body->ReadAt(kPictureBytes, bytes), 0U);
  EXPECT_EQ(fetched.body->ReadAt(UINT64_MAX, bytes), 0U);
}

TEST_F(UrlServerTest, TellsWhatServersSayOfPictures) {
  const auto modified = std::filesystem::last_write_time(files_->root() / "a.jpg");
  const auto since_1970 = std::chrono::file_clock::to_sys(modified).time_since_epoch();
  const Fetched whole = Get(server_->Url("a.jpg"));
  EXPECT_THAT(whole.validators.etag, AllOf(StartsWith("\""), EndsWith("\"")));
  EXPECT_THAT(whole.validators.last_modified, EndsWith(" GMT"));
  EXPECT_EQ(whole.modified, std::chrono::floor<seconds>(since_1970));
  const Fetched nothing = Get(server_->Url("/_/noetag/a.jpg"));
  EXPECT_TRUE(nothing.validators.empty());
  EXPECT_EQ(nothing.modified, std::chrono::nanoseconds(0));
}

TEST_F(UrlServerTest, SaysWhoAsksAndNothingElse) {
  Get(server_->Url("a.jpg"));
  options_.user_agent = "Pictures 2 (+https://example.org/)";
  Get(server_->Url("a.jpg"));
  const auto log = Log();
  ASSERT_THAT(log, SizeIs(2));
  EXPECT_THAT(log[0].user_agent, StartsWith("tbbthumbs/"));
  EXPECT_EQ(log[1].user_agent, "Pictures 2 (+https://example.org/)");
  for (const WebRequest& request : log) {
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.accept_encoding, "") << "pictures are compressed already";
    EXPECT_EQ(request.authorization, "");
    EXPECT_EQ(request.if_none_match, "");
    EXPECT_EQ(request.if_modified_since, "");
  }
}

struct BadAnswer {
  std::string path;
  ErrorCode code = ErrorCode::kHttp;
  std::string message;
  bool lasting = false;
  size_t requests = 1;
};

TEST_F(UrlServerTest, SaysWhatIsWrongWithAnswers) {
  limits_.max_body_bytes = kMegabyte;
  const std::vector<BadAnswer> answers = {
      {"/nothing.jpg", ErrorCode::kHttp, "its server answered 404 Not Found", true, 1},
      {"/_/status/400", ErrorCode::kHttp, "its server answered 400 Bad Request", true, 1},
      {"/_/auth/a.jpg", ErrorCode::kHttp, "its server answered 401 Unauthorized", true, 1},
      {"/_/status/403", ErrorCode::kHttp, "its server answered 403 Forbidden", true, 1},
      {"/_/status/410", ErrorCode::kHttp, "its server answered 410 Gone", true, 1},
      {"/_/status/418", ErrorCode::kHttp, "its server answered 418", true, 1},
      {"/_/status/408", ErrorCode::kHttp, "its server answered 408 Request Timeout (asked 3 times)", false, 3},
      {"/_/status/425", ErrorCode::kHttp, "its server answered 425 (asked 3 times)", false, 3},
      {"/_/status/429", ErrorCode::kHttp, "its server answered 429 Too Many Requests (asked 3 times)", false, 3},
      {"/_/status/500", ErrorCode::kHttp, "its server answered 500 Internal Server Error (asked 3 times)", false, 3},
      {"/_/status/501", ErrorCode::kHttp, "its server answered 501", false, 1},
      {"/_/status/502", ErrorCode::kHttp, "its server answered 502 Bad Gateway (asked 3 times)", false, 3},
      {"/_/status/503", ErrorCode::kHttp, "its server answered 503 Service Unavailable (asked 3 times)", false, 3},
      {"/_/status/504", ErrorCode::kHttp, "its server answered 504 Gateway Timeout (asked 3 times)", false, 3},
      {"/_/status/204", ErrorCode::kHttp, "its server answered 204", false, 1},
      {"/_/status/206", ErrorCode::kHttp, "its server answered 206", false, 1},
      {"/_/status/304", ErrorCode::kHttp, "its server answered 304", false, 1},
      {"/_/reset/9/" + Key() + "/a.jpg", ErrorCode::kHttp, "(asked 3 times)", false, 3},
      {"/_/hangup/9/" + Key() + "/a.jpg", ErrorCode::kHttp, "(asked 3 times)", false, 3},
      {"/_/cut/50000/a.jpg", ErrorCode::kHttp, "(asked 3 times)", false, 3},
      {"/_/cut/0/a.jpg", ErrorCode::kHttp, "(asked 3 times)", false, 3},
      {"/_/giant/2000000", ErrorCode::kTooLarge, "it has more than 1000000 bytes: over the limit", false, 1},
      {"/_/giant_length/2000000", ErrorCode::kTooLarge, "its server announces 2000000 bytes: over the limit of 1000000",
       false, 1},
      {"/_/html.jpg", ErrorCode::kUnsupported, "(sent as image/jpeg)", false, 1},
      {"/_/gzip/a.jpg", ErrorCode::kUnsupported, "compressed unasked", false, 1},
      {"/empty.jpg", ErrorCode::kTruncated, "its server sent nothing", false, 1},
      {"/_/loop", ErrorCode::kHttp, "over 5 redirects", true, 6},
      {"/_/redirect/6/a.jpg", ErrorCode::kHttp, "over 5 redirects", true, 6},
      {"/_/to?url=file:///etc/passwd", ErrorCode::kHttp, "it redirects to what is neither http nor https", true, 1},
      {"/_/to?url=ftp://127.0.0.1/a.jpg", ErrorCode::kHttp, "it redirects to what is neither http nor https", true, 1},
      {"/_/to?url=gopher://127.0.0.1/a.jpg", ErrorCode::kHttp, "neither http nor https", true, 1},
  };
  for (const bool secure : {false, true}) {
    for (const BadAnswer& answer : answers) {
      const std::string url = secure ? server_->SecureUrl(answer.path) : server_->Url(answer.path);
      SCOPED_TRACE(url);
      seen_ = server_->Log().size();
      const Fetched fetched = Get(url);
      ASSERT_TRUE(fetched.error);
      EXPECT_EQ(fetched.error->code, answer.code) << MessageOf(fetched);
      EXPECT_THAT(MessageOf(fetched), HasSubstr(answer.message));
      EXPECT_EQ(fetched.lasting, answer.lasting);
      EXPECT_EQ(fetched.body, nullptr);
      EXPECT_FALSE(fetched.unchanged);
      EXPECT_THAT(Log(), SizeIs(answer.requests));
      const bool is_redirect = answer.requests == 6;
      EXPECT_EQ(summary_.requests, is_redirect ? 1 : answer.requests);
      EXPECT_EQ(summary_.repeated, is_redirect ? 0 : answer.requests - 1);
      EXPECT_EQ(summary_.not_modified, 0U);
    }
  }
}

TEST_F(UrlServerTest, AsksAgainUntilItHasIt) {
  for (const std::string place : {"/_/flaky/2/500/", "/_/flaky/2/429/", "/_/reset/2/", "/_/hangup/2/"}) {
    for (const bool secure : {false, true}) {
      const std::string path = place + Key() + "/a.jpg";
      const Fetched fetched = Get(secure ? server_->SecureUrl(path) : server_->Url(path));
      EXPECT_TRUE(TextOf(fetched) == picture_) << path << ": " << MessageOf(fetched);
      EXPECT_EQ(summary_.requests, 3U) << path;
      EXPECT_EQ(summary_.repeated, 2U) << path;
    }
  }
}

TEST_F(UrlServerTest, DoesNotAskAgainWhereThatIsNotWanted) {
  options_.retries = 0;
  const Fetched fetched = Get(server_->Url("/_/flaky/1/500/" + Key() + "/a.jpg"));
  EXPECT_EQ(MessageOf(fetched), "its server answered 500 Internal Server Error");
  EXPECT_EQ(summary_.requests, 1U);
}

TEST_F(UrlServerTest, WaitsAsLongAsServersAskButNotForever) {
  for (const std::string after : {"100", "Fri,%2031%20Dec%202100%2023:59:59%20GMT"}) {
    for (const std::string code : {"503", "429"}) {
      seen_ = server_->Log().size();
      const auto begin = std::chrono::steady_clock::now();
      std::string path = "/_/flaky/1/";
      path.append(code).append("/").append(Key()).append("/a.jpg?retry_after=").append(after);
      const Fetched fetched = Get(server_->Url(path));
      EXPECT_TRUE(TextOf(fetched) == picture_) << path << ": " << MessageOf(fetched);
      const auto log = Log();
      ASSERT_THAT(log, SizeIs(2));
      EXPECT_GE(log[1].ended_s - log[0].ended_s, 0.95) << path;
      EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(50));
    }
  }
}

TEST_F(UrlServerTest, FollowsRedirects) {
  for (const std::string& url :
       {server_->Url("/_/redirect/5/a.jpg"), server_->SecureUrl("/_/redirect/5/a.jpg"),
        server_->Url("/_/redirect/1/a.jpg?status=308"), server_->Url("/_/to?url=" + server_->SecureUrl("a.jpg")),
        server_->SecureUrl("/_/to?url=" + server_->Url("a.jpg"))}) {
    const Fetched fetched = Get(url);
    EXPECT_TRUE(TextOf(fetched) == picture_) << url << ": " << MessageOf(fetched);
    EXPECT_EQ(summary_.requests, 1U);
  }
}

TEST_F(UrlServerTest, BelievesNoStrangersCertificate) {
  const Fetched fetched = Get(server_->UntrustedUrl("a.jpg"));
  ASSERT_TRUE(fetched.error);
  EXPECT_EQ(fetched.error->code, ErrorCode::kHttp);
  EXPECT_THAT(MessageOf(fetched), StartsWith("its server's certificate is not to be trusted: "));
  EXPECT_FALSE(fetched.lasting);
  EXPECT_EQ(summary_.requests, 1U);
  EXPECT_THAT(Log(), IsEmpty());
  // Nor does the system believe the authority of these tests, nor one for another name.
  EXPECT_THAT(MessageOf(Get(server_->Url("/_/to?url=" + server_->UntrustedUrl("a.jpg")))),
              StartsWith("its server's certificate is not to be trusted: "));
  options_.authorities.clear();
  EXPECT_THAT(MessageOf(Get(server_->SecureUrl("a.jpg"))),
              StartsWith("its server's certificate is not to be trusted: "));
}

TEST_F(UrlServerTest, SaysThatAuthoritiesCanNotBeRead) {
  options_.authorities = files_->root() / "nothing.pem";
  const Fetched fetched = Get(server_->SecureUrl("a.jpg"));
  ASSERT_TRUE(fetched.error);
  EXPECT_EQ(fetched.error->code, ErrorCode::kHttp);
  EXPECT_THAT(MessageOf(fetched), HasSubstr("nothing.pem"));
  EXPECT_EQ(summary_.requests, 1U);
}

TEST_F(UrlFetcherTest, SaysThatThereIsNoServer) {
  const Fetched refused = Get("http://127.0.0.1:" + std::to_string(testing::FreePorts(1)[0]) + "/a.jpg");
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, ErrorCode::kHttp);
  EXPECT_THAT(MessageOf(refused), AllOf(HasSubstr("onnect"), HasSubstr("(asked 3 times)")));
  EXPECT_FALSE(refused.lasting);
  EXPECT_EQ(summary_.requests, 3U);

  const Fetched unknown = Get("http://nonexistent.invalid/a.jpg");
  ASSERT_TRUE(unknown.error);
  EXPECT_EQ(unknown.error->code, ErrorCode::kHttp);
  EXPECT_THAT(MessageOf(unknown), AllOf(HasSubstr("nonexistent.invalid"), HasSubstr("(asked 3 times)")));
  EXPECT_FALSE(unknown.lasting);
}

TEST_F(UrlServerTest, TakesNoMoreOfWhatIsTooLarge) {
  limits_.max_body_bytes = kMegabyte;
  EXPECT_EQ(Get(server_->Url("/_/giant_length/2000000000")).error->code, ErrorCode::kTooLarge);
  EXPECT_EQ(summary_.bytes, 0U);
  EXPECT_EQ(Get(server_->Url("/_/giant/2000000000")).error->code, ErrorCode::kTooLarge);
  EXPECT_LE(summary_.bytes, kMegabyte);
  EXPECT_LE(summary_.peak_held_bytes, kMegabyte + 64 * 1024);
  limits_.max_body_bytes = kPictureBytes;
  EXPECT_TRUE(TextOf(Get(server_->Url("a.jpg"))) == picture_) << "the limit itself";
  EXPECT_TRUE(TextOf(Get(server_->Url("/_/chunked/a.jpg"))) == picture_);
  limits_.max_body_bytes = kPictureBytes - 1;
  EXPECT_EQ(Get(server_->Url("a.jpg")).error->code, ErrorCode::kTooLarge);
  EXPECT_EQ(Get(server_->Url("/_/chunked/a.jpg")).error->code, ErrorCode::kTooLarge);
}

TEST_F(UrlServerTest, TakesNoMoreOfWhatIsNoPicture) {
  for (const std::string& url : {server_->Url("page.jpg"), server_->SecureUrl("page.jpg"),
                                 server_->Url("/_/chunked/page.jpg"), server_->Url("/_/gzip/page.jpg")}) {
    EXPECT_EQ(Get(url).error->code, ErrorCode::kUnsupported) << url;
    EXPECT_LT(summary_.bytes, kMegabyte) << url;
    EXPECT_EQ(summary_.requests, 1U);
  }
}

// It has waited for room with its first bytes, which show that it is none when it goes on.
TEST_F(UrlServerTest, TakesNoMoreOfWhatIsNoPictureAfterItHasWaited) {
  files_->Write("filling.jpg", JpegOfBytes(390 * kKilobyte));
  limits_.held_bytes = 400 * kKilobyte;
  for (const bool secure : {false, true}) {
    const auto url = [&](const std::string& path) { return secure ? server_->SecureUrl(path) : server_->Url(path); };
    Ends ends;
    UrlFetcher fetcher(options_, limits_);
    fetcher.Start(Request(url("filling.jpg"), 0), ends.Keep(0));
    fetcher.Start(Request(url("/_/delay/500/page.jpg"), 1), ends.Keep(1));
    fetcher.Start(Request(url("/_/delay/500/a.jpg"), 2), ends.Keep(2));
    std::optional<Fetched> filling = ends.Take(0);
    ASSERT_TRUE(filling && filling->body);
    // Not needed for the outcome, but for the way there.
    std::this_thread::sleep_for(milliseconds(800));
    EXPECT_THAT(ends.order(), ElementsAre(0)) << "there is no room";
    filling.reset();
    const std::optional<Fetched> page = ends.Take(1);
    ASSERT_TRUE(page && page->error);
    EXPECT_EQ(page->error->code, ErrorCode::kUnsupported);
    const std::optional<Fetched> picture = ends.Take(2);
    ASSERT_TRUE(picture);
    EXPECT_TRUE(TextOf(*picture) == picture_) << MessageOf(*picture);
    EXPECT_LT(fetcher.summary().bytes, 390 * kKilobyte + kPictureBytes + kMegabyte);
  }
}

TEST_F(UrlServerTest, GivesUpServersThatSendNothing) {
  options_.stall_time = seconds(1);
  options_.retries = 0;
  const std::vector<std::string> urls = {server_->Url("/_/stall/1000/a.jpg"), server_->SecureUrl("/_/stall/1000/a.jpg"),
                                         server_->Url("/_/stall/0/a.jpg"), server_->Url("/_/delay/50000/a.jpg")};
  const auto begin = std::chrono::steady_clock::now();
  Ends ends;
  UrlFetcher fetcher(options_, limits_);
  for (size_t i = 0; i < urls.size(); ++i) fetcher.Start(Request(urls[i], i), ends.Keep(i));
  for (size_t i = 0; i < urls.size(); ++i) {
    const std::optional<Fetched> fetched = ends.Take(i);
    ASSERT_TRUE(fetched && fetched->error) << urls[i];
    EXPECT_EQ(fetched->error->code, ErrorCode::kHttp);
    EXPECT_THAT(MessageOf(*fetched), HasSubstr("too slow")) << urls[i];
    EXPECT_FALSE(fetched->lasting);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(40));
}

// Nor do the others wait for it.
TEST_F(UrlServerTest, DoesNotWaitForTheFirstAnswerOfAServer) {
  options_.stall_time = seconds(3);
  options_.retries = 0;
  for (const bool secure : {false, true}) {
    const auto url = [&](const std::string& path) { return secure ? server_->SecureUrl(path) : server_->Url(path); };
    Ends ends;
    UrlFetcher fetcher(options_, limits_);
    fetcher.Start(Request(url("/_/delay/50000/a.jpg"), 0), ends.Keep(0));
    for (uint64_t i = 1; i < 10; ++i) fetcher.Start(Request(url("a.jpg"), i), ends.Keep(i));
    ASSERT_TRUE(ends.WaitFor(10));
    EXPECT_EQ(ends.order().back(), 0U);
  }
}

TEST_F(UrlServerTest, LetsSlowServersTakeTheirTime) {
  options_.stall_time = seconds(1);
  options_.retries = 0;
  const Fetched fetched = Get(server_->Url("/_/slow/40000/a.jpg"));
  EXPECT_TRUE(TextOf(fetched) == picture_) << MessageOf(fetched);
}

TEST_F(UrlServerTest, AsksForWhatHasChangedOnly) {
  const Fetched first = Get(server_->Url("a.jpg"));
  for (const std::string place : {"/", "/_/etag/", "/_/date/", "/_/redirect/2/"}) {
    SCOPED_TRACE(place);
    UrlRequest request = Request(server_->Url(place + "a.jpg"));
    request.known = first.validators;
    if (place == "/_/etag/") request.known.last_modified.clear();
    if (place == "/_/date/") request.known.etag.clear();
    seen_ = server_->Log().size();
    const Fetched again = Get(std::move(request));
    EXPECT_EQ(MessageOf(again), "");
    EXPECT_TRUE(again.unchanged);
    EXPECT_EQ(again.body, nullptr);
    EXPECT_TRUE(place != "/" || again.validators == first.validators) << "what comes with an empty answer counts";
    EXPECT_EQ(summary_.not_modified, 1U);
    EXPECT_EQ(summary_.requests, 1U);
    EXPECT_EQ(summary_.bytes, 0U);
    const WebRequest last = Log().back();
    EXPECT_EQ(last.status, 304);
    EXPECT_EQ(last.if_none_match, place == "/_/date/" ? "" : first.validators.etag);
    EXPECT_EQ(last.if_modified_since, place == "/_/etag/" ? "" : first.validators.last_modified);
  }
  UrlRequest other = Request(server_->Url("a.jpg"));
  other.known.etag = "\"other\"";
  EXPECT_TRUE(TextOf(Get(std::move(other))) == picture_);
  EXPECT_EQ(summary_.not_modified, 0U);
}

TEST_F(UrlServerTest, AsksForWhatIsNewerThanATime) {
  using namespace std::chrono_literals;
  UrlRequest request = Request(server_->Url("a.jpg"));
  request.changed_since = 784111777s + 999ms;
  EXPECT_TRUE(TextOf(Get(request)) == picture_);
  EXPECT_EQ(OnlyRequest().if_modified_since, "Sun, 06 Nov 1994 08:49:37 GMT");

  // nginx, told so: what was modified before is not sent.
  seen_ = server_->Log().size();
  request.url = Request(server_->Url("/_/date/a.jpg")).url;
  request.changed_since = Get(server_->Url("a.jpg")).modified;
  EXPECT_TRUE(Get(request).unchanged);
  // It sends what was not modified at that very time; that is not taken.
  seen_ = server_->Log().size();
  request.changed_since = *request.changed_since + 1h;
  EXPECT_TRUE(Get(request).unchanged);
  EXPECT_EQ(summary_.bytes, 0U);
  EXPECT_EQ(OnlyRequest().status, 200);
  // Validators say it better.
  request.known.etag = "\"other\"";
  EXPECT_TRUE(TextOf(Get(request)) == picture_);
  EXPECT_EQ(Log().back().if_modified_since, "");
  EXPECT_EQ(Log().back().if_none_match, "\"other\"");
}

TEST_F(UrlServerTest, SendsNoHeadersFromValidators) {
  const Fetched first = Get(server_->Url("a.jpg"));
  for (const std::string& evil : {first.validators.etag + "\r\nAuthorization: Basic eHg6eXk=",
                                  first.validators.etag + "\nAuthorization: x", std::string("\r\n\r\nGET /evil"),
                                  std::string("\"\0\"", 3), std::string("\"\x7f\""), std::string("\"\x1b[2J\"")}) {
    seen_ = server_->Log().size();
    UrlRequest request = Request(server_->Url("a.jpg"));
    request.known.etag = evil;
    request.known.last_modified = evil;
    EXPECT_TRUE(TextOf(Get(std::move(request))) == picture_);
    const WebRequest seen = OnlyRequest();
    EXPECT_EQ(seen.if_none_match, "");
    EXPECT_EQ(seen.if_modified_since, "");
    EXPECT_EQ(seen.authorization, "");
  }
  // What is well is sent nevertheless.
  seen_ = server_->Log().size();
  UrlRequest request = Request(server_->Url("/_/date/a.jpg"));
  request.known = {"\"\r\nX: y\"", first.validators.last_modified};
  EXPECT_TRUE(Get(std::move(request)).unchanged);
}

// Asked without conditions, since they were no good, it must not say that nothing has changed.
TEST_F(UrlServerTest, DoesNotBelieveThatNothingHasChangedUnasked) {
  UrlRequest request = Request(server_->Url("/_/status/304"));
  request.known.etag = "\r\n";
  EXPECT_EQ(MessageOf(Get(request)), "its server answered 304");
  request.known.etag = "\"good\"";
  EXPECT_TRUE(Get(request).unchanged);
}

}  // namespace
}  // namespace tbbthumbs
