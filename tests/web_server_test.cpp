// The web server that other tests fetch from.
#include "tests/support/web_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <cctype>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/free_ports.h"
#include "tests/support/process.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using testing::FindProgram;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using testing::Process;
using testing::ProcessResult;
using testing::RunProcess;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TempTree;
using ::testing::ThrowsMessage;
using testing::WebRequest;
using testing::WebServer;

// Of curl.
constexpr int kPartOnly = 18;
constexpr int kNoAnswer = 52;
constexpr int kConnectionLost = 56;
constexpr int kBadCertificate = 60;
constexpr int kStreamLost = 92;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class WebServerTest : public ::testing::Test {
 protected:
  struct Answer {
    int exit_code = 0;  // curl's
    std::string status;
    std::string protocol;
    std::map<std::string, std::string> headers;  // of the last answer; names in small letters
    std::string body;
  };

  static void SetUpTestSuite() {
    std::string why;
    if (!WebServer::Available(&why)) return;
    files_ = std::make_unique<TempTree>();
    for (size_t i = 0; i < 100000; ++i) picture_ += static_cast<char>(i * i >> 7);
    files_->Write("a.jpg", picture_);
    files_->Write("in/b c.txt", "small\n");
    server_ = std::make_unique<WebServer>(files_->root());
  }
  static void TearDownTestSuite() {
    server_.reset();
    files_.reset();
    picture_.clear();
  }

  void SetUp() override {
    std::string why;
    if (!WebServer::Available(&why)) GTEST_SKIP() << why;
    if (!FindProgram("curl")) GTEST_SKIP() << "curl is not installed";
  }

  ProcessResult RunCurl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"-q", "-sS", "--noproxy", "*", "--cacert", server_->certificate_authority().string()});
    return RunProcess(*FindProgram("curl"), arguments);
  }

  Answer Get(const std::string& url, std::vector<std::string> arguments = {}) const {
    TempTree got;
    arguments.insert(arguments.begin(), {"-o", got.root() / "body", "-D", got.root() / "headers", "-w",
                                         "%{http_code} %{http_version}", url});
    const ProcessResult result = RunCurl(arguments);
    Answer answer;
    answer.exit_code = result.exit_code;
    std::istringstream(result.out) >> answer.status >> answer.protocol;
    answer.body = got.Read("body");
    for (const std::string& line : Lines(got.Read("headers"))) {
      if (line.starts_with("HTTP/")) answer.headers.clear();
      const size_t colon = line.find(": ");
      if (colon == std::string::npos) continue;
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      answer.headers[name] = line.substr(colon + 2, line.find('\r') - colon - 2);
    }
    return answer;
  }

  static inline std::unique_ptr<TempTree> files_;
  static inline std::string picture_;
  static inline std::unique_ptr<WebServer> server_;
};

TEST_F(WebServerTest, ServesFilesInClearAndOverTls) {
  const Answer clear = Get(server_->Url("a.jpg"));
  EXPECT_EQ(clear.status, "200");
  EXPECT_EQ(clear.protocol, "1.1");
  EXPECT_EQ(clear.headers.at("content-type"), "image/jpeg");
  EXPECT_EQ(clear.headers.at("content-length"), "100000");
  EXPECT_TRUE(clear.body == picture_);
  const Answer secure = Get(server_->SecureUrl("/in/b%20c.txt"));
  EXPECT_EQ(secure.protocol, "2");
  EXPECT_EQ(secure.body, "small\n");
  EXPECT_EQ(Get(server_->SecureUrl("/a.jpg"), {"--http1.1"}).protocol, "1.1");
  EXPECT_EQ(Get(server_->Url("none.jpg")).status, "404");
  EXPECT_EQ(Get(server_->Url("_/none")).status, "404");
}

TEST_F(WebServerTest, TheOtherCertificateIsNotTrusted) {
  EXPECT_EQ(Get(server_->UntrustedUrl("a.jpg")).exit_code, kBadCertificate);
  EXPECT_TRUE(Get(server_->UntrustedUrl("a.jpg"), {"--insecure"}).body == picture_);
}

TEST_F(WebServerTest, AnswersConditionalRequests) {
  const Answer plain = Get(server_->Url("a.jpg"));
  const std::string by_tag = "If-None-Match: " + plain.headers.at("etag");
  const std::string by_date = "If-Modified-Since: " + plain.headers.at("last-modified");
  EXPECT_EQ(Get(server_->Url("a.jpg"), {"-H", by_tag}).status, "304");
  EXPECT_EQ(Get(server_->Url("a.jpg"), {"-H", by_date}).status, "304");
  EXPECT_EQ(Get(server_->Url("a.jpg"), {"-H", "If-None-Match: \"other\""}).status, "200");
  const Answer tag_only = Get(server_->Url("_/etag/a.jpg"), {"-H", by_tag});
  EXPECT_EQ(tag_only.status, "304");
  EXPECT_FALSE(tag_only.headers.contains("last-modified"));
  const Answer date_only = Get(server_->Url("_/date/a.jpg"), {"-H", by_date});
  EXPECT_EQ(date_only.status, "304");
  EXPECT_FALSE(date_only.headers.contains("etag"));
  const Answer none = Get(server_->Url("_/noetag/a.jpg"), {"-H", by_date});
  EXPECT_EQ(none.status, "200");
  EXPECT_FALSE(none.headers.contains("etag"));
  EXPECT_FALSE(none.headers.contains("last-modified"));
}

TEST_F(WebServerTest, SaysAnyStatus) {
  const Answer busy = Get(server_->Url("_/status/503?retry_after=7"));
  EXPECT_EQ(busy.status, "503");
  EXPECT_EQ(busy.headers.at("retry-after"), "7");
  EXPECT_EQ(busy.body, "status 503\n");
  EXPECT_FALSE(Get(server_->Url("_/status/404/x.jpg")).headers.contains("retry-after"));
  EXPECT_EQ(Get(server_->Url("_/status/204")).status, "204");
}

TEST_F(WebServerTest, FailsAtFirst) {
  for (const char* status : {"429", "429", "200", "200"}) {
    EXPECT_EQ(Get(server_->Url("_/flaky/2/429/first/a.jpg")).status, status);
  }
  EXPECT_EQ(Get(server_->Url("_/flaky/1/429/second/a.jpg?retry_after=3")).headers.at("retry-after"), "3");
  EXPECT_EQ(Get(server_->Url("_/reset/1/third/a.jpg")).exit_code, kConnectionLost);
  EXPECT_TRUE(Get(server_->Url("_/reset/1/third/a.jpg")).body == picture_);
  EXPECT_EQ(Get(server_->Url("_/hangup/1/fourth/a.jpg")).exit_code, kNoAnswer);
  EXPECT_TRUE(Get(server_->Url("_/hangup/1/fourth/a.jpg")).body == picture_);
  EXPECT_EQ(Get(server_->SecureUrl("_/hangup/1/fifth/a.jpg")).exit_code, kStreamLost);
}

TEST_F(WebServerTest, Redirects) {
  EXPECT_EQ(Get(server_->Url("_/redirect/3/in/b%20c.txt")).headers.at("location"), "/_/redirect/2/in/b%20c.txt");
  EXPECT_EQ(Get(server_->Url("_/redirect/3/in/b%20c.txt"), {"-L"}).body, "small\n");
  EXPECT_EQ(Get(server_->Url("_/redirect/1/a.jpg?status=308")).status, "308");
  const Answer away = Get(server_->Url("_/to/x.jpg?url=http%3A%2F%2Fx.example%2Fy%3Fz%3D1"));
  EXPECT_EQ(away.status, "302");
  EXPECT_EQ(away.headers.at("location"), "http://x.example/y?z=1");
  EXPECT_EQ(Get(server_->Url("_/loop")).headers.at("location"), "/_/loop");
}

TEST_F(WebServerTest, EndsAnswersEarly) {
  const Answer cut = Get(server_->Url("_/cut/1000/a.jpg"));
  EXPECT_EQ(cut.exit_code, kPartOnly);
  EXPECT_EQ(cut.headers.at("content-length"), "100000");
  EXPECT_TRUE(cut.body == picture_.substr(0, 1000));
  EXPECT_EQ(Get(server_->SecureUrl("_/cut/1000/a.jpg")).exit_code, kStreamLost);
  Process stalled(*FindProgram("curl"), {"-q", "-sS", "-N", "--noproxy", "*", server_->Url("_/stall/1000/a.jpg")});
  EXPECT_TRUE(stalled.WaitForOutput(picture_.substr(0, 1000)));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_FALSE(stalled.HasEnded());
}

TEST_F(WebServerTest, SendsInManyWays) {
  const Answer chunked = Get(server_->Url("_/chunked/a.jpg"));
  EXPECT_EQ(chunked.headers.at("transfer-encoding"), "chunked");
  EXPECT_FALSE(chunked.headers.contains("content-length"));
  EXPECT_TRUE(chunked.body == picture_);
  EXPECT_TRUE(Get(server_->Url("_/slow/500000/a.jpg")).body == picture_);
  EXPECT_TRUE(Get(server_->Url("_/delay/10/a.jpg")).body == picture_);
  const Answer packed = Get(server_->Url("_/gzip/in/b%20c.txt"));
  EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
  EXPECT_THAT(packed.body, StartsWith("\x1f\x8b"));
  EXPECT_EQ(Get(server_->Url("_/gzip/in/b%20c.txt"), {"--compressed"}).body, "small\n");
  const Answer giant = Get(server_->Url("_/giant/1000000"));
  EXPECT_THAT(giant.body, SizeIs(1000000));
  EXPECT_THAT(giant.body, StartsWith("\xff\xd8\xff\xe0"));
  EXPECT_FALSE(giant.headers.contains("content-length"));
  EXPECT_EQ(Get(server_->Url("_/giant_length/1000000/x.jpg")).headers.at("content-length"), "1000000");
  const Answer page = Get(server_->Url("_/html.jpg"));
  EXPECT_EQ(page.headers.at("content-type"), "image/jpeg");
  EXPECT_THAT(page.body, HasSubstr("<html>"));
}

TEST_F(WebServerTest, AsksForAPassword) {
  EXPECT_EQ(Get(server_->Url("_/auth/a.jpg")).status, "401");
  EXPECT_EQ(Get(server_->Url("_/auth/a.jpg"), {"--user", "user:wrong"}).status, "401");
  EXPECT_TRUE(Get(server_->Url("_/auth/a.jpg"), {"--user", "user:secret"}).body == picture_);
}

TEST_F(WebServerTest, KeepsALog) {
  const WebServer server(files_->root());
  EXPECT_THAT(server.Log(), IsEmpty());
  RunCurl({"-A", "agent of a test", "-H", "If-None-Match: \"tag\"", "-o", "/dev/null", "-o", "/dev/null",
           server.Url("a.jpg"), server.Url("none.jpg?x=1")});
  Get(server.Url("a.jpg"));
  const std::vector<WebRequest> requests = server.Log();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].uri, "/a.jpg");
  EXPECT_EQ(requests[0].status, 200);
  EXPECT_EQ(requests[0].protocol, "HTTP/1.1");
  EXPECT_EQ(requests[0].body_bytes, picture_.size());
  EXPECT_EQ(requests[0].user_agent, "agent of a test");
  EXPECT_EQ(requests[0].if_none_match, "\"tag\"");
  EXPECT_EQ(requests[0].host, "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(requests[1].uri, "/none.jpg?x=1");
  EXPECT_EQ(requests[1].status, 404);
  EXPECT_EQ(requests[1].connection, requests[0].connection);
  EXPECT_NE(requests[2].connection, requests[0].connection);
  EXPECT_EQ(server.Requests("a.jpg"), 2);
  EXPECT_EQ(server.Requests("/none.jpg?x=1"), 1);
  EXPECT_EQ(server.Requests("none.jpg"), 0);
  EXPECT_EQ(server.MostAtOnce(), 1);
}

TEST_F(WebServerTest, CountsWhatIsServedAtOnce) {
  const WebServer server(files_->root());
  const std::string authority = server.certificate_authority();
  const std::string url = server.SecureUrl("_/delay/1000/a.jpg?[1-5]");
  EXPECT_EQ(RunCurl({"--cacert", authority, "--parallel", "--parallel-max", "5", "-o", "/dev/null", url}).exit_code, 0);
  EXPECT_THAT(server.Log(), SizeIs(5));
  EXPECT_THAT(server.Log(), Each(Field(&WebRequest::connection, server.Log()[0].connection)));
  EXPECT_THAT(server.MostAtOnce(), AllOf(Ge(2), Le(5)));
}

TEST_F(WebServerTest, ListensOnIpv6Too) {
  if (!testing::HasLoopbackIpv6()) GTEST_SKIP() << "no IPv6 here";
  EXPECT_NE(Get(server_->Ipv6Url("a.jpg")).exit_code, 0);
  testing::WebServerOptions options;
  options.ipv6 = true;
  options.http2 = false;
  const WebServer server(files_->root(), options);
  EXPECT_TRUE(Get(server.Ipv6Url("a.jpg")).body == picture_);
  EXPECT_EQ(Get(server.SecureUrl("a.jpg"), {"--cacert", server.certificate_authority()}).protocol, "1.1");
}

TEST_F(WebServerTest, LeavesNothing) {
  auto server = std::make_unique<WebServer>(files_->root());
  const std::filesystem::path process = "/proc/" + std::to_string(server->pid());
  const std::filesystem::path directory = server->certificate_authority().parent_path();
  ASSERT_TRUE(std::filesystem::exists(process));
  ASSERT_TRUE(std::filesystem::exists(directory));
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(process));
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(WebServerTest, SaysThatItIsDead) {
  const WebServer server(files_->root());
  kill(server.pid(), SIGKILL);
  // Not so when dead and not waited for, either.
  const std::filesystem::path executable = "/proc/" + std::to_string(server.pid()) + "/exe";
  while (std::filesystem::exists(executable)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_THAT([&] { server.Log(); }, ThrowsMessage<std::runtime_error>(HasSubstr("does not answer")));
}

}  // namespace
}  // namespace tbbthumbs
