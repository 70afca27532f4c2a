#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "bench/model.h"
#include "bench/prediction.h"
#include "bench/storage.h"

namespace tbbthumbs::bench {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr double kMs = 1e-3;

// 10 ms of work each, 2 MB.
std::vector<PictureCost> Costs(size_t count = 500) {
  PictureCost cost{.bytes = 2'000'000};
  cost.stage_s[static_cast<size_t>(Stage::kRead)] = 0.2 * kMs;
  cost.stage_s[static_cast<size_t>(Stage::kThumbnail)] = 9.8 * kMs;
  cost.stage_s[static_cast<size_t>(Stage::kPublish)] = 0.2 * kMs;
  return std::vector<PictureCost>(count, cost);
}

PredictOptions Options() { return {.cpus = 4, .storages = {}}; }

std::vector<int> ThreadsOf(const Prediction& prediction) {
  std::vector<int> threads;
  for (const Prediction::Point& point : prediction.points) threads.push_back(point.threads);
  return threads;
}

const Prediction::Point& At(const Prediction& prediction, int threads) {
  for (const Prediction::Point& point : prediction.points) {
    if (point.threads == threads) return point;
  }
  ADD_FAILURE() << "no point for " << threads << " threads";
  return prediction.points.front();
}

TEST(Prediction, ThreadsDoubleTo256) {
  const auto predictions = Predict(Costs(), {}, Options());
  ASSERT_THAT(predictions, SizeIs(1));
  EXPECT_THAT(predictions[0].storage, StartsWith("as measured"));
  // Two readers fetch a picture each in 0.2 ms, publishing takes as long: the bend lies between 32 and 64 threads.
  EXPECT_THAT(ThreadsOf(predictions[0]), ElementsAre(1, 2, 4, 8, 16, 32, 48, 64, 128, 256));
  EXPECT_EQ(At(predictions[0], 32).limit, "workers");
  EXPECT_EQ(At(predictions[0], 256).limit, "publishing");
  EXPECT_NEAR(At(predictions[0], 256).pictures_per_s, 5000, 50);
}

TEST(Prediction, NoCostsNoPredictions) { EXPECT_THAT(Predict({}, {{1, 100}}, Options()), IsEmpty()); }

// The checks must not have been told what was measured: half the speed by another program's doing stays an error.
TEST(Prediction, ChecksAreNotFitted) {
  const auto predictions = Predict(Costs(), {{1, 99, 0.0100, 0}, {2, 100, 0.0100, 0}}, Options());
  ASSERT_THAT(predictions, SizeIs(1));
  ASSERT_THAT(predictions[0].checks, SizeIs(2));
  EXPECT_NEAR(predictions[0].checks[1].predicted, 200, 5);
  EXPECT_EQ(predictions[0].checks[1].measured, 100);
}

TEST(Prediction, CpuTimeLostAtTwoThreadsIsContention) {
  const auto predictions = Predict(Costs(), {{1, 99, 0.0100, 0}, {2, 160, 0.0125, 0}}, Options());
  ASSERT_THAT(predictions, SizeIs(2));
  EXPECT_NEAR(predictions[0].checks[1].predicted, 200, 5);
  EXPECT_NEAR(At(predictions[0], 2).pictures_per_s, 200, 5);
  EXPECT_THAT(predictions[1].storage, HasSubstr("25.0 %"));
  EXPECT_EQ(predictions[1].checks[0].predicted, predictions[0].checks[0].predicted);
  EXPECT_NEAR(predictions[1].checks[1].predicted, 160, 5);
  EXPECT_NEAR(At(predictions[1], 4).pictures_per_s, 320, 10);
}

TEST(Prediction, NoContentionWhereNoCpuTimeWasLost) {
  const auto contention = [](const std::vector<MeasuredPoint>& measured, int cpus = 4) {
    return Calibrate(Costs(), measured, {.cpus = cpus}).contention;
  };
  EXPECT_EQ(contention({{1, 98, 0.0100}, {2, 198, 0.0099}}), 0);
  EXPECT_EQ(contention({{1, 98, 0.0100}}), 0);
  EXPECT_EQ(contention({{2, 98, 0.0100}}), 0);
  EXPECT_EQ(contention({{1, 98, 0.0100}, {2, 98, 0}}), 0);
  EXPECT_EQ(contention({{1, 98, 0}, {2, 98, 0.0100}}), 0);
  // One CPU: no two threads are at work at once.
  EXPECT_EQ(contention({{1, 98, 0.0100}, {2, 98, 0.0110}}, 1), 0);
  EXPECT_NEAR(contention({{1, 98, 0.0100}, {2, 98, 0.0110}}), 0.1, 1e-9);
}

TEST(Prediction, MemoryContinuesWhatWasMeasured) {
  const std::vector<MeasuredPoint> measured = {{1, 98, 0, 60e6}, {2, 196, 0, 64e6}};
  const Calibration calibration = Calibrate(Costs(), measured, Options());
  // Of the 4 MB more at 2 threads the picture that the second one holds is half.
  EXPECT_NEAR(calibration.bytes_per_worker, 2e6, 1e3);
  const auto predictions = Predict(Costs(), measured, Options());
  EXPECT_NEAR(At(predictions[0], 1).memory_bytes, 60e6, 3e6);
  EXPECT_NEAR(At(predictions[0], 64).memory_bytes, 60e6 + 63 * 4e6, 8e6);
  // A smaller figure at 2 threads is noise: workers cost no less than nothing.
  EXPECT_EQ(Calibrate(Costs(), {{1, 98, 0, 60e6}, {2, 196, 0, 50e6}}, Options()).bytes_per_worker, 0);
}

TEST(Prediction, MoreReadersWhereTheyAreTheLimit) {
  PredictOptions options = Options();
  options.storages = {{.name = "far", .latency_s = 0.1, .bytes_per_s = 1e9}};
  const auto predictions = Predict(Costs(), {}, options);
  ASSERT_THAT(predictions, SizeIs(3));
  EXPECT_EQ(predictions[1].storage, "far, 100 ms, 1000 MB/s");
  EXPECT_EQ(At(predictions[1], 16).limit, "storage latency");
  EXPECT_NEAR(At(predictions[1], 16).pictures_per_s, 20, 1);
  EXPECT_THAT(predictions[2].storage, StartsWith("far, 100 ms, 1000 MB/s, --io-threads "));
  EXPECT_GT(At(predictions[2], 16).pictures_per_s, 3 * At(predictions[1], 16).pictures_per_s);
  EXPECT_THAT(predictions[2].checks, IsEmpty());
}

TEST(Prediction, NoMoreReadersWhereTheyGainNothing) {
  PredictOptions options = Options();
  options.storages = {{.name = "disk", .latency_s = 0.0127, .bytes_per_s = 180e6, .parallel = 1}};
  const auto predictions = Predict(Costs(), {}, options);
  ASSERT_THAT(predictions, SizeIs(2));
  EXPECT_NEAR(At(predictions[1], 16).pictures_per_s, 1 / (0.0127 + 2e6 / 180e6), 1);
}

TEST(Prediction, ChecksAreWithThisMachinesCpus) {
  PredictOptions options = Options();
  options.cpus = 2;
  const auto predictions = Predict(Costs(), {{4, 200}}, options);
  ASSERT_THAT(predictions[0].checks, SizeIs(1));
  EXPECT_NEAR(predictions[0].checks[0].predicted, 2 / (10.4 * kMs), 5);
  // The curve has as many CPUs as threads.
  EXPECT_NEAR(At(predictions[0], 4).pictures_per_s, 4 / (10.2 * kMs), 15);
}

TEST(Prediction, AllStoragesAreQuick) {
  PredictOptions options{.cpus = 2};
  const auto begin = std::chrono::steady_clock::now();
  const auto predictions = Predict(Costs(1000), {{1, 98, 0.0100, 60e6}, {2, 180, 0.0105, 64e6}}, options);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));  // 1 without sanitizers
  EXPECT_THAT(predictions, SizeIs(::testing::Ge(7)));
  for (const Prediction& prediction : predictions) {
    for (const Prediction::Point& point : prediction.points) {
      EXPECT_GT(point.pictures_per_s, 0) << prediction.storage;
      EXPECT_THAT(point.limit, Not(IsEmpty()));
    }
  }
}

TEST(Storage, IsDescribed) {
  EXPECT_EQ(Describe({.name = "network disk", .latency_s = 2 * kMs, .bytes_per_s = 110e6}),
            "network disk, 2 ms, 110 MB/s");
  EXPECT_EQ(Describe({.latency_s = 12.7 * kMs, .bytes_per_s = 180e6, .parallel = 1}),
            "12.7 ms, 180 MB/s, one request at a time");
  EXPECT_EQ(Describe({.latency_s = 0, .parallel = 4}), "0 ms, 4 requests at a time");
}

TEST(Storage, IsParsed) {
  const auto storage = ParseStorage("2.5:110");
  ASSERT_TRUE(storage) << storage.error();
  EXPECT_EQ(storage->latency_s, 2.5 * kMs);
  EXPECT_EQ(storage->bytes_per_s, 110e6);
  EXPECT_EQ(storage->parallel, 0);
  const auto disk = ParseStorage("12.7:180:1");
  ASSERT_TRUE(disk) << disk.error();
  EXPECT_EQ(disk->parallel, 1);
  EXPECT_TRUE(ParseStorage("0:0:0"));
}

TEST(Storage, ErrorsSayWhatIsWrong) {
  const auto error = [](std::string_view text) {
    const auto storage = ParseStorage(text);
    return storage ? "accepted " + Describe(*storage) : storage.error();
  };
  EXPECT_THAT(error(""), HasSubstr("MB/s are missing"));
  EXPECT_EQ(error("2"), "'2' is not LATENCY_MS:MB_PER_S[:PARALLEL], such as 2:110 or 12.7:180:1: the MB/s are missing");
  EXPECT_THAT(error("2:110:1:1"), HasSubstr("more than 3"));
  for (const char* text : {"x:110", "-1:110", "nan:110", "inf:110", "2ms:110", " 2:110", ":110", "1e99:110"}) {
    EXPECT_THAT(error(text), AllOf(HasSubstr(text), HasSubstr("the latency must be"))) << text;
  }
  for (const char* text : {"2:", "2:x", "2:-5", "2:nan", "2:110MB/s"}) {
    EXPECT_THAT(error(text), HasSubstr("the MB/s must be")) << text;
  }
  for (const char* text : {"2:110:", "2:110:1.5", "2:110:-1", "2:110:99999999999"}) {
    EXPECT_THAT(error(text), HasSubstr("the requests at once must be")) << text;
  }
  EXPECT_THAT(error("\x1b[2J:1"), HasSubstr("'\\x1b[2J:1'"));
}

TEST(Storage, CommonOnesHaveNamesAndFigures) {
  for (const Storage& storage : CommonStorages()) {
    EXPECT_THAT(storage.name, Not(IsEmpty()));
    EXPECT_GT(storage.latency_s, 0);
    EXPECT_GT(storage.bytes_per_s, 0);
  }
}

}  // namespace
}  // namespace tbbthumbs::bench
