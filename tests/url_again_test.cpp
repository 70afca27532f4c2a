// Pictures from the web once more: what servers are asked then, and what is made again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/url_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ProcessResult;
using testing::WebRequest;
using testing::WebServer;

class UrlAgainTest : public testing::UrlFixture {
 protected:
  static constexpr int kPictures = 12;

  void SetUp() override {
    UrlFixture::SetUp();
    if (IsSkipped()) return;
    for (int i = 0; i < kPictures; ++i) {
      WritePicture(i, 90 + i);
      paths_.push_back("in/" + std::to_string(i) + ".jpg");
    }
    WriteListOf("");
  }

  void WritePicture(int i, int width) const {
    tree_.Write("web/in/" + std::to_string(i) + ".jpg", testing::JpegFile({width, 60}));
  }

  // All pictures, in that place of the server.
  void WriteListOf(const std::string& place) const {
    Words lines;
    for (const std::string& path : paths_) lines.push_back(Url(place + path));
    WriteList(lines);
  }

  // Of each thumbnail, by name: whether it is the same file, written once.
  std::map<std::string, std::pair<uint64_t, int64_t>> Stamps() const {
    std::map<std::string, std::pair<uint64_t, int64_t>> stamps;
    for (const auto& [name, bytes] : Tree("out")) {
      struct stat info {};
      EXPECT_EQ(stat((tree_.root() / "out" / name).c_str(), &info), 0);
      stamps[name] = {info.st_ino, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
    }
    return stamps;
  }

  // Names of those that are other files than before.
  Words Rewritten(const std::map<std::string, std::pair<uint64_t, int64_t>>& before) const {
    Words names;
    for (const auto& [name, stamp] : Stamps()) {
      const auto found = before.find(name);
      if (found == before.end() || found->second != stamp) names.push_back(name);
    }
    return names;
  }

  // Those since the last call.
  std::vector<WebRequest> NewRequests() {
    std::vector<WebRequest> log = server_->Log();
    log.erase(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(seen_));
    seen_ += log.size();
    return log;
  }

  static size_t CountOf(const std::vector<WebRequest>& log, int status) {
    size_t count = 0;
    for (const WebRequest& request : log) count += request.status == status ? 1 : 0;
    return count;
  }

  static bool IsConditional(const WebRequest& request) {
    return !request.if_none_match.empty() || !request.if_modified_since.empty();
  }

  void ExpectCounts(const ProcessResult& result, int made, int up_to_date, int not_modified) const {
    const auto summary = Summary(result);
    EXPECT_EQ(summary["made"], made) << summary;
    EXPECT_EQ(summary["up_to_date"], up_to_date) << summary;
    EXPECT_EQ(summary["urls"]["not_modified"], not_modified) << summary;
    EXPECT_EQ(summary["inputs"], kPictures) << summary;
  }

  Words paths_;
  size_t seen_ = 0;
};

class UrlAgainInPlaceTest : public UrlAgainTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(UrlAgainInPlaceTest, WhatHasNotChangedIsAskedForByWhatTheServerSaid) {
  const std::string place = GetParam();
  WriteListOf(place);
  ExpectCounts(Fetch(), kPictures, 0, 0);
  for (const WebRequest& request : NewRequests()) EXPECT_FALSE(IsConditional(request));
  const auto before = Stamps();
  for (const char* order : {"list", "arrival"}) {
    ExpectCounts(Fetch({"--order", order}), 0, kPictures, kPictures);
    const auto log = NewRequests();
    EXPECT_EQ(CountOf(log, 304), size_t{kPictures});
    EXPECT_EQ(log.size(), size_t{kPictures});
    for (const WebRequest& request : log) {
      EXPECT_EQ(request.if_none_match.empty(), place == "_/date/");
      EXPECT_EQ(request.if_modified_since.empty(), place == "_/etag/");
    }
    EXPECT_THAT(Rewritten(before), IsEmpty());
  }

  WritePicture(3, 150);
  WritePicture(7, 160);
  // Dates tell only seconds.
  const auto later = std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5);
  for (const char* name : {"3", "7"}) {
    std::filesystem::last_write_time(tree_.root() / "web/in" / (std::string(name) + ".jpg"), later);
  }
  ExpectCounts(Fetch(), 2, kPictures - 2, kPictures - 2);
  EXPECT_THAT(Rewritten(before), ::testing::ElementsAre(place + "in/3_64.jpg", place + "in/7_64.jpg"));
  ExpectCounts(Fetch(), 0, kPictures, kPictures);
}

INSTANTIATE_TEST_SUITE_P(, UrlAgainInPlaceTest, ::testing::Values("", "_/etag/", "_/date/"), [](const auto& param) {
  const std::string place = param.param;
  return place.empty() ? std::string("Both") : place.substr(2, 4);
});

TEST_F(UrlAgainTest, WhereTheServerSaysNothingAllIsMadeAnew) {
  WriteListOf("_/noetag/");
  ExpectCounts(Fetch(), kPictures, 0, 0);
  const auto before = Stamps();
  NewRequests();
  ExpectCounts(Fetch(), kPictures, 0, 0);
  EXPECT_EQ(Rewritten(before).size(), size_t{kPictures});
  EXPECT_EQ(CountOf(NewRequests(), 200), size_t{kPictures});
}

TEST_F(UrlAgainTest, WithoutAJournalTheThumbnailsDateIsAskedBy) {
  // As old as the server's files are as a rule.
  for (const std::string& path : paths_) {
    std::filesystem::last_write_time(tree_.root() / "web" / path,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  }
  ExpectCounts(Fetch({"--no-journal"}), kPictures, 0, 0);
  const auto before = Stamps();
  NewRequests();
  // nginx wants the very date, as it was said, unless told otherwise: it sends all again.
  Fetch({"--no-journal"});
  for (const WebRequest& request : NewRequests()) {
    EXPECT_EQ(request.if_none_match, "");
    EXPECT_THAT(request.if_modified_since, ::testing::MatchesRegex("..., .. ... .... ..:..:.. GMT"));
    std::tm fields{};
    ASSERT_NE(strptime(request.if_modified_since.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &fields), nullptr);
    EXPECT_LE(timegm(&fields), before.begin()->second.second / 1'000'000'000 + 60);
    EXPECT_GE(timegm(&fields), before.begin()->second.second / 1'000'000'000 - 60);
  }
}

TEST_F(UrlAgainTest, ForcedAndSkippedAndOtherSizes) {
  Fetch();
  NewRequests();
  const auto before = Stamps();

  ExpectCounts(Fetch({"--if-exists", "skip"}), 0, kPictures, 0);
  EXPECT_THAT(NewRequests(), IsEmpty());
  const auto refused = Summary(Fetch({"--if-exists", "fail"}, 1));
  EXPECT_EQ(refused["failed_by_code"]["exists"], kPictures);
  EXPECT_THAT(NewRequests(), IsEmpty());
  EXPECT_THAT(Rewritten(before), IsEmpty());

  const Words two_sizes{"-s", "96"};
  ExpectCounts(Fetch(two_sizes), kPictures, 0, 0);
  for (const WebRequest& request : NewRequests()) EXPECT_FALSE(IsConditional(request));
  ExpectCounts(Fetch(two_sizes), 0, kPictures, kPictures);
  Fetch();
  NewRequests();
  std::filesystem::remove(tree_.root() / "out/in/5_64.jpg");
  ExpectCounts(Fetch(), 1, kPictures - 1, kPictures - 1);
  NewRequests();

  const auto then = Stamps();
  ExpectCounts(Fetch({"--force"}), kPictures, 0, 0);
  for (const WebRequest& request : NewRequests()) EXPECT_FALSE(IsConditional(request));
  EXPECT_EQ(Rewritten(then).size(), size_t{kPictures});
  ExpectCounts(Fetch({"-q", "50"}), kPictures, 0, 0);
}

// Two runs in turn, each with a size of its own.
TEST_F(UrlAgainTest, SizesOfOtherRunsStayKnown) {
  const auto make = [&](const char* size) {
    const ProcessResult result = Run({"--urls", "urls.txt", "--allow-private", "-o", "out", "-s", size, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result;
  };
  ExpectCounts(make("64"), kPictures, 0, 0);
  ExpectCounts(make("96"), kPictures, 0, 0);
  const auto before = Stamps();
  ExpectCounts(make("64"), 0, kPictures, kPictures);
  ExpectCounts(make("96"), 0, kPictures, kPictures);
  EXPECT_THAT(Rewritten(before), IsEmpty());
  // What has changed is news to both.
  WritePicture(0, 150);
  ExpectCounts(make("64"), 1, kPictures - 1, kPictures - 1);
  ExpectCounts(make("96"), 1, kPictures - 1, kPictures - 1);
  EXPECT_THAT(Rewritten(before), ::testing::ElementsAre("in/0_64.jpg", "in/0_96.jpg"));
}

TEST_F(UrlAgainTest, AServerThatIsDownCostsNothing) {
  Fetch();
  const auto before = Stamps();
  ASSERT_EQ(kill(server_->pid(), SIGSTOP), 0);
  const ProcessResult stalled =
      Fetch({"--retries", "0", "--stall-timeout", "1", "--connections", "64", "--per-host", "64"}, 1);
  ASSERT_EQ(kill(server_->pid(), SIGCONT), 0);
  EXPECT_EQ(Summary(stalled)["failed_by_code"]["http"], kPictures) << stalled.err;
  EXPECT_THAT(Rewritten(before), IsEmpty());
  // Whatever is left of those requests.
  Summary(Run({Url("in/0.jpg"), "--allow-private", "-o", "other"}));
  NewRequests();
  ExpectCounts(Fetch(), 0, kPictures, kPictures);
  EXPECT_EQ(CountOf(NewRequests(), 304), size_t{kPictures});
  EXPECT_THAT(Rewritten(before), IsEmpty());
  EXPECT_EQ(Run({"failed", "out"}).out, "");
}

TEST_F(UrlAgainTest, ErrorsOfServersCostNothing) {
  Fetch();
  const auto before = Stamps();
  // Gone for a while.
  std::filesystem::rename(tree_.root() / "web/in", tree_.root() / "web/away");
  EXPECT_EQ(Summary(Fetch({}, 1))["failed"], kPictures);
  EXPECT_EQ(Tree("out").size(), size_t{kPictures}) << "the thumbnails stay";
  std::filesystem::rename(tree_.root() / "web/away", tree_.root() / "web/in");
  ExpectCounts(Fetch(), 0, kPictures, kPictures);
  EXPECT_THAT(Rewritten(before), IsEmpty());
  EXPECT_EQ(Run({"failed", "out"}).out, "");
}

TEST_F(UrlAgainTest, AJournalThatIsLostOrDamaged) {
  Fetch();
  const auto before = Stamps();
  const std::filesystem::path journal = tree_.root() / "out/.tbbthumbs/journal.db";
  std::filesystem::resize_file(journal, 5000);
  const ProcessResult damaged = Fetch();
  EXPECT_EQ(Summary(damaged)["made"].get<int>() + Summary(damaged)["up_to_date"].get<int>(), kPictures);
  ExpectCounts(Fetch(), 0, kPictures, kPictures);
  std::filesystem::remove_all(tree_.root() / "out/.tbbthumbs");
  const ProcessResult lost = Fetch();
  EXPECT_EQ(Summary(lost)["made"].get<int>() + Summary(lost)["up_to_date"].get<int>(), kPictures);
  ExpectCounts(Fetch(), 0, kPictures, kPictures);
  ExpectCounts(Fetch({"--forget"}), kPictures, 0, 0);
  EXPECT_EQ(Tree("out").size(), size_t{kPictures});
}

TEST_F(UrlAgainTest, ADryRunAsksNobody) {
  const auto would = [&](const Words& words, int planned, int up_to_date) {
    const ProcessResult result = Fetch(Joined({"--dry-run"}, words));
    EXPECT_EQ(Summary(result)["planned"], planned);
    EXPECT_EQ(Summary(result)["up_to_date"], up_to_date);
    return result;
  };
  EXPECT_THAT(would({}, kPictures, 0).out, HasSubstr("\"path\":\"out/in/11_64.jpg\""));
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out"));
  Fetch();
  NewRequests();
  would({}, 0, kPictures);
  would({"--force"}, kPictures, 0);
  would({"-s", "96"}, kPictures, 0);
  WritePicture(0, 200);
  would({}, 0, kPictures);
  EXPECT_THAT(NewRequests(), IsEmpty());
  const ProcessResult people = Run({Url("in/new.jpg"), Url("in/1.jpg"), "-o", "out", "-s", "64", "--dry-run"});
  EXPECT_EQ(people.exit_code, 0) << people.err;
  EXPECT_THAT(people.out, HasSubstr(Url("in/new.jpg") + " -> out/new_64.jpg\n"));
}

// Each has a thumbnail of its own, though there is one address to know them by.
TEST_F(UrlAgainTest, TheSameAddressTwice) {
  WriteList({Url("in/1.jpg"), Url("in/1.jpg"), Url("in/1.jpg?x=1"), Url("in/2.jpg")});
  EXPECT_EQ(Summary(Fetch({"--order", "arrival"}))["made"], 4);
  const auto before = Tree("out");
  EXPECT_EQ(before.size(), 4u);
  for (int i = 0; i < 3; ++i) {
    const auto summary = Summary(Fetch());
    EXPECT_EQ(summary["made"].get<int>() + summary["up_to_date"].get<int>(), 4) << summary;
    ExpectSame(Tree("out"), before);
  }
}

}  // namespace
}  // namespace tbbthumbs
