// Pictures fetched from a real server, by a fetcher of each test's own.
#ifndef TBBTHUMBS_TESTS_SUPPORT_URL_FETCHER_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_URL_FETCHER_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/url_fetcher.h"
#include "tests/support/temp_tree.h"
#include "tests/support/web_server.h"

namespace tbbthumbs::testing {

inline constexpr size_t kKilobyte = 1000;
inline constexpr size_t kMegabyte = 1000 * kKilobyte;
// Of waits for what must happen.
inline constexpr std::chrono::seconds kLong{60};

// What begins as a JPEG does.
inline std::string JpegOfBytes(size_t bytes, unsigned seed = 1) {
  std::string text("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 20);
  for (size_t i = text.size(); i < bytes; ++i) text += static_cast<char>((i * seed) >> 5);
  text.resize(bytes);
  return text;
}

inline std::string TextOf(const Fetched& fetched) {
  if (fetched.body == nullptr) return "";
  const auto bytes = fetched.body->Resident();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string MessageOf(const Fetched& fetched) { return fetched.error ? fetched.error->message : ""; }

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
    options_.first_wait = std::chrono::milliseconds(1);
    options_.longest_wait = std::chrono::seconds(1);
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
    picture_ = JpegOfBytes(kPictureBytes);
    large_ = JpegOfBytes(kLargeBytes, 3);
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
    EXPECT_EQ(log.size(), 1U);
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

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_URL_FETCHER_FIXTURE_H_
