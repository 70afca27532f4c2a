// Every strategy makes the same thumbnails and the same counts, whatever its parameters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/strategy.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/temp_tree.h"
#include "tests/support/web_server.h"
#include "tools/thread_limit.h"

namespace tbbthumbs::bench {
namespace {

struct Made {
  std::map<std::string, std::string> files;
  RunSummary summary;
  std::vector<uint64_t> order;  // seq, as published
  size_t peak_held = 0;
};

// Pictures in several directories, of very different sizes; among them damaged ones and files that are no pictures.
class Pictures {
 public:
  Pictures() {
    for (int i = 0; i < kPictures; ++i) {
      const std::string directory = "in/d" + std::to_string(i % 3) + "/";
      auto jpeg = testing::MakeJpeg({.size = {i == kPictures / 3 ? 1500 : 60 + i, 50}, .quality = 50});
      largest_ = std::max(largest_, jpeg.size());
      if (i % 10 == 3) jpeg.resize(jpeg.size() / 2);
      tree_.Write(directory + std::to_string(i) + ".jpg", jpeg);
      if (i % 10 == 5) tree_.Write(directory + std::to_string(i) + ".txt", "no picture");
    }
  }

  Made Drive(const Strategy& strategy, const Knobs& knobs, size_t read_ahead_bytes) {
    JobOptions options;
    options.input.paths = {tree_.root() / "in"};
    return Drive(strategy, knobs, read_ahead_bytes, std::move(options));
  }

  // The same, fetched from a server; the files that are no pictures are not asked for.
  Made DriveFromServer(const Strategy& strategy, const Knobs& knobs, const testing::WebServer& server) {
    std::string list;
    for (const std::string& file : tree_.Files("in")) {
      if (!file.ends_with(".jpg")) continue;
      list.append(server.Url("/_/delay/5/" + file)).append("\t").append(file).append("\n");
    }
    JobOptions options;
    options.input.lists = {{tree_.Write("addresses", list), '\n', true}};
    options.urls.allow_private = true;
    return Drive(strategy, knobs, 4000, std::move(options));
  }

  std::filesystem::path directory() const { return tree_.root() / "in"; }
  size_t largest() const { return largest_; }

 private:
  Made Drive(const Strategy& strategy, const Knobs& knobs, size_t read_ahead_bytes, JobOptions options) {
    options.output = tree_.root() / "out";
    options.specs.sizes = {{16, 16}, {24, 24}};
    options.read_ahead_bytes = read_ahead_bytes;
    std::filesystem::remove_all(options.output);
    std::filesystem::create_directory(options.output);
    const tool::ThreadLimit thread_limit(knobs.threads);
    const auto wrapped = strategy.wrap == nullptr ? nullptr : strategy.wrap(RealFileSystem());
    Made made;
    Stages stages(
        wrapped ? *wrapped : RealFileSystem(), options,
        [&](const PictureResult& result) { made.order.push_back(result.seq); }, [] { ADD_FAILURE() << "fatal"; });
    Usage usage;
    const Status status = strategy.run(stages, knobs, usage);
    EXPECT_TRUE(status) << status.error().message;
    stages.publisher().RemoveTemporaryDirectory();
    for (const std::string& file : tree_.Files("out")) made.files[file] = tree_.Read("out/" + file);
    made.summary = stages.publisher().counters();
    made.peak_held = stages.budget().peak();
    return made;
  }

  static constexpr int kPictures = 60;
  testing::TempTree tree_;
  size_t largest_ = 0;
};

class EveryStrategy : public ::testing::TestWithParam<Strategy> {};

TEST_P(EveryStrategy, MakesWhatTheSequentialOneMakes) {
  const Strategy& strategy = GetParam();
  if (strategy.check != nullptr) {
    if (const Status can = strategy.check(); !can) GTEST_SKIP() << can.error().message;
  }
  Pictures pictures;
  const Made expected = pictures.Drive(*FindStrategy("sequential"), {}, 1 << 20);
  ASSERT_EQ(expected.summary.made, 54u);
  ASSERT_EQ(expected.summary.failed, 6u);
  ASSERT_EQ(expected.summary.not_pictures, 6u);
  ASSERT_EQ(expected.files.size(), 108u);
  for (const Knobs& knobs : {Knobs{1, 1, 1}, Knobs{2, 64, 2}, Knobs{3, 2, 1}, Knobs{8, 1024, 4}}) {
    SCOPED_TRACE(std::to_string(knobs.threads) + " threads, " + std::to_string(knobs.tokens) + " tokens");
    const Made made = pictures.Drive(strategy, knobs, 4000);
    EXPECT_EQ(made.files, expected.files);
    EXPECT_EQ(made.summary.inputs, 66u);
    EXPECT_EQ(made.summary.made, 54u);
    EXPECT_EQ(made.summary.failed, 6u);
    EXPECT_EQ(made.summary.failed_by_code, expected.summary.failed_by_code);
    EXPECT_EQ(made.summary.not_pictures, 6u);
    EXPECT_EQ(made.summary.thumbnails, 108u);
    EXPECT_EQ(made.summary.bytes_in, expected.summary.bytes_in);
    EXPECT_EQ(made.summary.bytes_out, expected.summary.bytes_out);
    std::vector<uint64_t> sorted = made.order;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, expected.order);
    if (strategy.in_order) {
      EXPECT_EQ(made.order, expected.order);
    }
  }
}

TEST_P(EveryStrategy, MakesTheSameFromAddressesAsFromFiles) {
  const Strategy& strategy = GetParam();
  if (strategy.check != nullptr) {
    if (const Status can = strategy.check(); !can) GTEST_SKIP() << can.error().message;
  }
  std::string why;
  if (!testing::WebServer::Available(&why)) GTEST_SKIP() << why;
  Pictures pictures;
  const testing::WebServer server(pictures.directory());
  const Made expected = pictures.Drive(*FindStrategy("sequential"), {}, 1 << 20);
  ASSERT_EQ(expected.files.size(), 108u);
  for (const Knobs& knobs : {Knobs{1, 1, 1}, Knobs{3, 2, 1}, Knobs{8, 1024, 4}}) {
    SCOPED_TRACE(std::to_string(knobs.threads) + " threads, " + std::to_string(knobs.tokens) + " tokens");
    const Made made = pictures.DriveFromServer(strategy, knobs, server);
    EXPECT_EQ(made.files, expected.files);
    EXPECT_EQ(made.summary.inputs, 60u);
    EXPECT_EQ(made.summary.made, 54u);
    EXPECT_EQ(made.summary.failed_by_code, expected.summary.failed_by_code);
    EXPECT_EQ(made.summary.bytes_in, expected.summary.bytes_in);
    if (strategy.in_order) {
      EXPECT_TRUE(std::is_sorted(made.order.begin(), made.order.end()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryStrategy, ::testing::ValuesIn(Strategies().begin(), Strategies().end()),
                         [](const auto& param) {
                           std::string name(param.param.name);
                           std::erase(name, '-');
                           return name;
                         });

TEST(TbbPipeline, HoldsAPictureAWorkerAndWhatIsReadAhead) {
  Pictures pictures;
  const size_t read_ahead = 1000;
  const Made made = pictures.Drive(*FindStrategy("tbb-pipeline"), {4, 64, 2}, read_ahead);
  // Of a larger file no more than that is held, wherever it is.
  EXPECT_GT(pictures.largest(), read_ahead);
  EXPECT_LE(made.peak_held, 4 * read_ahead + read_ahead);
  EXPECT_GE(made.peak_held, read_ahead);
}

}  // namespace
}  // namespace tbbthumbs::bench
