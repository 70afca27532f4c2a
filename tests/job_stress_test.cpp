// Runs of all shapes, each of which must end.
#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "pipeline/job.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

// Ends the program where a run does not: nothing else could.
class Watchdog {
 public:
  explicit Watchdog(std::string what)
      : thread_([this, what = std::move(what)](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          if (ended_.wait_for(lock, stop, std::chrono::seconds(60), [] { return false; }) || stop.stop_requested()) {
            return;
          }
          std::fprintf(stderr, "this run hangs: %s\n", what.c_str());
          std::abort();
        }) {}

 private:
  std::condition_variable_any ended_;
  std::jthread thread_;
};

TEST(JobStress, EveryRunEnds) {
  // More threads than this machine may have CPUs.
  const tbb::global_control more(tbb::global_control::max_allowed_parallelism, 8);
  constexpr int kPictures = 40;
  uint64_t texts = 0;
  testing::TempTree tree;
  for (int i = 0; i < kPictures; ++i) {
    const std::string name = "in/d" + std::to_string(i / 15) + "/p" + std::to_string(i + 100);
    // Those held whole take megabytes: some more than there is for all.
    if (i % 9 == 4) {
      tree.Write(name + ".jpg", testing::MakeJpeg({.size = {1500 + 400 * (i % 4), 1200}, .progressive = true}));
    } else if (i % 5 == 2) {
      tree.Write(name + ".txt", "no picture");
      ++texts;
    } else {
      tree.Write(name + ".jpg", testing::MakeJpeg({.size = {60 + i, 50}, .quality = 50}));
    }
  }
  std::mt19937 random(7);
  const auto pick = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  uint64_t runs = 0;
  for (int run = 0; run < 400 && std::chrono::steady_clock::now() < end; ++run) {
    JobOptions options;
    options.input.paths = {tree.root() / "in"};
    options.output = tree.root() / "out";
    options.specs.sizes = {{32, 32}};
    options.journal.enabled = run % 8 == 0;
    options.if_exists = run % 3 == 0 ? IfExists::kUpdate : IfExists::kOverwrite;
    options.threads = pick(1, 8);
    options.tokens = pick(1, 16);
    options.io_threads = pick(1, 8);
    options.read_ahead_bytes = std::array{size_t{1} << 20, size_t{1}, size_t{5000}}[static_cast<size_t>(run % 3)];
    if (run % 4 != 3) options.memory_bytes = JobOptions::kLeastMemoryBytes;
    if (run % 5 == 0) options.names.name_template = "{stem}_{date:%Y}";
    const int stop_after = run % 6 == 0 ? pick(0, 30) : -1;
    std::string what = "run " + std::to_string(run);
    what += ", threads " + std::to_string(options.threads) + ", tokens " + std::to_string(options.tokens) +
            ", io_threads " + std::to_string(options.io_threads) + ", read_ahead " +
            std::to_string(options.read_ahead_bytes) + ", memory " + std::to_string(options.memory_bytes) +
            ", stop after " + std::to_string(stop_after);
    SCOPED_TRACE(what);
    const Watchdog watchdog(what);
    std::atomic<int> seen = 0;
    std::atomic<uint64_t> next = 0;
    Job* to_stop = nullptr;
    std::mutex mutex;  // guards to_stop
    options.on_result = [&](const PictureResult& result) {
      // Those left by a stop are not told.
      EXPECT_GE(result.seq, next.exchange(result.seq + 1));
      if (++seen <= stop_after || stop_after < 0) return;
      const std::lock_guard lock(mutex);
      if (to_stop != nullptr) to_stop->Cancel();
    };
    auto job = StartJob(options);
    ASSERT_TRUE(job) << job.error().message;
    {
      const std::lock_guard lock(mutex);
      to_stop = &*job;
    }
    const RunSummary summary = job->Wait();
    {
      const std::lock_guard lock(mutex);
      to_stop = nullptr;
    }
    EXPECT_FALSE(summary.fatal);
    EXPECT_LE(summary.peak_at_once, options.tokens);
    if (!summary.stopped) {
      EXPECT_EQ(summary.inputs, uint64_t{kPictures});
      EXPECT_EQ(summary.failed, 0u);
      EXPECT_EQ(summary.not_pictures, texts);
      EXPECT_EQ(summary.left, 0u);
      EXPECT_EQ(seen, kPictures);
    }
    ++runs;
  }
  EXPECT_GT(runs, 10u);
}

}  // namespace
}  // namespace tbbthumbs
