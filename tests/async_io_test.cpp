// The strategy async-io against the plain way: one picture after the other.
#include "bench/strategies/async_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "bench/io/event_loop.h"
#include "bench/io/slow_file_system.h"
#include "pipeline/stages.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::bench {
namespace {

namespace fs = std::filesystem;
using testing::TempTree;

// What came of a run.
struct Outcomes {
  RunSummary summary;
  std::vector<PictureResult> results;
  std::map<std::string, std::string> files;  // of the output directory
};

std::string Describe(const PictureResult& result) {
  std::string text = std::to_string(result.seq) + " " + result.input.filename().string() + " " +
                     std::to_string(static_cast<int>(result.outcome)) + " " + result.decoder + " " +
                     std::to_string(result.bytes_in);
  if (result.error) text += " " + std::string(ErrorCodeName(result.error->code)) + ": " + result.error->message;
  for (const OutputFile& output : result.outputs) {
    text += " " + output.path.filename().string() + "=" + std::to_string(output.bytes);
  }
  return text;
}

std::vector<std::string> Descriptions(const Outcomes& outcomes) {
  std::vector<std::string> descriptions;
  for (const PictureResult& result : outcomes.results) descriptions.push_back(Describe(result));
  return descriptions;
}

auto Counts(const RunSummary& s) {
  return std::tuple(s.inputs, s.made, s.salvaged, s.up_to_date, s.failed, s.not_pictures, s.unsupported, s.filtered,
                    s.left, s.failed_by_code, s.thumbnails, s.bytes_in, s.bytes_out, s.fatal.has_value());
}

Status DriveSequentially(Stages& stages, const Knobs&) {
  while (std::unique_ptr<Item> item = stages.items().Next()) {
    const size_t bytes = stages.LookUp(*item);
    item->claim = stages.budget().Claim(item->seq, bytes);
    stages.Fetch(*item, bytes);
    stages.thumbnailer().Process(*item);
    stages.publisher().Stage(*item);
    stages.publisher().Commit(*item);
  }
  return {};
}

class AsyncIoTest : public ::testing::Test {
 protected:
  static constexpr int kPictures = 60;
  static constexpr uint64_t kInputs = kPictures + 6 + 2;

  void SetUp() override {
    if (const Status status = CheckAsyncIo(); !status) GTEST_SKIP() << status.error().message;
    for (int i = 0; i < kPictures; ++i) {
      const std::string stem = "in/d" + std::to_string(i % 3) + "/" + std::to_string(i);
      auto picture = testing::MakeJpeg({.size = {60 + i, 50}, .quality = i % 7 == 0 ? 100 : 50});
      if (i % 10 == 3) picture.resize(picture.size() / 2);
      tree_.Write(stem + ".jpg", std::span<const std::byte>(picture));
      if (i % 10 == 5) tree_.Write(stem + ".txt", "text");
    }
    const auto png = testing::PngFile({40, 30});
    tree_.Write("in/d1/png.png", std::span<const std::byte>(png));
    tree_.Write("in/d1/empty.jpg", "");
    options_.input.paths = {tree_.root() / "in", tree_.root() / "missing.jpg"};
    options_.output = tree_.root() / "out";
    options_.specs.sizes = {{16, 16}, {24, 24}};
  }

  // Into an empty output directory. Stops after that many results; 0: never.
  Outcomes Drive(FileSystem& files, Status (*run)(Stages&, const Knobs&), const Knobs& knobs, uint64_t stop_after = 0) {
    fs::remove_all(options_.output);
    fs::create_directories(options_.output);
    return DriveAgain(files, run, knobs, stop_after);
  }

  Outcomes DriveAgain(FileSystem& files, Status (*run)(Stages&, const Knobs&), const Knobs& knobs,
                      uint64_t stop_after = 0) {
    Outcomes outcomes;
    Stages* driven = nullptr;
    Stages stages(
        files, options_,
        [&](PictureResult result) {
          outcomes.results.push_back(std::move(result));
          if (outcomes.results.size() == stop_after) driven->Stop();
        },
        [&] { driven->Stop(); });
    driven = &stages;
    const Status status = run(stages, knobs);
    EXPECT_TRUE(status) << status.error().message;
    stages.publisher().RemoveTemporaryDirectory();
    outcomes.summary = stages.publisher().counters();
    EXPECT_TRUE(stages.budget().HasRoom(std::numeric_limits<size_t>::max())) << "bytes are still held";
    peak_bytes_ = stages.budget().peak();
    for (const std::string& file : tree_.Files("out")) outcomes.files[file] = tree_.Read("out/" + file);
    return outcomes;
  }

  void ExpectSame(const Outcomes& outcomes, const Outcomes& expected) {
    EXPECT_EQ(Counts(outcomes.summary), Counts(expected.summary));
    EXPECT_EQ(Descriptions(outcomes), Descriptions(expected));
    EXPECT_EQ(outcomes.files, expected.files);
  }

  TempTree tree_;
  JobOptions options_;
  const std::unique_ptr<FileSystem> uring_ = WrapForAsyncIo(RealFileSystem());
  size_t peak_bytes_ = 0;
};

TEST_F(AsyncIoTest, EqualsTheSequentialWay) {
  const Outcomes expected = Drive(RealFileSystem(), DriveSequentially, {});
  EXPECT_EQ(expected.summary.inputs, kInputs + 1);
  EXPECT_GT(expected.summary.made, 50u);
  EXPECT_GT(expected.summary.failed, 6u);
  EXPECT_EQ(expected.summary.not_pictures, 7u);
  for (const int tokens : {1, 4, 64}) {
    for (const int threads : {1, 2, 8}) {
      SCOPED_TRACE(std::to_string(tokens) + " tokens, " + std::to_string(threads) + " threads");
      ExpectSame(Drive(*uring_, RunAsyncIo, {.threads = threads, .tokens = tokens}), expected);
    }
  }
}

TEST_F(AsyncIoTest, EqualsTheSequentialWayWithLittleMemoryAndSeveralWays) {
  for (const IfExists if_exists : {IfExists::kUpdate, IfExists::kSkip, IfExists::kOverwrite, IfExists::kFail}) {
    options_.if_exists = if_exists;
    // Below some of the pictures: the rest of those is read by who decodes them.
    options_.read_ahead_bytes = 1500;
    const Outcomes first = Drive(RealFileSystem(), DriveSequentially, {});
    const Outcomes again = DriveAgain(RealFileSystem(), DriveSequentially, {});
    ExpectSame(Drive(*uring_, RunAsyncIo, {.threads = 3, .tokens = 64}), first);
    EXPECT_GT(peak_bytes_, 0u);
    // One at each worker, what waits for one, and thumbnails that are still to be written.
    EXPECT_LE(peak_bytes_, 4 * 1500 + first.summary.bytes_out);
    ExpectSame(DriveAgain(*uring_, RunAsyncIo, {.threads = 3, .tokens = 64}), again);
  }
}

TEST_F(AsyncIoTest, WorksWithAnyFileSystem) {
  const Outcomes expected = Drive(RealFileSystem(), DriveSequentially, {});
  ExpectSame(Drive(RealFileSystem(), RunAsyncIo, {.threads = 2}), expected);
  SlowFileSystem slow(*uring_, {{std::chrono::milliseconds(1), 50e6}, "", true});
  ExpectSame(Drive(slow, RunAsyncIo, {.threads = 2}), expected);
}

TEST_F(AsyncIoTest, NoInputsAreNoTrouble) {
  options_.input.paths.clear();
  EXPECT_EQ(Drive(*uring_, RunAsyncIo, {.threads = 2}).summary.inputs, 0u);
}

// A picture is looked up only once the one `tokens` before it has its name.
TEST_F(AsyncIoTest, HasNoMorePicturesInFlightThanTokens) {
  options_.input.paths.pop_back();
  for (const int tokens : {1, 5}) {
    const Outcomes outcomes = Drive(*uring_, RunAsyncIo, {.threads = 4, .tokens = tokens});
    for (size_t i = static_cast<size_t>(tokens); i < outcomes.results.size(); ++i) {
      const StageSpan& published =
          outcomes.results[i - static_cast<size_t>(tokens)].stages[static_cast<size_t>(Stage::kPublish)];
      EXPECT_GE(outcomes.results[i].stages[static_cast<size_t>(Stage::kLookUp)].begin, published.end) << i;
    }
  }
}

// While one fiber waits for a slow look-up, others begin theirs: the loop is not held up.
TEST_F(AsyncIoTest, ReadsAtTheSameTime) {
  SlowFileSystem slow(*uring_, {{std::chrono::milliseconds(150), 1e9}, (tree_.root() / "in/d").string(), false});
  const Outcomes outcomes = Drive(slow, RunAsyncIo, {.threads = 1, .tokens = 64});
  int together = 0;
  const auto& first = outcomes.results.front().stages[static_cast<size_t>(Stage::kLookUp)];
  for (const PictureResult& result : outcomes.results) {
    if (result.stages[static_cast<size_t>(Stage::kLookUp)].begin < first.end) ++together;
  }
  EXPECT_GT(together, 15);
}

TEST_F(AsyncIoTest, AStopLosesCountOfNothing) {
  for (const uint64_t stop_after : {1u, 7u, 30u}) {
    for (const int tokens : {1, 8, 64}) {
      const Outcomes outcomes = Drive(*uring_, RunAsyncIo, {.threads = 2, .tokens = tokens}, stop_after);
      const RunSummary& s = outcomes.summary;
      EXPECT_GE(s.inputs, stop_after);
      EXPECT_EQ(s.made + s.failed + s.not_pictures + s.left, s.inputs);
      EXPECT_EQ(outcomes.results.size(), s.inputs - s.left);
      EXPECT_EQ(outcomes.files.size(), s.made * 2) << "nor is any temporary file left";
    }
  }
}

TEST_F(AsyncIoTest, AnOutputThatCantBeWrittenEndsTheRun) {
  fs::remove_all(options_.output);
  tree_.Write("out/.tbbthumbs", "in the way");
  const Outcomes outcomes = DriveAgain(*uring_, RunAsyncIo, {.threads = 2, .tokens = 16});
  EXPECT_TRUE(outcomes.summary.fatal.has_value());
  EXPECT_GT(outcomes.summary.left, 0u);
  EXPECT_EQ(outcomes.summary.made, 0u);
}

}  // namespace
}  // namespace tbbthumbs::bench
