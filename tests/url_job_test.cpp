// Jobs whose inputs are pictures on the web.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "codecs/size_spec.h"
#include "pipeline/job.h"
#include "tests/support/pictures.h"
#include "tests/support/temp_tree.h"
#include "tests/support/web_server.h"

namespace tbbthumbs {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Ge;
using ::testing::Le;
using testing::WebServer;

class UrlJobTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    if (!WebServer::Available(&why)) GTEST_SKIP() << why;
    tree_.Write("web/a.jpg", testing::JpegFile({90, 60}));
    tree_.Write("web/big.jpg", testing::JpegFile({900, 600}));
    server_ = std::make_unique<WebServer>(tree_.root() / "web");
  }

  std::string Url(const std::string& path) const { return server_->Url(path); }

  JobOptions Options(const std::vector<std::string>& paths, WorkOrder order = WorkOrder::kList) const {
    JobOptions options;
    for (const std::string& path : paths) options.input.paths.emplace_back(Url(path));
    options.output = tree_.root() / "out";
    options.specs.sizes = {SizeSpec{.width = 64, .height = 64}};
    options.threads = 2;
    options.urls.allow_private = true;
    options.urls.per_host = 16;
    options.urls.stall_time = std::chrono::minutes(10);
    options.order = order;
    return options;
  }

  std::string PathOf(const PictureResult& result) const {
    const std::string input = result.input.string();
    return input.starts_with(Url("")) ? input.substr(Url("").size()) : input;
  }

  // Until it holds, for a minute.
  template <class F>
  static bool Eventually(F&& holds) {
    for (int i = 0; i < 6000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }

  testing::TempTree tree_;
  std::unique_ptr<WebServer> server_;
};

// The last never comes: whoever has read the others has them while it loads.
TEST_F(UrlJobTest, ResultsComeWhileOthersLoad) {
  for (const WorkOrder order : {WorkOrder::kList, WorkOrder::kArrival}) {
    JobOptions options = Options({"a.jpg", "_/delay/300/a.jpg", "a.jpg?2", "_/stall/1000/big.jpg"}, order);
    options.queue_results = true;
    options.if_exists = IfExists::kOverwrite;
    auto job = StartJob(options);
    ASSERT_TRUE(job) << job.error().message;
    std::vector<std::string> paths;
    for (const PictureResult& result : job->Results()) {
      EXPECT_EQ(result.outcome, Outcome::kMade);
      EXPECT_TRUE(std::filesystem::exists(result.outputs.at(0).path));
      paths.push_back(PathOf(result));
      if (paths.size() == 3) {
        EXPECT_EQ(job->progress().done, 3u);
        job->Cancel();
      }
    }
    const RunSummary summary = job->Wait();
    EXPECT_TRUE(summary.stopped);
    EXPECT_EQ(summary.made, 3u);
    EXPECT_EQ(summary.left, 1u);
    if (order == WorkOrder::kList) {
      EXPECT_THAT(paths, ElementsAre("a.jpg", "_/delay/300/a.jpg", "a.jpg?2"));
    } else {
      EXPECT_EQ(paths.back(), "_/delay/300/a.jpg");
    }
  }
}

TEST_F(UrlJobTest, ResultsAreReportedInTheOrderAskedFor) {
  const std::vector<std::string> inputs{"_/delay/500/a.jpg", "missing.jpg", "_/delay/250/a.jpg", "a.jpg"};
  for (const WorkOrder order : {WorkOrder::kList, WorkOrder::kArrival}) {
    JobOptions options = Options(inputs, order);
    options.if_exists = IfExists::kOverwrite;
    std::vector<std::string> paths;
    std::vector<uint64_t> numbers;
    options.on_result = [&](const PictureResult& result) {
      paths.push_back(PathOf(result));
      numbers.push_back(result.seq);
    };
    auto job = StartJob(options);
    ASSERT_TRUE(job) << job.error().message;
    const RunSummary summary = job->Wait();
    EXPECT_EQ(summary.made, 3u);
    EXPECT_EQ(summary.failed, 1u);
    EXPECT_EQ(summary.urls.requests, 4u);
    ASSERT_EQ(paths.size(), 4u);
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(paths[i], inputs[numbers[i]]) << "numbers are by the inputs";
    if (order == WorkOrder::kList) {
      EXPECT_THAT(numbers, ElementsAre(0, 1, 2, 3));
    } else {
      EXPECT_EQ(numbers.back(), 0u);
      EXPECT_EQ(numbers[2], 2u);
    }
  }
}

TEST_F(UrlJobTest, AddedWhileItRuns) {
  JobOptions options = Options({});
  options.input.paths = {Url("_/delay/1000/a.jpg")};
  options.keep_open = true;
  options.io_threads = 1;
  std::vector<std::string> paths;
  options.on_result = [&](const PictureResult& result) { paths.push_back(PathOf(result)); };
  auto job = StartJob(options);
  ASSERT_TRUE(job) << job.error().message;
  job->Pause();
  ASSERT_TRUE(job->Add(Url("a.jpg?0")));
  ASSERT_TRUE(job->Add(tree_.root() / "web/a.jpg", 5));
  ASSERT_TRUE(job->Add("http://no address", 1));
  job->Resume();
  ASSERT_TRUE(Eventually([&] { return job->progress().done == 4; }));
  ASSERT_TRUE(job->Add(Url("a.jpg?late"))) << "it takes more until told otherwise";
  job->Finish();
  EXPECT_FALSE(job->Add(Url("a.jpg?too-late")));
  const RunSummary summary = job->Wait();
  EXPECT_EQ(summary.inputs, 5u);
  EXPECT_EQ(summary.made, 4u);
  EXPECT_EQ(summary.failed_by_code[static_cast<size_t>(ErrorCode::kUnsupported)], 1u);
  EXPECT_EQ(paths.size(), 5u);
  EXPECT_EQ(paths.back(), "a.jpg?late");
}

// Far more than are taken ahead wait while the job is paused.
TEST_F(UrlJobTest, UrgentOnesGoBeforeThoseThatAreNotTakenYet) {
  constexpr int kMany = 4000;
  JobOptions options = Options({});
  options.keep_open = true;
  std::vector<std::string> paths;
  options.on_result = [&](const PictureResult& result) { paths.push_back(PathOf(result)); };
  auto job = StartJob(options);
  ASSERT_TRUE(job) << job.error().message;
  job->Pause();
  for (int i = 0; i < kMany; ++i) ASSERT_TRUE(job->Add(Url("missing.jpg?" + std::to_string(i)), -1));
  ASSERT_TRUE(job->Add(Url("a.jpg?urgent"), 9));
  ASSERT_TRUE(job->Add(Url("a.jpg?usual")));
  job->Resume();
  EXPECT_EQ(job->Wait().made, 2u);
  ASSERT_EQ(paths.size(), size_t{kMany} + 2);
  const auto place = [&](const std::string& path) {
    return std::find(paths.begin(), paths.end(), path) - paths.begin();
  };
  EXPECT_LT(place("a.jpg?urgent"), place("a.jpg?usual"));
  EXPECT_LT(place("a.jpg?usual"), kMany / 2);
}

TEST_F(UrlJobTest, CancelEndsSlowTransfers) {
  for (const WorkOrder order : {WorkOrder::kList, WorkOrder::kArrival}) {
    for (const milliseconds grace : {milliseconds(0), milliseconds(50)}) {
      // One that has served nobody yet.
      server_ = nullptr;
      server_ = std::make_unique<WebServer>(tree_.root() / "web");
      const auto begin = std::chrono::steady_clock::now();
      auto job = StartJob(Options({"_/slow/100/big.jpg", "_/stall/2000/big.jpg", "_/delay/600000/a.jpg"}, order));
      ASSERT_TRUE(job) << job.error().message;
      ASSERT_TRUE(Eventually([&] { return server_->MostAtOnce() == 3; }));
      job->Cancel(grace);
      const RunSummary summary = job->Wait();
      EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
      EXPECT_TRUE(summary.stopped);
      EXPECT_EQ(summary.left, 3u);
      EXPECT_EQ(summary.failed, 0u);
      EXPECT_TRUE(tree_.Files("out").empty());
      EXPECT_FALSE(job->Add(Url("a.jpg")));
    }
  }
}

TEST_F(UrlJobTest, TheDestructorWaitsForNoServer) {
  for (const WorkOrder order : {WorkOrder::kList, WorkOrder::kArrival}) {
    auto job = StartJob(Options({"_/stall/2000/big.jpg", "_/delay/600000/a.jpg", "a.jpg"}, order));
    ASSERT_TRUE(job) << job.error().message;
  }
  SUCCEED() << "in time for the test";
}

TEST_F(UrlJobTest, WhatIsFetchedWhilePausedIsMadeAfterwards) {
  constexpr int kPictures = 40;
  for (const WorkOrder order : {WorkOrder::kList, WorkOrder::kArrival}) {
    JobOptions options = Options({}, order);
    options.if_exists = IfExists::kOverwrite;
    options.keep_open = true;
    std::atomic<int> results = 0;
    options.on_result = [&](const PictureResult&) { ++results; };
    auto job = StartJob(options);
    ASSERT_TRUE(job) << job.error().message;
    job->Pause();
    EXPECT_TRUE(job->progress().paused);
    const size_t before = server_->Log().size();
    for (int i = 0; i < kPictures; ++i) ASSERT_TRUE(job->Add(Url("a.jpg?" + std::to_string(i))));
    ASSERT_TRUE(Eventually([&] { return server_->Log().size() == before + kPictures; }));
    EXPECT_EQ(results, 0);
    EXPECT_EQ(job->progress().done, 0u);
    job->Resume();
    EXPECT_EQ(job->Wait().made, uint64_t{kPictures});
    EXPECT_EQ(results, kPictures);
  }
}

// Two jobs of one process, at once.
TEST_F(UrlJobTest, JobsDoNotDisturbEachOther) {
  std::vector<std::string> inputs;
  for (int i = 0; i < 60; ++i) inputs.push_back("a.jpg?" + std::to_string(i));
  JobOptions first = Options(inputs);
  JobOptions second = Options(inputs, WorkOrder::kArrival);
  second.output = tree_.root() / "other";
  JobOptions third = Options({"_/stall/2000/big.jpg"});
  third.output = tree_.root() / "third";
  auto stalled = StartJob(third);
  auto a = StartJob(first);
  auto b = StartJob(second);
  ASSERT_TRUE(a && b && stalled);
  EXPECT_EQ(a->Wait().made, inputs.size());
  EXPECT_EQ(b->Wait().made, inputs.size());
  stalled->Cancel();
  EXPECT_EQ(stalled->Wait().left, 1u);
  EXPECT_EQ(tree_.Files("out").size(), tree_.Files("other").size());
}

TEST_F(UrlJobTest, OptionsThatMakeNoSense) {
  const auto refused = [&](const std::function<void(UrlOptions&)>& change) {
    JobOptions options = Options({"a.jpg"});
    change(options.urls);
    const auto job = StartJob(options);
    return !job && job.error().code == ErrorCode::kUnsupported;
  };
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.connections = 0; }));
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.connections = UrlOptions::kMostConnections + 1; }));
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.per_host = -1; }));
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.retries = -1; }));
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.requests_per_second = -1; }));
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.requests_per_second = std::numeric_limits<double>::quiet_NaN(); }));
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.held_bytes = 0; }));
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.connect_time = std::chrono::seconds(0); }));
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.stall_time = std::chrono::seconds(-1); }));
  EXPECT_TRUE(refused([](UrlOptions& urls) { urls.first_wait = milliseconds(-1); }));
  EXPECT_FALSE(refused([](UrlOptions&) {}));
}

}  // namespace
}  // namespace tbbthumbs
