// Whole runs over pictures on the web.
#include "pipeline/url_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/job.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/temp_tree.h"
#include "tests/support/web_server.h"

namespace tbbthumbs {
namespace {

using testing::MakeJpeg;
using ::testing::SizeIs;
using testing::TempTree;
using testing::WebServer;

class UrlReaderTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kPictures = 20;

  void SetUp() override {
    std::string why;
    if (!WebServer::Available(&why)) GTEST_SKIP() << why;
    for (uint64_t i = 0; i < kPictures; ++i) web_.Write(Name(i), MakeJpeg({.size = {200 + static_cast<int>(i), 150}}));
    server_ = std::make_unique<WebServer>(web_.root());
    options_.output = tree_.root() / "out";
    options_.specs.sizes = {{32, 32}};
    options_.urls.allow_private = true;
    options_.urls.retries = 1;
    options_.urls.first_wait = std::chrono::milliseconds(1);
    for (uint64_t i = 0; i < kPictures; ++i) options_.input.paths.emplace_back(server_->Url(Name(i)));
  }

  static std::string Name(uint64_t i) { return "p" + std::to_string(100 + i) + ".jpg"; }

  RunSummary Run(JobOptions options) {
    results_.clear();
    options.on_result = [this](const PictureResult& result) { results_.push_back(result); };
    auto job = StartJob(std::move(options));
    EXPECT_TRUE(job) << job.error().message;
    RunSummary summary = job->Wait();
    EXPECT_EQ(summary.inputs, summary.made + summary.planned + summary.up_to_date + summary.failed +
                                  summary.not_pictures + summary.unsupported + summary.filtered + summary.left);
    return summary;
  }

  std::vector<uint64_t> Order() const {
    std::vector<uint64_t> order;
    for (const PictureResult& result : results_) order.push_back(result.seq);
    return order;
  }

  TempTree web_;
  TempTree tree_;
  std::unique_ptr<WebServer> server_;
  JobOptions options_;
  std::vector<PictureResult> results_;
};

TEST_F(UrlReaderTest, MakesThumbnailsInEitherOrderWithAnyMemory) {
  for (const WorkOrder order : {WorkOrder::kList, WorkOrder::kArrival}) {
    for (const uint64_t memory : {uint64_t{0}, JobOptions::kLeastMemoryBytes}) {
      for (const int io_threads : {1, 2}) {
        JobOptions options = options_;
        options.order = order;
        options.memory_bytes = memory;
        options.io_threads = io_threads;
        options.if_exists = IfExists::kOverwrite;
        options.input.paths[0] = server_->Url("/_/delay/300/" + Name(0));
        const RunSummary summary = Run(options);
        EXPECT_EQ(summary.made, kPictures);
        EXPECT_EQ(summary.urls.requests, kPictures);
        std::vector<uint64_t> seen = Order();
        if (order == WorkOrder::kArrival) {
          EXPECT_NE(seen.front(), 0U);
          std::sort(seen.begin(), seen.end());
        }
        for (uint64_t i = 0; i < kPictures; ++i) EXPECT_EQ(seen[i], i);
        EXPECT_THAT(tree_.Files("out"), SizeIs(kPictures));
      }
    }
  }
}

TEST_F(UrlReaderTest, AsksTheNextTimeWhatHasChanged) {
  EXPECT_EQ(Run(options_).made, kPictures);
  RunSummary summary = Run(options_);
  EXPECT_EQ(summary.up_to_date, kPictures);
  EXPECT_EQ(summary.urls.not_modified, kPictures);
  EXPECT_EQ(summary.urls.bytes, 0U);
  web_.Write(Name(3), MakeJpeg({.size = {77, 150}}));
  summary = Run(options_);
  EXPECT_EQ(summary.made, 1U);
  EXPECT_EQ(summary.up_to_date, kPictures - 1);
  for (const PictureResult& result : results_) {
    EXPECT_EQ(result.outcome, result.seq == 3 ? Outcome::kMade : Outcome::kUpToDate) << result.seq;
  }
}

// What is there stays, and so does what is known of it, while its server is ill.
TEST_F(UrlReaderTest, KeepsWhatItKnowsWhileServersFail) {
  options_.urls.retries = 0;
  options_.input.paths = {server_->Url("/_/flaky/0/500/ill/" + Name(0))};
  EXPECT_EQ(Run(options_).made, 1U);
  const std::string thumbnail = "out/" + tree_.Files("out").at(0);
  const std::string before = tree_.Read(thumbnail);
  const pid_t pid = server_->pid();
  kill(pid, SIGSTOP);
  options_.urls.stall_time = std::chrono::seconds(1);
  RunSummary summary = Run(options_);
  kill(pid, SIGCONT);
  EXPECT_EQ(summary.failed, 1U);
  EXPECT_EQ(tree_.Read(thumbnail), before);
  summary = Run(options_);
  EXPECT_EQ(summary.up_to_date, 1U);
  EXPECT_EQ(summary.urls.not_modified, 1U);
}

TEST_F(UrlReaderTest, StopsWhileTransfersAreSlow) {
  for (const uint64_t memory : {uint64_t{0}, JobOptions::kLeastMemoryBytes}) {
    JobOptions options = options_;
    options.memory_bytes = memory;
    options.if_exists = IfExists::kOverwrite;
    for (uint64_t i = 2; i < kPictures; ++i) options.input.paths[i] = server_->Url("/_/slow/10/" + Name(i));
    const auto begin = std::chrono::steady_clock::now();
    auto job = StartJob(std::move(options));
    ASSERT_TRUE(job);
    while (job->progress().done < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    job->Cancel();
    const RunSummary summary = job->Wait();
    EXPECT_TRUE(summary.stopped);
    EXPECT_EQ(summary.made, 2U);
    EXPECT_EQ(summary.failed, 0U);
    EXPECT_EQ(summary.inputs, summary.made + summary.left);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
  }
}

TEST_F(UrlReaderTest, AsksNobodyInADryRunOfWhatIsThere) {
  options_.input.paths = {server_->Url(Name(0)), server_->Url("/nothing.jpg")};
  EXPECT_EQ(Run(options_).made, 1U);
  const size_t requests = server_->Log().size();
  options_.dry_run = true;
  EXPECT_EQ(Run(options_).up_to_date, 1U);
  EXPECT_EQ(server_->Log().size(), requests);
}

TEST_F(UrlReaderTest, RefusesPrivateAddresses) {
  options_.urls.allow_private = false;
  const RunSummary summary = Run(options_);
  EXPECT_EQ(summary.failed, kPictures);
  EXPECT_EQ(summary.failed_by_code[static_cast<size_t>(ErrorCode::kHttp)], kPictures);
  EXPECT_THAT(server_->Log(), SizeIs(0));
}

}  // namespace
}  // namespace tbbthumbs
