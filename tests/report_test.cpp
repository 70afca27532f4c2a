#include "tools/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/temp_tree.h"
#include "tools/exit_codes.h"
#include "tools/json_report.h"

namespace tbbthumbs::tool {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Error kTruncated{ErrorCode::kTruncated, "scan data ends at 61 % of the rows"};

PictureResult MadeResult() {
  PictureResult result;
  result.seq = 7;
  result.input = "photos/a.jpg";
  result.outcome = Outcome::kMade;
  result.format = Format::kJpeg;
  result.size = {4000, 3000};
  result.bytes_in = 2'000'000;
  result.outputs = {{"thumbs/a_256.jpg", {256, 192}, 12'100}};
  result.decoder = "libjpeg-turbo 1/8";
  result.cpu_time = std::chrono::milliseconds(9);
  return result;
}

RunSummary MadeSummary() {
  RunSummary summary;
  summary.inputs = 48;
  summary.made = 48;
  summary.thumbnails = 96;
  summary.bytes_in = 86'800'000;
  summary.bytes_out = 1'200'000;
  summary.wall_time = std::chrono::milliseconds(3100);
  summary.threads = 2;
  return summary;
}

TEST(ReportTest, AFailureIsOneLine) {
  EXPECT_EQ(FailureLine("a/b.jpg", kTruncated, {}),
            "tbbthumbs: a/b.jpg: truncated: scan data ends at 61 % of the rows");
  EXPECT_EQ(FailureLine("a\n\xff.jpg", kTruncated, {.escape = true}),
            "tbbthumbs: a\\n\\xff.jpg: truncated: scan data ends at 61 % of the rows");
  EXPECT_EQ(FailureLine("a\xff.jpg", kTruncated, {}),
            "tbbthumbs: a\xff.jpg: truncated: scan data ends at 61 % of the rows");
  EXPECT_THAT(FailureLine("a.jpg", kTruncated, {.color = true}), HasSubstr("a.jpg: \x1b[1;31mtruncated\x1b[0m: scan"));
}

TEST(ReportTest, MessagesAreEscapedToo) {
  // libpng and libjpeg quote bytes of the file in some of theirs.
  const Error error{ErrorCode::kCorrupt, "bad chunk \x1b[2J"};
  EXPECT_EQ(FailureLine("a.png", error, {.escape = true}), "tbbthumbs: a.png: corrupt: bad chunk \\x1b[2J");
}

TEST(ReportTest, ALineForEachResult) {
  EXPECT_EQ(ResultLine(MadeResult(), {}),
            "made          photos/a.jpg: 4000x3000 JPEG, 256x192 12.1 kB, libjpeg-turbo 1/8, 9 ms");
  PictureResult other;
  other.input = "x.heic";
  other.outcome = Outcome::kUnsupported;
  other.format = Format::kHeic;
  EXPECT_EQ(ResultLine(other, {}), "not supported x.heic: HEIC");
  other.outcome = Outcome::kUpToDate;
  EXPECT_EQ(ResultLine(other, {}), "up to date    x.heic");
}

TEST(ReportTest, TheSummarySaysWhatAndHowFast) {
  EXPECT_THAT(
      SummaryLines(MadeSummary()),
      ElementsAre("made 48 pictures (96 thumbnails, 1.20 MB) in 3.1 s: 15.5 pictures/s, 28.0 MB/s read, 2 threads"));
}

TEST(ReportTest, TheSummaryHasALineForWhatElseThereWas) {
  RunSummary summary;
  summary.wall_time = std::chrono::seconds(1);
  summary.up_to_date = 12'000;
  summary.failed = 3;
  summary.failed_by_code[static_cast<size_t>(ErrorCode::kTruncated)] = 1;
  summary.failed_by_code[static_cast<size_t>(ErrorCode::kCorrupt)] = 2;
  summary.not_pictures = 3;
  summary.unsupported = 815;
  summary.unsupported_by_format[static_cast<size_t>(Format::kWebp)] = 3;
  summary.unsupported_by_format[static_cast<size_t>(Format::kHeic)] = 812;
  summary.filtered = 4;
  summary.left = 100;
  summary.stopped = true;
  summary.walk_error_count = 3;
  EXPECT_THAT(SummaryLines(summary),
              ElementsAre("made 0 pictures (0 thumbnails, 0 B) in 1.0 s", "up to date 12,000",
                          "failed 3: 2 corrupt, 1 truncated", "not pictures 3", "not supported: 812 HEIC, 3 WebP",
                          "left out by size or date 4", "left at least 100 (stopped)",
                          "3 directories or lists could not be read"));
}

TEST(ReportTest, WhoDecodedWhat) {
  RunSummary summary = MadeSummary();
  summary.made_by_decoder = {{"fast 1/8", 3}, {"lanes 1/4", 1200}, {"libpng", 3}};
  EXPECT_EQ(SummaryLines(summary)[1], "decoders: 1,200 lanes 1/4, 3 fast 1/8, 3 libpng");
  EXPECT_EQ(nlohmann::json::parse(SummaryJson(summary))["made_by_decoder"]["lanes 1/4"], 1200);
}

TEST(ReportTest, WhatServersWereAskedFor) {
  RunSummary summary = MadeSummary();
  summary.urls = {
      .requests = 2014, .repeated = 14, .not_modified = 312, .bytes = 212'000'000, .peak_held_bytes = 9'000'000};
  EXPECT_THAT(SummaryLines(summary),
              ElementsAre(HasSubstr("made 48"), "fetched 212 MB in 2,014 requests (14 repeated), 312 not changed"));
  summary.urls = {.requests = 1, .bytes = 4500};
  EXPECT_EQ(SummaryLines(summary).back(), "fetched 4.50 kB in 1 request");

  summary.urls = {.requests = 5, .repeated = 4, .not_modified = 3, .bytes = 2, .peak_held_bytes = 1};
  const nlohmann::json expected = {
      {"requests", 5}, {"repeated", 4}, {"not_modified", 3}, {"bytes", 2}, {"peak_held_bytes", 1}};
  EXPECT_EQ(nlohmann::json::parse(SummaryJson(summary))["urls"], expected);
  EXPECT_EQ(nlohmann::json::parse(SummaryJson(MadeSummary()))["urls"]["requests"], 0);
}

TEST(ReportTest, ARecordOfAPicture) {
  const auto json = nlohmann::json::parse(PictureJson(MadeResult()));
  EXPECT_EQ(json["type"], "picture");
  EXPECT_EQ(json["seq"], 7);
  EXPECT_EQ(json["input"], "photos/a.jpg");
  EXPECT_FALSE(json.contains("input_percent_encoded"));
  EXPECT_EQ(json["outcome"], "made");
  EXPECT_EQ(json["format"], "JPEG");
  EXPECT_EQ(json["width"], 4000);
  EXPECT_EQ(json["bytes_in"], 2'000'000);
  EXPECT_EQ(json["outputs"][0]["path"], "thumbs/a_256.jpg");
  EXPECT_EQ(json["outputs"][0]["height"], 192);
  EXPECT_EQ(json["outputs"][0]["bytes"], 12'100);
  EXPECT_EQ(json["salvaged"], false);
  EXPECT_DOUBLE_EQ(json["cpu_seconds"], 0.009);
}

TEST(ReportTest, WhatIsWrongWithWhatWasSalvaged) {
  PictureResult result = MadeResult();
  EXPECT_FALSE(nlohmann::json::parse(PictureJson(result)).contains("damage"));
  result.damage = Error{ErrorCode::kTruncated, "scan data ends at 61 % of the rows"};
  const auto json = nlohmann::json::parse(PictureJson(result));
  EXPECT_EQ(json["salvaged"], true);
  EXPECT_EQ(json["damage"]["code"], "truncated");
  EXPECT_EQ(json["damage"]["message"], "scan data ends at 61 % of the rows");
  EXPECT_FALSE(json.contains("error"));
  EXPECT_THAT(ResultLine(result, {}), HasSubstr(", damaged (truncated: scan data ends at 61 % of the rows)"));
}

TEST(ReportTest, WhatAFailureHasCost) {
  PictureResult result;
  result.outcome = Outcome::kFailed;
  result.error = Error{ErrorCode::kTimeout, "over the CPU deadline of 2 s"};
  EXPECT_FALSE(nlohmann::json::parse(PictureJson(result)).contains("cpu_seconds")) << "it was not worked on";
  result.cpu_time = std::chrono::milliseconds(2001);
  EXPECT_DOUBLE_EQ(nlohmann::json::parse(PictureJson(result))["cpu_seconds"], 2.001);
}

TEST(ReportTest, ARecordIsOneLineOfUtf8WhateverTheName) {
  PictureResult result;
  result.input = "caf\xe9\n\"\\.jpg";
  result.outcome = Outcome::kFailed;
  result.error = Error{ErrorCode::kCorrupt, "bad \xff"};
  const std::string line = PictureJson(result);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["input"], "caf\uFFFD\n\"\\.jpg");
  EXPECT_EQ(json["input_percent_encoded"], "caf%E9%0A%22%5C.jpg");
  EXPECT_EQ(json["outcome"], "failed");
  EXPECT_EQ(json["error"]["code"], "corrupt");
  EXPECT_EQ(json["error"]["message"], "bad \uFFFD");
  EXPECT_FALSE(json.contains("outputs"));
}

TEST(ReportTest, ARecordOfTheRun) {
  RunSummary summary = MadeSummary();
  summary.failed = 2;
  summary.failed_by_code[static_cast<size_t>(ErrorCode::kTimeout)] = 2;
  summary.fatal = Error{ErrorCode::kIo, "thumbs: No space left on device"};
  const auto json = nlohmann::json::parse(SummaryJson(summary));
  EXPECT_EQ(json["type"], "summary");
  EXPECT_EQ(json["made"], 48);
  EXPECT_EQ(json["failed"], 2);
  EXPECT_EQ(json["failed_by_code"], nlohmann::json({{"timeout", 2}}));
  EXPECT_EQ(json["unsupported_by_format"], nlohmann::json::object());
  EXPECT_EQ(json["fatal"]["code"], "io");
  EXPECT_DOUBLE_EQ(json["wall_seconds"], 3.1);
}

TEST(ExitCodesTest, FollowFromTheSummary) {
  EXPECT_EQ(ExitCodeOf(MadeSummary(), 0), 0);
  RunSummary summary = MadeSummary();
  summary.not_pictures = summary.unsupported = summary.filtered = summary.up_to_date = 5;
  EXPECT_EQ(ExitCodeOf(summary, 0), 0);
  summary.failed = 1;
  EXPECT_EQ(ExitCodeOf(summary, 0), 1);
  summary = MadeSummary();
  summary.walk_error_count = 1;
  EXPECT_EQ(ExitCodeOf(summary, 0), 1);
  // A signal that came when all was done changes nothing.
  EXPECT_EQ(ExitCodeOf(MadeSummary(), SIGINT), 0);
  summary.stopped = true;
  EXPECT_EQ(ExitCodeOf(summary, SIGINT), 130);
  EXPECT_EQ(ExitCodeOf(summary, SIGTERM), 143);
  EXPECT_EQ(ExitCodeOf(summary, SIGHUP), 143);
  summary.fatal = Error{ErrorCode::kIo, "full"};
  EXPECT_EQ(ExitCodeOf(summary, SIGINT), 74);
}

TEST(ExitCodesTest, OfARunThatDidNotStart) {
  EXPECT_EQ(ExitCodeOf(Error{ErrorCode::kUnsupported, ""}), 2);
  EXPECT_EQ(ExitCodeOf(Error{ErrorCode::kNotFound, ""}), 2);
  EXPECT_EQ(ExitCodeOf(Error{ErrorCode::kIo, ""}), 74);
  EXPECT_EQ(ExitCodeOf(Error{ErrorCode::kOutOfMemory, ""}), 74);
}

TEST(ExitCodesTest, OfACommandThatCantUseAJournal) {
  EXPECT_EQ(JournalExitCodeOf({ErrorCode::kNotFound, ""}), 2);
  EXPECT_EQ(JournalExitCodeOf({ErrorCode::kIo, ""}), 74);
  EXPECT_EQ(JournalExitCodeOf({ErrorCode::kNoSpace, ""}), 74);
  EXPECT_EQ(JournalExitCodeOf({ErrorCode::kCorrupt, ""}), 1);
}

TEST(ExitCodesTest, OfAShard) {
  const testing::TempTree tree;
  const std::string place = (tree.root() / "out/.tbbthumbs/shards").string();
  const Error io{ErrorCode::kIo, "locked"};
  const Error no_space{ErrorCode::kNoSpace, "full"};
  EXPECT_EQ(ShardExitCodeOf(MadeSummary(), place), 0);
  RunSummary summary = MadeSummary();
  summary.failed = 1;
  EXPECT_EQ(ShardExitCodeOf(summary, place), 1);
  summary.failed_by_code[static_cast<size_t>(ErrorCode::kHttp)] = 1;
  EXPECT_EQ(ShardExitCodeOf(summary, place), 1) << "what is gone would be asked for again and again";
  summary.journal_failure = io;
  EXPECT_EQ(ShardExitCodeOf(summary, place), 75);
  summary.journal_failure = no_space;
  EXPECT_EQ(ShardExitCodeOf(summary, place), 74);
  summary.stopped = true;
  EXPECT_EQ(ShardExitCodeOf(summary, place), 75);
  summary.fatal = io;
  EXPECT_EQ(ShardExitCodeOf(summary, place), 75) << "of the plan, or of an output that can be written";
  summary.fatal = no_space;
  EXPECT_EQ(ShardExitCodeOf(summary, place), 74);
  EXPECT_EQ(ShardExitCodeOf(io, place), 75);
  EXPECT_EQ(ShardExitCodeOf(no_space, place), 74);
  // Nobody can write into a file.
  tree.Write("out", "no directory");
  EXPECT_EQ(ShardExitCodeOf(io, place), 74);
}

TEST(ExitCodesTest, OfAPlan) {
  const testing::TempTree tree;
  const std::string plan = tree.Write("plan.db", "").string();
  for (const ErrorCode code : {ErrorCode::kNotFound, ErrorCode::kCorrupt, ErrorCode::kUnsupported}) {
    EXPECT_TRUE(IsUselessPlan(plan, {code, ""})) << ErrorCodeName(code);
  }
  EXPECT_FALSE(IsUselessPlan(plan, {ErrorCode::kIo, "locked"}));
  EXPECT_FALSE(IsUselessPlan(plan, {ErrorCode::kOutOfMemory, ""}));
  EXPECT_TRUE(IsUselessPlan((tree.root() / std::string(300, 'x')).string(), {ErrorCode::kIo, "too long"}));
}

}  // namespace
}  // namespace tbbthumbs::tool
