// One run as a trace: every stage of every picture, in Chrome's format.
#include "bench/one_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "bench/trace.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/temp_tree.h"
#include "tests/support/web_server.h"

namespace tbbthumbs::bench {
namespace {

class OneRunTest : public ::testing::Test {
 protected:
  OneRunTest() {
    for (int i = 0; i < 12; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", testing::MakeJpeg({.size = {90, 60}}));
    tree_.Write("in/3.jpg", "no picture");
    std::filesystem::create_directory(tree_.root() / "out");
    request_.config = {"photos", "tbb-pipeline", 2, 64, 2};
    request_.paths = {tree_.root() / "in"};
    request_.output = tree_.root() / "out";
    request_.size = {32, 32};
    request_.want_details = true;
  }

  testing::TempTree tree_;
  RunRequest request_;
};

TEST_F(OneRunTest, MeasuresWhatHappened) {
  const auto record = RunHere(request_);
  ASSERT_TRUE(record) << record.error();
  const bench::Run& run = record->reply.run;
  EXPECT_EQ(run.pictures, 11);
  EXPECT_EQ(run.config, request_.config);
  EXPECT_GT(run.wall_s, 0);
  EXPECT_GT(run.cpu_s, 0);
  EXPECT_GT(run.first_s, 0);
  EXPECT_LE(run.first_s, run.wall_s);
  EXPECT_LE(run.latency_p50_s, run.latency_p99_s);
  EXPECT_LE(run.latency_p99_s, run.wall_s);
  EXPECT_GT(run.peak_rss_bytes, 1e6);
  EXPECT_GT(run.peak_held_bytes, 0);
  EXPECT_GE(run.peak_at_once, 1);
  EXPECT_LE(run.peak_at_once, 2);
  EXPECT_GT(run.bytes_out, 0);
  EXPECT_EQ(record->reply.latencies_s.size(), 101u);
  EXPECT_EQ(record->reply.costs.size(), 11u);
  for (const PictureCost& cost : record->reply.costs) {
    EXPECT_GT(cost.bytes, 0u);
    for (const double seconds : cost.stage_s) EXPECT_GT(seconds, 0);
  }
  EXPECT_THAT(record->reply.counts, ::testing::HasSubstr("12 inputs, 11 made, 0 up to date, 0 failed, 1 no pictures"));
  EXPECT_EQ(tree_.Files("out").size(), 11u);
}

TEST_F(OneRunTest, FetchesWhatIsListedAsAddresses) {
  std::string why;
  if (!testing::WebServer::Available(&why)) GTEST_SKIP() << why;
  testing::TempTree lists;
  request_.paths.clear();
  request_.connections = 8;
  const testing::WebServer server(tree_.root() / "in");
  request_.list = lists.Write("list", server.Url("/0.jpg") + "\ta.jpg" + '\0' + server.Url("/1.jpg") + "\tb.jpg");
  const auto record = RunHere(request_);
  ASSERT_TRUE(record) << record.error();
  EXPECT_EQ(record->reply.run.pictures, 2);
  EXPECT_THAT(tree_.Files("out"), ::testing::ElementsAre(::testing::StartsWith("a"), ::testing::StartsWith("b")));
  // What can't be fetched would be measured as done in no time.
  request_.list = lists.Write("list", server.Url("/0.jpg") + '\0' + server.Url("/none.jpg"));
  const auto missing = RunHere(request_);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), ::testing::HasSubstr("404"));
}

TEST_F(OneRunTest, RefusesWhatItDoesNotKnow) {
  request_.config.strategy = "tbb-pipelime";
  const auto record = RunHere(request_);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error(), "no strategy 'tbb-pipelime'");
}

TEST_F(OneRunTest, RequestsSurviveTheirWayToTheOtherProcess) {
  request_.paths.emplace_back("/tmp/\xff\xc3\xa4 \"x\"\n");
  request_.list = "/tmp/l\x80st";
  request_.slow_prefix = "/tmp/\xff";
  request_.latency_s = 0.005;
  request_.bytes_per_s = 110e6;
  request_.connections = 64;
  request_.update = true;
  const auto back = ParseRunRequest(ToJson(request_));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(back->paths, request_.paths);
  EXPECT_EQ(back->list, request_.list);
  EXPECT_EQ(back->output, request_.output);
  EXPECT_EQ(back->config, request_.config);
  EXPECT_EQ(back->size, request_.size);
  EXPECT_EQ(back->slow_prefix, request_.slow_prefix);
  EXPECT_EQ(back->latency_s, 0.005);
  EXPECT_EQ(back->bytes_per_s, 110e6);
  EXPECT_EQ(back->connections, 64);
  EXPECT_TRUE(back->update);
  EXPECT_TRUE(back->want_details);
  EXPECT_FALSE(ParseRunRequest("{"));
  EXPECT_FALSE(ParseRunRequest("{}"));
  EXPECT_FALSE(ParseRunRequest("[1]"));
}

TEST_F(OneRunTest, TracesEveryStageOfEveryPicture) {
  const auto record = RunHere(request_);
  ASSERT_TRUE(record) << record.error();
  const auto trace = nlohmann::json::parse(ChromeTrace(*record, request_));
  std::map<std::string, int> stages;
  std::set<int> named;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("ph") == "M") {
      if (event.at("name") == "thread_name") named.insert(event.at("tid").get<int>());
      continue;
    }
    ASSERT_EQ(event.at("ph"), "X");
    ++stages[event.at("name")];
    EXPECT_GE(event.at("ts").get<double>(), 0);
    EXPECT_GE(event.at("dur").get<double>(), 0);
    EXPECT_LE(event.at("ts").get<double>() + event.at("dur").get<double>(), record->reply.run.wall_s * 1e6);
    EXPECT_EQ(named.count(event.at("tid").get<int>()), 1u);
    EXPECT_THAT(event.at("args").at("picture").get<std::string>(), ::testing::HasSubstr(".jpg"));
  }
  // The file that is no picture is looked at and read, no more.
  EXPECT_EQ(stages, (std::map<std::string, int>{
                        {"look-up", 12}, {"read", 12}, {"thumbnail", 11}, {"write", 11}, {"publish", 11}}));
}

}  // namespace
}  // namespace tbbthumbs::bench
