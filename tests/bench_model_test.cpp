// The model of `scale` against what can be worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "bench/model.h"
#include "bench/prediction.h"
#include "pipeline/job.h"
#include "pipeline/task_graph.h"

namespace tbbthumbs::bench {
namespace {

constexpr double kMs = 1e-3;

PictureCost Cost(double thumbnail_s, uint64_t bytes = 0) {
  PictureCost cost{.bytes = bytes};
  cost.stage_s[static_cast<size_t>(Stage::kThumbnail)] = thumbnail_s;
  return cost;
}

PictureCost WithStage(PictureCost cost, Stage stage, double seconds) {
  cost.stage_s[static_cast<size_t>(stage)] = seconds;
  return cost;
}

ModelOptions Machine(int threads, uint64_t pictures) {
  return {.threads = threads, .cpus = threads, .pictures = pictures};
}

// Unequal, as photographs are: 2 to 60 ms, 0.1 to 8 MB, some giants.
std::vector<PictureCost> Photos(size_t count) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> spread(0, 0.6);
  std::vector<PictureCost> costs;
  for (size_t i = 0; i < count; ++i) {
    const double size = spread(random) * (i % 97 == 50 ? 20 : 1);
    PictureCost cost = Cost(8 * kMs * size, static_cast<uint64_t>(1.5e6 * size));
    cost = WithStage(cost, Stage::kLookUp, 0.01 * kMs);
    cost = WithStage(cost, Stage::kRead, 0.3 * kMs * size);
    cost = WithStage(cost, Stage::kWrite, 0.05 * kMs);
    costs.push_back(WithStage(cost, Stage::kPublish, 0.02 * kMs));
  }
  return costs;
}

TEST(Model, EqualPicturesKeepAllWorkersBusy) {
  for (const int threads : {1, 2, 3, 8, 64, 256}) {
    const ModelResult result = Simulate({Cost(10 * kMs)}, Machine(threads, 200 * static_cast<uint64_t>(threads)));
    EXPECT_NEAR(result.pictures_per_s, threads / (10 * kMs), 1e-6 * threads) << threads;
    EXPECT_NEAR(result.use.workers, 1, 1e-9);
    EXPECT_NEAR(result.use.cpus, 1, 1e-9);
    EXPECT_EQ(result.limit, Limit::kWorkers);
    EXPECT_NEAR(result.first_s, 10 * kMs, 1e-12);
  }
}

TEST(Model, StagesOfAWorkerAddUp) {
  PictureCost cost = WithStage(Cost(10 * kMs), Stage::kWrite, 2 * kMs);
  cost = WithStage(cost, Stage::kPublish, 3 * kMs);
  EXPECT_NEAR(Simulate({cost}, Machine(1, 100)).seconds, 1.5, 1e-9);
  // A second worker publishes and works besides.
  EXPECT_NEAR(Simulate({cost}, Machine(2, 1000)).pictures_per_s, 2 / (15 * kMs), 1);
}

TEST(Model, PublishingOneByOneIsACap) {
  const PictureCost cost = WithStage(Cost(10 * kMs), Stage::kPublish, 1 * kMs);
  // 1 / 1 ms, reached at (10 + 1) / 1 = 11 threads.
  for (const int threads : {16, 64}) {
    const ModelResult result = Simulate({cost}, Machine(threads, 20000));
    EXPECT_NEAR(result.pictures_per_s, 1000, 5) << threads;
    EXPECT_EQ(result.limit, Limit::kPublishing) << threads;
    EXPECT_GT(result.use.publishing, 0.99);
  }
  EXPECT_NEAR(Simulate({cost}, Machine(8, 20000)).pictures_per_s, 8 / (11 * kMs), 10);
}

TEST(Model, LatencyIsHiddenByReaders) {
  // Each reader fetches a picture in l + b / B as long as the bandwidth is far from used up.
  constexpr double kLatency = 50 * kMs;
  for (const int readers : {1, 2, 5, 20}) {
    ModelOptions options = Machine(16, 4000);
    options.io_threads = readers;
    options.storage = {.latency_s = kLatency};
    const ModelResult result = Simulate({Cost(1 * kMs, 1000)}, options);
    EXPECT_NEAR(result.pictures_per_s, readers / kLatency, readers * 0.2) << readers;
    EXPECT_EQ(result.limit, Limit::kStorageLatency) << readers;
    EXPECT_NEAR(result.first_s, kLatency + 1 * kMs, 1e-12);
  }
  ModelOptions options = Machine(16, 4000);
  options.io_threads = 1;
  options.storage = {.latency_s = kLatency, .bytes_per_s = 1e8};
  EXPECT_NEAR(Simulate({Cost(1 * kMs, 1'000'000)}, options).pictures_per_s, 1 / (kLatency + 0.01), 0.1);
}

TEST(Model, BandwidthIsShared) {
  for (const int readers : {2, 8}) {
    ModelOptions options = Machine(16, 4000);
    options.io_threads = readers;
    options.read_ahead_bytes = 1 << 30;
    options.storage = {.latency_s = 1 * kMs, .bytes_per_s = 1e8};
    const ModelResult result = Simulate({Cost(1 * kMs, 5'000'000)}, options);
    EXPECT_NEAR(result.pictures_per_s, 20, 0.2) << readers;  // 1e8 / 5e6
    EXPECT_EQ(result.limit, Limit::kStorageBandwidth) << readers;
    EXPECT_GT(result.use.storage, 0.98);
  }
}

TEST(Model, ADiskServesOneRequestAtATime) {
  ModelOptions options = Machine(16, 2000);
  options.storage = {.latency_s = 10 * kMs, .bytes_per_s = 1e8, .parallel = 1};
  for (const int readers : {1, 2, 16}) {
    options.io_threads = readers;
    const ModelResult result = Simulate({Cost(1 * kMs, 500'000)}, options);  // 10 ms + 5 ms
    EXPECT_NEAR(result.pictures_per_s, 1 / (15 * kMs), 0.1) << readers;
    EXPECT_EQ(result.limit, Limit::kStorageLatency) << readers;
    EXPECT_GT(result.use.storage, 0.99);
  }
}

TEST(Model, ReadersOwnWorkIsALimit) {
  ModelOptions options = Machine(16, 4000);
  const PictureCost cost = WithStage(Cost(1 * kMs), Stage::kLookUp, 2 * kMs);
  const ModelResult result = Simulate({cost}, options);
  EXPECT_NEAR(result.pictures_per_s, 2 / (2 * kMs), 2);
  EXPECT_EQ(result.limit, Limit::kReaders);
}

TEST(Model, PicturesThatAreUpToDateAreOnlyLookedUp) {
  PictureCost cost{.bytes = 100'000'000};
  cost.stage_s[static_cast<size_t>(Stage::kLookUp)] = 1 * kMs;
  ModelOptions options = Machine(4, 1000);
  options.storage = {.bytes_per_s = 1e6};
  const ModelResult result = Simulate({cost}, options);
  EXPECT_NEAR(result.seconds, 0.5, 1e-9);
  EXPECT_EQ(result.peak_held_bytes, 0);
}

// A giant of C times the work of the others, first of all; n workers, T tokens. Until it ends the other workers have
// T-1 pictures to do; whatever comes after them waits. The input stands still for C*w - (T-n)/(n-1)*w.
TEST(Model, AGiantStallsTheOthersByItsTokens) {
  constexpr int kWorkers = 4;
  constexpr int kTimes = 100;
  constexpr int kPictures = 4001;
  std::vector<PictureCost> costs(kPictures, Cost(1 * kMs));
  costs[0] = Cost(kTimes * kMs);
  ModelOptions options = Machine(kWorkers, 0);
  double last = std::numeric_limits<double>::infinity();
  for (const int tokens : {4, 16, 64, 256}) {
    options.tokens = tokens;
    const ModelResult result = Simulate(costs, options);
    EXPECT_NEAR(result.seconds, kTimes * kMs + std::ceil((kPictures - tokens) / double{kWorkers}) * kMs, 1e-9);
    EXPECT_LT(result.seconds, last);
    last = result.seconds;
  }
  // Fully hidden: T = n + (n - 1) * C.
  options.tokens = kWorkers + (kWorkers - 1) * kTimes;
  const double ideal = (kPictures - 1 + kTimes) / double{kWorkers} * kMs;
  EXPECT_NEAR(Simulate(costs, options).seconds, ideal, 1.01 * kMs);
}

TEST(Model, NamesTheGiant) {
  std::vector<PictureCost> costs(500, Cost(1 * kMs));
  costs[250] = Cost(400 * kMs);
  ModelOptions options = Machine(8, 5000);
  options.tokens = 16;
  EXPECT_EQ(Simulate(costs, options).limit, Limit::kOrder);
}

TEST(Model, TheBudgetBoundsWhatWaitsForWorkersAndAdmitsWhatIsLarger) {
  ModelOptions options = Machine(4, 1000);
  options.io_threads = 8;
  options.read_ahead_bytes = 10'000'000;
  ModelResult result = Simulate({Cost(10 * kMs, 3'000'000)}, options);
  // A picture for each of the 4 workers, and 3 that wait.
  EXPECT_EQ(result.peak_held_bytes, 21'000'000);
  EXPECT_NEAR(result.pictures_per_s, 4 / (10 * kMs), 1);

  // One larger than the budget takes all of it, alone among those that wait; its worker reads the rest: of 20 MB each
  // at 1 GB/s.
  result = Simulate({Cost(10 * kMs, 20'000'000)}, options);
  EXPECT_EQ(result.peak_held_bytes, 50'000'000);
  EXPECT_NEAR(result.seconds, 2.5, 1e-9);
  options.storage.bytes_per_s = 1e9;
  result = Simulate({Cost(10 * kMs, 20'000'000)}, options);
  EXPECT_NEAR(result.seconds, 20.0, 0.1);
}

TEST(Model, MoreThreadsThanCpusShareThem) {
  ModelOptions options{.threads = 8, .cpus = 2, .pictures = 4000};
  const ModelResult result = Simulate({Cost(10 * kMs)}, options);
  EXPECT_NEAR(result.pictures_per_s, 200, 0.1);
  EXPECT_NEAR(result.use.cpus, 1, 1e-6);
  EXPECT_EQ(result.limit, Limit::kCpus);
  EXPECT_NEAR(result.first_s, 40 * kMs, 1e-9);  // at a quarter of the speed
}

TEST(Model, ReadersAndWorkersShareCpus) {
  // 1 CPU: 8 ms of work and 2 ms of reading, whoever does it.
  const PictureCost cost = WithStage(Cost(8 * kMs), Stage::kRead, 2 * kMs);
  EXPECT_NEAR(Simulate({cost}, {.threads = 4, .cpus = 1, .pictures = 1000}).pictures_per_s, 100, 0.1);
}

TEST(Model, WaitingTakesNoCpu) {
  ModelOptions options{.threads = 1, .cpus = 1, .io_threads = 10, .pictures = 4000};
  options.storage.latency_s = 50 * kMs;
  EXPECT_NEAR(Simulate({Cost(10 * kMs)}, options).pictures_per_s, 100, 0.2);
}

TEST(Model, ContentionSlowsWorkersThatRunSideBySide) {
  ModelOptions options = Machine(1, 4000);
  options.contention = 0.25;
  EXPECT_NEAR(Simulate({Cost(10 * kMs)}, options).pictures_per_s, 100, 0.1);
  options.threads = options.cpus = 2;
  EXPECT_NEAR(Simulate({Cost(10 * kMs)}, options).pictures_per_s, 2 * 100 / 1.25, 0.2);
  options.threads = options.cpus = 4;
  EXPECT_NEAR(Simulate({Cost(10 * kMs)}, options).pictures_per_s, 4 * 100 / 1.25, 0.4);
  options.contention_until = 4;
  EXPECT_NEAR(Simulate({Cost(10 * kMs)}, options).pictures_per_s, 4 * 100 / 1.75, 0.4);
  // Threads without a CPU of their own disturb nobody.
  options.cpus = 1;
  EXPECT_NEAR(Simulate({Cost(10 * kMs)}, options).pictures_per_s, 100, 0.1);
}

// Random work on both sides of a window: never faster than the slower side alone, never slower than one after the
// other, and with 256 pictures between them close to the former.
TEST(Model, RandomWorkLiesBetweenItsBounds) {
  std::mt19937 random(3);
  std::exponential_distribution<double> service(1 / (10 * kMs));
  std::vector<PictureCost> costs;
  double sum = 0;
  for (int i = 0; i < 5000; ++i) {
    const double seconds = service(random);
    sum += seconds;
    costs.push_back(Cost(seconds, 1));
  }
  ModelOptions options = Machine(4, 0);
  options.io_threads = 1;
  options.storage.latency_s = 2.5 * kMs;  // as fast as 4 workers of 10 ms
  const double reading = 5000 * 2.5 * kMs;
  const double working = sum / 4;
  const double seconds = Simulate(costs, options).seconds;
  EXPECT_GT(seconds, std::max(reading, working));
  EXPECT_LT(seconds, 1.05 * std::max(reading, working));
  options.window = 1;
  options.tokens = 1;
  EXPECT_GT(Simulate(costs, options).seconds, 1.05 * std::max(reading, working));
  EXPECT_LE(Simulate(costs, options).seconds, reading + sum + 1e-9);
}

TEST(Model, MoreNeverHurtsButForChance) {
  const std::vector<PictureCost> costs = Photos(800);
  ModelOptions options{.threads = 1, .cpus = 64, .pictures = 4000};
  options.storage = {.latency_s = 5 * kMs, .bytes_per_s = 2e9};
  // List scheduling has anomalies (Graham, 1966); here they stay below 1 %.
  const auto expect_growth = [&](auto change, const std::vector<int>& values) {
    double last = 0;
    for (const int value : values) {
      ModelOptions changed = options;
      change(changed, value);
      const double rate = Simulate(costs, changed).pictures_per_s;
      EXPECT_GT(rate, 0.99 * last) << value;
      last = std::max(last, rate);
    }
  };
  expect_growth([](ModelOptions& o, int threads) { o.threads = threads; }, {1, 2, 3, 4, 6, 8, 16, 32, 64, 128, 256});
  options.threads = 8;
  expect_growth([](ModelOptions& o, int tokens) { o.tokens = tokens; }, {1, 2, 4, 8, 16, 64, 256, 1024, 4096});
  expect_growth([](ModelOptions& o, int readers) { o.io_threads = readers; }, {1, 2, 3, 4, 8, 16, 64});
  expect_growth([](ModelOptions& o, int cpus) { o.cpus = cpus; }, {1, 2, 3, 4, 8, 16});
  expect_growth([](ModelOptions& o, int megabytes) { o.read_ahead_bytes = uint64_t(megabytes) << 20; },
                {1, 4, 16, 64, 256});
}

TEST(Model, IsDeterministic) {
  const std::vector<PictureCost> costs = Photos(500);
  ModelOptions options = Machine(7, 3000);
  options.storage = {.latency_s = 3 * kMs, .bytes_per_s = 3e8, .parallel = 3};
  const ModelResult first = Simulate(costs, options);
  const ModelResult second = Simulate(costs, options);
  EXPECT_EQ(first.seconds, second.seconds);
  EXPECT_EQ(first.first_s, second.first_s);
  EXPECT_EQ(first.peak_held_bytes, second.peak_held_bytes);
}

TEST(Model, HasTheProductsDefaults) {
  EXPECT_EQ(ModelOptions{}.io_threads, JobOptions{}.io_threads);
  EXPECT_EQ(ModelOptions{}.read_ahead_bytes, JobOptions{}.read_ahead_bytes);
  EXPECT_EQ(PredictOptions{}.io_threads, JobOptions{}.io_threads);
  EXPECT_EQ(PredictOptions{}.read_ahead_bytes, JobOptions{}.read_ahead_bytes);
}

TEST(Model, UsesTheProductsTokens) {
  std::vector<PictureCost> costs(2000, Cost(1 * kMs));
  costs[0] = Cost(500 * kMs);
  ModelOptions options = Machine(4, 0);
  const double by_default = Simulate(costs, options).seconds;
  options.tokens = DefaultTokens(4);
  EXPECT_EQ(Simulate(costs, options).seconds, by_default);
  options.tokens = 8;
  EXPECT_GT(Simulate(costs, options).seconds, by_default);
}

TEST(Model, MemoryIsWhatIsFixedTheWorkersAndTheFiles) {
  ModelOptions options = Machine(3, 100);
  options.fixed_bytes = 1e6;
  options.bytes_per_worker = 2e6;
  const ModelResult result = Simulate({Cost(1 * kMs, 1000)}, options);
  EXPECT_EQ(result.memory_bytes, 7e6 + static_cast<double>(result.peak_held_bytes));
}

TEST(Model, OddInputsGiveNumbers) {
  EXPECT_EQ(Simulate({}, {}).pictures_per_s, 0);
  EXPECT_EQ(Simulate({PictureCost{}}, {.pictures = 1000}).pictures_per_s, 0);  // no time has passed
  const double nan = std::numeric_limits<double>::quiet_NaN();
  PictureCost odd = Cost(nan, std::numeric_limits<uint64_t>::max());
  odd = WithStage(odd, Stage::kRead, -1);
  odd = WithStage(odd, Stage::kWrite, 1 * kMs);
  ModelOptions options{.threads = -3, .cpus = 0, .tokens = -1, .io_threads = 0, .read_ahead_bytes = 0, .window = 0};
  options.contention = nan;
  options.storage = {.latency_s = nan, .bytes_per_s = -1, .parallel = -1};
  options.pictures = 10;
  EXPECT_NEAR(Simulate({odd}, options).seconds, 10 * kMs, 1e-9);
  options.read_ahead_bytes = 0;
  EXPECT_NEAR(Simulate({Cost(1 * kMs, 1000)}, options).seconds, 10 * kMs, 1e-9);
}

TEST(Model, IsQuick) {
  const std::vector<PictureCost> costs = Photos(1000);
  ModelOptions options = Machine(256, 20000);
  options.io_threads = 32;
  options.storage = {.latency_s = 2 * kMs, .bytes_per_s = 1e10};
  const auto begin = std::chrono::steady_clock::now();
  Simulate(costs, options);
  // Some 30 ms on a CPU of 2020; 100 times that with sanitizers and neighbours.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

}  // namespace
}  // namespace tbbthumbs::bench
