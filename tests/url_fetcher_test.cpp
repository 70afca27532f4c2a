// Pictures from a real server that fails in all ways it knows, and from one that says whatever it is told.
#include "pipeline/url_fetcher.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "pipeline/address_policy.h"
#include "tests/support/free_ports.h"
#include "tests/support/temp_tree.h"
#include "tests/support/web_server.h"

namespace tbbthumbs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TempTree;
using testing::WebRequest;
using testing::WebServer;

constexpr size_t kKilobyte = 1000;
constexpr size_t kMegabyte = 1000 * kKilobyte;
// Of waits for what must happen.
constexpr seconds kLong{60};

// What begins as a JPEG does.
std::string Picture(size_t bytes, unsigned seed = 1) {
  std::string text("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 20);
  for (size_t i = text.size(); i < bytes; ++i) text += static_cast<char>((i * seed) >> 5);
  text.resize(bytes);
  return text;
}

std::string TextOf(const Fetched& fetched) {
  if (fetched.body == nullptr) return "";
  const auto bytes = fetched.body->Resident();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string MessageOf(const Fetched& fetched) { return fetched.error ? fetched.error->message : ""; }

// A server that hands each request of a connection, as text, to a function, and closes the connection after it. One
// connection at a time.
class RawServer {
 public:
  explicit RawServer(std::function<void(int fd, const std::string& request)> answer) : answer_(std::move(answer)) {
    listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listening_, 64), 0);
    socklen_t size = sizeof address;
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  // Of a text that is always the same.
  explicit RawServer(std::string text)
      : RawServer([text = std::move(text)](int fd, const std::string&) { Send(fd, text); }) {}
  ~RawServer() {
    shutdown(listening_, SHUT_RDWR);
    thread_.join();
    close(listening_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  static bool Send(int fd, std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string Url(const std::string& path) const { return "http://" + address() + "/" + path; }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void Run() {
    for (int fd; (fd = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; close(fd)) {
      std::string request;
      char buffer[4096];
      for (ssize_t count; request.find("\r\n\r\n") == std::string::npos;) {
        if ((count = recv(fd, buffer, sizeof buffer, 0)) <= 0) break;
        request.append(buffer, static_cast<size_t>(count));
      }
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      answer_(fd, request);
      // So that the client reads all before it hears that the connection is closed.
      shutdown(fd, SHUT_WR);
      while (recv(fd, buffer, sizeof buffer, 0) > 0) {
      }
    }
  }

  const std::function<void(int fd, const std::string& request)> answer_;
  int listening_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;  // guards requests_
  std::vector<std::string> requests_;
  std::thread thread_;
};

// What has ended, for who waits for it.
class Ends {
 public:
  std::function<void(Fetched)> Keep(uint64_t seq) {
    return [this, seq](Fetched fetched) {
      const std::lock_guard lock(mutex_);
      EXPECT_TRUE(ended_.emplace(seq, std::move(fetched)).second) << "ended twice: " << seq;
      order_.push_back(seq);
      changed_.notify_all();
    };
  }
  // Nothing after a long time.
  std::optional<Fetched> Take(uint64_t seq) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kLong, [&] { return ended_.contains(seq); })) return std::nullopt;
    return std::move(ended_.extract(seq).mapped());
  }
  bool WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return order_.size() >= count; });
  }
  std::vector<uint64_t> order() const {
    const std::lock_guard lock(mutex_);
    return order_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, Fetched> ended_;
  std::vector<uint64_t> order_;
};

class UrlFetcherTest : public ::testing::Test {
 protected:
  UrlFetcherTest() {
    options_.allow_private = true;
    options_.retries = 2;
    options_.first_wait = milliseconds(1);
    options_.longest_wait = seconds(1);
    limits_ = {.held_bytes = 64 * kMegabyte, .max_body_bytes = 100 * kMegabyte, .in_order = true};
  }

  static UrlRequest Request(const std::string& text, uint64_t seq = 0) {
    UrlRequest request;
    request.seq = seq;
    auto url = ParseUrl(text);
    EXPECT_TRUE(url) << text << ": " << url.error().message;
    if (url) request.url = std::make_shared<const Url>(std::move(*url));
    return request;
  }

  // By a fetcher of its own.
  Fetched Get(UrlRequest request) {
    UrlFetcher fetcher(options_, limits_);
    Fetched fetched = fetcher.Fetch(std::move(request));
    summary_ = fetcher.summary();
    return fetched;
  }
  Fetched Get(const std::string& url) { return Get(Request(url)); }

  UrlOptions options_;
  UrlLimits limits_;
  UrlSummary summary_;  // of the last Get
};

// With a server.
class UrlServerTest : public UrlFetcherTest {
 protected:
  static constexpr size_t kPictureBytes = 100 * kKilobyte;
  static constexpr size_t kLargeBytes = 600 * kKilobyte;

  static void SetUpTestSuite() {
    std::string why;
    if (!WebServer::Available(&why)) return;
    files_ = std::make_unique<TempTree>();
    picture_ = Picture(kPictureBytes);
    large_ = Picture(kLargeBytes, 3);
    files_->Write("a.jpg", picture_);
    files_->Write("large.jpg", large_);
    files_->Write("empty.jpg", "");
    std::string page = "<!DOCTYPE html><html>";
    page.resize(30 * kMegabyte, ' ');
    files_->Write("page.jpg", page);
    server_ = std::make_unique<WebServer>(files_->root());
  }
  static void TearDownTestSuite() {
    server_.reset();
    files_.reset();
  }

  void SetUp() override {
    std::string why;
    if (!WebServer::Available(&why)) GTEST_SKIP() << why;
    options_.authorities = server_->certificate_authority();
    seen_ = server_->Log().size();
  }

  // What this test has asked for.
  std::vector<WebRequest> Log() const {
    const std::vector<WebRequest> log = server_->Log();
    return {log.begin() + static_cast<std::ptrdiff_t>(seen_), log.end()};
  }
  WebRequest OnlyRequest() const {
    const std::vector<WebRequest> log = Log();
    EXPECT_THAT(log, SizeIs(1));
    return log.empty() ? WebRequest() : log.front();
  }

  // Of a path that no other request of this process has.
  static std::string Key() {
    static std::atomic<int> last = 0;
    return "key" + std::to_string(++last);
  }

  static inline std::unique_ptr<TempTree> files_;
  static inline std::string picture_;
  static inline std::string large_;
  static inline std::unique_ptr<WebServer> server_;
  size_t seen_ = 0;
};

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
      const std::string path = "/_/flaky/1/" + code + "/" + Key() + "/a.jpg?retry_after=" + after;
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
  files_->Write("filling.jpg", Picture(390 * kKilobyte));
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

TEST_F(UrlServerTest, ShowsPasswordsOnlyToWhomTheyAreFor) {
  const auto with_user = [&](std::string url, const std::string& user) {
    return url.insert(url.find("://") + 3, user);
  };
  EXPECT_TRUE(TextOf(Get(with_user(server_->Url("/_/auth/a.jpg"), "user:secret@"))) == picture_);
  EXPECT_TRUE(TextOf(Get(with_user(server_->SecureUrl("/_/auth/a.jpg"), "user:secret@"))) == picture_);
  EXPECT_THAT(Log(), Each(Field(&WebRequest::authorization, "Basic dXNlcjpzZWNyZXQ=")));
  const Fetched wrong = Get(with_user(server_->Url("/_/auth/a.jpg"), "user:wrong@"));
  EXPECT_EQ(MessageOf(wrong), "its server answered 401 Unauthorized");
  EXPECT_TRUE(wrong.lasting);

  // Not to where it redirects.
  seen_ = server_->Log().size();
  Get(with_user(server_->Url("/_/to?url=" + server_->SecureUrl("a.jpg")), "user:secret@"));
  auto log = Log();
  ASSERT_THAT(log, SizeIs(2));
  EXPECT_NE(log[0].authorization, "");
  EXPECT_EQ(log[1].authorization, "");

  // Not to whoever is asked next, by the same handle, over the same connection perhaps.
  seen_ = server_->Log().size();
  options_.connections = 1;
  UrlFetcher fetcher(options_, limits_);
  fetcher.Fetch(Request(with_user(server_->Url("a.jpg"), "user:secret@")));
  fetcher.Fetch(Request(server_->Url("a.jpg")));
  fetcher.Fetch(Request(server_->SecureUrl("a.jpg")));
  UrlRequest conditional = Request(server_->Url("a.jpg"));
  conditional.known.etag = "\"other\"";
  fetcher.Fetch(conditional);
  fetcher.Fetch(Request(server_->Url("a.jpg")));
  log = Log();
  ASSERT_THAT(log, SizeIs(5));
  EXPECT_NE(log[0].authorization, "");
  for (size_t i = 1; i < 5; ++i) EXPECT_EQ(log[i].authorization, "") << i;
  EXPECT_EQ(log[3].if_none_match, "\"other\"");
  EXPECT_EQ(log[4].if_none_match, "") << "nor conditions of others";
}

// Whom neither addresses nor redirects may lead to.
TEST_F(UrlServerTest, ConnectsToNoPrivateAddress) {
  options_.allow_private = false;
  const std::string port = ":" + std::to_string(server_->port()) + "/a.jpg";
  for (const std::string host : {"127.0.0.1", "localhost", "LOCALHOST", "localhost.", "a.localhost", "[::1]", "127.1",
                                 "0x7f.1", "2130706433", "017700000001", "[::ffff:127.0.0.1]", "%31%32%37.0.0.1",
                                 "10.0.0.1", "169.254.169.254", "0.0.0.0", "[::]", "user:secret@127.0.0.1"}) {
    const Fetched fetched = Get("http://" + host + port);
    ASSERT_TRUE(fetched.error) << host;
    EXPECT_EQ(fetched.error->code, ErrorCode::kHttp);
    EXPECT_THAT(MessageOf(fetched),
                AllOf(StartsWith("its address "), HasSubstr(": not without allow-private"), Not(HasSubstr("secret"))))
        << host;
    EXPECT_FALSE(fetched.lasting) << "another run may allow it";
    EXPECT_EQ(summary_.requests, 0U) << host;
  }
  EXPECT_THAT(Log(), IsEmpty());
}

// Names are looked at where they lead to.
TEST_F(UrlFetcherTest, ConnectsToNoPrivateAddressOfAName) {
  std::vector<std::string> names = {"ip6-localhost", "ip6-loopback"};
  std::array<char, 256> own{};
  if (gethostname(own.data(), own.size() - 1) == 0) names.emplace_back(own.data());
  int tested = 0;
  options_.allow_private = false;
  options_.connect_time = seconds(1);
  for (const std::string& name : names) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(name.c_str(), "80", &hints, &found) != 0) continue;
    bool all_private = true;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      all_private = all_private && !PrivateAddressKind(one->ai_addr).empty();
    }
    freeaddrinfo(found);
    if (!all_private || !PrivateHostKind(name).empty()) continue;
    ++tested;
    const Fetched fetched = Get("http://" + name + "/a.jpg");
    ASSERT_TRUE(fetched.error) << name;
    EXPECT_THAT(MessageOf(fetched), AllOf(StartsWith("its address "), HasSubstr(": not without allow-private")))
        << name;
    EXPECT_EQ(summary_.requests, 1U) << "nothing is gained by asking again";
  }
  if (tested == 0) GTEST_SKIP() << "no name here leads to a private address";
}

TEST_F(UrlServerTest, AsksProxies) {
  options_.allow_private = false;
  const std::string address = "127.0.0.1:" + std::to_string(server_->port());
  for (const std::string& proxy :
       {address, "http://" + address, "http://localhost:" + std::to_string(server_->port())}) {
    options_.proxy = proxy;
    seen_ = server_->Log().size();
    const Fetched fetched = Get("http://example.invalid/a.jpg");
    EXPECT_TRUE(TextOf(fetched) == picture_) << proxy << ": " << MessageOf(fetched);
    EXPECT_EQ(OnlyRequest().host, "example.invalid");
  }
  EXPECT_TRUE(TextOf(Get("http://example.invalid/_/redirect/3/a.jpg")) == picture_);
  EXPECT_TRUE(TextOf(Get("http://example.invalid/_/to?url=http://other.invalid/a.jpg")) == picture_);
  // What the proxy would connect to.
  seen_ = server_->Log().size();
  EXPECT_THAT(MessageOf(Get("http://10.0.0.1/a.jpg")), HasSubstr("10.0.0.1 is private"));
  EXPECT_THAT(MessageOf(Get("http://localhost/a.jpg")), HasSubstr("localhost is loopback"));
  EXPECT_THAT(Log(), IsEmpty());
}

TEST_F(UrlServerTest, LetsNoRedirectLeadProxiesToPrivateAddresses) {
  options_.allow_private = false;
  options_.proxy = "127.0.0.1:" + std::to_string(server_->port());
  for (const std::string to :
       {"http://10.0.0.1/a.jpg", "http://127.0.0.1/a.jpg", "HTTP://127.1/a.jpg", "//10.0.0.1/a.jpg",
        "http:/10.0.0.1/a.jpg", "http:///10.0.0.1/a.jpg", "http://user@169.254.169.254/a.jpg",
        "http://0x0a000001/a.jpg", "http://%2531%2530.0.0.1/a.jpg", "//[::1]/a.jpg", "%20http://10.0.0.1/a.jpg",
        "http://localhost/a.jpg", "//localhost:80/a.jpg", "http://localhost%252e/a.jpg", "https://10.0.0.1/a.jpg"}) {
    seen_ = server_->Log().size();
    const Fetched fetched = Get("http://example.invalid/_/to?url=" + to);
    EXPECT_EQ(fetched.body, nullptr) << to;
    EXPECT_THAT(MessageOf(fetched), HasSubstr(": not without allow-private")) << to;
    EXPECT_EQ(OnlyRequest().status, 302) << to;
  }
  options_.allow_private = true;
  EXPECT_TRUE(TextOf(Get("http://example.invalid/_/to?url=//10.0.0.1/a.jpg")) == picture_);
}

TEST_F(UrlServerTest, AsksProxiesOfTheEnvironment) {
  struct Variable {
    Variable(std::string variable, const std::string& value) : name(std::move(variable)) {
      setenv(name.c_str(), value.c_str(), 1);
    }
    ~Variable() { unsetenv(name.c_str()); }
    std::string name;
  };
  options_.allow_private = false;
  const std::string address = "127.0.0.1:" + std::to_string(server_->port());
  const Variable proxy("http_proxy", "http://" + address);
  const Variable exception("no_proxy", "direct.invalid");
  Get("http://example.invalid/a.jpg");
  EXPECT_THAT(Log(), IsEmpty()) << "only if asked to";
  options_.proxy = "env";
  const Fetched fetched = Get("http://example.invalid/a.jpg");
  EXPECT_TRUE(TextOf(fetched) == picture_) << MessageOf(fetched);
  EXPECT_THAT(MessageOf(Get("http://direct.invalid/a.jpg")), HasSubstr("direct.invalid"));
  EXPECT_THAT(Log(), SizeIs(1));
  // One that is given counts for all.
  options_.proxy = address;
  EXPECT_TRUE(TextOf(Get("http://direct.invalid/a.jpg")) == picture_);
}

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
      {"HTTP/1.1 200 OK\r\n\r\n" + Picture(100), zeros},
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
  const std::string picture = Picture(1000);
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
           std::string("HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", 26) + picture,
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
    const RawServer server("HTTP/1.1 200 OK\r\n" + headers + "\r\n" + Picture(1000));
    return Get(server.Url("a.jpg")).validators;
  };
  EXPECT_EQ(validators_with("ETag: W/\"x\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            (UrlValidators{"W/\"x\"", "Sun, 06 Nov 1994 08:49:37 GMT"}));
  EXPECT_TRUE(validators_with("ETag: \"" + std::string(5000, 'x') + "\"\r\n").empty());
  EXPECT_TRUE(validators_with("ETag: \"\x1b[2J\"\r\nLast-Modified: \x01\r\n").empty());
}

TEST_F(UrlFetcherTest, TakesDatesOnlyIfTheyMakeSense) {
  const auto modified_with = [&](const std::string& date) {
    const RawServer server("HTTP/1.1 200 OK\r\nLast-Modified: " + date + "\r\n\r\n" + Picture(1000));
    return Get(server.Url("a.jpg")).modified;
  };
  EXPECT_EQ(modified_with("Sun, 06 Nov 1994 08:49:37 GMT"), seconds(784111777));
  EXPECT_EQ(modified_with("Sun, 06 Nov 9994 08:49:37 GMT"), seconds(0));
  EXPECT_EQ(modified_with("Sun, 06 Nov 1904 08:49:37 GMT"), seconds(0));
  EXPECT_EQ(modified_with("yesterday"), seconds(0));
}

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

// The one that may go over the limit is not always the first by its number.
TEST_F(UrlServerTest, GoesOnWithTheOneThatMayGoOverItsLimit) {
  limits_.held_bytes = 400 * kKilobyte;
  limits_.in_order = false;
  files_->Write("small.jpg", Picture(100));
  Ends ends;
  UrlFetcher fetcher(options_, limits_);
  Fetched held = fetcher.Fetch(Request(server_->Url("small.jpg"), 7));
  ASSERT_NE(held.body, nullptr);
  fetcher.Start(Request(server_->Url("large.jpg"), 5), ends.Keep(5));
  while (fetcher.summary().peak_held_bytes < 390 * kKilobyte) std::this_thread::sleep_for(milliseconds(1));
  fetcher.Start(Request(server_->Url("large.jpg"), 3), ends.Keep(3));
  while (fetcher.summary().requests < 3) std::this_thread::sleep_for(milliseconds(1));
  std::this_thread::sleep_for(milliseconds(200));
  held.body.reset();
  for (const uint64_t seq : {5, 3}) {
    std::optional<Fetched> fetched = ends.Take(seq);
    ASSERT_TRUE(fetched) << seq << " waits for ever";
    EXPECT_TRUE(TextOf(*fetched) == large_) << MessageOf(*fetched);
  }
}

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
  files_->Write("small.jpg", Picture(2000));
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
