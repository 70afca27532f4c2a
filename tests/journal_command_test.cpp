// What the command says of earlier runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/journal_store.h"
#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JpegFile;
using ::testing::MatchesRegex;
using testing::ProcessResult;
using ::testing::StartsWith;

class JournalCommandTest : public testing::CommandFixture {
 protected:
  // A journal that no run has written.
  std::unique_ptr<JournalStore> NewJournal(const std::string& path) {
    const fs::path whole = tree_.root() / path;
    fs::create_directories(whole.parent_path());
    auto store = JournalStore::Open(whole.string(), JournalStore::Mode::kWrite);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  }

  static JournalEntry Failed(const std::string& input, ErrorCode code, const std::string& message) {
    return {input, {.status = PictureStatus::kFailed, .error = Error{code, message}}};
  }

  static void Write(JournalStore& store, const std::vector<JournalEntry>& entries) {
    const auto written = store.Write(entries);
    EXPECT_TRUE(written) << written.error().message;
  }

  // 12:00:00 on 1 May 2024 at Greenwich, and `seconds` more.
  static std::chrono::nanoseconds At(int seconds) { return std::chrono::seconds(1714564800 + seconds); }
};

TEST_F(JournalCommandTest, StatusCountsAndTellsOfTheLastRuns) {
  const auto store = NewJournal("out/.tbbthumbs/journal.db");
  Write(*store, {{"/in/a.jpg", {.outputs = {{"a_64.jpg", 1}, {"a_256.jpg", 1}}}},
                 {"/in/b.txt", {.status = PictureStatus::kSkipped}},
                 Failed("/in/c.jpg", ErrorCode::kCorrupt, "broken"),
                 Failed("/in/d.jpg", ErrorCode::kTruncated, "cut"),
                 Failed("/in/e.jpg", ErrorCode::kTruncated, "cut")});
  JournalRun run{.version = "0.1.0", .started = At(0)};
  run.id = store->BeginRun(run).value();
  run.ended = At(65);
  run.end = "done";
  run.made = 1300;
  run.up_to_date = 20000;
  run.failed = 3;
  run.wall_time = std::chrono::seconds(65);
  ASSERT_TRUE(store->EndRun(run));
  ASSERT_TRUE(store->BeginRun({.version = "0.1.0", .label = "3/8", .started = At(3600)}));
  const ProcessResult result = Run({"status", "out"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_THAT(result.out, StartsWith("journal  out/.tbbthumbs/journal.db, "));
  EXPECT_THAT(result.out.substr(result.out.find('\n') + 1),
              "made     1  with 2 thumbnails\n"
              "failed   3: 2 truncated, 1 corrupt\n"
              "skipped  1  no pictures, or of a format that is not decoded\n"
              "\n"
              "run                  end                      took   made  up to date  failed  pictures/s\n"
              "2024-05-01 13:00:00  killed or running           -      -           -       -           -  3/8\n"
              "2024-05-01 12:00:00  done               1 min 05 s  1,300      20,000       3        20.0\n");
}

TEST_F(JournalCommandTest, StatusIsOfTheCurrentDirectoryAndInLocalTime) {
  const auto store = NewJournal(".tbbthumbs/journal.db");
  ASSERT_TRUE(store->BeginRun({.started = At(0)}));
  testing::ProcessOptions options;
  options.directory = tree_.root();
  options.environment["TZ"] = "XXX-3";
  const ProcessResult result = testing::RunProcess(TBBTHUMBS_COMMAND, {"status"}, options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("journal  ./.tbbthumbs/journal.db, "));
  EXPECT_THAT(result.out, HasSubstr("2024-05-01 15:00:00  killed or running"));
}

TEST_F(JournalCommandTest, StatusShowsTheLastFiveRuns) {
  const auto store = NewJournal("j.db");
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(store->BeginRun({.started = At(i)}));
  const std::string out = Run({"status", "--journal", "j.db"}).out;
  EXPECT_THAT(out, HasSubstr("12:00:06"));
  EXPECT_THAT(out, HasSubstr("12:00:02"));
  EXPECT_THAT(out, ::testing::Not(HasSubstr("12:00:01")));
}

TEST_F(JournalCommandTest, StatusAsJson) {
  const auto store = NewJournal("j.db");
  Write(*store, {{"/in/a.jpg", {.outputs = {{"a.jpg", 1}}}}, Failed("/in/c.jpg", ErrorCode::kCorrupt, "broken")});
  JournalRun run{.version = "9.9", .label = "3/8", .started = At(0)};
  run.id = store->BeginRun(run).value();
  run.ended = At(2);
  run.end = "stopped";
  run.left = 7;
  run.wall_time = std::chrono::milliseconds(1500);
  ASSERT_TRUE(store->EndRun(run));
  ASSERT_TRUE(store->BeginRun({.started = At(60)}));
  const auto lines = JsonLines(Run({"status", "--journal", "j.db", "--json"}).out);
  ASSERT_EQ(lines.size(), 1u);
  const nlohmann::json& status = lines[0];
  EXPECT_EQ(status["type"], "status");
  EXPECT_EQ(status["journal"], "j.db");
  EXPECT_EQ(status["bytes"], fs::file_size(tree_.root() / "j.db"));
  EXPECT_EQ(status["made"], 1);
  EXPECT_EQ(status["salvaged"], 0);
  EXPECT_EQ(status["thumbnails"], 1);
  EXPECT_EQ(status["failed"], 1);
  EXPECT_EQ(status["skipped"], 0);
  EXPECT_EQ(status["failed_by_code"], nlohmann::json({{"corrupt", 1}}));
  ASSERT_EQ(status["runs"].size(), 2u);
  EXPECT_EQ(status["runs"][0]["started"], "2024-05-01T12:01:00Z");
  EXPECT_FALSE(status["runs"][0].contains("end"));
  EXPECT_EQ(status["runs"][1]["ended"], "2024-05-01T12:00:02Z");
  EXPECT_EQ(status["runs"][1]["end"], "stopped");
  EXPECT_EQ(status["runs"][1]["label"], "3/8");
  EXPECT_EQ(status["runs"][1]["version"], "9.9");
  EXPECT_EQ(status["runs"][1]["left"], 7);
  EXPECT_EQ(status["runs"][1]["wall_seconds"], 1.5);
}

TEST_F(JournalCommandTest, StatusOfARealRun) {
  tree_.Write("in/a.jpg", JpegFile({640, 480}));
  tree_.Write("in/b.jpg", "\xFF\xD8\xFF nothing more");
  tree_.Write("in/notes.txt", "no picture");
  EXPECT_EQ(Run({"in", "-o", "out"}).exit_code, 1);
  const auto status = JsonLines(Run({"status", "-o", "out", "--json"}).out).at(0);
  EXPECT_EQ(status["made"], 1);
  EXPECT_EQ(status["failed"], 1);
  EXPECT_EQ(status["skipped"], 1);
  ASSERT_EQ(status["runs"].size(), 1u);
  EXPECT_EQ(status["runs"][0]["end"], "done");
  EXPECT_EQ(status["runs"][0]["inputs"], 3);
  const std::string input = (tree_.root() / "in/b.jpg").string();
  EXPECT_EQ(Run({"failed", "out"}).out, input + "\n");
}

TEST_F(JournalCommandTest, WhatWasSalvagedStaysMarked) {
  const std::vector<std::byte> whole = JpegFile({640, 480});
  tree_.Write("in/cut.jpg",
              std::vector<std::byte>(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(whole.size() / 2)));
  tree_.Write("in/whole.jpg", whole);
  const std::vector<std::string> make = {"in", "-o", "out", "--on-damage", "salvage"};
  auto json = make;
  json.emplace_back("--json");
  const auto lines = JsonLines(Run(json).out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["salvaged"], true);
  EXPECT_EQ(lines[0]["damage"]["code"], "truncated");
  EXPECT_THAT(lines[0]["damage"]["message"].get<std::string>(), MatchesRegex("scan data ends at [0-9]+ % of the rows"));
  EXPECT_EQ(lines[1]["salvaged"], false);
  EXPECT_FALSE(lines[1].contains("damage"));
  EXPECT_EQ(lines[2]["salvaged"], 1);
  // Also after runs that find it up to date, or make another size of it.
  for (const char* size : {"256", "64"}) {
    auto again = make;
    again.insert(again.end(), {"-s", size, "-v"});
    const ProcessResult result = Run(again);
    EXPECT_EQ(result.exit_code, 0);
    const char* said = size[0] == '2' ? "up to date" : ", damaged (truncated: scan data ends at ";
    EXPECT_THAT(result.out + result.err, HasSubstr(said));
    EXPECT_THAT(Run({"status", "out"}).out, HasSubstr(", 1 of what decoded of damaged files\n"));
    EXPECT_EQ(JsonLines(Run({"status", "out", "--json"}).out).at(0)["salvaged"], 1);
  }
  EXPECT_EQ(Run({"failed", "out"}).out, "") << "it has not failed";
}

TEST_F(JournalCommandTest, WhatADamagedJournalSaysOfRunsDoesNoHarm) {
  const auto store = NewJournal("j.db");
  JournalRun run{.version = "9", .label = "\x1b[1mlabel", .started = At(0)};
  run.id = store->BeginRun(run).value();
  run.ended = At(2);
  run.end = "\x1b[2Jdone";
  run.made = ~uint64_t{0};
  run.failed = 3;
  run.wall_time = std::chrono::seconds(-7);
  run.cpu_time = std::chrono::seconds(-5);
  ASSERT_TRUE(store->EndRun(run));
  testing::Pty terminal(120);
  testing::ProcessOptions options;
  options.directory = tree_.root();
  options.terminal = &terminal;
  options.out_fd = terminal.slave();
  const ProcessResult result = testing::RunProcess(TBBTHUMBS_COMMAND, {"status", "--journal", "j.db"}, options);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("  \\x1b[2Jdone     ?     ?           0       3           -  \\x1b[1mlabel"));
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << result.err;
  const auto json = JsonLines(Run({"status", "--journal", "j.db", "--json"}).out).at(0)["runs"][0];
  EXPECT_EQ(json["failed"], 3);
  for (const char* name : {"made", "wall_seconds", "cpu_seconds"}) EXPECT_FALSE(json.contains(name)) << json;
}

TEST_F(JournalCommandTest, FailedNamesTheInputsAndTheReasonsOnDemand) {
  Write(*NewJournal("out/.tbbthumbs/journal.db"),
        {{"/in/a.jpg", {}},
         Failed("/in/b\x1b.jpg", ErrorCode::kCorrupt, "broken"),
         Failed("/in/c\xFF.jpg", ErrorCode::kTruncated, "scan data ends at 58 % of the rows")});
  const ProcessResult result = Run({"failed", "out"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "/in/b\x1b.jpg\n/in/c\xFF.jpg\n");
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_EQ(Run({"failed", "-o", "out", "-v"}).out,
            "/in/b\x1b.jpg: corrupt: broken\n/in/c\xFF.jpg: truncated: scan data ends at 58 % of the rows\n");
  EXPECT_EQ(Run({"failed", "-o", "out", "-0"}).out, std::string("/in/b\x1b.jpg\0/in/c\xFF.jpg\0", 22));
  const auto lines = JsonLines(Run({"failed", "out", "--json"}).out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], nlohmann::json({{"type", "failed"},
                                      {"input", "/in/b\x1b.jpg"},
                                      {"error", {{"code", "corrupt"}, {"message", "broken"}}}}));
  EXPECT_EQ(lines[1]["input_percent_encoded"], "/in/c%FF.jpg");
}

TEST_F(JournalCommandTest, AddressesAreNamedAsTheyAre) {
  Write(*NewJournal("out/.tbbthumbs/journal.db"),
        {{"https://host/a.jpg", {.outputs = {{"a_64.jpg", 1}}}},
         Failed("https://host/b%20c.jpg?x=/1", ErrorCode::kHttp, "404 Not Found")});
  EXPECT_EQ(Run({"failed", "out"}).out, "https://host/b%20c.jpg?x=/1\n");
  EXPECT_EQ(Run({"failed", "out", "-v"}).out, "https://host/b%20c.jpg?x=/1: http: 404 Not Found\n");
  const std::string status = Run({"status", "out"}).out;
  EXPECT_THAT(status, HasSubstr("made     1  with 1 thumbnail\n"));
  EXPECT_THAT(status, HasSubstr("failed   1: 1 http\n"));
}

TEST_F(JournalCommandTest, FailedIsEscapedForATerminal) {
  Write(*NewJournal("j.db"), {Failed("/in/b\x1b.jpg", ErrorCode::kCorrupt, "broken")});
  testing::Pty terminal(80);
  testing::ProcessOptions options;
  options.directory = tree_.root();
  options.terminal = &terminal;
  options.out_fd = terminal.slave();
  const ProcessResult result = testing::RunProcess(TBBTHUMBS_COMMAND, {"failed", "--journal", "j.db"}, options);
  EXPECT_THAT(result.err, HasSubstr("/in/b\\x1b.jpg"));
}

TEST_F(JournalCommandTest, WithoutAJournal) {
  fs::create_directories(tree_.root() / "thumbs");
  for (const std::string command : {"status", "failed", "prune"}) {
    const ProcessResult result = Run({command, "thumbs"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.err, "tbbthumbs: no journal: thumbs/.tbbthumbs/journal.db (made by a run with -o thumbs)\n");
    const ProcessResult other = Run({command, "-o", "thumbs", "--journal", "j.db"});
    EXPECT_EQ(other.exit_code, 2);
    EXPECT_EQ(other.err, "tbbthumbs: no journal: j.db (made by a run with --journal j.db)\n");
  }
  // Asking makes none.
  EXPECT_THAT(tree_.Files(), IsEmpty());
  EXPECT_FALSE(fs::exists(tree_.root() / "thumbs/.tbbthumbs"));
}

TEST_F(JournalCommandTest, ADamagedJournalIsLeftToTheNextRun) {
  tree_.Write("j.db", std::string(10000, 'x'));
  for (const std::string command : {"status", "failed", "prune"}) {
    const ProcessResult result = Run({command, "-o", "out", "--journal", "j.db"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, MatchesRegex("tbbthumbs: the journal j.db is damaged \\(.*\\); the next run sets it aside "
                                         "and begins a new one\n"));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_EQ(tree_.Read("j.db"), std::string(10000, 'x'));
}

TEST_F(JournalCommandTest, WrongUse) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"status", "a", "b"}, "only one DIR at a time"},
      {{"failed", "a", "-o", "b"}, "--output: DIR says the same"},
      {{"failed", "a", "-0", "--json"}, "--null is for paths"},
      {{"status", "-0"}, "--null: not an option of 'status'"},
      {{"failed", "--even-all"}, "--even-all: not an option of 'failed'"},
      {{"status", ""}, "DIR is empty"},
      {{"prune", "--journal", "j.db"}, "--journal: where the thumbnails are is missing: -o DIR"},
      {{"prune", "-q", "3"}, "--quality: not an option of 'prune'"},
      {{"in", "-o", "out", "--even-all"}, "--even-all: not an option of 'make'"},
      {{"in", "-o", "out", "--prune", "--no-journal"}, "--prune needs the journal"},
      {{"in", "-o", "out", "--prune", "--forget"}, "--forget and --prune exclude each other"},
      {{"watch", "in", "-o", "out", "--prune", "--forget"}, "--forget and --prune exclude each other"},
      {{"in", "-o", "out", "--journal", "new/"}, "--journal: 'new/' is a directory"},
      {{"in", "-o", "out", "--journal", "in"}, "--journal: 'in' is a directory"},
      {{"plan", "in", "-o", "out", "--shards", "1", "--plan", "plan.db", "--journal", "new/"}, "'new/' is a directory"},
      {{"status", "--journal", "in/"}, "--journal: 'in/' is a directory"},
      {{"prune", "-o", "out", "--journal", "in"}, "--journal: 'in' is a directory"},
  };
  tree_.Write("in/a.jpg", JpegFile({64, 48}));
  for (const auto& [arguments, message] : cases) {
    const ProcessResult result = Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  EXPECT_THAT(tree_.Files(), ::testing::ElementsAre("in/a.jpg"));
}

TEST_F(JournalCommandTest, AFullOutputIsSaid) {
  Write(*NewJournal("j.db"), {Failed("/in/b.jpg", ErrorCode::kCorrupt, "broken")});
  for (const std::string command : {"status", "failed"}) {
    testing::ProcessOptions options;
    options.directory = tree_.root();
    testing::Process process(TBBTHUMBS_COMMAND, {command, "--journal", "j.db"}, options);
    process.CloseOutput();
    const ProcessResult result = process.Wait();
    EXPECT_EQ(result.exit_code, 74);
    EXPECT_THAT(result.err, HasSubstr("standard output: "));
  }
}

}  // namespace
}  // namespace tbbthumbs
