// The three stages driven by plain threads instead of the task graph: what the thread sanitizer can follow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/byte_budget.h"
#include "pipeline/file_reader.h"
#include "pipeline/input_stream.h"
#include "pipeline/output_names.h"
#include "pipeline/publisher.h"
#include "pipeline/source.h"
#include "pipeline/thumbnailer.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

using testing::MemoryFileSystem;

// A run over the directory "in" of a file system in memory.
class ThreadedRun {
 public:
  ThreadedRun(MemoryFileSystem& files, JobOptions options, int io_threads)
      : options_(std::move(options)),
        names_("out", SizeLabels(options_.specs.sizes)),
        budget_(options_.read_ahead_bytes),
        inputs_(files, options_.input, "out", false),
        reader_(files, options_, names_, budget_),
        thumbnailer_(options_.specs, options_.limits, stop_.get_token()),
        publisher_(
            files, "out", IfExists::kUpdate, names_,
            [this](const PictureResult& result) { seen_.push_back(result.seq); }, [] {}),
        source_(inputs_, names_, reader_, budget_, io_threads) {}

  // Stops after `stop_after` pictures have been committed; 0: never.
  RunSummary Drive(int threads, uint64_t stop_after = 0) {
    {
      std::vector<std::jthread> workers;
      for (int i = 0; i < threads; ++i) workers.emplace_back([this, stop_after] { Work(stop_after); });
    }
    publisher_.RemoveTemporaryDirectory();
    RunSummary summary = publisher_.counters();
    summary.left += source_.dropped();
    summary.inputs += source_.dropped();
    return summary;
  }

  const std::vector<uint64_t>& seen() const { return seen_; }
  size_t peak_bytes() const { return budget_.peak(); }

 private:
  void Work(uint64_t stop_after) {
    for (;;) {
      std::unique_ptr<Item> item;
      {
        const std::lock_guard lock(take_mutex_);
        item = source_.Next();
      }
      if (item == nullptr) return;
      thumbnailer_.Process(*item);
      publisher_.Stage(*item);
      const std::lock_guard lock(commit_mutex_);
      const uint64_t seq = item->seq;
      parked_.emplace(seq, std::move(item));
      while (!parked_.empty() && parked_.begin()->first == next_) {
        publisher_.Commit(*parked_.begin()->second);
        parked_.erase(parked_.begin());
        if (++next_ == stop_after) {
          stop_.request_stop();
          source_.Stop();
        }
      }
    }
  }

  const JobOptions options_;
  std::stop_source stop_;
  OutputNames names_;
  ByteBudget budget_;
  InputStream inputs_;
  FileReader reader_;
  Thumbnailer thumbnailer_;
  Publisher publisher_;
  Source source_;

  std::mutex take_mutex_;    // Source::Next is serial
  std::mutex commit_mutex_;  // guards all below; Publisher::Commit is serial
  std::map<uint64_t, std::unique_ptr<Item>> parked_;
  uint64_t next_ = 0;
  std::vector<uint64_t> seen_;
};

class StagesTest : public ::testing::Test {
 protected:
  StagesTest() {
    files_.AddDirectory("out");
    for (int i = 0; i < kPictures; ++i) {
      const std::string directory = "in/d" + std::to_string(i % 3) + "/";
      auto jpeg = testing::MakeJpeg({.size = {60 + i, 50}, .quality = 50});
      if (i % 10 == 3) jpeg.resize(jpeg.size() / 2);
      files_.AddFile(directory + std::to_string(i) + ".jpg", std::move(jpeg));
      if (i % 10 == 5) files_.AddFile(directory + std::to_string(i) + ".txt");
    }
    options_.input.paths = {"in"};
    options_.output = "out";
    options_.specs.sizes = {{16, 16}, {24, 24}};
    options_.read_ahead_bytes = 4000;
  }

  std::map<std::string, std::vector<std::byte>> TakeOutput() {
    std::map<std::string, std::vector<std::byte>> output;
    for (const std::string& path : files_.Files()) {
      if (!path.starts_with("out/")) continue;
      output[path] = files_.Bytes(path);
      EXPECT_TRUE(files_.Remove(path));
    }
    return output;
  }

  static constexpr int kPictures = 60;
  MemoryFileSystem files_;
  JobOptions options_;
};

TEST_F(StagesTest, AnyNumberOfThreadsGivesTheSameInOrder) {
  std::map<std::string, std::vector<std::byte>> first;
  for (const auto& [threads, io_threads] : {std::pair{1, 1}, std::pair{2, 2}, std::pair{8, 4}}) {
    ThreadedRun run(files_, options_, io_threads);
    const RunSummary summary = run.Drive(threads);
    EXPECT_EQ(summary.inputs, 66u);
    EXPECT_EQ(summary.made, 54u);
    EXPECT_EQ(summary.failed, 6u);
    EXPECT_EQ(summary.not_pictures, 6u);
    ASSERT_EQ(run.seen().size(), 66u);
    for (uint64_t i = 0; i < 66; ++i) EXPECT_EQ(run.seen()[i], i);
    const auto output = TakeOutput();
    EXPECT_EQ(output.size(), 108u);
    if (first.empty()) first = output;
    EXPECT_EQ(output, first) << threads;
    // One picture may be larger than the budget, and then is alone.
    EXPECT_LE(run.peak_bytes(), 8000u);
  }
}

TEST_F(StagesTest, AStopLosesCountOfNothing) {
  for (const uint64_t stop_after : {1u, 7u, 30u}) {
    ThreadedRun run(files_, options_, 3);
    const RunSummary summary = run.Drive(4, stop_after);
    EXPECT_GE(summary.inputs, stop_after);
    EXPECT_EQ(summary.made + summary.failed + summary.not_pictures + summary.left, summary.inputs);
    EXPECT_EQ(TakeOutput().size(), summary.made * 2);
  }
}

}  // namespace
}  // namespace tbbthumbs
