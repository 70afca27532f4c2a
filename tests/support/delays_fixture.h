// Stages while every call of the file system takes its time, a random one: threads meet in ways they seldom do.
//
// TBBTHUMBS_ALL_DELAYS=1 drives every number of threads and tokens, which takes minutes; else some.
#ifndef TBBTHUMBS_TESTS_SUPPORT_DELAYS_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_DELAYS_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/stages.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/memory_file_system.h"

namespace tbbthumbs::testing {

// Forty pictures in memory, every tenth of them damaged.
class DelaysFixture : public ::testing::Test {
 protected:
  struct Numbers {
    int threads = 1;
    int tokens = 1;
    int io_threads = 1;
  };

  // Brings all items to their ends, and expects that it could.
  virtual void DriveStages(Stages& stages, const Numbers& numbers) = 0;

  DelaysFixture() {
    files_.AddDirectory("out");
    for (int i = 0; i < kPictures; ++i) {
      auto jpeg = MakeJpeg({.size = {40 + i, 30}, .quality = 50});
      if (i % 10 == 3) jpeg.resize(jpeg.size() / 2);
      files_.AddFile("in/d" + std::to_string(i % 3) + "/" + std::to_string(i) + ".jpg", std::move(jpeg));
    }
    options_.input.paths = {"in"};
    options_.output = "out";
    options_.specs.sizes = {{16, 16}};
    options_.read_ahead_bytes = 4000;
    files_.on_call = [this](const std::string&, const std::string&) {
      Delay();
      return std::optional<Error>();
    };
  }

  // Of up to a quarter of a millisecond, or none at all; from any thread.
  void Delay() {
    const uint64_t random = (calls_++ * 0x9E3779B97F4A7C15U) >> 40;
    if (random % 2 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random % 250));
  }

  // What was made is taken out of the file system.
  void Drive(const Numbers& numbers, uint64_t stop_after) {
    std::string what;
    what.append("threads ").append(std::to_string(numbers.threads));
    what.append(", tokens ").append(std::to_string(numbers.tokens));
    what.append(", stop after ").append(std::to_string(stop_after));
    SCOPED_TRACE(what);
    std::atomic<uint64_t> seen = 0;
    std::atomic<Stages*> to_stop = nullptr;
    Stages stages(
        files_, options_,
        [&](const PictureResult&) {
          Delay();
          if (++seen == stop_after) to_stop.load()->Stop();
        },
        [] {});
    to_stop = &stages;
    DriveStages(stages, numbers);
    stages.publisher().RemoveTemporaryDirectory();
    const RunSummary summary = stages.publisher().counters();
    EXPECT_EQ(summary.made + summary.failed + summary.left, summary.inputs);
    if (stop_after == 0) {
      EXPECT_EQ(summary.made, uint64_t{kPictures} * 9 / 10);
      EXPECT_EQ(summary.failed, uint64_t{kPictures} / 10);
    }
    std::map<std::string, std::vector<std::byte>> output;
    for (const std::string& path : files_.Files()) {
      if (!path.starts_with("out/")) continue;
      output[path] = files_.Bytes(path);
      EXPECT_TRUE(files_.Remove(path));
    }
    EXPECT_EQ(output.size(), summary.made);
    if (whole_.empty()) whole_ = output;
    for (const auto& [path, bytes] : output) EXPECT_TRUE(whole_.contains(path) && whole_[path] == bytes) << path;
  }

  // With every number of threads and tokens, or some: the same comes out.
  void DriveAll() {
    const bool all = std::getenv("TBBTHUMBS_ALL_DELAYS") != nullptr;
    const std::vector<int> some_threads = {1, 3, 16};
    const std::vector<int> some_tokens = {1, 5, 64};
    Drive({1, 1, 1}, 0);
    int runs = 1;
    for (int threads = 1; threads <= 16; ++threads) {
      for (int tokens = 1; tokens <= 64; ++tokens) {
        const auto is_one = [](const std::vector<int>& of, int n) { return std::count(of.begin(), of.end(), n) > 0; };
        if (!all && (!is_one(some_threads, threads) || !is_one(some_tokens, tokens))) continue;
        const int io_threads = 1 + (threads + tokens) % 4;
        // Each fifth is stopped on the way.
        Drive({threads, tokens, io_threads}, (threads + tokens) % 5 == 0 ? 7 : 0);
        ++runs;
      }
    }
    RecordProperty("runs", runs);
  }

 private:
  static constexpr int kPictures = 40;
  MemoryFileSystem files_;
  JobOptions options_;
  std::atomic<uint64_t> calls_ = 0;
  std::map<std::string, std::vector<std::byte>> whole_;  // of the first run
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_DELAYS_FIXTURE_H_
