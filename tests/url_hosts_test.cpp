// Whom pictures are fetched from: passwords, private addresses, proxies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/address_policy.h"
#include "pipeline/url_fetcher.h"
#include "tests/support/url_fetcher_fixture.h"

namespace tbbthumbs {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MessageOf;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TextOf;
using testing::UrlFetcherTest;
using testing::UrlServerTest;
using testing::WebRequest;

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
    const Fetched fetched = Get(std::string("http://").append(host).append(port));
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

}  // namespace
}  // namespace tbbthumbs
