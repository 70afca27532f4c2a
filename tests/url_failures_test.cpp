// What is said of pictures on the web that do not come, and what is asked for again.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/url_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ProcessResult;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAreArray;

class UrlFailuresTest : public testing::UrlFixture {
 protected:
  static constexpr int kGood = 60;

  // Of those whose connection is lost the system says now this, now that.
  struct Bad {
    std::string address;
    std::string code;
    std::string reason;    // what the message begins with
    bool lasting = false;  // not asked for again by the next run
  };

  void SetUp() override {
    UrlFixture::SetUp();
    if (IsSkipped()) return;
    const auto jpeg = testing::JpegFile({120, 90});
    const auto png = testing::PngFile({120, 90});
    for (int i = 0; i < kGood; ++i) {
      tree_.Write("web/good/" + std::to_string(i) + ".jpg", i % 5 == 0 ? png : jpeg);
      good_.push_back(Url("good/" + std::to_string(i) + ".jpg"));
    }
    tree_.Write("web/big.jpg", testing::JpegFile({1200, 900}));
    tree_.Write("web/cut.jpg", std::span<const std::byte>(jpeg).first(jpeg.size() / 2));
    tree_.Write("web/page.jpg", std::string(100'000, '<'));
    good_.push_back(Url("_/flaky/1/500/a/good/1.jpg"));
    good_.push_back(Url("_/flaky/1/503/b/good/1.jpg?retry_after=1"));
    good_.push_back(Url("_/reset/1/c/good/1.jpg"));
    good_.push_back(Url("_/hangup/1/d/good/1.jpg"));
    good_.push_back(Url("_/redirect/5/good/1.jpg"));
    good_.push_back(Url("_/chunked/big.jpg"));
    bad_ = {
        {Url("missing.jpg"), "http", "its server answered 404 Not Found", true},
        {Url("_/status/410"), "http", "its server answered 410 Gone", true},
        {Url("_/status/204"), "http", "its server answered 204"},
        {Url("_/status/500"), "http", "its server answered 500 Internal Server Error (asked 2 times)"},
        {Url("_/status/503?retry_after=1"), "http", "its server answered 503 Service Unavailable (asked 2 times)"},
        {Url("_/auth/good/1.jpg"), "http", "its server answered 401 Unauthorized", true},
        {Url("_/cut/1000/big.jpg"), "http", "transfer closed with "},
        {Url("_/reset/99/e/good/1.jpg"), "http", ""},
        {Url("_/hangup/99/f/good/1.jpg"), "http", ""},
        {Url("_/stall/1000/big.jpg"), "http", "Operation too slow."},
        {Url("_/loop/a.jpg"), "http", "over 5 redirects", true},
        {Url("_/redirect/6/good/1.jpg"), "http", "over 5 redirects", true},
        {Url("_/to?url=ftp://127.0.0.1/a.jpg"), "http", "it redirects to what is neither http nor https", true},
        {Url("_/to?url=file:///etc/hostname"), "http", "it redirects to what is neither http nor https", true},
        {server_->UntrustedUrl("good/1.jpg"), "http", "its server's certificate is not to be trusted: "},
        {"http://no-such-host.invalid/a.jpg", "http", "Could not resolve host: no-such-host.invalid"},
        {"http://127.0.0.1:1/a.jpg", "http", "Failed to connect to 127.0.0.1 port 1"},
        {Url("_/html.jpg"), "unsupported", "not a picture of a known format (sent as image/jpeg)"},
        {Url("page.jpg"), "unsupported", "not a picture of a known format (sent as image/jpeg)", true},
        {Url("_/gzip/page.jpg"), "unsupported", "not a picture of a known format (sent as image/jpeg), compressed",
         true},
        {Url("_/giant/300000000"), "too_large", "it has more than "},
        {Url("_/giant_length/300000000"), "too_large", "its server announces 300000000 bytes: over the limit of "},
        {Url("cut.jpg"), "truncated", "", true},
        {"good/1.jpg", "unsupported", "no address of a picture: it begins neither with http://"},
        {"ftp://127.0.0.1/a.jpg", "unsupported", "no address of a picture: it begins neither with http://"},
        {"http://127.0.0.1:99999/a.jpg", "unsupported", "no address of a picture: Port number "},
        {"http://", "unsupported", "no address of a picture: No host part"},
    };
    // Bad ones among good ones, each with good ones behind it.
    for (size_t i = 0; i < std::max(good_.size(), bad_.size()); ++i) {
      if (i < bad_.size()) lines_.push_back(bad_[i].address);
      if (i < good_.size()) lines_.push_back(good_[i]);
    }
    WriteList(lines_);
  }

  // Those that have the memory for no giant.
  ProcessResult FetchAll(const Words& words = {}) const {
    return Fetch(Joined({"--retries", "1", "--stall-timeout", "1", "--memory", "128M"}, words), 1);
  }

  // Requests for each path, redirects not followed.
  std::map<std::string, size_t> Asked() const {
    std::map<std::string, size_t> asked;
    for (const auto& request : server_->Log()) ++asked[request.uri];
    return asked;
  }

  void ExpectSaysWhy(const ProcessResult& result) const {
    for (const Bad& bad : bad_) {
      EXPECT_EQ(LinesWith(result.err, "tbbthumbs: " + bad.address + ": "), 1u) << bad.address << "\n" << result.err;
      EXPECT_EQ(LinesWith(result.err, "tbbthumbs: " + bad.address + ": " + bad.code + ": " + bad.reason), 1u)
          << bad.address << "\n"
          << result.err;
    }
    EXPECT_EQ(LinesWith(result.err, "tbbthumbs: "), bad_.size()) << result.err;
  }

  static uint64_t Sum(const nlohmann::json& summary) {
    uint64_t sum = 0;
    for (const char* end :
         {"made", "planned", "up_to_date", "failed", "not_pictures", "unsupported", "filtered", "left"}) {
      sum += summary.value(end, uint64_t{0});
    }
    return sum;
  }

  Words good_;
  std::vector<Bad> bad_;
  Words lines_;
};

class UrlFailuresInOrderTest : public UrlFailuresTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(UrlFailuresInOrderTest, EachHasItsReasonAndAllOthersAreMade) {
  const ProcessResult first = FetchAll({"--order", GetParam()});
  ExpectSaysWhy(first);
  const auto summary = Summary(first);
  EXPECT_EQ(summary["inputs"], lines_.size());
  EXPECT_EQ(summary["made"], good_.size());
  EXPECT_EQ(summary["failed"], bad_.size());
  EXPECT_EQ(summary["known_failures"], 0);
  EXPECT_EQ(Sum(summary), lines_.size());
  std::map<std::string, uint64_t> codes;
  for (const Bad& bad : bad_) ++codes[bad.code];
  EXPECT_EQ(summary["failed_by_code"], nlohmann::json(codes));
  EXPECT_EQ(Tree("out").size(), good_.size());

  const auto records = JsonLines(first.out);
  ASSERT_EQ(records.size(), lines_.size() + 1);
  std::map<std::string, std::string> outcomes;
  for (const auto& record : records) {
    if (record["type"] == "picture") outcomes[record["input"]] = record["outcome"];
  }
  for (const std::string& address : good_) EXPECT_EQ(outcomes[address], "made") << address;
  for (const Bad& bad : bad_) EXPECT_EQ(outcomes[bad.address], "failed") << bad.address;
  const auto asked = Asked();
  EXPECT_EQ(asked.at("/_/status/500"), 2u);
  EXPECT_EQ(asked.at("/_/cut/1000/big.jpg"), 2u);
  for (const char* once : {"/missing.jpg", "/_/status/410", "/_/auth/good/1.jpg", "/page.jpg", "/cut.jpg"}) {
    EXPECT_EQ(asked.at(once), 1u) << once << ": nothing is to be hoped for";
  }
  EXPECT_EQ(asked.at("/_/flaky/1/500/a/good/1.jpg"), 2u);

  // The journal knows them; what begins as an address and is none it can't.
  std::set<std::string> known;
  for (const Bad& bad : bad_) {
    const bool is_url = bad.address.starts_with("http") && !bad.reason.starts_with("no address");
    if (is_url) known.insert(bad.address);
  }
  std::set<std::string> failed;
  for (const auto& record : JsonLines(Run({"failed", "out", "--json"}).out)) {
    const std::string input = record["input"];
    if (input.starts_with("http")) failed.insert(input);
  }
  EXPECT_EQ(failed, known);
}

INSTANTIATE_TEST_SUITE_P(, UrlFailuresInOrderTest, ::testing::Values("list", "arrival"),
                         [](const auto& param) { return std::string(param.param); });

TEST_F(UrlFailuresTest, TheNextRunAsksAgainWhereThatMayHelp) {
  const ProcessResult first = FetchAll();
  const auto before = Asked();
  const auto thumbnails = Tree("out");
  const ProcessResult second = FetchAll();
  ExpectSaysWhy(second);
  ExpectSame(Tree("out"), thumbnails);
  const auto between = Asked();
  uint64_t lasting = 0;
  for (const Bad& bad : bad_) {
    if (!bad.address.starts_with(Url(""))) continue;
    const std::string path = bad.address.substr(Url("").size() - 1);
    const size_t more = between.at(path) - before.at(path);
    const bool is_asked_if_changed = bad.code == "truncated" || path.ends_with("/page.jpg");
    if (bad.lasting) {
      EXPECT_EQ(more, is_asked_if_changed ? 1u : 0u) << path;
    } else {
      EXPECT_GE(more, 1u) << path;
    }
    lasting += bad.lasting ? 1 : 0;
  }
  EXPECT_EQ(Summary(second)["known_failures"], lasting);
  EXPECT_EQ(Summary(second)["up_to_date"], good_.size() - 1);
  EXPECT_EQ(Summary(second)["made"], 1) << "one comes without a word to ask by";
  EXPECT_EQ(Summary(second)["urls"]["not_modified"], good_.size() - 1 + 3);

  const ProcessResult third = FetchAll({"--retry-failed"});
  ExpectSaysWhy(third);
  EXPECT_EQ(Summary(third)["known_failures"], 0);
  const auto after = Asked();
  for (const Bad& bad : bad_) {
    if (!bad.address.starts_with(Url(""))) continue;
    const std::string path = bad.address.substr(Url("").size() - 1);
    EXPECT_GE(after.at(path) - between.at(path), 1u) << path;
  }
}

TEST_F(UrlFailuresTest, WhatIsMendedOnTheServerIsMade) {
  WriteList({Url("missing.jpg"), Url("cut.jpg"), Url("page.jpg")});
  Fetch({}, 1);
  tree_.Write("web/cut.jpg", testing::JpegFile({50, 40}));
  tree_.Write("web/page.jpg", testing::JpegFile({50, 40}));
  tree_.Write("web/missing.jpg", testing::JpegFile({50, 40}));
  const auto second = Summary(Fetch({}, 1));
  EXPECT_EQ(second["made"], 2);
  EXPECT_EQ(second["known_failures"], 1) << "404 is believed";
  EXPECT_EQ(Summary(Fetch({"--retry-failed"}))["made"], 1);
  EXPECT_EQ(Run({"failed", "out"}).out, "");
}

TEST_F(UrlFailuresTest, WhatTheFilterLeavesOutIsNotFetchedToItsEnd) {
  WriteList({Url("_/giant/300000000"), Url("_/giant_length/300000000"), Url("big.jpg"), Url("good/1.jpg")});
  const auto summary = Summary(Fetch({"--max-input-bytes", "20K"}));
  EXPECT_EQ(summary["made"], 1);
  EXPECT_EQ(summary["filtered"], 3);
  EXPECT_LT(summary["urls"]["bytes"], 10'000'000);
}

// What listens on a port may be anything: it greets whoever connects, and hears what is said until that ends.
class OtherServer {
 public:
  OtherServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0) << std::strerror(errno);
    EXPECT_EQ(listen(listener_, 8), 0) << std::strerror(errno);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Serve(); });
  }
  ~OtherServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  OtherServer(const OtherServer&) = delete;
  OtherServer& operator=(const OtherServer&) = delete;
  int port() const { return port_; }

 private:
  void Serve() const {
    constexpr std::string_view kGreeting = "220 mail.example.org ESMTP\r\n";
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; close(fd)) {
      static_cast<void>(send(fd, kGreeting.data(), kGreeting.size(), MSG_NOSIGNAL));
      shutdown(fd, SHUT_WR);
      char buffer[256];
      while (recv(fd, buffer, sizeof buffer, 0) > 0) continue;
    }
  }

  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::jthread thread_;
};

TEST_F(UrlFailuresTest, AServerOfSomethingElse) {
  const OtherServer server;
  const std::string address = "http://127.0.0.1:" + std::to_string(server.port()) + "/a.jpg";
  WriteList({address});
  const ProcessResult result = Fetch({"--retries", "0"}, 1);
  EXPECT_EQ(LinesWith(result.err, "tbbthumbs: " + address + ": http: its server does not speak HTTP"), 1u)
      << result.err;
  EXPECT_EQ(Summary(Fetch({"--retries", "0"}, 1))["known_failures"], 0) << "another may listen there tomorrow";
}

class UrlPrivateTest : public testing::UrlFixture {};

TEST_F(UrlPrivateTest, PrivateAddressesAreNotAskedUnlessAllowed) {
  tree_.Write("web/a.jpg", testing::JpegFile({50, 40}));
  const std::string port = std::to_string(server_->port());
  WriteList({Url("a.jpg"), "http://localhost:" + port + "/a.jpg", "http://[::1]:" + port + "/a.jpg",
             "http://[::ffff:127.0.0.1]:" + port + "/a.jpg", "http://2130706433:" + port + "/a.jpg",
             "http://0x7f.1:" + port + "/a.jpg", "http://127.1:" + port + "/a.jpg", "http://0:" + port + "/a.jpg",
             "http://localhost.:" + port + "/a.jpg", "http://LOCALHOST:" + port + "/a.jpg", "http://10.1.2.3/a.jpg",
             "http://169.254.169.254/latest/meta-data/"});
  const ProcessResult result = Run({"--urls", "urls.txt", "-o", "out", "--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_EQ(LinesWith(result.err, "not without allow-private"), 12u) << result.err;
  EXPECT_EQ(Summary(result)["failed_by_code"]["http"], 12);
  EXPECT_THAT(server_->Log(), IsEmpty());
  // It is no word for ever.
  EXPECT_EQ(Summary(Run({Url("a.jpg"), "-o", "out", "--allow-private", "--json"}))["made"], 1);
}

}  // namespace
}  // namespace tbbthumbs
