// The command when it is stopped while pictures come from the web.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/url_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;
using testing::Process;
using testing::ProcessResult;

class UrlStopTest : public testing::UrlFixture {
 protected:
  // Far longer than an end takes, far shorter than what it is not to wait for.
  static constexpr std::chrono::seconds kSoon{15};

  void SetUp() override {
    UrlFixture::SetUp();
    if (IsSkipped()) return;
    for (int i = 0; i < 8; ++i) {
      const std::string path = "in/" + std::to_string(i) + ".jpg";
      tree_.Write("web/" + path, testing::JpegFile({900, 600}));
      good_.push_back(Url(path));
    }
  }

  testing::ProcessOptions Options() const {
    testing::ProcessOptions options;
    options.directory = tree_.root();
    options.environment["TZ"] = "UTC";
    return options;
  }

  // Until so many transfers are under way, or have been.
  void WaitForTransfers(const Process& process, size_t count) const {
    while (server_->MostAtOnce() < count) {
      ASSERT_FALSE(process.HasEnded());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  // Stops it, and expects that it ends soon and says what is left of so many inputs.
  void StopAndExpectLeft(Process& process, size_t inputs) const {
    const auto begin = std::chrono::steady_clock::now();
    process.Signal(SIGINT);
    const ProcessResult result = process.Wait();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kSoon);
    EXPECT_EQ(result.exit_code, 130) << result.err;
    EXPECT_THAT(result.err, HasSubstr("(stopped)\n"));
    const auto summary = Summary(result);
    ASSERT_EQ(summary.value("type", ""), "summary") << result.err;
    EXPECT_EQ(summary["stopped"], true);
    EXPECT_EQ(summary["failed"], 0) << result.err;
    EXPECT_EQ(summary["inputs"], inputs);
    EXPECT_EQ(summary["made"].get<size_t>() + summary["left"].get<size_t>(), inputs) << summary;
    EXPECT_GT(summary["left"], 0);
    const auto files = Tree("out");
    EXPECT_EQ(files.size(), summary["made"].get<size_t>());
    for (const auto& [name, bytes] : files) EXPECT_THAT(bytes, ::testing::EndsWith("\xff\xd9")) << name;
    EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out/.tbbthumbs/tmp"));
    EXPECT_EQ(Run({"failed", "out"}).out, "") << "what was stopped has not failed";
  }

  Words good_;
};

struct StopCase {
  const char* name;
  std::vector<std::string> words;
};

class UrlStopInOrderTest : public UrlStopTest, public ::testing::WithParamInterface<StopCase> {};

TEST_P(UrlStopInOrderTest, SlowAndStalledTransfersAreDroppedAndTheNextRunGoesOn) {
  // Each of the first would take minutes, or for ever.
  Words lines{Url("_/stall/3000/in/0.jpg"), Url("_/slow/300/in/1.jpg"), Url("_/delay/600000/in/2.jpg"),
              Url("_/stall/0/in/3.jpg")};
  lines.insert(lines.end(), good_.begin(), good_.end());
  WriteList(lines);
  const Words words = Joined({"--save-originals", "originals", "--stall-timeout", "600"}, GetParam().words);
  Process process(TBBTHUMBS_COMMAND, FetchLine(words), Options());
  ASSERT_NO_FATAL_FAILURE(WaitForTransfers(process, 4));
  ASSERT_NO_FATAL_FAILURE(StopAndExpectLeft(process, lines.size()));
  for (const auto& [name, bytes] : Tree("originals")) EXPECT_TRUE(bytes == tree_.Read("web/in/0.jpg")) << name;
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "originals/.tbbthumbs"));

  WriteList(good_);
  const auto again = Summary(Fetch(words));
  EXPECT_EQ(again["made"].get<size_t>() + again["up_to_date"].get<size_t>(), good_.size());
  EXPECT_EQ(again["failed"], 0);
  EXPECT_EQ(Tree("out").size(), good_.size());
}

INSTANTIATE_TEST_SUITE_P(, UrlStopInOrderTest,
                         ::testing::Values(StopCase{"List", {}}, StopCase{"Arrival", {"--order", "arrival"}},
                                           StopCase{"ListInMemory", {"--memory", "64M"}},
                                           StopCase{"ArrivalInMemory", {"--memory", "64M", "--order", "arrival"}},
                                           StopCase{"NamedByBytes", {"--name", "{dir}/{stem}_{input_hash:4}"}}),
                         [](const auto& param) { return param.param.name; });

// Over HTTP/1.1, HTTP/2, and HTTP/1.1 with TLS.
class UrlSlowOnesTest : public UrlStopTest, public ::testing::WithParamInterface<int> {};

TEST_P(UrlSlowOnesTest, DoNotHoldUpOthersInArrivalOrder) {
  const bool secure = GetParam() > 0;
  if (GetParam() == 2) {
    server_ = nullptr;
    server_ = std::make_unique<testing::WebServer>(tree_.root() / "web", testing::WebServerOptions{.http2 = false});
  }
  const auto url = [&](const std::string& path) { return secure ? server_->SecureUrl(path) : server_->Url(path); };
  Words lines{url("_/stall/3000/in/0.jpg"), url("_/delay/600000/in/1.jpg")};
  for (int i = 0; i < 8; ++i) lines.push_back(url("in/" + std::to_string(i) + ".jpg"));
  WriteList(lines);
  // Libcurl may have the first wait for each other now and then.
  for (int i = 0; i < 6; ++i) {
    std::filesystem::remove_all(tree_.root() / "out");
    Process process(TBBTHUMBS_COMMAND,
                    FetchLine({"--order", "arrival", "--stall-timeout", "600", "--cacert",
                               server_->certificate_authority().string()}),
                    Options());
    for (size_t k = 2; k < lines.size(); ++k) {
      ASSERT_TRUE(process.WaitForOutput(lines[k] + "\",\"outcome\":\"made\"")) << "what waits for nothing waits";
    }
    ASSERT_NO_FATAL_FAILURE(StopAndExpectLeft(process, lines.size()));
    EXPECT_EQ(Tree("out").size(), size_t{8});
  }
}

INSTANTIATE_TEST_SUITE_P(, UrlSlowOnesTest, ::testing::Values(0, 1, 2), [](const auto& param) {
  return std::string(param.param == 0 ? "Http1" : param.param == 1 ? "Http2" : "Http1OverTls");
});

class UrlRoomTest : public UrlStopTest, public ::testing::WithParamInterface<const char*> {};

// Bodies for which there is no room yet.
TEST_P(UrlRoomTest, TransfersThatWaitForItAreDropped) {
  const auto large = testing::PngFile({1400, 1000});
  Words lines{Url("_/stall/3000/in/0.jpg")};
  for (int i = 0; i < 8; ++i) {
    tree_.Write("web/large" + std::to_string(i) + ".png", large);
    lines.push_back(Url("large" + std::to_string(i) + ".png"));
  }
  ASSERT_GT(large.size(), 1'000'000u);
  WriteList(lines);
  Process process(TBBTHUMBS_COMMAND,
                  FetchLine({"--memory", "64M", "--order", GetParam(), "--stall-timeout", "600", "--per-host", "16"}),
                  Options());
  ASSERT_NO_FATAL_FAILURE(WaitForTransfers(process, 2));
  StopAndExpectLeft(process, lines.size());
}

INSTANTIATE_TEST_SUITE_P(, UrlRoomTest, ::testing::Values("list", "arrival"),
                         [](const auto& param) { return std::string(param.param); });

// A port that takes no connections any more, and refuses none.
class FullPort {
 public:
  FullPort() {
    listener_ = Socket();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0) << std::strerror(errno);
    EXPECT_EQ(listen(listener_, 0), 0) << std::strerror(errno);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 8; ++i) {
      sockets_.push_back(Socket());
      static_cast<void>(connect(sockets_.back(), reinterpret_cast<sockaddr*>(&address), size));
    }
  }
  ~FullPort() {
    for (const int fd : sockets_) close(fd);
    close(listener_);
  }
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;
  int port() const { return port_; }

 private:
  static int Socket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }
  int listener_ = -1;
  int port_ = 0;
  std::vector<int> sockets_;
};

TEST_F(UrlStopTest, WhileConnectionsAreNotTaken) {
  const FullPort port;
  const std::string server = "http://127.0.0.1:" + std::to_string(port.port());
  WriteList({server + "/a.jpg", server + "/b.jpg", good_[0]});
  Process process(TBBTHUMBS_COMMAND, FetchLine({"--connect-timeout", "600"}), Options());
  ASSERT_NO_FATAL_FAILURE(WaitForTransfers(process, 1));
  StopAndExpectLeft(process, 3);
  // Without a stop they are given up after their time.
  const ProcessResult result = Fetch({"--connect-timeout", "1", "--retries", "0"}, 1);
  EXPECT_EQ(Summary(result)["failed_by_code"]["http"], 2) << result.err;
  EXPECT_EQ(Summary(result)["made"].get<int>() + Summary(result)["up_to_date"].get<int>(), 1);
}

TEST_F(UrlStopTest, WhileItWaitsToAskAgain) {
  WriteList({Url("_/status/503?retry_after=600"), good_[0]});
  Process process(TBBTHUMBS_COMMAND, FetchLine({"--retries", "20"}), Options());
  while (server_->Requests("/_/status/503?retry_after=600") == 0) {
    ASSERT_FALSE(process.HasEnded());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  StopAndExpectLeft(process, 2);
}

// Nobody ends the list.
TEST_F(UrlStopTest, WhileTheListIsWritten) {
  const std::string path = (tree_.root() / "urls.txt").string();
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0) << std::strerror(errno);
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  const std::string line = good_[0] + "\n";
  ASSERT_EQ(write(fd, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  Process process(TBBTHUMBS_COMMAND, FetchLine(), Options());
  EXPECT_TRUE(process.WaitForOutput("\"outcome\":\"made\"")) << "before the list has ended";
  process.Signal(SIGINT);
  const ProcessResult result = process.Wait();
  close(fd);
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_EQ(Summary(result)["made"], 1);
  EXPECT_FALSE(result.timed_out);
}

}  // namespace
}  // namespace tbbthumbs
