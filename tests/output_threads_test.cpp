// Threads that write, by themselves: on a file system that answers when the test says so.
#include "pipeline/output_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

using testing::MemoryFileSystem;

class OutputThreadsTest : public ::testing::Test {
 protected:
  OutputThreadsTest() {
    files_.AddDirectory("out");
    options_.output = "out";
    options_.specs.sizes = {{16, 16}};
  }

  void Start(int threads) {
    stages_ = std::make_unique<Stages>(
        files_, options_,
        [this](const PictureResult& result) {
          const std::lock_guard lock(mutex_);
          ended_.push_back(result.seq);
          changed_.notify_all();
        },
        [this] {
          ++fatal_calls_;
          stages_->Stop();
        });
    threads_ = std::make_unique<OutputThreads>(*stages_, threads);
  }

  // A picture that the thumbnailer is through with.
  std::unique_ptr<ItemGroup> Group(uint64_t seq, const std::string& directory = "d") {
    auto group = std::make_unique<ItemGroup>();
    group->number = seq;
    Item& item = *group->items.emplace_back(std::make_unique<Item>());
    item.seq = item.result.seq = seq;
    item.names.jpeg = {"out/" + directory + "/" + std::to_string(seq) + ".jpg"};
    item.thumbnails = {{{16, 16}, OutputFormat::kJpeg, std::vector<std::byte>(10)}};
    return group;
  }

  void Put(uint64_t seq, const std::string& directory = "d") {
    auto group = Group(seq, directory);
    EXPECT_TRUE(threads_->Admit(*group));
    threads_->Put(std::move(group));
  }
  void PutEnded(uint64_t seq) {
    auto group = Group(seq);
    group->items.back()->End(Outcome::kUpToDate);
    threads_->Put(std::move(group));
  }

  // Until all is committed.
  RunSummary End() {
    threads_.reset();
    stages_->publisher().RemoveTemporaryDirectory();
    return stages_->publisher().counters();
  }

  // Waits for what another thread does; false, and the test has failed, where that does not come.
  bool WaitFor(std::unique_lock<std::mutex>& lock, const std::function<bool()>& condition) {
    changed_.notify_all();
    const bool came = changed_.wait_for(lock, std::chrono::seconds(30), condition);
    EXPECT_TRUE(came) << "waited in vain";
    return came;
  }

  MemoryFileSystem files_;
  JobOptions options_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<uint64_t> ended_;
  std::atomic<int> fatal_calls_ = 0;
  std::unique_ptr<Stages> stages_;
  std::unique_ptr<OutputThreads> threads_;
};

TEST_F(OutputThreadsTest, CommitsInOrderWhateverIsWrittenFirst) {
  constexpr uint64_t kPictures = 500;
  int named = 0;
  files_.on_call = [&](const std::string& operation, const std::string& path) {
    std::unique_lock lock(mutex_);
    if (operation != "Link") return std::optional<Error>();
    ++named;
    changed_.notify_all();
    // The first is named when twenty others have been.
    if (path == "out/first/0.jpg") WaitFor(lock, [&] { return named > 20; });
    return std::optional<Error>();
  };
  Start(4);
  for (uint64_t seq = 0; seq < kPictures; ++seq) {
    if (seq % 7 == 5) {
      PutEnded(seq);
    } else {
      Put(seq, seq == 0 ? "first" : "d" + std::to_string(seq % 3));
    }
  }
  const RunSummary summary = End();
  EXPECT_EQ(summary.inputs, kPictures);
  EXPECT_EQ(summary.made + summary.up_to_date, kPictures);
  ASSERT_EQ(ended_.size(), kPictures);
  for (uint64_t seq = 0; seq < kPictures; ++seq) ASSERT_EQ(ended_[seq], seq);
  EXPECT_EQ(files_.Files().size(), summary.made);
  EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
}

TEST_F(OutputThreadsTest, AsManyFilesAreWrittenAtOnceAsThereAreThreads) {
  constexpr int kThreads = 6;
  int writing = 0;
  std::map<std::string, int> in_directory;
  files_.on_call = [&](const std::string& operation, const std::string& path) {
    if (operation != "WriteNew") return std::optional<Error>();
    std::unique_lock lock(mutex_);
    ++writing;
    ++in_directory[path.substr(0, path.find_last_of('/'))];
    WaitFor(lock, [&] { return writing >= kThreads; });
    return std::optional<Error>();
  };
  Start(kThreads);
  for (uint64_t seq = 0; seq < kThreads; ++seq) Put(seq);
  EXPECT_EQ(End().made, uint64_t{kThreads});
  EXPECT_EQ(in_directory.size(), size_t{kThreads}) << "the kernel makes one file at a time in a directory";
}

TEST_F(OutputThreadsTest, NamesFilesOfManyDirectoriesAtOnceButOneInEach) {
  constexpr int kDirectories = 3;
  std::map<std::string, int> naming;
  size_t most = 0;
  bool together = false;
  files_.on_call = [&](const std::string& operation, const std::string& path) {
    if (operation != "Link") return std::optional<Error>();
    const std::string directory = path.substr(0, path.find_last_of('/'));
    std::unique_lock lock(mutex_);
    EXPECT_EQ(++naming[directory], 1);
    most = std::max(most, naming.size());
    if (most == kDirectories) together = true;
    WaitFor(lock, [&] { return together; });
    naming.erase(directory);
    return std::optional<Error>();
  };
  Start(5);
  for (uint64_t seq = 0; seq < 60; ++seq) Put(seq, "d" + std::to_string(seq / 20));
  EXPECT_EQ(End().made, 60u);
  EXPECT_EQ(most, size_t{kDirectories});
}

TEST_F(OutputThreadsTest, PutWaitsWhileTooManyWait) {
  constexpr int kThreads = 2;
  constexpr size_t kRoom = OutputThreads::kMostWaiting + kThreads;
  size_t put = 0;
  bool full = false;
  files_.on_call = [&](const std::string& operation, const std::string&) {
    if (operation != "WriteNew") return std::optional<Error>();
    std::unique_lock lock(mutex_);
    WaitFor(lock, [&] { return full; });
    // And one that is being committed.
    EXPECT_LE(put - ended_.size(), kRoom + 1);
    return std::optional<Error>();
  };
  Start(kThreads);
  for (uint64_t seq = 0; seq < 3 * kRoom; ++seq) {
    Put(seq);
    const std::lock_guard lock(mutex_);
    ++put;
    // And one that is being committed.
    EXPECT_LE(put - ended_.size(), kRoom + 1);
    if (put == kRoom) full = true;
    changed_.notify_all();
  }
  EXPECT_EQ(End().made, 3 * kRoom);
}

TEST_F(OutputThreadsTest, AFullDiskEndsTheRunOnce) {
  int writes = 0;
  files_.on_call = [&](const std::string& operation, const std::string&) {
    const std::lock_guard lock(mutex_);
    return operation == "WriteNew" && ++writes > 10 ? std::optional(Error{ErrorCode::kNoSpace, "full"}) : std::nullopt;
  };
  Start(3);
  for (uint64_t seq = 0; seq < 200; ++seq) Put(seq);
  const RunSummary summary = End();
  EXPECT_EQ(fatal_calls_, 1);
  EXPECT_EQ(summary.inputs, 200u);
  EXPECT_EQ(summary.made, 10u);
  EXPECT_EQ(summary.left, 190u);
  // Each of the threads may have been at it.
  EXPECT_LE(writes, 13);
  EXPECT_EQ(files_.Files().size(), 10u);
  EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
}

TEST_F(OutputThreadsTest, WhatCannotBeWrittenFailsAlone) {
  files_.AddDirectory("out/d/7.jpg");
  Start(3);
  for (uint64_t seq = 0; seq < 20; ++seq) Put(seq);
  const RunSummary summary = End();
  EXPECT_EQ(summary.made, 19u);
  EXPECT_EQ(summary.failed, 1u);
  EXPECT_EQ(fatal_calls_, 0);
  EXPECT_EQ(ended_.size(), 20u);
}

TEST_F(OutputThreadsTest, AfterAStopNothingIsBegun) {
  constexpr int kThreads = 3;
  int writing = 0;
  bool stopped = false;
  files_.on_call = [&](const std::string& operation, const std::string&) {
    if (operation != "WriteNew") return std::optional<Error>();
    std::unique_lock lock(mutex_);
    ++writing;
    WaitFor(lock, [&] { return stopped; });
    return std::optional<Error>();
  };
  Start(kThreads);
  for (uint64_t seq = 0; seq < 50; ++seq) Put(seq);
  {
    std::unique_lock lock(mutex_);
    WaitFor(lock, [&] { return writing == kThreads; });
    stages_->Stop();
    stopped = true;
    changed_.notify_all();
  }
  const RunSummary summary = End();
  EXPECT_EQ(writing, kThreads);
  EXPECT_EQ(summary.made, uint64_t{kThreads});
  EXPECT_EQ(summary.left, 50u - kThreads);
  EXPECT_EQ(files_.Files().size(), size_t{kThreads});
  EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
}

// Who waits for bytes gets those of thumbnails that wait to be written, whatever else goes on.
TEST_F(OutputThreadsTest, GivesBytesBackToWhoWaitsForThem) {
  options_.memory_bytes = JobOptions::kLeastMemoryBytes;
  Start(2);
  const size_t all = ShareMemory(options_).pictures;
  for (uint64_t seq = 0; seq < 100; ++seq) {
    auto group = Group(seq);
    Item& item = *group->items.back();
    item.claim = stages_->budget().Claim(seq, 0, 1, all);
    item.claim.BeginWork();
    item.claim.ShrinkTo(all / 2 + 1);
    threads_->Put(std::move(group));
  }
  EXPECT_EQ(End().made, 100u);
  EXPECT_EQ(stages_->budget().peak(), all);
}

// Thumbnails are as large as they are asked for: workers that have made too many for the memory write them.
TEST_F(OutputThreadsTest, OnlySoManyBytesWaitToBeWritten) {
  constexpr size_t kBytes = OutputThreads::kMostBytes / 2;
  bool writes = false;
  files_.on_call = [&](const std::string& operation, const std::string& path) {
    std::unique_lock lock(mutex_);
    if (operation == "WriteNew" && path.find("lane") != std::string::npos) WaitFor(lock, [&] { return writes; });
    return std::optional<Error>();
  };
  Start(1);
  const auto large = [&](uint64_t seq, size_t bytes) {
    auto group = Group(seq);
    group->items.back()->thumbnails[0].bytes.resize(bytes);
    return group;
  };
  auto first = large(0, 3 * kBytes);
  EXPECT_TRUE(threads_->Admit(*first)) << "none waits yet";
  threads_->Put(std::move(first));
  auto second = large(1, 1);
  EXPECT_FALSE(threads_->Admit(*second));
  stages_->Stage(*second);
  EXPECT_EQ(second->items.back()->staged.size(), 1u);
  threads_->Put(std::move(second));
  {
    const std::lock_guard lock(mutex_);
    writes = true;
  }
  changed_.notify_all();
  {
    std::unique_lock lock(mutex_);
    WaitFor(lock, [&] { return ended_.size() == 2; });
  }
  for (uint64_t seq = 2; seq < 4; ++seq) {
    auto group = large(seq, kBytes);
    EXPECT_TRUE(threads_->Admit(*group)) << seq;
    threads_->Put(std::move(group));
  }
  EXPECT_EQ(End().made, 4u);
  EXPECT_THAT(ended_, ::testing::ElementsAre(0, 1, 2, 3));
  EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
}

}  // namespace
}  // namespace tbbthumbs
