#include "pipeline/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/support/jpeg_fixture.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/temp_tree.h"
#include "tests/support/web_server.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAreArray;
using testing::MemoryFileSystem;
using ::testing::StartsWith;
using testing::WebServer;

// Threads take many inputs at once where the last ones were no pictures, look them up one by one, and wait for room
// before the next; others wait for the names of those. A stop must free all of them.
TEST(SourceStop, FreesWhoWaitsForRoomAndWhoWaitsForNames) {
  const auto jpeg = testing::MakeJpeg({.size = {40, 30}});
  MemoryFileSystem files;
  files.AddDirectory("out");
  for (int i = 1000; i < 1127; ++i) files.AddFile("in/a" + std::to_string(i) + ".txt");
  for (int i = 1000; i < 1200; ++i) files.AddFile("in/b" + std::to_string(i) + ".jpg", jpeg);
  std::atomic<int> opened = 0;
  files.on_call = [&](const std::string& operation, const std::string&) {
    if (operation == "Open") ++opened;
    return std::optional<Error>();
  };
  JobOptions options;
  options.input.paths = {"in"};
  options.output = "out";
  options.specs.sizes = {{16, 16}};
  options.names.name_template = "{stem}_{date:%Y}";
  options.read_ahead_bytes = 1;
  for (const int io_threads : {2, 3, 8}) {
    opened = 0;
    Stages stages(
        files, options, [](const PictureResult&) {}, [] {});
    Source source(stages, io_threads);
    uint64_t popped = 0;
    while (popped < 127) popped += source.Next()->items.size();
    // Pictures are being read; soon nobody can go on.
    while (opened < 128) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    source.Stop();
    EXPECT_EQ(source.Next(), nullptr);
  }
}

// Files, and pictures on the web of all kinds, in turns.
class SourceUrlTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kInputs = 80;

  static void SetUpTestSuite() {
    std::string why;
    if (!WebServer::Available(&why)) return;
    web_ = std::make_unique<testing::TempTree>();
    for (int i = 0; i < 10; ++i) {
      web_->Write(std::to_string(i) + ".jpg", testing::MakeJpeg({.size = {100 + i, 80}}));
    }
    server_ = std::make_unique<WebServer>(web_->root());
  }
  static void TearDownTestSuite() {
    server_.reset();
    web_.reset();
  }

  void SetUp() override {
    std::string why;
    if (!WebServer::Available(&why)) GTEST_SKIP() << why;
    options_.output = "out";
    options_.specs.sizes = {{16, 16}};
    options_.urls.allow_private = true;
    options_.urls.retries = 1;
    options_.urls.first_wait = std::chrono::milliseconds(1);
    options_.threads = 1;
    files_.AddDirectory("out");
  }

  // All of them; some fail once, and so have names that no other run has.
  void MakeInputs() {
    static int runs = 0;
    run_ = ++runs;
    options_.input.paths.clear();
    for (uint64_t i = 0; i < kInputs; ++i) options_.input.paths.emplace_back(Input(i));
  }

  // The first is slow to come.
  std::string Input(uint64_t i) {
    const std::string name = std::to_string(i % 10) + ".jpg";
    const std::string query = "?" + std::to_string(i);
    if (i == 0) return server_->Url("/_/delay/300/" + name + query);
    if (i % 4 == 1) {
      const std::string path = "in/" + std::to_string(i) + ".jpg";
      files_.AddFile(path, testing::MakeJpeg({.size = {200, 100 + static_cast<int>(i)}}));
      return path;
    }
    if (i % 10 == 4) return server_->Url("/nothing.jpg" + query);
    if (i % 10 == 6) return server_->Url("/_/html.jpg" + query);
    if (i % 10 == 8)
      return server_->Url("/_/flaky/1/503/run" + std::to_string(run_) + "_" + query.substr(1) + "/" + name);
    return server_->Url(name + query);
  }
  static bool Fails(uint64_t i) { return i > 0 && i % 4 != 1 && (i % 10 == 4 || i % 10 == 6); }

  struct Taken {
    std::vector<uint64_t> order;
    std::vector<std::string> names;  // by input; "" of those that have none
    uint64_t failed = 0;
    std::optional<uint64_t> total;
  };

  // Takes all that comes, and lets go of each at once.
  Taken TakeAll(int io_threads) {
    MakeInputs();
    Taken taken;
    taken.names.resize(kInputs);
    Stages stages(
        files_, options_, [](const PictureResult&) {}, [] {});
    Source source(stages, io_threads);
    while (const std::unique_ptr<ItemGroup> group = source.Next()) {
      for (const std::unique_ptr<Item>& item : group->items) {
        taken.order.push_back(item->seq);
        if (!item->names.jpeg.empty()) taken.names[item->seq] = item->names.jpeg[0];
        EXPECT_EQ(item->result.outcome == Outcome::kFailed, Fails(item->seq)) << item->file.path;
        taken.failed += item->result.outcome == Outcome::kFailed;
        EXPECT_EQ(item->source != nullptr, !item->ended) << item->file.path;
      }
    }
    taken.total = source.total();
    EXPECT_EQ(source.failure(), std::nullopt);
    EXPECT_EQ(source.taken(), taken.order.size());
    EXPECT_EQ(stages.fetcher().summary().requests, Requests());
    return taken;
  }

  uint64_t Requests() const {
    uint64_t requests = 0;
    for (const auto& path : options_.input.paths) {
      const std::string text = path.string();
      if (LooksLikeUrl(text)) requests += text.find("/_/flaky/") == std::string::npos ? 1 : 2;
    }
    return requests;
  }

  static std::vector<uint64_t> InOrder() {
    std::vector<uint64_t> seqs(kInputs);
    for (uint64_t i = 0; i < kInputs; ++i) seqs[i] = i;
    return seqs;
  }
  static std::vector<uint64_t> Sorted(std::vector<uint64_t> seqs) {
    std::sort(seqs.begin(), seqs.end());
    return seqs;
  }

  static inline std::unique_ptr<testing::TempTree> web_;
  static inline std::unique_ptr<WebServer> server_;
  MemoryFileSystem files_;
  JobOptions options_;
  int run_ = 0;
};

// What a run is driven with: threads, limited memory, little room for what is fetched.
class SourceUrlRunTest : public SourceUrlTest, public ::testing::WithParamInterface<std::tuple<int, bool, bool>> {
 protected:
  void SetUp() override {
    SourceUrlTest::SetUp();
    if (std::get<1>(GetParam())) options_.memory_bytes = JobOptions::kLeastMemoryBytes;
    if (std::get<2>(GetParam())) options_.urls.held_bytes = 1;
  }
  Taken Take() { return TakeAll(std::get<0>(GetParam())); }
};

TEST_P(SourceUrlRunTest, HandsOutInListOrder) {
  const Taken taken = Take();
  EXPECT_THAT(taken.order, ElementsAreArray(InOrder()));
  EXPECT_EQ(taken.total, kInputs);
}

TEST_P(SourceUrlRunTest, HandsOutAsTheyCome) {
  options_.order = WorkOrder::kArrival;
  const Taken taken = Take();
  EXPECT_THAT(Sorted(taken.order), ElementsAreArray(InOrder()));
  EXPECT_NE(taken.order.front(), 0U) << "the slow one holds up nobody";
  EXPECT_EQ(taken.total, kInputs);
}

TEST_P(SourceUrlRunTest, NamesByHeadersInListOrder) {
  options_.names.name_template = "{width}x{height}";
  for (const WorkOrder order : {WorkOrder::kList, WorkOrder::kArrival}) {
    options_.order = order;
    const Taken taken = Take();
    EXPECT_THAT(taken.order, ElementsAreArray(InOrder()));
    // Of those with thumbnails of the same size the first has the plain name.
    EXPECT_EQ(taken.names[0], "out/16x13.jpg");
    EXPECT_EQ(taken.names[1], "out/16x8.jpg");
    EXPECT_EQ(taken.names[2], "out/16x13_jpg.jpg");
    EXPECT_THAT(taken.names[10], StartsWith("out/16x13_jpg_"));
    EXPECT_EQ(taken.names[4], "");
  }
}

INSTANTIATE_TEST_SUITE_P(Runs, SourceUrlRunTest,
                         ::testing::Combine(::testing::Values(1, 2, 4), ::testing::Bool(), ::testing::Bool()),
                         [](const auto& run) {
                           return std::to_string(std::get<0>(run.param)) + "Threads" +
                                  (std::get<1>(run.param) ? "LimitedMemory" : "") +
                                  (std::get<2>(run.param) ? "LittleRoom" : "");
                         });

// Far sooner than the slow ones would come.
TEST_F(SourceUrlTest, StopsWhileTransfersAreSlow) {
  for (const bool names_by_headers : {false, true}) {
    for (const bool limited : {false, true}) {
      options_.names.name_template = names_by_headers ? "{stem}_{width}" : "{stem}_{seq}";
      options_.memory_bytes = limited ? JobOptions::kLeastMemoryBytes : 0;
      options_.input.paths = {server_->Url("1.jpg"), server_->Url("2.jpg")};
      for (uint64_t i = 0; i < 30; ++i) {
        options_.input.paths.emplace_back(server_->Url("/_/slow/10/1.jpg?" + std::to_string(i)));
        options_.input.paths.emplace_back(Input(5));
      }
      const auto begin = std::chrono::steady_clock::now();
      {
        Stages stages(
            files_, options_, [](const PictureResult&) {}, [] {});
        Source source(stages, 2);
        uint64_t handed_out = 0;
        while (handed_out < 2) handed_out += source.Next()->items.size();
        while (stages.fetcher().summary().requests < 3) std::this_thread::yield();
        source.Stop();
        EXPECT_EQ(source.Next(), nullptr);
        EXPECT_GT(source.taken(), handed_out);
        EXPECT_LE(source.taken(), 62U);
      }
      EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
