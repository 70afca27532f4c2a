// A run divided among machines, through the command: plan, run, merge.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/journal_store.h"
#include "pipeline/plan_store.h"
#include "pipeline/shard_attempts.h"
#include "pipeline/sqlite_database.h"
#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/plan_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JpegFile;
using ::testing::Not;
using testing::PngFile;
using testing::Process;
using testing::ProcessOptions;
using testing::ProcessResult;
using ::testing::SizeIs;
using ::testing::StartsWith;

class PlanCommandTest : public testing::PlanFixture {
 protected:
  // Names that collide, in every shard of any few.
  void WritePictures() const {
    for (const std::string directory : {"in/a", "in/b/c", "other/a"}) {
      for (int i = 0; i < 6; ++i) {
        const std::string stem = directory + "/" + std::to_string(i / 3);
        const int side = 40 + 10 * i;
        tree_.Write(stem + (i % 3 == 0 ? ".jpg" : i % 3 == 1 ? ".JPG" : ".jpeg"), JpegFile({side, 30}));
        tree_.Write(stem + ".png", PngFile({30, side}, i % 2 == 0));
      }
      tree_.Write(directory + "/notes.txt", std::string("no picture"));
    }
  }

  void WriteCutPicture(const std::string& path) const {
    const std::vector<std::byte> jpeg = JpegFile({640, 480});
    tree_.Write(path, std::span(jpeg).first(jpeg.size() / 2));
  }

  // "out" by three shards and a merge, "single" by one run.
  // `again`: the next run has nothing to make.
  void ExpectSameAsOneRun(const Words& words, int exit_code = 0, bool again = true, int plan_exit_code = 0) const {
    constexpr int kShards = 3;
    SCOPED_TRACE(::testing::PrintToString(words));
    const ProcessResult single = RunTo(exit_code, Joined({"-o", "single", "--json"}, words));
    std::map<uint64_t, std::string> numbers;
    for (const auto& line : JsonLines(single.out)) {
      if (line["type"] == "picture") numbers[line["seq"]] = fs::path(line["input"].get<std::string>()).filename();
    }
    Plan(words, kShards, plan_exit_code);
    std::set<int> codes;
    for (int i = kShards - 1; i >= 0; --i) {
      const ProcessResult shard = Run({"run", "--plan", "plan.db", "--shard", std::to_string(i), "--json"});
      codes.insert(shard.exit_code);
      for (const auto& line : JsonLines(shard.out)) {
        if (line["type"] != "picture") continue;
        const uint64_t seq = line["seq"];
        EXPECT_EQ(seq % kShards, static_cast<uint64_t>(i));
        EXPECT_EQ(numbers[seq], fs::path(line["input"].get<std::string>()).filename());
        numbers.erase(seq);
      }
    }
    EXPECT_THAT(numbers, IsEmpty());
    EXPECT_EQ(*codes.rbegin(), exit_code);
    const ProcessResult merged = Merge({}, exit_code);
    EXPECT_EQ(merged.out, "");
    EXPECT_THAT(Attempts(), IsEmpty());
    ExpectTree("out", "single");
    EXPECT_GT(Tree("single").size(), 0u);
    // The journal is that of a run of its own: the next has nothing to do.
    const ProcessResult next = RunTo(exit_code, Joined({"-o", "out", "--json"}, words));
    const auto summary = JsonLines(next.out).back();
    EXPECT_TRUE(!again || summary["made"] == 0) << summary;
    for (const char* name : {"out", "single", "plan.db"}) fs::remove_all(tree_.root() / name);
  }

  // The next run of the shard is stopped by `signals` when it has made some, but not all of `words`'s plan.
  ProcessResult StopShard(const std::string& shard, const std::vector<int>& signals,
                          const std::function<void()>& before = {}) const {
    std::array<int, 2> fds{};
    EXPECT_EQ(pipe2(fds.data(), O_CLOEXEC), 0);
    ProcessOptions options;
    options.directory = tree_.root();
    options.out_fd = fds[1];
    // As nobody reads its records, it can't come to its end.
    Process process(TBBTHUMBS_COMMAND, {"run", "--plan", "plan.db", "--shard", shard, "--json", "-j1"}, options);
    close(fds[1]);
    pollfd ready{fds[0], POLLIN, 0};
    EXPECT_EQ(poll(&ready, 1, 60'000), 1);
    if (before) before();
    for (const int signal : signals) process.Signal(signal);
    std::string out;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = read(fds[0], buffer.data(), buffer.size())) > 0;) {
      out.append(buffer.data(), static_cast<size_t>(count));
    }
    close(fds[0]);
    ProcessResult result = process.Wait();
    result.out = std::move(out);
    return result;
  }

  // More than fit into a pipe, as records, with all that is under way.
  void WriteManyPictures() const {
    const std::vector<std::byte> jpeg = JpegFile({24, 16});
    for (int i = 0; i < kMany; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", jpeg);
  }

  std::string ShardsDirectory() const {
    return AttemptsDirectory((*PlanReader::Open((tree_.root() / "plan.db").string()))->info());
  }

  static constexpr int kMany = 1500;
};

TEST_F(PlanCommandTest, TheTreeIsThatOfOneRun) {
  WritePictures();
  std::string list;
  for (const std::string& file : tree_.Files("in")) {
    if (file.ends_with(".txt")) continue;
    list += (list.size() % 2 == 0 ? "in/" + file : (tree_.root() / "in" / file).string()) + "\n";
  }
  tree_.Write("list", list);
  for (const Words& words : {
           Words{"in"},
           Words{"in", "other", "--name", "{seq:04}_{total}_{stem}"},
           Words{"in", "-s", "32", "-s", "20x10!", "--format", "auto"},
           Words{"./in/../in/", "--name", "{stem}", "--case", "upper", "--format", "png"},
           Words{"--files-from", "list", "--name", "{hash:8}"},
           Words{"in", "--name", "{date:%Y}/{camera}_{width}"},
           Words{"in", "--name", "{input_hash:8}", "-s", "16", "--min-input-bytes", "700"},
           Words{"in", "--name", "{mtime:%Y}_{stem}", "--include", "*.p*", "--no-recursive", "--hidden"},
       }) {
    // In "in" itself nothing lies.
    if (words.back() == "--hidden") tree_.Write("in/.x.png", PngFile({30, 30}));
    ExpectSameAsOneRun(words);
  }
}

TEST_F(PlanCommandTest, FailuresAreThoseOfOneRun) {
  WritePictures();
  for (int i = 0; i < 3; ++i) WriteCutPicture("in/a/cut" + std::to_string(i) + ".jpg");
  tree_.Write("in/a/empty.jpg", std::string());
  ExpectSameAsOneRun({"in", "in/a/notes.txt"}, 1);
  ExpectSameAsOneRun({"in", "in/missing.jpg"}, 1, true, 1);
  ExpectSameAsOneRun({"in", "in/missing.jpg", "--name", "{date:%Y}/{stem}"}, 1, true, 1);
}

TEST_F(PlanCommandTest, InputsThatAreNotThereAreToldAtOnce) {
  WritePictures();
  for (const Words& more : {Words{}, {"--name", "{date:%Y}/{stem}"}}) {
    const ProcessResult plan = Plan(Joined({"in/a/0.jpg", "missing.jpg", "in/a/0.png"}, more), 1, 1);
    EXPECT_THAT(plan.err, AllOf(StartsWith("tbbthumbs: missing.jpg: not_found: no such file or directory\n"),
                                HasSubstr("planned 3 files in 1 shard: plan.db\nwill fail: 1\n")));
    EXPECT_EQ(plan.err.find("missing.jpg"), plan.err.rfind("missing.jpg"));
    EXPECT_THAT(Shard("0", {}, 1).err, HasSubstr("missing.jpg: not_found"));
    EXPECT_THAT(Tree("out"), SizeIs(2));
    fs::remove_all(tree_.root() / "out");
    fs::remove(tree_.root() / "plan.db");
  }
  const ProcessResult records = Plan({"missing.jpg", "in", "--json", "--quiet"}, 1, 1);
  EXPECT_EQ(records.err, "tbbthumbs: missing.jpg: not_found: no such file or directory\n");
  const auto lines = JsonLines(records.out);
  EXPECT_EQ(lines[0]["type"], "failed");
  EXPECT_EQ(lines[0]["input"], "missing.jpg");
  // What a list names may come later.
  fs::remove(tree_.root() / "plan.db");
  tree_.Write("list", std::string("missing.jpg\n"));
  EXPECT_THAT(Plan({"--files-from", "list"}, 1).err, Not(HasSubstr("missing.jpg")));
}

TEST_F(PlanCommandTest, SlurmMakesWhatIsThere) {
  WritePictures();
  chmod(tree_.Write("bin/sbatch", std::string("#!/bin/sh\necho \"$@\" >>submitted\necho 7\n")).c_str(), 0755);
  const auto submit = [&](const Words& words) {
    ProcessOptions options;
    options.directory = tree_.root();
    options.environment = {{"PATH", (tree_.root() / "bin").string() + ":/usr/bin:/bin"},
                           {"TBBTHUMBS", TBBTHUMBS_COMMAND}};
    return RunProcess(std::string(TBBTHUMBS_SOURCE_DIR) + "/tools/slurm/submit.sh",
                      Joined({"--shards", "2", "in", "-o", "out"}, words), options);
  };
  const ProcessResult wrong = submit({"-q", "x"});
  EXPECT_EQ(wrong.exit_code, 2) << wrong.err;
  EXPECT_FALSE(fs::exists(tree_.root() / "submitted"));
  const ProcessResult some = submit({"missing.jpg"});
  EXPECT_EQ(some.exit_code, 1) << some.err;
  EXPECT_THAT(some.err, HasSubstr("missing.jpg: not_found"));
  EXPECT_THAT(some.out, HasSubstr("Job 7 makes the thumbnails (--array=0-1), job 7 merges"));
  EXPECT_THAT(tree_.Read("submitted"), HasSubstr("--array=0-1"));
}

// "link/.." is not where the link lies.
TEST_F(PlanCommandTest, PicturesBehindALinkAreThoseOfOneRun) {
  tree_.Write("pics/x.jpg", JpegFile({100, 30}));
  tree_.Write("real/pics/x.jpg", JpegFile({30, 100}));
  fs::create_directories(tree_.root() / "real/sub");
  fs::create_directory_symlink("real/sub", tree_.root() / "link");
  ExpectSameAsOneRun({"link/../pics"});
  ExpectSameAsOneRun({"link/../pics/x.jpg"});
}

TEST_F(PlanCommandTest, AFileNamedTwiceHasItsNamesInTwoShards) {
  WritePictures();
  ExpectSameAsOneRun({"in", "in/a/0.jpg", "in/a/0.jpg", "in/b"}, 0, false);
}

TEST_F(PlanCommandTest, ThePlanSaysHowToGoOn) {
  WritePictures();
  const ProcessResult plan = Plan({"in"}, 2);
  EXPECT_EQ(plan.out, "");
  EXPECT_THAT(plan.err,
              AllOf(HasSubstr("planned 18 files in 2 shards: plan.db\n"),
                    HasSubstr("tbbthumbs run --plan plan.db --shard I, I from 0 to 1; then tbbthumbs merge")));
  EXPECT_THAT(Tree("out"), IsEmpty());
  fs::remove(tree_.root() / "plan.db");
  const ProcessResult records = Plan({"in", "--json", "--quiet", "--name", "{stem}"}, 2);
  const auto lines = JsonLines(records.out);
  ASSERT_THAT(lines, SizeIs(19));
  EXPECT_EQ(lines[0]["outcome"], "planned");
  EXPECT_EQ(lines[0]["outputs"][0]["path"], "out/0.jpg");
  EXPECT_EQ(lines[18]["planned"], 18);
  EXPECT_EQ(records.err, "");
}

TEST_F(PlanCommandTest, TheSamePlanHasTheSameDigest) {
  WritePictures();
  const auto digest = [&](const Words& words) {
    Plan(words, 3);
    const std::string found = (*PlanReader::Open((tree_.root() / "plan.db").string()))->info().digest;
    fs::remove(tree_.root() / "plan.db");
    return found;
  };
  const std::string one = digest({"in"});
  EXPECT_EQ(digest({"in"}), one);
  EXPECT_NE(digest({"in", "-q", "70"}), one);
  EXPECT_NE(digest({"in", "--case", "upper"}), one);
}

TEST_F(PlanCommandTest, AShardRunAgainMakesNothing) {
  WritePictures();
  Plan({"in"}, 2);
  const auto first = JsonLines(Shard("0/2", {"--json"}).out).back();
  EXPECT_GT(first["made"], 0);
  const auto second = JsonLines(Shard("0/2", {"--json"}).out).back();
  EXPECT_EQ(second["made"], 0);
  EXPECT_EQ(second["up_to_date"], first["made"]);
  EXPECT_EQ(second["not_pictures"], first["not_pictures"]);
  EXPECT_THAT(Attempts(), SizeIs(2));
  Shard("1/2");
  const auto merged = JsonLines(Merge({"--json"}).out).back();
  EXPECT_EQ(merged["inputs"], 18);
  EXPECT_EQ(merged["made"].get<int>() + merged["up_to_date"].get<int>(), 16);
  EXPECT_EQ(merged["other"], 2);
}

TEST_F(PlanCommandTest, TwoRunsOfAShardAtOnceDoNoHarm) {
  WriteManyPictures();
  RunTo(0, {"in", "-o", "single"});
  Plan({"in"}, 2);
  ProcessOptions options;
  options.directory = tree_.root();
  std::vector<std::unique_ptr<Process>> processes;
  for (const char* shard : {"0", "0", "1"}) {
    processes.push_back(std::make_unique<Process>(TBBTHUMBS_COMMAND,
                                                  Words{"run", "--plan", "plan.db", "--shard", shard, "-j2"}, options));
  }
  for (const auto& process : processes) {
    const ProcessResult result = process->Wait();
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.err.find("failed"), std::string::npos) << result.err;
  }
  Merge();
  ExpectTree("out", "single");
  // The journal is that of one of the two; what the other made after it is made once more.
  RunTo(0, {"in", "-o", "out"});
  EXPECT_EQ(JsonLines(RunTo(0, {"in", "-o", "out", "--json"}).out).back()["up_to_date"], kMany);
  ExpectTree("out", "single");
}

TEST_F(PlanCommandTest, AStoppedShardIsToBeRunAgainAndGoesOn) {
  WriteManyPictures();
  RunTo(0, {"in", "-o", "single"});
  Plan({"in"}, 1);
  uint64_t made = 0;
  for (const auto& signals : {std::vector{SIGTERM}, {SIGTERM, SIGTERM, SIGTERM}, {SIGINT}, {SIGHUP}}) {
    const ProcessResult stopped = StopShard("0", signals);
    EXPECT_EQ(stopped.exit_code, 75) << stopped.err;
    const auto summary = JsonLines(stopped.out).back();
    EXPECT_EQ(summary["stopped"], true);
    made += summary["made"].get<uint64_t>();
    EXPECT_LT(made, static_cast<uint64_t>(kMany));
    EXPECT_EQ(Merge({}, 75).out, "--array=0\n");
  }
  EXPECT_GT(made, 0u);
  const auto summary = JsonLines(Shard("0", {"--json"}).out).back();
  EXPECT_EQ(summary["up_to_date"], made) << "what the runs before have made";
  EXPECT_EQ(summary["made"], kMany - made);
  Merge();
  ExpectTree("out", "single");
}

TEST_F(PlanCommandTest, WhatAKilledShardHasWrittenDownIsNotMadeAgain) {
  WriteManyPictures();
  RunTo(0, {"in", "-o", "single"});
  Plan({"in"}, 1);
  // It writes them within a second or two.
  const ProcessResult killed = StopShard("0", {SIGKILL}, [&] {
    for (int i = 0; i < 600; ++i) {
      const Words attempts = Attempts();
      if (!attempts.empty()) {
        const auto store =
            JournalStore::Open((tree_.root() / "out" / attempts[0]).string(), JournalStore::Mode::kReadOnly);
        if (store && (*store)->HasRows().value_or(false)) return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ADD_FAILURE() << "it writes nothing";
  });
  EXPECT_EQ(killed.signal, SIGKILL);
  ASSERT_THAT(Attempts(), SizeIs(1));
  EXPECT_THAT(Attempts()[0], ::testing::EndsWith(".part"));
  EXPECT_EQ(Merge({}, 75).out, "--array=0\n");
  const auto summary = JsonLines(Shard("0", {"--json"}).out).back();
  EXPECT_GT(summary["up_to_date"], 0);
  EXPECT_EQ(summary["up_to_date"].get<int>() + summary["made"].get<int>(), kMany);
  Merge();
  EXPECT_THAT(Attempts(), IsEmpty());
  ExpectTree("out", "single");
}

TEST_F(PlanCommandTest, MergeSaysWhichShardsAreMissing) {
  WritePictures();
  Plan({"in"}, 6);
  EXPECT_EQ(Merge({}, 75).out, "--array=0-5\n");
  for (const char* shard : {"0/6", "2/6", "5/6"}) Shard(shard);
  const ProcessResult merged = Merge({}, 75);
  EXPECT_EQ(merged.out, "--array=1,3-4\n");
  EXPECT_THAT(merged.err, AllOf(HasSubstr("3 of 6 shards merged"), HasSubstr("missing 3 shards (9 files): 1,3-4")));
  const ProcessResult records = Merge({"--json", "--quiet"}, 75);
  EXPECT_EQ(records.err, "");
  const auto summary = JsonLines(records.out).back();
  EXPECT_EQ(summary["array"], "1,3-4");
  EXPECT_EQ(summary["missing"], (std::vector{1, 3, 4}));
  EXPECT_EQ(summary["missing_inputs"], 9);
  for (const char* shard : {"1", "3", "4"}) Shard(shard);
  EXPECT_EQ(Merge().out, "");
  const ProcessResult again = Merge();
  EXPECT_EQ(again.out, "");
  EXPECT_THAT(again.err, StartsWith("complete already: 6 of 6 shards merged"));
}

TEST_F(PlanCommandTest, FailedPicturesAreListedAndEndWith1) {
  WritePictures();
  WriteCutPicture("in/a/cut.jpg");
  Plan({"in"}, 2);
  std::set<int> codes;
  for (const char* shard : {"0", "1"}) codes.insert(Run({"run", "--plan", "plan.db", "--shard", shard}).exit_code);
  EXPECT_THAT(codes, ElementsAre(0, 1));
  const std::string cut = (tree_.root() / "in/a/cut.jpg").string();
  const ProcessResult merged = Merge({}, 1);
  EXPECT_EQ(merged.out, "");
  EXPECT_THAT(merged.err, StartsWith("tbbthumbs: " + cut + ": truncated: "));
  const ProcessResult again = Merge({"--json"}, 1);
  EXPECT_THAT(again.err, StartsWith("tbbthumbs: " + cut + ": truncated: "));
  const auto lines = JsonLines(again.out);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0]["type"], "failed");
  EXPECT_EQ(lines[0]["input"], cut);
  EXPECT_EQ(lines[0]["error"]["code"], "truncated");
  EXPECT_EQ(lines[1]["failed"], 1);
  EXPECT_EQ(lines[1]["merged_before"], true);
  // Made good later, also by a run of the shard alone.
  tree_.Write("in/a/cut.jpg", JpegFile({64, 48}));
  for (const char* shard : {"0", "1"}) Shard(shard);
  EXPECT_THAT(Merge().err, HasSubstr(" 0 failed"));
  EXPECT_THAT(Attempts(), IsEmpty());
  EXPECT_EQ(Merge().out, "");
}

TEST_F(PlanCommandTest, TheNewestCompleteRunOfAShardCounts) {
  tree_.Write("in/a.jpg", JpegFile({64, 48}));
  Plan({"in"}, 1);
  Shard("0");
  WriteCutPicture("in/a.jpg");
  Shard("0", {}, 1);
  // Newer, but not complete.
  const std::string directory = ShardsDirectory();
  const PlanInfo info = (*PlanReader::Open((tree_.root() / "plan.db").string()))->info();
  {
    const auto store = JournalStore::Open(directory + "/00000.elsewhere+1@1+a+0.db", JournalStore::Mode::kWrite);
    ASSERT_TRUE(store);
    JournalRun run;
    run.label = ShardLabel(info, 0);
    run.id = *(*store)->BeginRun(run);
    run.ended = std::chrono::nanoseconds(1);
    run.end = "stopped";
    ASSERT_TRUE((*store)->EndRun(run));
  }
  // Not this plan's, and no journal at all.
  {
    const auto store = JournalStore::Open(directory + "/00000.elsewhere+1@1+b+0.db", JournalStore::Mode::kWrite);
    JournalRun run;
    run.label = std::string(32, '0') + " 0/1";
    run.id = *(*store)->BeginRun(run);
    run.ended = std::chrono::nanoseconds(1);
    run.end = "done";
    ASSERT_TRUE((*store)->EndRun(run));
  }
  tree_.Write(fs::path(directory) / "00000.elsewhere+1@1+c+0.db", std::string("damaged"));
  EXPECT_THAT(Merge({}, 1).err, HasSubstr("truncated"));
}

TEST_F(PlanCommandTest, ADamagedRunIsAMissingOne) {
  WritePictures();
  Plan({"in"}, 2);
  Shard("0");
  Shard("1");
  const std::string file = "out/" + Attempts()[1];
  std::string bytes = tree_.Read(file);
  std::fill(bytes.begin() + 4096, bytes.end(), 'x');
  tree_.Write(file, bytes);
  EXPECT_EQ(Merge({}, 75).out, "--array=1\n");
  Shard("1");
  Merge();
}

TEST_F(PlanCommandTest, MergeSetsADamagedJournalAside) {
  WritePictures();
  Plan({"in"}, 2);
  for (const char* shard : {"0", "1"}) Shard(shard);
  tree_.Write("out/.tbbthumbs/journal.db", std::string(5000, 'x'));
  const ProcessResult merged = Merge({"--json"});
  EXPECT_THAT(merged.err, HasSubstr("the journal was damaged and is now "));
  const std::string aside = JsonLines(merged.out).back()["journal_set_aside"];
  EXPECT_EQ(tree_.Read(fs::relative(aside, tree_.root())), std::string(5000, 'x'));
  EXPECT_EQ(JsonLines(RunTo(0, {"in", "-o", "out", "--json"}).out).back()["up_to_date"], 16);
}

TEST_F(PlanCommandTest, APlanDamagedSinceItsMergeIsNotTheJournalsFault) {
  WritePictures();
  Plan({"in"}, 1);
  Shard("0");
  Merge();
  ASSERT_TRUE((*SqliteDatabase::Open((tree_.root() / "plan.db").string(), SqliteDatabase::Mode::kReadWrite))
                  ->Execute("DELETE FROM item WHERE id=1"));
  const ProcessResult merged = Merge({}, 2);
  EXPECT_THAT(merged.err, StartsWith("tbbthumbs: plan.db: the plan is damaged: "));
  EXPECT_THAT(merged.err, Not(HasSubstr("journal")));
}

// 0.jpg was there before, and is back after the plan's run has made a thumbnail of 0.png under its name.
TEST_F(PlanCommandTest, MergeTakesThumbnailsFromThoseThatHaveThemNoMore) {
  const fs::path jpg = tree_.root() / "in/0.jpg";
  tree_.Write("in/0.jpg", JpegFile({40, 30}));
  tree_.Write("in/1.jpg", JpegFile({40, 30}));
  RunTo(0, {"in", "-o", "out"});
  const std::string thumbnail = tree_.Read("out/0_256.jpg");
  fs::rename(jpg, tree_.root() / "0.jpg");
  tree_.Write("in/0.png", PngFile({30, 40}));
  Plan({"in"}, 2);
  for (const char* shard : {"0", "1"}) Shard(shard);
  Merge();
  fs::remove(tree_.root() / "in/0.png");
  fs::rename(tree_.root() / "0.jpg", jpg);
  EXPECT_EQ(JsonLines(RunTo(0, {"in", "-o", "out", "--json"}).out).back()["made"], 1);
  EXPECT_EQ(tree_.Read("out/0_256.jpg"), thumbnail);
}

TEST_F(PlanCommandTest, ForceMakesAllAnewOnce) {
  WritePictures();
  RunTo(0, {"in", "-o", "out"});
  Plan({"in"}, 1);
  EXPECT_EQ(JsonLines(Shard("0", {"--json"}).out).back()["made"], 0) << "the journal's are known";
  Merge();
  fs::remove(tree_.root() / "plan.db");
  Plan({"in", "--force"}, 1);
  EXPECT_EQ(JsonLines(Shard("0", {"--json"}).out).back()["made"], 16);
  EXPECT_EQ(JsonLines(Shard("0", {"--json"}).out).back()["made"], 0);
  Merge();
  EXPECT_EQ(JsonLines(RunTo(0, {"in", "-o", "out", "--json"}).out).back()["up_to_date"], 16);
}

TEST_F(PlanCommandTest, FailuresAreTriedAgainOnceByWhoSaysSo) {
  WriteCutPicture("in/cut.jpg");
  RunTo(1, {"in", "-o", "out"});
  Plan({"in"}, 1);
  EXPECT_EQ(JsonLines(Shard("0", {"--json"}, 1).out).back()["known_failures"], 1);
  fs::remove(tree_.root() / "plan.db");
  Plan({"in", "--retry-failed"}, 1);
  EXPECT_EQ(JsonLines(Shard("0", {"--json"}, 1).out).back()["known_failures"], 0);
  EXPECT_EQ(JsonLines(Shard("0", {"--json"}, 1).out).back()["known_failures"], 1);
}

TEST_F(PlanCommandTest, WhatDecidesIsAsItWasWhenItWasPlanned) {
  WritePictures();
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(10);
  fs::last_write_time(tree_.root() / "in/a/0.png", old);
  fs::last_write_time(tree_.Write("reference", std::string()), old + std::chrono::hours(1));
  tree_.Write("out/tbbthumbs.conf", std::string("quality = 30\nthreads = 1\n"));
  tree_.Write("single/tbbthumbs.conf", std::string("quality = 30\n"));
  RunTo(0, {"in", "-o", "single", "--newer-than", "reference"});
  Plan({"in", "--newer-than", "reference"}, 2);
  fs::last_write_time(tree_.root() / "reference", old - std::chrono::hours(1));
  tree_.Write("out/tbbthumbs.conf", std::string("quality = 30\n"));
  tree_.Write("single/tbbthumbs.conf", std::string("quality = 30\n"));
  tree_.Write("in/a/later.jpg", JpegFile({64, 48}));
  tree_.Write("elsewhere/x", std::string());
  ProcessOptions options;
  options.directory = tree_.root() / "elsewhere";
  options.environment["TZ"] = "Asia/Tokyo";
  for (const char* shard : {"0/2", "1/2"}) {
    const ProcessResult result =
        RunProcess(TBBTHUMBS_COMMAND, {"run", "--plan", "../plan.db", "--shard", shard, "-j2"}, options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  Merge();
  ExpectTree("out", "single");
  EXPECT_FALSE(fs::exists(tree_.root() / "out/a/0_png_256.jpg"));
}

TEST_F(PlanCommandTest, WhatChangesAfterThePlanIsTakenAsItIs) {
  tree_.Write("in/gone.jpg", JpegFile({64, 48}));
  tree_.Write("in/late.jpg", std::string("no picture yet"));
  tree_.Write("in/other.jpg", JpegFile({64, 48}));
  Plan({"in", "--name", "{date:%Y}/{stem}"}, 1);
  fs::remove(tree_.root() / "in/gone.jpg");
  tree_.Write("in/late.jpg", JpegFile({64, 48}));
  const ProcessResult result = Shard("0", {}, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("gone.jpg: not_found"),
                                HasSubstr("late.jpg: io: it was no picture when it was planned")));
  EXPECT_THAT(Tree("out"), SizeIs(1));
}

TEST_F(PlanCommandTest, AutoIsWhatTheSchedulerSays) {
  WritePictures();
  Plan({"in"}, 4);
  ProcessOptions options;
  options.environment = {{"SLURM_ARRAY_TASK_ID", "2"}, {"SLURM_ARRAY_TASK_COUNT", "1"}};
  EXPECT_EQ(Run({"run", "--plan", "plan.db", "--shard", "auto"}, options).exit_code, 0);
  EXPECT_EQ(Merge({}, 75).out, "--array=0-1,3\n");
  options.environment = {{"JOB_COMPLETION_INDEX", "4"}};
  const ProcessResult wrong = Run({"run", "--plan", "plan.db", "--shard", "auto"}, options);
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("JOB_COMPLETION_INDEX: there is no shard 4"));
}

TEST_F(PlanCommandTest, WrongUseSaysWhatIsWrong) {
  WritePictures();
  Plan({"in"}, 2);
  const auto expect = [&](const Words& words, const std::string& message) {
    const ProcessResult result = RunTo(2, words);
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  };
  const Words plan{"plan", "in", "-o", "out"};
  expect(Joined(plan, {"--shards", "2"}), "--plan FILE is missing");
  expect(Joined(plan, {"--plan", "new.db"}), "--shards N is missing");
  expect(Joined(plan, {"--plan", "new.db", "--shards", "0"}), "--shards: '0' is no whole number from 1 to 100000");
  expect(Joined(plan, {"--plan", "plan.db", "--shards", "2"}), "plan.db is there already");
  expect({"plan", "in", "--plan", "new.db", "--shards", "2"}, "--output is missing");
  expect({"plan", "-o", "out", "--plan", "new.db", "--shards", "2"}, "an INPUT is missing");
  expect({"plan", "out", "-o", "out", "--plan", "new.db", "--shards", "2"}, "lies in the output directory");
  expect(Joined(plan, {"--plan", "new.db", "--shards", "2", "--no-journal"}), "--no-journal: not an option of 'plan'");
  expect(Joined(plan, {"--plan", "new.db", "--shards", "2", "--dry-run"}), "--dry-run: not an option of 'plan'");
  expect(Joined(plan, {"--plan", "new.db", "--shards", "2", "--if-exists", "fail"}),
         "--if-exists fail: not for a plan");
  tree_.Write("conf", std::string("forget = yes\n"));
  expect(Joined(plan, {"--plan", "new.db", "--shards", "2", "--config", "conf"}), "conf:1: forget: not for a plan");
  EXPECT_FALSE(fs::exists(tree_.root() / "new.db"));

  const Words run{"run", "--plan", "plan.db"};
  expect(run, "--shard is missing");
  expect({"run", "--shard", "0"}, "--plan FILE is missing");
  expect(Joined(run, {"--shard", "2"}), "--shard: there is no shard 2: the plan has 2 shards, numbered from 0");
  expect(Joined(run, {"--shard", "0/3"}), "--shard: 0/3: the plan has 2 shards");
  expect(Joined(run, {"--shard", "auto"}), "--shard auto: none of SLURM_ARRAY_TASK_ID");
  expect(Joined(run, {"--shard", "0", "in"}), "'in': the inputs are those of the plan");
  expect(Joined(run, {"--shard", "0", "-q", "80"}), "--quality: not an option of 'run'");
  expect(Joined(run, {"--shard", "0", "--threads", "x"}), "--threads: 'x' is no whole number");
  expect({"run", "--plan", "none.db", "--shard", "0"}, "none.db: ");
  expect({"run", "--plan", "in/a/0.jpg", "--shard", "0"}, "in/a/0.jpg: ");
  expect({"merge", "--plan", "none.db"}, "none.db: ");
  expect({"merge"}, "--plan FILE is missing");
  expect({"merge", "--plan", "plan.db", "--shards", "2"}, "--shards: not an option of 'merge'");
  EXPECT_THAT(Attempts(), IsEmpty());

  const auto change = [&](const char* sql) {
    ASSERT_TRUE(
        (*SqliteDatabase::Open((tree_.root() / "plan.db").string(), SqliteDatabase::Mode::kReadWrite))->Execute(sql));
  };
  change("DELETE FROM item WHERE id=1");
  expect(Joined(run, {"--shard", "0"}), "plan.db: the plan is damaged: ");
  Shard("1");
  change("UPDATE meta SET value='0.0.1' WHERE name='version'");
  expect(Joined(run, {"--shard", "1"}), "plan.db: it was made by tbbthumbs 0.0.1, and this is tbbthumbs ");
  expect({"merge", "--plan", "plan.db"}, "plan.db: it was made by tbbthumbs 0.0.1, and this is tbbthumbs ");
}

TEST_F(PlanCommandTest, APlanThatIsLockedIsTriedAgainLater) {
  WritePictures();
  Plan({"in"}, 1);
  {
    const auto other = SqliteDatabase::Open((tree_.root() / "plan.db").string(), SqliteDatabase::Mode::kReadWrite);
    ASSERT_TRUE(other && (*other)->Execute("BEGIN EXCLUSIVE"));
    EXPECT_THAT(Shard("0", {}, 75).err, StartsWith("tbbthumbs: plan.db: another process has kept it locked"));
  }
  Shard("0");
}

// As somebody who may not, if we are one who may do all.
TEST_F(PlanCommandTest, WhatMayNotBeReadOrWrittenIsNotTriedAgain) {
  WritePictures();
  Plan({"in"}, 1);
  chmod(tree_.root().c_str(), 0755);
  const auto run = [&] {
    ProcessOptions options;
    options.directory = tree_.root();
    const Words words{"--reuid=65534", "--clear-groups", TBBTHUMBS_COMMAND, "run", "--plan", "plan.db", "--shard", "0"};
    return geteuid() == 0 ? RunProcess("/usr/bin/setpriv", words, options)
                          : RunProcess(TBBTHUMBS_COMMAND, Words(words.begin() + 3, words.end()), options);
  };
  chmod((tree_.root() / "plan.db").c_str(), 0);
  const ProcessResult unread = run();
  if (unread.exit_code == 127 || unread.err.find("setpriv") != std::string::npos) GTEST_SKIP() << unread.err;
  EXPECT_EQ(unread.exit_code, 2) << unread.err;
  EXPECT_THAT(unread.err, StartsWith("tbbthumbs: plan.db: "));
  chmod((tree_.root() / "plan.db").c_str(), 0644);
  chmod((tree_.root() / "out/.tbbthumbs").c_str(), 0555);
  const ProcessResult unwritten = run();
  EXPECT_EQ(unwritten.exit_code, 74) << unwritten.err;
  EXPECT_THAT(unwritten.err, HasSubstr("out/.tbbthumbs/shards"));
  chmod((tree_.root() / "out/.tbbthumbs").c_str(), 0755);
}

TEST_F(PlanCommandTest, PlaceholdersNeedRecordsWhereTheyAreMade) {
  tree_.Write("in/a.jpg", JpegFile({64, 48}));
  Plan({"in", "--blurhash"}, 1);
  EXPECT_THAT(Shard("0", {}, 2).err, HasSubstr("--blurhash needs --json"));
  EXPECT_TRUE(JsonLines(Shard("0", {"--json"}).out).front().contains("blurhash"));
}

TEST_F(PlanCommandTest, AStoppedPlanIsNone) {
  ASSERT_EQ(mkfifo((tree_.root() / "list").c_str(), 0600), 0);
  ProcessOptions options;
  options.directory = tree_.root();
  Process process(TBBTHUMBS_COMMAND,
                  {"plan", "--files-from", "list", "-o", "out", "--shards", "2", "--plan", "plan.db", "-v"}, options);
  // Open until the test ends: the list does not.
  const int list = open((tree_.root() / "list").c_str(), O_RDWR | O_CLOEXEC);
  const std::string name = tree_.Write("a.jpg", JpegFile({64, 48})).string() + "\n";
  ASSERT_EQ(write(list, name.data(), name.size()), static_cast<ssize_t>(name.size()));
  ASSERT_TRUE(process.WaitForError("planned"));
  process.Signal(SIGTERM);
  const ProcessResult result = process.Wait();
  close(list);
  EXPECT_EQ(result.exit_code, 143);
  EXPECT_THAT(result.err, HasSubstr("there is no plan\n"));
  fs::remove(tree_.root() / "list");
  EXPECT_THAT(tree_.Files(), ElementsAre("a.jpg"));
}

TEST_F(PlanCommandTest, ThePlanMayLieWhereNothingCanBeWritten) {
  WritePictures();
  RunTo(0, {"in", "-o", "single"});
  Plan({"in"}, 2);
  fs::create_directories(tree_.root() / "read-only");
  fs::rename(tree_.root() / "plan.db", tree_.root() / "read-only/plan.db");
  chmod((tree_.root() / "read-only/plan.db").c_str(), 0444);
  const std::string script =
      "mount --bind read-only read-only && mount -o remount,ro,bind read-only || exit 99\n"
      "! touch read-only/x 2>/dev/null || exit 99\n"
      "for i in 0 1; do \"$0\" run --plan read-only/plan.db --shard $i || exit; done\n"
      "\"$0\" merge --plan read-only/plan.db\n";
  ProcessOptions options;
  options.directory = tree_.root();
  const ProcessResult result =
      RunProcess("/usr/bin/unshare", {"-m", "/bin/sh", "-c", script, TBBTHUMBS_COMMAND}, options);
  if (result.exit_code == 99 || result.exit_code == 127 || result.err.find("unshare") != std::string::npos) {
    GTEST_SKIP() << "mounting is not allowed: " << result.err;
  }
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ExpectTree("out", "single");
  EXPECT_THAT(tree_.Files("read-only"), ElementsAre("plan.db"));
}

TEST_F(PlanCommandTest, AnOutputThatCantBeWrittenEndsWith74) {
  WritePictures();
  Plan({"in"}, 1);
  fs::remove_all(tree_.root() / "out");
  tree_.Write("out", std::string("no directory"));
  Shard("0", {}, 74);
  Merge({}, 74);
}

TEST_F(PlanCommandTest, AMergeMayBeKilledAtAnyTimeOrRunTwiceAtOnce) {
  WriteManyPictures();
  Plan({"in"}, 3);
  for (const char* shard : {"0", "1", "2"}) Shard(shard);
  const fs::path own = tree_.root() / "out/.tbbthumbs";
  const fs::path saved = tree_.root() / "saved";
  fs::copy(own, saved, fs::copy_options::recursive);
  ProcessOptions options;
  options.directory = tree_.root();
  const Words merge{"merge", "--plan", "plan.db"};
  for (int i = 0; i < 12; ++i) {
    fs::remove_all(own);
    fs::copy(saved, own, fs::copy_options::recursive);
    if (i < 10) {
      Process killed(TBBTHUMBS_COMMAND, merge, options);
      std::this_thread::sleep_for(std::chrono::milliseconds(4 * i));
      killed.Signal(SIGKILL);
      killed.Wait();
      Merge();
    } else {
      Process one(TBBTHUMBS_COMMAND, merge, options);
      Process other(TBBTHUMBS_COMMAND, merge, options);
      const ProcessResult ended = one.Wait();
      EXPECT_EQ(ended.exit_code, 0) << ended.err;
      const ProcessResult other_ended = other.Wait();
      EXPECT_EQ(other_ended.exit_code, 0) << other_ended.err;
    }
    EXPECT_THAT(Attempts(), IsEmpty());
    const auto journal = JournalStore::Open((own / "journal.db").string(), JournalStore::Mode::kReadOnly);
    ASSERT_TRUE(journal);
    EXPECT_EQ((*journal)->Counts()->made, static_cast<uint64_t>(kMany)) << i;
  }
  EXPECT_EQ(JsonLines(RunTo(0, {"in", "-o", "out", "--json"}).out).back()["up_to_date"], kMany);
}

TEST_F(PlanCommandTest, TheOutputMayBeNamedInAnyWay) {
  WritePictures();
  RunTo(0, {"in", "-o", "single"});
  tree_.Write("out/.tbbthumbs/journal.db", std::string("damaged, and longer than what a database begins with"));
  const ProcessResult plan = RunTo(0, {"plan", "in", "-o", "in/.././/out/", "--plan", "plan.db", "--shards", "1"});
  EXPECT_THAT(plan.err, HasSubstr("the journal was damaged and is now "));
  Shard("0/1");
  Merge();
  ExpectTree("out", "single");
  EXPECT_EQ(JsonLines(RunTo(0, {"in", "-o", "out", "--json"}).out).back()["up_to_date"], 16);
}

TEST_F(PlanCommandTest, AnEmptyPlanIsSoonDone) {
  fs::create_directories(tree_.root() / "in");
  Plan({"in"}, 2);
  EXPECT_EQ(Merge({}, 75).out, "--array=0-1\n");
  Shard("0");
  Shard("1");
  Merge();
}

TEST_F(PlanCommandTest, AddressesAreNoFilesThatAreMissing) {
  const ProcessResult planned =
      RunTo(0, {"plan", "http://127.0.0.1:1/a.jpg", "-o", "out", "--plan", "plan.db", "--shards", "2"});
  EXPECT_THAT(planned.err, AllOf(HasSubstr("planned 1 file in 2 shards"), Not(HasSubstr("not_found"))));
}

TEST_F(PlanCommandTest, AddressesAreInThePlanAsTheyAre) {
  tree_.Write("in/a.jpg", JpegFile({64, 48}));
  tree_.Write("list", std::string("in/a.jpg\nHTTP://Example.org/../x/b%20c.jpg?w=1\n"));
  const ProcessResult plan = Plan({"http://example.org/a.jpg", "--files-from", "list", "--name", "{host}/{path}"}, 1);
  EXPECT_THAT(plan.err, HasSubstr("planned 3 files in 1 shard"));
  const auto reader = PlanReader::Open((tree_.root() / "plan.db").string());
  ASSERT_TRUE(reader);
  const auto items = (*reader)->Page(0, 0);
  ASSERT_TRUE(items);
  ASSERT_THAT(*items, SizeIs(3));
  EXPECT_EQ((*items)[0].path, "http://example.org/a.jpg");
  EXPECT_THAT((*items)[0].jpeg, ElementsAre("example.org/a.jpg"));
  EXPECT_EQ((*items)[1].path, (tree_.root() / "in/a.jpg").string());
  EXPECT_EQ((*items)[2].path, "http://example.org/x/b%20c.jpg?w=1");
  EXPECT_THAT((*items)[2].jpeg, ElementsAre("example.org/x/b c.jpg"));
}

TEST_F(PlanCommandTest, NoPasswordOfAnAddressGetsIntoThePlan) {
  tree_.Write("list", std::string("https://me:s3cret@example.org/b.jpg\nhttp://example.org/c.jpg\n"));
  const ProcessResult plan = Plan({"http://me:s3cret@example.org/a.jpg", "http://me:s3cret@example.org:x/a.jpg",
                                   "http://example.org/a.jpg", "--files-from", "list"},
                                  1, 1);
  EXPECT_THAT(plan.err,
              HasSubstr("http://example.org/a.jpg: unsupported: its user and password would be written into the plan"));
  EXPECT_THAT(
      plan.err,
      HasSubstr("https://example.org/b.jpg: unsupported: its user and password would be written into the plan"));
  EXPECT_THAT(plan.err, HasSubstr("http://example.org:x/a.jpg: unsupported: no address of a picture: "));
  EXPECT_THAT(plan.err, HasSubstr("will fail: 3\n"));
  EXPECT_THAT(plan.err, Not(HasSubstr("s3cret")));
  EXPECT_THAT(tree_.Read("plan.db"), Not(HasSubstr("s3cret")));
  const auto reader = PlanReader::Open((tree_.root() / "plan.db").string());
  ASSERT_TRUE(reader);
  const auto items = (*reader)->Page(0, 0);
  ASSERT_TRUE(items);
  ASSERT_THAT(*items, SizeIs(5));
  for (const size_t i : {0u, 1u, 3u}) {
    ASSERT_TRUE((*items)[i].error) << i;
    EXPECT_EQ((*items)[i].error->code, ErrorCode::kUnsupported);
    EXPECT_THAT((*items)[i].jpeg, IsEmpty());
  }
  for (const size_t i : {2u, 4u}) EXPECT_FALSE((*items)[i].error) << i;
}

}  // namespace
}  // namespace tbbthumbs
