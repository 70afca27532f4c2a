#include "pipeline/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <tbb/global_control.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using testing::MakeJpeg;
using testing::MakePng;
using testing::TempTree;

std::vector<std::byte> SmallPng() {
  testing::PngFixture fixture;
  fixture.samples = testing::NoiseSamples(fixture);
  return MakePng(fixture);
}

class JobTest : public ::testing::Test {
 protected:
  JobOptions Options(const std::string& input = "in", const std::string& output = "out") const {
    JobOptions options;
    options.input.paths = {tree_.root() / input};
    options.output = tree_.root() / output;
    options.specs.sizes = {{32, 32}};
    return options;
  }

  RunSummary Run(JobOptions options) {
    results_.clear();
    options.on_result = [this](const PictureResult& result) { results_.push_back(result); };
    auto job = StartJob(std::move(options));
    EXPECT_TRUE(job) << job.error().message;
    return job->Wait();
  }

  // `count` pictures that all differ, in directories of 10.
  void FillWithJpegs(int count, Size size = {160, 120}) {
    for (int i = 0; i < count; ++i) {
      const auto jpeg = MakeJpeg({.size = {size.width + i % 13, size.height + i % 7}, .quality = 60 + i % 30});
      tree_.Write("in/d" + std::to_string(i / 10) + "/p" + std::to_string(i) + ".jpg", jpeg);
    }
  }

  std::map<std::string, std::string> Contents(const std::string& directory) const {
    std::map<std::string, std::string> contents;
    const std::string prefix = directory + "/";
    for (const std::string& file : tree_.Files(directory)) contents[file] = tree_.Read(prefix + file);
    return contents;
  }

  TempTree tree_;
  std::vector<PictureResult> results_;
};

TEST_F(JobTest, ADirectoryOfPicturesBecomesADirectoryOfThumbnails) {
  tree_.Write("in/a.jpg", MakeJpeg({.size = {320, 200}}));
  tree_.Write("in/sub/b.png", SmallPng());
  tree_.Write("in/notes.txt", "no picture");
  tree_.Write("in/movie.gif", "GIF89a............");
  tree_.Write("in/broken.jpg", "\xFF\xD8\xFF\xE0");
  JobOptions options = Options();
  options.specs.sizes = {{32, 32}, {64, 64}};
  const RunSummary summary = Run(options);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_32.jpg", "a_64.jpg", "sub/b_32.jpg", "sub/b_64.jpg"));
  EXPECT_EQ(summary.inputs, 5u);
  EXPECT_EQ(summary.made, 2u);
  EXPECT_EQ(summary.thumbnails, 4u);
  EXPECT_EQ(summary.not_pictures, 1u);
  EXPECT_EQ(summary.unsupported, 1u);
  EXPECT_EQ(summary.failed, 1u);
  EXPECT_EQ(summary.failed_by_code[static_cast<size_t>(ErrorCode::kTruncated)], 1u);
  EXPECT_FALSE(summary.stopped || summary.fatal);
  // In input order, one for each.
  ASSERT_EQ(results_.size(), 5u);
  for (size_t i = 0; i < results_.size(); ++i) EXPECT_EQ(results_[i].seq, i);
  EXPECT_EQ(results_[0].input, tree_.root() / "in/a.jpg");
  EXPECT_EQ(results_[0].outputs[1].size, (Size{64, 40}));
}

TEST_F(JobTest, FilesNamedOneByOneFailWhereWalkingWouldCountThem) {
  JobOptions options = Options();
  options.input.paths = {tree_.Write("a.txt", "text"), tree_.root() / "gone.jpg", tree_.Write("b.jpg", MakeJpeg({}))};
  const RunSummary summary = Run(options);
  EXPECT_EQ(summary.made, 1u);
  EXPECT_EQ(summary.failed, 2u);
  ASSERT_EQ(results_.size(), 3u);
  EXPECT_EQ(results_[0].error->code, ErrorCode::kUnsupported);
  EXPECT_EQ(results_[1].error->code, ErrorCode::kNotFound);
}

TEST_F(JobTest, TwoInputsNeverShareAnOutput) {
  tree_.Write("in/a.jpg", MakeJpeg({}));
  tree_.Write("in/a.png", SmallPng());
  tree_.Write("in/a.jpeg", MakeJpeg({}));
  EXPECT_EQ(Run(Options()).made, 3u);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_32.jpg", "a_jpg_32.jpg", "a_png_32.jpg"));
}

TEST_F(JobTest, WhatIsUpToDateIsLeftAlone) {
  FillWithJpegs(3);
  EXPECT_EQ(Run(Options()).made, 3u);
  const auto before = Contents("out");
  EXPECT_EQ(Run(Options()).up_to_date, 3u);

  // An empty one, one gone, one of another time, which without the journal counts where it is older than its picture.
  JobOptions without = Options();
  without.journal.enabled = false;
  const auto now = std::filesystem::file_time_type::clock::now();
  for (const auto& [options, time] : {std::pair(Options(), now + std::chrono::hours(1)),
                                      std::pair(without, std::filesystem::file_time_type::min())}) {
    tree_.Write("out/d0/p0_32.jpg", "");
    std::filesystem::remove(tree_.root() / "out/d0/p1_32.jpg");
    std::filesystem::last_write_time(tree_.root() / "out/d0/p2_32.jpg", time);
    EXPECT_EQ(Run(options).made, 3u);
    EXPECT_EQ(Contents("out"), before);
  }
}

TEST_F(JobTest, OneSizeMissingRemakesAll) {
  FillWithJpegs(1);
  JobOptions options = Options();
  options.specs.sizes = {{32, 32}, {64, 64}};
  Run(options);
  std::filesystem::remove(tree_.root() / "out/d0/p0_64.jpg");
  EXPECT_EQ(Run(options).thumbnails, 2u);
}

TEST_F(JobTest, IfExists) {
  FillWithJpegs(1);
  tree_.Write("out/d0/p0_32.jpg", "mine");
  std::filesystem::last_write_time(tree_.root() / "out/d0/p0_32.jpg", std::filesystem::file_time_type::min());
  JobOptions options = Options();
  options.if_exists = IfExists::kSkip;
  EXPECT_EQ(Run(options).up_to_date, 1u);
  EXPECT_EQ(tree_.Read("out/d0/p0_32.jpg"), "mine");
  options.if_exists = IfExists::kFail;
  EXPECT_EQ(Run(options).failed_by_code[static_cast<size_t>(ErrorCode::kExists)], 1u);
  EXPECT_EQ(tree_.Read("out/d0/p0_32.jpg"), "mine");
  options.if_exists = IfExists::kOverwrite;
  EXPECT_EQ(Run(options).made, 1u);
  EXPECT_NE(tree_.Read("out/d0/p0_32.jpg"), "mine");
  EXPECT_EQ(Run(options).made, 1u);
}

TEST_F(JobTest, AutoKnowsItsThumbnailsByEitherExtension) {
  tree_.Write("in/a.png", SmallPng());
  JobOptions options = Options();
  options.specs.format = OutputFormat::kAuto;
  EXPECT_EQ(Run(options).made, 1u);
  EXPECT_EQ(Run(options).up_to_date, 1u);
}

TEST_F(JobTest, TheOutputMayLieInTheInputButNotTheOtherWayRound) {
  FillWithJpegs(2);
  EXPECT_EQ(Run(Options("in", "in/thumbs")).made, 2u);
  EXPECT_EQ(Run(Options("in", "in/thumbs")).inputs, 2u);
  for (const auto& [input, output] :
       {std::pair{"in", "in"}, std::pair{"in/d0", "in"}, std::pair{"in/d0/p0.jpg", "in"}}) {
    const auto job = StartJob(Options(input, output));
    ASSERT_FALSE(job) << input << " in " << output;
    EXPECT_EQ(job.error().code, ErrorCode::kUnsupported);
  }
}

TEST_F(JobTest, FiltersBySizeAndAge) {
  tree_.Write("in/small.jpg", MakeJpeg({.size = {8, 8}}));
  tree_.Write("in/large.jpg", MakeJpeg({.size = {800, 800}}));
  JobOptions options = Options();
  options.input.min_bytes = 2000;
  RunSummary summary = Run(options);
  EXPECT_EQ(summary.made, 1u);
  EXPECT_EQ(summary.filtered, 1u);
  options = Options("in", "out2");
  options.input.newer_than = std::chrono::system_clock::now() + std::chrono::hours(1);
  EXPECT_EQ(Run(options).filtered, 2u);
}

TEST_F(JobTest, NonsenseIsRefused) {
  const std::vector<std::function<void(JobOptions&)>> spoils = {
      [](JobOptions& o) { o.output.clear(); },      [](JobOptions& o) { o.specs.sizes.clear(); },
      [](JobOptions& o) { o.specs.quality = 0; },   [](JobOptions& o) { o.specs.fast = o.specs.small = true; },
      [](JobOptions& o) { o.threads = -1; },        [](JobOptions& o) { o.io_threads = 0; },
      [](JobOptions& o) { o.read_ahead_bytes = 0; }};
  for (const auto& spoil : spoils) {
    JobOptions options = Options();
    spoil(options);
    const auto job = StartJob(options);
    ASSERT_FALSE(job);
    EXPECT_EQ(job.error().code, ErrorCode::kUnsupported);
  }
  tree_.Write("file", "");
  EXPECT_EQ(StartJob(Options("in", "file/out")).error().code, ErrorCode::kIo);
}

TEST_F(JobTest, TheSameBytesForAnyThreadsAndTokens) {
  // More threads than this machine may have CPUs.
  const tbb::global_control more(tbb::global_control::max_allowed_parallelism, 8);
  FillWithJpegs(60, {1200, 900});
  std::map<std::string, std::string> first;
  const auto run = [&](int threads, int tokens) {
    JobOptions options = Options();
    options.threads = threads;
    options.tokens = tokens;
    options.if_exists = IfExists::kOverwrite;
    options.specs.sizes = {{200, 200}, {50, 0}};
    const RunSummary summary = Run(options);
    EXPECT_EQ(summary.made, 60u);
    EXPECT_EQ(summary.threads, threads);
    if (tokens > 0) {
      EXPECT_LE(summary.peak_at_once, tokens);
    }
    for (size_t i = 0; i < results_.size(); ++i) EXPECT_EQ(results_[i].seq, i);
    const auto contents = Contents("out");
    if (first.empty()) first = contents;
    EXPECT_EQ(contents, first) << threads << " threads, " << tokens << " tokens";
    return summary.peak_at_once;
  };
  EXPECT_EQ(run(1, 0), 1);
  run(2, 0);
  run(8, 3);
  run(2, 1);
  // All eight decode at the same time, if not in the first run (a busy machine may start them late), then in another.
  int at_once = 0;
  for (int attempt = 0; attempt < 20 && at_once < 8; ++attempt) at_once = run(8, 0);
  EXPECT_EQ(at_once, 8);
  EXPECT_EQ(first.size(), 120u);
}

TEST_F(JobTest, ResultsComeOneByOneWhileItRuns) {
  FillWithJpegs(30);
  JobOptions options = Options();
  options.queue_results = true;
  auto job = StartJob(options);
  ASSERT_TRUE(job);
  uint64_t next = 0;
  for (const PictureResult& result : job->Results()) {
    EXPECT_EQ(result.seq, next++);
    ASSERT_EQ(result.outcome, Outcome::kMade);
    EXPECT_TRUE(std::filesystem::exists(result.outputs[0].path));
  }
  EXPECT_EQ(next, 30u);
  EXPECT_EQ(job->Wait().made, 30u);
}

TEST_F(JobTest, WaitDropsResultsThatNobodyReads) {
  FillWithJpegs(5);
  JobOptions options = Options();
  options.queue_results = true;
  auto job = StartJob(options);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->Wait().made, 5u);
}

TEST_F(JobTest, TakesMoreWhileItRunsTheUrgentOnesFirst) {
  const auto jpeg = MakeJpeg({});
  JobOptions options = Options();
  options.input.paths.clear();
  options.keep_open = true;
  options.threads = 1;
  std::vector<std::string> order;
  options.on_result = [&](const PictureResult& result) { order.push_back(result.input.filename()); };
  auto job = StartJob(options);
  ASSERT_TRUE(job);
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) {
    ASSERT_TRUE(job->Add(tree_.Write(name, jpeg), name[0] == 'c' ? 1 : 0));
  }
  job->Finish();
  EXPECT_FALSE(job->Add(tree_.root() / "a.jpg"));
  EXPECT_EQ(job->Wait().made, 3u);
  EXPECT_THAT(order, ::testing::UnorderedElementsAre("a.jpg", "b.jpg", "c.jpg"));
}

TEST_F(JobTest, PausesAndResumes) {
  FillWithJpegs(40);
  JobOptions options = Options();
  auto job = StartJob(options);
  ASSERT_TRUE(job);
  job->Pause();
  EXPECT_TRUE(job->progress().paused);
  // What was begun is finished; then nothing moves.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const Progress before = job->progress();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(job->progress().done, before.done);
  EXPECT_EQ(job->progress().elapsed, before.elapsed);
  job->Resume();
  EXPECT_EQ(job->Wait().made, 40u);
  EXPECT_EQ(job->progress().done, 40u);
  EXPECT_EQ(job->progress().total, 40u);
}

TEST_F(JobTest, CancelLeavesWholeFilesOnlyAndCountsTheRestAsLeft) {
  FillWithJpegs(200, {900, 700});
  JobOptions options = Options();
  options.count_total = true;
  auto job = StartJob(options);
  ASSERT_TRUE(job);
  while (job->progress().made < 5 || !job->progress().total) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  job->Cancel();
  const RunSummary summary = job->Wait();
  EXPECT_TRUE(summary.stopped);
  EXPECT_EQ(summary.inputs, 200u);
  EXPECT_EQ(summary.made + summary.left, 200u);
  EXPECT_EQ(summary.failed, 0u);
  EXPECT_GE(summary.made, 5u);
  const auto stopped = Contents("out");
  EXPECT_EQ(stopped.size(), summary.made);
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out/.tbbthumbs/tmp"));

  // The next run completes it, and what was there is the same as made now.
  EXPECT_EQ(Run(Options()).up_to_date, summary.made);
  Run(Options("in", "fresh"));
  EXPECT_EQ(Contents("out"), Contents("fresh"));
}

TEST_F(JobTest, AfterACancelWithGraceWhatIsBegunIsFinishedAndNothingElse) {
  FillWithJpegs(200, {900, 700});
  JobOptions options = Options();
  options.threads = 2;
  options.count_total = true;
  std::mutex mutex;
  std::condition_variable attached;
  Job* running = nullptr;
  // From a thread of the run itself, at the first result.
  options.on_result = [&](const PictureResult&) {
    std::unique_lock lock(mutex);
    attached.wait(lock, [&] { return running != nullptr && running->progress().total; });
    running->Cancel(std::chrono::hours(1));
  };
  auto job = StartJob(options);
  ASSERT_TRUE(job);
  {
    const std::lock_guard lock(mutex);
    running = &*job;
  }
  while (!job->progress().total) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  attached.notify_all();
  const RunSummary summary = job->Wait();
  EXPECT_TRUE(summary.stopped);
  EXPECT_EQ(summary.inputs, 200u);
  EXPECT_GE(summary.made, 1u);
  EXPECT_EQ(summary.made + summary.left, 200u);
  // What was begun while the first result was waiting, and no more.
  EXPECT_LT(summary.made, 200u);
  EXPECT_EQ(Contents("out").size(), summary.made);
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out/.tbbthumbs/tmp"));
}

TEST_F(JobTest, GraceEndsWithTheGrace) {
  FillWithJpegs(50, {900, 700});
  auto job = StartJob(Options());
  ASSERT_TRUE(job);
  job->Pause();
  job->Cancel(std::chrono::hours(1));
  job->Cancel(std::chrono::nanoseconds(1));
  job->Cancel(std::chrono::hours(1));
  const RunSummary summary = job->Wait();
  EXPECT_TRUE(summary.stopped);
  EXPECT_EQ(summary.failed, 0u);
  EXPECT_EQ(Contents("out").size(), summary.made);
}

TEST_F(JobTest, DroppingAJobStopsIt) {
  FillWithJpegs(100, {900, 700});
  {
    auto job = StartJob(Options());
    ASSERT_TRUE(job);
  }
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out/.tbbthumbs/tmp"));
}

TEST_F(JobTest, TwoJobsAtOnce) {
  FillWithJpegs(30);
  auto one = StartJob(Options("in", "one"));
  auto two = StartJob(Options("in", "two"));
  ASSERT_TRUE(one && two);
  EXPECT_EQ(two->Wait().made, 30u);
  EXPECT_EQ(one->Wait().made, 30u);
  EXPECT_EQ(Contents("one"), Contents("two"));
}

TEST_F(JobTest, AFileLargerThanWhatMayBeReadAhead) {
  FillWithJpegs(4, {900, 700});
  JobOptions options = Options();
  options.read_ahead_bytes = 3000;
  EXPECT_EQ(Run(options).made, 4u);
  Run(Options("in", "out2"));
  EXPECT_EQ(Contents("out"), Contents("out2"));
}

TEST_F(JobTest, AFifoIsNeverOpened) {
  ASSERT_EQ(mkfifo((tree_.root() / "pipe.jpg").c_str(), 0600), 0);
  FillWithJpegs(1);
  JobOptions options = Options();
  options.input.paths.push_back(tree_.root() / "pipe.jpg");
  const RunSummary summary = Run(options);
  EXPECT_EQ(summary.made, 1u);
  EXPECT_EQ(summary.failed_by_code[static_cast<size_t>(ErrorCode::kUnsupported)], 1u);
}

TEST_F(JobTest, AnOutputThatCantBeWrittenEndsTheRun) {
  FillWithJpegs(50);
  // Nothing can be made in a directory that is a file.
  tree_.Write("out/.tbbthumbs", "in the way");
  const auto job = StartJob(Options());
  ASSERT_FALSE(job) << "there is no place for the journal";
  EXPECT_EQ(job.error().code, ErrorCode::kIo);
  JobOptions options = Options();
  options.journal.enabled = false;
  const RunSummary summary = Run(options);
  ASSERT_TRUE(summary.fatal);
  EXPECT_EQ(summary.made, 0u);
  EXPECT_EQ(summary.failed, 0u);
  EXPECT_GT(summary.left, 0u);
}

}  // namespace
}  // namespace tbbthumbs
