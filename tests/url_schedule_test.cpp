#include "pipeline/url_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tbbthumbs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Time = UrlSchedule::Clock::time_point;

constexpr Time kNow{std::chrono::hours(1)};

// Begins all that may be begun.
std::vector<uint64_t> BeginAll(UrlSchedule& schedule, Time now, bool force_first = false) {
  std::vector<uint64_t> begun;
  while (const auto seq = schedule.Next(now, force_first)) {
    schedule.Begin(*seq, now);
    begun.push_back(*seq);
  }
  return begun;
}

TEST(UrlSchedule, BeginsByNumber) {
  UrlSchedule schedule({});
  EXPECT_TRUE(schedule.empty());
  EXPECT_EQ(schedule.first(), std::nullopt);
  EXPECT_EQ(schedule.Next(kNow, true), std::nullopt);
  schedule.Add(7, "http://b:80");
  schedule.Add(3, "http://a:80");
  schedule.Add(5, "http://a:80");
  EXPECT_FALSE(schedule.empty());
  EXPECT_EQ(schedule.first(), 3);
  EXPECT_EQ(schedule.Next(kNow, false), 3);
  EXPECT_EQ(schedule.Next(kNow, false), 3) << "asking changes nothing";
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(3, 5, 7));
  EXPECT_TRUE(schedule.empty());
  EXPECT_EQ(schedule.running(), 3);
}

TEST(UrlSchedule, KeepsToTheLimitOfEachServer) {
  UrlSchedule schedule({.connections = 10, .per_host = 2});
  for (uint64_t seq = 0; seq < 4; ++seq) schedule.Add(seq, "http://a:80");
  for (uint64_t seq = 4; seq < 7; ++seq) schedule.Add(seq, "http://b:80");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(0, 1, 4, 5)) << "a busy server holds up no other";
  schedule.End("http://b:80", false);
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(6));
  schedule.End("http://a:80", false);
  schedule.End("http://a:80", false);
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(2, 3));
}

TEST(UrlSchedule, KeepsToTheLimitOfAll) {
  UrlSchedule schedule({.connections = 3, .per_host = 2});
  for (uint64_t seq = 0; seq < 6; ++seq) schedule.Add(seq, "http://host" + std::to_string(seq) + ":80");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(0, 1, 2));
  schedule.End("http://host1:80", false);
  EXPECT_EQ(schedule.running(), 2);
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(3));
}

TEST(UrlSchedule, GivesServersWithHttp2All) {
  UrlSchedule schedule({.connections = 4, .per_host = 1});
  for (uint64_t seq = 0; seq < 10; ++seq) schedule.Add(seq, seq % 2 == 0 ? "https://a:443" : "https://b:443");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(0, 1));
  schedule.End("https://a:443", true);
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(2, 4, 6));
  // A failed one says nothing of that.
  schedule.End("https://a:443", false);
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(8));
  schedule.End("https://b:443", false);
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(3)) << "the other has its limit";
}

TEST(UrlSchedule, SparesServersWhoseHttp2IsAvoided) {
  UrlSchedule schedule({.connections = 4, .per_host = 1});
  EXPECT_FALSE(schedule.AvoidsHttp2("https://a:443"));
  for (uint64_t seq = 0; seq < 4; ++seq) schedule.Add(seq, "https://a:443");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(0));
  schedule.AvoidHttp2("https://a:443");
  EXPECT_TRUE(schedule.AvoidsHttp2("https://a:443"));
  EXPECT_FALSE(schedule.AvoidsHttp2("https://b:443"));
  schedule.End("https://a:443", true);
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(1)) << "what was under way still spoke it";
}

TEST(UrlSchedule, WaitsAsLongAsItIsTold) {
  UrlSchedule schedule({});
  EXPECT_EQ(schedule.NextChange(kNow), std::nullopt);
  schedule.Add(0, "http://a:80", kNow + milliseconds(30));
  schedule.Add(1, "http://a:80", kNow + milliseconds(20));
  schedule.Add(2, "http://b:80");
  EXPECT_EQ(schedule.first(), 0);
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(2)) << "one that waits holds up no other";
  EXPECT_EQ(schedule.NextChange(kNow), kNow + milliseconds(20));
  EXPECT_THAT(BeginAll(schedule, kNow + milliseconds(19), true), IsEmpty()) << "nor is it forced";
  EXPECT_THAT(BeginAll(schedule, kNow + milliseconds(20)), ElementsAre(1));
  EXPECT_EQ(schedule.NextChange(kNow + milliseconds(20)), kNow + milliseconds(30));
  EXPECT_THAT(BeginAll(schedule, kNow + milliseconds(40)), ElementsAre(0));
  EXPECT_EQ(schedule.NextChange(kNow + milliseconds(40)), std::nullopt);
}

TEST(UrlSchedule, TellsNoChangeOfWhatOnlyWaitsForOthers) {
  UrlSchedule schedule({.connections = 1, .per_host = 1});
  schedule.Add(0, "http://a:80");
  schedule.Add(1, "http://a:80");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(0));
  EXPECT_EQ(schedule.NextChange(kNow), std::nullopt);
}

TEST(UrlSchedule, LetsServersRest) {
  UrlSchedule schedule({});
  schedule.Add(0, "http://a:80", kNow + seconds(1));
  schedule.Rest("http://a:80", kNow + seconds(5));
  schedule.Rest("http://a:80", kNow + seconds(3));
  schedule.Rest("http://nobody:80", kNow + seconds(5));
  schedule.Add(1, "http://a:80");
  schedule.Add(2, "http://b:80");
  EXPECT_THAT(BeginAll(schedule, kNow + seconds(4), true), ElementsAre(2)) << "the longer rest counts";
  EXPECT_EQ(schedule.NextChange(kNow + seconds(4)), kNow + seconds(5));
  EXPECT_THAT(BeginAll(schedule, kNow + seconds(5)), ElementsAre(0, 1));
}

TEST(UrlSchedule, SpreadsRequests) {
  UrlSchedule schedule({.connections = 100, .per_host = 100, .requests_per_second = 10});
  for (uint64_t seq = 0; seq < 20; ++seq) schedule.Add(seq, "http://a:80");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(0));
  EXPECT_EQ(schedule.NextChange(kNow), kNow + milliseconds(100));
  EXPECT_THAT(BeginAll(schedule, kNow + milliseconds(99), true), IsEmpty());
  EXPECT_THAT(BeginAll(schedule, kNow + milliseconds(100)), ElementsAre(1));
  // What comes a little late does not make all others late.
  EXPECT_THAT(BeginAll(schedule, kNow + milliseconds(240)), ElementsAre(2));
  EXPECT_EQ(schedule.NextChange(kNow + milliseconds(240)), kNow + milliseconds(300));
  EXPECT_THAT(BeginAll(schedule, kNow + milliseconds(300)), ElementsAre(3));
}

TEST(UrlSchedule, DoesNotMakeUpForTimeWithoutRequests) {
  UrlSchedule schedule({.connections = 100, .per_host = 100, .requests_per_second = 10});
  schedule.Add(0, "http://a:80");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(0));
  for (uint64_t seq = 1; seq < 20; ++seq) schedule.Add(seq, "http://a:80");
  const Time later = kNow + seconds(60);
  EXPECT_THAT(BeginAll(schedule, later), ElementsAre(1));
  EXPECT_THAT(BeginAll(schedule, later + milliseconds(50)), IsEmpty());
  EXPECT_EQ(schedule.NextChange(later), later + milliseconds(100));
}

TEST(UrlSchedule, ForcesTheFirstAlone) {
  UrlSchedule schedule({.connections = 2, .per_host = 1});
  schedule.Add(5, "http://a:80");
  schedule.Add(6, "http://b:80");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(5, 6));
  schedule.Add(7, "http://a:80");
  schedule.Add(3, "http://a:80");
  EXPECT_EQ(schedule.Next(kNow, false), std::nullopt);
  EXPECT_EQ(schedule.Next(kNow, true), 3);
  schedule.Begin(3, kNow);
  EXPECT_EQ(schedule.running(), 3);
  schedule.Add(4, "http://c:80", kNow + seconds(1));
  EXPECT_EQ(schedule.Next(kNow, true), std::nullopt) << "the first has to wait, and the others are not forced";
  EXPECT_EQ(schedule.Next(kNow + seconds(1), true), 4);
  schedule.Begin(4, kNow + seconds(1));
  schedule.End("http://c:80", false);
  schedule.End("http://a:80", false);
  schedule.End("http://b:80", false);
  EXPECT_EQ(schedule.Next(kNow, false), std::nullopt) << "its server still has one";
  schedule.End("http://a:80", false);
  EXPECT_EQ(schedule.Next(kNow, false), 7);
}

TEST(UrlSchedule, RemembersServersOnlyWhileThereAreFew) {
  UrlSchedule schedule({.connections = 5000, .per_host = 1});
  const auto origin = [](uint64_t i) { return "http://host" + std::to_string(i) + ":80"; };
  const auto fetch = [&](uint64_t seq, const std::string& server, bool speaks_http2) {
    schedule.Add(seq, server);
    EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(seq));
    schedule.End(server, speaks_http2);
  };
  const auto takes_two = [&](uint64_t seq, const std::string& server) {
    schedule.Add(seq, server);
    schedule.Add(seq + 1, server);
    const size_t begun = BeginAll(schedule, kNow).size();
    for (size_t i = 0; i < begun; ++i) schedule.End(server, false);
    for (size_t i = begun; i < 2; ++i) {
      BeginAll(schedule, kNow);
      schedule.End(server, false);
    }
    return begun == 2;
  };
  for (uint64_t i = 0; i < 1000; ++i) fetch(i, origin(i), true);
  EXPECT_TRUE(takes_two(10000, origin(0)));
  for (uint64_t i = 1000; i < 1100; ++i) fetch(i, origin(i), true);
  EXPECT_TRUE(takes_two(20000, origin(1000)));
  EXPECT_FALSE(takes_two(30000, origin(1099))) << "one too many to be remembered";
  // One that something is wanted from is not forgotten.
  schedule.Add(40000, "http://busy:80");
  schedule.Add(40001, "http://busy:80");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(40000));
  schedule.End("http://busy:80", true);
  schedule.Add(40002, "http://busy:80");
  schedule.Add(40003, "http://busy:80");
  EXPECT_THAT(BeginAll(schedule, kNow), ElementsAre(40001, 40002, 40003));
}

}  // namespace
}  // namespace tbbthumbs
