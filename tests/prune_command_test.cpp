// Removing thumbnails whose input is gone, by the command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/journal_store.h"
#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JpegFile;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::Process;
using testing::ProcessResult;

class PruneCommandTest : public testing::CommandFixture {
 protected:
  // Three pictures and their thumbnails.
  void Make() {
    for (const char* name : {"in/a.jpg", "in/b.jpg", "in/sub/c.jpg"}) tree_.Write(name, JpegFile({64, 48}));
    const ProcessResult result = Run({"in", "-o", "out", "-s", "16", "-s", "32"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    ASSERT_EQ(tree_.Files("out").size(), 6u);
  }

  void Remove(const std::string& path) { fs::remove_all(tree_.root() / path); }

  uint64_t Rows(const std::string& output = "out") {
    const auto lines = JsonLines(Run({"status", output, "--json"}).out);
    return lines.at(0)["made"];
  }

  uint64_t BytesOf(const std::string& path) const { return fs::file_size(tree_.root() / path); }
};

TEST_F(PruneCommandTest, RemovesWhatIsGone) {
  Make();
  Remove("in/b.jpg");
  Remove("in/sub");
  const ProcessResult result = Run({"prune", "out"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, MatchesRegex("removed 4 thumbnails of 2 inputs that are gone, [0-9.]+ k?B\n"));
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_16.jpg", "a_32.jpg"));
  EXPECT_FALSE(fs::exists(tree_.root() / "out/sub"));
  EXPECT_EQ(Rows(), 1u);
  const ProcessResult again = Run({"prune", "-o", "out"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.err, "nothing to remove\n");
}

TEST_F(PruneCommandTest, TheCurrentDirectoryIsTheDefault) {
  Make();
  Remove("in/b.jpg");
  testing::ProcessOptions options;
  options.directory = tree_.root() / "out";
  EXPECT_EQ(testing::RunProcess(TBBTHUMBS_COMMAND, {"prune", "--quiet"}, options).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_16.jpg", "a_32.jpg", "sub/c_16.jpg", "sub/c_32.jpg"));
}

TEST_F(PruneCommandTest, FilesThatNoRunHasMadeStay) {
  Make();
  tree_.Write("out/b_64.jpg", "of somebody else");
  tree_.Write("out/sub/notes.txt", "of somebody else");
  Remove("in/b.jpg");
  Remove("in/sub");
  EXPECT_EQ(Run({"prune", "out"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_16.jpg", "a_32.jpg", "b_64.jpg", "sub/notes.txt"));
}

TEST_F(PruneCommandTest, ADryRunSaysWhatWouldGo) {
  Make();
  Remove("in/b.jpg");
  const ProcessResult result = Run({"prune", "out", "--dry-run"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "out/b_16.jpg\nout/b_32.jpg\n");
  EXPECT_THAT(result.err, HasSubstr("would remove 2 thumbnails of 1 input that is gone"));
  const std::string input = (tree_.root() / "in/b.jpg").string();
  EXPECT_EQ(Run({"prune", "out", "--dry-run", "-v"}).out,
            "out/b_16.jpg: " + input + " is gone\nout/b_32.jpg: " + input + " is gone\n");
  EXPECT_EQ(tree_.Files("out").size(), 6u);
  EXPECT_EQ(Rows(), 3u);
}

TEST_F(PruneCommandTest, VerboseAndQuiet) {
  Make();
  Remove("in/b.jpg");
  Remove("in/sub/c.jpg");
  tree_.Write("in/sub/d.jpg", "else it might be a disk that is missing");
  const std::string root = tree_.root().string();
  const ProcessResult result = Run({"prune", "out", "-v"});
  EXPECT_THAT(result.err, HasSubstr("removed       out/b_16.jpg: " + root + "/in/b.jpg is gone\n"));
  EXPECT_THAT(result.err, HasSubstr("removed       out/sub/c_32.jpg: " + root + "/in/sub/c.jpg is gone\n"));
  Remove("in/a.jpg");
  tree_.Write("in/e.jpg", JpegFile({64, 48}));
  Run({"in", "-o", "out", "-s", "16"});
  const ProcessResult quiet = Run({"prune", "out", "--quiet"});
  EXPECT_THAT(quiet.err, IsEmpty());
  EXPECT_THAT(tree_.Files("out"), ElementsAre("e_16.jpg"));
}

TEST_F(PruneCommandTest, AsJson) {
  Make();
  const uint64_t bytes = BytesOf("out/b_16.jpg") + BytesOf("out/b_32.jpg");
  const uint64_t bytes_16 = BytesOf("out/b_16.jpg");
  Remove("in/b.jpg");
  Remove("in/sub/c.jpg");
  const ProcessResult result = Run({"prune", "out", "--json", "--quiet"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, IsEmpty());
  const auto lines = JsonLines(result.out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], nlohmann::json({{"type", "pruned"},
                                      {"input", (tree_.root() / "in/b.jpg").string()},
                                      {"path", "out/b_16.jpg"},
                                      {"bytes", bytes_16}}));
  EXPECT_EQ(lines[2], nlohmann::json({{"type", "kept"}, {"path", (tree_.root() / "in/sub").string()}, {"inputs", 1}}));
  EXPECT_EQ(lines[3]["type"], "prune_summary");
  EXPECT_EQ(lines[3]["inputs"], 3);
  EXPECT_EQ(lines[3]["there"], 1);
  EXPECT_EQ(lines[3]["kept"], 1);
  EXPECT_EQ(lines[3]["pruned"], 1);
  EXPECT_EQ(lines[3]["thumbnails"], 2);
  EXPECT_EQ(lines[3]["bytes"], bytes);
  EXPECT_EQ(lines[3]["stopped"], false);
}

TEST_F(PruneCommandTest, WhereNothingIsThereADiskMayBeMissing) {
  Make();
  fs::rename(tree_.root() / "in", tree_.root() / "elsewhere");
  const ProcessResult result = Run({"prune", "out", "--quiet"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err,
            "tbbthumbs: none of the 3 inputs that the journal knows is there: not pruned, as a disk may be missing; "
            "--even-all does\n");
  EXPECT_EQ(tree_.Files("out").size(), 6u);
  const ProcessResult all = Run({"prune", "out", "--even-all"});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), IsEmpty());
  EXPECT_TRUE(fs::exists(tree_.root() / "out/.tbbthumbs/journal.db"));
}

TEST_F(PruneCommandTest, WhatMayBeOnAMissingDiskIsKeptAndSaid) {
  Make();
  Remove("in/sub/c.jpg");
  const ProcessResult result = Run({"prune", "out"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("tbbthumbs: all of " + (tree_.root() / "in/sub").string() +
                                    " is gone (1 input): not pruned, as a disk may be missing; --even-all does\n"));
  EXPECT_EQ(tree_.Files("out").size(), 6u);
  EXPECT_EQ(Run({"prune", "out", "--even-all"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_16.jpg", "a_32.jpg", "b_16.jpg", "b_32.jpg"));
}

// The names go to the inputs at their new place.
TEST_F(PruneCommandTest, PicturesOnTheWebKeepTheirThumbnails) {
  Make();
  tree_.Write("out/host/a_16.jpg", "a thumbnail");
  {
    const auto store =
        JournalStore::Open((tree_.root() / "out/.tbbthumbs/journal.db").string(), JournalStore::Mode::kWrite);
    ASSERT_TRUE(store) << store.error().message;
    const JournalEntry entry{"https://host/a.jpg?x=1", {.outputs = {{"host/a_16.jpg", 1}}}};
    ASSERT_TRUE((*store)->Write({&entry, 1}));
  }
  Remove("in/b.jpg");
  const ProcessResult result = Run({"prune", "out", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto lines = JsonLines(result.out);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back()["inputs"], 4);
  EXPECT_EQ(lines.back()["addresses"], 1);
  EXPECT_EQ(lines.back()["there"], 2);
  EXPECT_EQ(lines.back()["pruned"], 1);
  EXPECT_TRUE(fs::exists(tree_.root() / "out/host/a_16.jpg"));
  EXPECT_EQ(Rows(), 3u);
  Remove("in");
  EXPECT_THAT(Run({"prune", "out"}).err, HasSubstr("none of the 2 inputs that the journal knows is there"));
  EXPECT_EQ(Run({"prune", "out", "--even-all"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("host/a_16.jpg"));
  EXPECT_EQ(Rows(), 1u);
}

TEST_F(PruneCommandTest, MovedPicturesKeepTheirThumbnails) {
  Make();
  fs::rename(tree_.root() / "in", tree_.root() / "pictures");
  const ProcessResult run = Run({"pictures", "-o", "out", "-s", "16", "-s", "32"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(Rows(), 6u);
  const ProcessResult result = Run({"prune", "out"});
  EXPECT_THAT(result.err, HasSubstr("removed 0 thumbnails of 3 inputs that are gone"));
  EXPECT_EQ(tree_.Files("out").size(), 6u);
  EXPECT_EQ(Rows(), 3u);
}

TEST_F(PruneCommandTest, FilesOfSomebodysOwnAreKept) {
  Make();
  tree_.Write("out/b_16.jpg", "not a thumbnail");
  Remove("in/b.jpg");
  const ProcessResult result = Run({"prune", "out"});
  EXPECT_THAT(result.err, HasSubstr("removed 1 thumbnail of 1 input that is gone"));
  EXPECT_THAT(result.err, HasSubstr("1 file is not as it was made: kept"));
  EXPECT_EQ(tree_.Read("out/b_16.jpg"), "not a thumbnail");
}

// A run that leaves what is there makes it its own: the inputs that it was made for are gone.
TEST_F(PruneCommandTest, WhatWasSkippedStays) {
  Make();
  fs::rename(tree_.root() / "in", tree_.root() / "pictures");
  tree_.Write("pictures/new.jpg", JpegFile({64, 48}));
  const ProcessResult run = Run({"pictures", "-o", "out", "-s", "16", "-s", "32", "--if-exists", "skip", "--prune"});
  EXPECT_THAT(run.err, HasSubstr("up to date 3"));
  EXPECT_EQ(tree_.Files("out").size(), 8u);
  // Nobody knows of what options they are.
  const ProcessResult next = Run({"pictures", "-o", "out", "-s", "16", "-s", "32"});
  EXPECT_THAT(next.err, HasSubstr("made 3 pictures"));
}

TEST_F(PruneCommandTest, AJournalElsewhereNeedsTheOutput) {
  tree_.Write("in/a.jpg", JpegFile({64, 48}));
  tree_.Write("in/b.jpg", JpegFile({64, 48}));
  EXPECT_EQ(Run({"in", "-o", "out", "-s", "16", "--journal", "j.db"}).exit_code, 0);
  Remove("in/b.jpg");
  EXPECT_EQ(Run({"prune", "--journal", "j.db", "-o", "out"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_16.jpg"));
}

TEST_F(PruneCommandTest, WhatCantBeRemovedIsAFailure) {
  Make();
  Remove("in/b.jpg");
  // As root nothing is forbidden: a journal that is damaged, in a way that no database sees.
  {
    auto store = JournalStore::Open((tree_.root() / "out/.tbbthumbs/journal.db").string(), JournalStore::Mode::kWrite);
    ASSERT_TRUE(store);
    const std::vector<JournalEntry> entry = {{(tree_.root() / "in/z.jpg").string(), {.outputs = {{"../in/a.jpg", 1}}}}};
    ASSERT_TRUE((*store)->Write(entry));
  }
  const ProcessResult result = Run({"prune", "out", "--json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("tbbthumbs: out/../in/a.jpg: corrupt: "));
  const auto lines = JsonLines(result.out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[2]["type"], "problem");
  EXPECT_EQ(lines[2]["path"], "out/../in/a.jpg");
  EXPECT_EQ(lines[3]["problems"], 1);
  EXPECT_TRUE(fs::exists(tree_.root() / "in/a.jpg"));
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_16.jpg", "a_32.jpg", "sub/c_16.jpg", "sub/c_32.jpg"));
}

TEST_F(PruneCommandTest, AfterARun) {
  Make();
  Remove("in/b.jpg");
  const std::vector<std::string> command = {"in", "-o", "out", "-s", "16", "-s", "32", "--prune", "--json"};
  std::vector<std::string> dry_run = command;
  dry_run.push_back("--dry-run");
  EXPECT_THAT(Run(dry_run).err, HasSubstr("would remove 2 thumbnails of 1 input"));
  EXPECT_EQ(tree_.Files("out").size(), 6u);
  const ProcessResult result = Run(command);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("removed 2 thumbnails of 1 input"));
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_16.jpg", "a_32.jpg", "sub/c_16.jpg", "sub/c_32.jpg"));
  // The run's summary is the last, as without pruning.
  const auto lines = JsonLines(result.out);
  ASSERT_GE(lines.size(), 4u);
  EXPECT_EQ(lines[lines.size() - 3]["type"], "pruned");
  EXPECT_EQ(lines[lines.size() - 2]["type"], "prune_summary");
  EXPECT_EQ(lines.back()["type"], "summary");
}

// "link/.." is not where the link lies.
TEST_F(PruneCommandTest, WhatTheRunHasMadeOfPicturesBehindALinkStays) {
  tree_.Write("real/pics/x.jpg", JpegFile({64, 48}));
  tree_.Write("cwd/y.jpg", JpegFile({64, 48}));
  fs::create_directories(tree_.root() / "real/sub");
  fs::create_directory_symlink("../real/sub", tree_.root() / "cwd/link");
  testing::ProcessOptions options;
  options.directory = tree_.root() / "cwd";
  for (int i = 0; i < 2; ++i) {
    const ProcessResult result =
        testing::RunProcess(TBBTHUMBS_COMMAND, {"link/../pics", "y.jpg", "-o", "../out", "--prune"}, options);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.err, HasSubstr("nothing to remove\n"));
    EXPECT_THAT(tree_.Files("out"), ElementsAre("x_256.jpg", "y_256.jpg"));
  }
}

TEST_F(PruneCommandTest, AfterARunOfNothingADiskMayBeMissing) {
  Make();
  Remove("in");
  fs::create_directories(tree_.root() / "in");
  const ProcessResult result = Run({"in", "-o", "out", "--prune"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("not pruned, as a disk may be missing"));
  EXPECT_EQ(tree_.Files("out").size(), 6u);
}

TEST_F(PruneCommandTest, AFirstDryRunHasNothingToPrune) {
  tree_.Write("in/a.jpg", JpegFile({64, 48}));
  const ProcessResult result = Run({"in", "-o", "out", "--prune", "--dry-run"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, Not(HasSubstr("journal")));
  EXPECT_FALSE(fs::exists(tree_.root() / "out"));
}

class LongPruneTest : public PruneCommandTest {
 protected:
  static constexpr int kGone = 4000;

  LongPruneTest() {
    std::vector<JournalEntry> entries;
    for (int i = 0; i < kGone; ++i) {
      const std::string name = std::string(150, 'x') + std::to_string(i) + ".jpg";
      const auto file = RealFileSystem().Stat(tree_.Write("out/" + name, "a thumbnail").string(), false);
      EXPECT_TRUE(file);
      entries.push_back({(tree_.root() / "in" / name).string(), {.outputs = {{name, 1, file->bytes, file->modified}}}});
    }
    const std::string there = tree_.Write("in/a.jpg", "there").string();
    entries.push_back({there, {}});
    fs::create_directories(tree_.root() / "out/.tbbthumbs");
    const std::string path = (tree_.root() / "out/.tbbthumbs/journal.db").string();
    auto store = JournalStore::Open(path, JournalStore::Mode::kWrite);
    EXPECT_TRUE(store && (*store)->Write(entries));
    options_.directory = tree_.root();
  }

  testing::ProcessOptions options_;
};

TEST_F(LongPruneTest, SignalsStopItAndTheNextOneGoesOn) {
  for (const auto& [signal, exit_code] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)}) {
    // It stands still as long as nobody reads its records.
    Process process(TBBTHUMBS_COMMAND, {"prune", "out", "--json"}, options_);
    ASSERT_TRUE(process.WaitForOutput("\"pruned\""));
    process.Signal(signal);
    const ProcessResult result = process.Wait();
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_THAT(result.err, HasSubstr("stopped: the same command goes on\n"));
    const auto summary = JsonLines(result.out).back();
    EXPECT_EQ(summary["type"], "prune_summary");
    EXPECT_EQ(summary["stopped"], true);
    EXPECT_GT(tree_.Files("out").size(), 0u);
    EXPECT_EQ(Rows(), tree_.Files("out").size() + 1);
  }
  EXPECT_EQ(Run({"prune", "out"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), IsEmpty());
  EXPECT_EQ(Rows(), 1u);
}

TEST_F(LongPruneTest, KilledTheNextOneFinishes) {
  Process process(TBBTHUMBS_COMMAND, {"prune", "out", "--json"}, options_);
  ASSERT_TRUE(process.WaitForOutput("\"pruned\""));
  process.Signal(SIGKILL);
  process.Wait();
  const size_t left = tree_.Files("out").size();
  EXPECT_LT(left, static_cast<size_t>(kGone));
  EXPECT_GT(left, 0u);
  EXPECT_GE(Rows(), left + 1);
  EXPECT_EQ(Run({"prune", "out"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), IsEmpty());
  EXPECT_EQ(Rows(), 1u);
}

TEST_F(LongPruneTest, AReaderThatGoesAwayStopsIt) {
  Process process(TBBTHUMBS_COMMAND, {"prune", "out", "--json"}, options_);
  ASSERT_TRUE(process.WaitForOutput("\"pruned\""));
  process.CloseOutput();
  const ProcessResult result = process.Wait();
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_THAT(result.err, HasSubstr("standard output: Broken pipe"));
  EXPECT_GT(tree_.Files("out").size(), 0u);
}

}  // namespace
}  // namespace tbbthumbs
