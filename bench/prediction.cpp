#include "bench/prediction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace tbbthumbs::bench {
namespace {

// So many pictures per thread that the beginning and the end of a run count for little.
constexpr uint64_t kPicturesPerThread = 40;
constexpr uint64_t kFewestPictures = 2000;
constexpr uint64_t kMostPictures = 20000;

// Threads for which readers are chosen: of the machines that have slow storage, a large one.
constexpr int kReaderThreads = 16;
constexpr int kMostReaders = 128;

ModelOptions Base(const PredictOptions& options, const Calibration& calibration) {
  ModelOptions model;
  model.tokens = options.tokens;
  model.io_threads = options.io_threads;
  model.read_ahead_bytes = options.read_ahead_bytes;
  model.contention = calibration.contention;
  model.fixed_bytes = calibration.fixed_bytes;
  model.bytes_per_worker = calibration.bytes_per_worker;
  return model;
}

// On this machine, every picture once.
ModelResult Here(const std::vector<PictureCost>& costs, const PredictOptions& options, const Calibration& calibration,
                 int threads) {
  ModelOptions model = Base(options, calibration);
  model.threads = threads;
  model.cpus = options.cpus;
  return Simulate(costs, model);
}

// Each picture as often as the others: whole rounds, but for sets so large that one would take long.
uint64_t PicturesFor(size_t costs, int threads) {
  const uint64_t wanted = std::max(kFewestPictures, kPicturesPerThread * static_cast<uint64_t>(threads));
  return std::min(std::max(kMostPictures, wanted), (wanted + costs - 1) / costs * costs);
}

ModelResult Elsewhere(const std::vector<PictureCost>& costs, const PredictOptions& options, ModelOptions model,
                      int threads) {
  model.threads = threads;
  model.cpus = std::max(threads, options.cpus);
  model.pictures = PicturesFor(costs.size(), threads);
  return Simulate(costs, model);
}

std::vector<Prediction::Point> Curve(const std::vector<PictureCost>& costs, const PredictOptions& options,
                                     const ModelOptions& model) {
  std::map<int, Prediction::Point> points;
  const auto add = [&](int threads) {
    const ModelResult result = Elsewhere(costs, options, model, threads);
    points[threads] = {threads, result.pictures_per_s, result.memory_bytes, LimitText(result.limit)};
  };
  for (int threads = 1; threads <= options.max_threads; threads *= 2) add(threads);
  for (int threads = 2; threads * 2 <= options.max_threads; threads *= 2) {
    if (points.at(threads).limit != points.at(threads * 2).limit) add(threads / 2 * 3);
  }
  std::vector<Prediction::Point> curve;
  curve.reserve(points.size());
  for (auto& [threads, point] : points) curve.push_back(std::move(point));
  return curve;
}

std::vector<Prediction::Check> Checks(const std::vector<PictureCost>& costs, const std::vector<MeasuredPoint>& measured,
                                      const PredictOptions& options, const Calibration& calibration) {
  std::vector<Prediction::Check> checks;
  for (const MeasuredPoint& point : measured) {
    const ModelResult result = Here(costs, options, calibration, point.threads);
    checks.push_back({point.threads, result.pictures_per_s, point.pictures_per_s});
  }
  return checks;
}

const MeasuredPoint* FindPoint(const std::vector<MeasuredPoint>& measured, int threads) {
  const auto found = std::find_if(measured.begin(), measured.end(),
                                  [&](const MeasuredPoint& point) { return point.threads == threads; });
  return found == measured.end() ? nullptr : &*found;
}

// The fewest of 4, 8, ... with which twice as many gain less than 5 %; the options' own where that is so already.
int WorthwhileReaders(const std::vector<PictureCost>& costs, const PredictOptions& options, ModelOptions model) {
  const int threads = std::min(kReaderThreads, options.max_threads);
  const auto with = [&](int readers) {
    model.io_threads = readers;
    return Elsewhere(costs, options, model, threads);
  };
  const ModelResult now = with(options.io_threads);
  if (now.limit != Limit::kStorageLatency && now.limit != Limit::kReaders) return options.io_threads;
  int best = options.io_threads;
  double best_rate = now.pictures_per_s;
  for (int readers = 4; readers <= kMostReaders; readers *= 2) {
    if (readers <= options.io_threads) continue;
    const double rate = with(readers).pictures_per_s;
    if (rate < 1.05 * best_rate) break;
    best = readers;
    best_rate = rate;
  }
  return best;
}

}  // namespace

Calibration Calibrate(const std::vector<PictureCost>& costs, const std::vector<MeasuredPoint>& measured,
                      const PredictOptions& options) {
  Calibration calibration;
  const MeasuredPoint* one = FindPoint(measured, 1);
  const MeasuredPoint* two = FindPoint(measured, 2);
  if (one == nullptr) return calibration;
  const auto rss_without_files = [&](const MeasuredPoint& point) {
    const double held = static_cast<double>(Here(costs, options, {}, point.threads).peak_held_bytes);
    return std::max(0.0, point.peak_rss_bytes - held);
  };
  if (options.cpus > 1 && two != nullptr && one->cpu_s_per_picture > 0 && two->cpu_s_per_picture > 0) {
    // More than double would be another cause.
    calibration.contention = std::clamp(two->cpu_s_per_picture / one->cpu_s_per_picture - 1, 0.0, 1.0);
  }
  if (one->peak_rss_bytes > 0) {
    calibration.fixed_bytes = rss_without_files(*one);
    if (two != nullptr && two->peak_rss_bytes > 0) {
      const double grown = rss_without_files(*two) - calibration.fixed_bytes;
      calibration.bytes_per_worker = std::clamp(grown, 0.0, calibration.fixed_bytes);
      calibration.fixed_bytes -= calibration.bytes_per_worker;
    }
  }
  return calibration;
}

std::vector<Prediction> Predict(const std::vector<PictureCost>& costs, const std::vector<MeasuredPoint>& measured,
                                const PredictOptions& options) {
  if (costs.empty()) return {};
  std::vector<Prediction> predictions;
  const Calibration calibration = Calibrate(costs, measured, options);
  Calibration unfitted = calibration;
  unfitted.contention = 0;
  predictions.push_back({"as measured (files in the cache)", Curve(costs, options, Base(options, unfitted)),
                         Checks(costs, measured, options, unfitted)});
  if (calibration.contention > 0) {
    predictions.push_back(
        {fmt::format("as measured, with the CPU time that 2 threads lose ({:.1f} %)", calibration.contention * 100),
         Curve(costs, options, Base(options, calibration)), Checks(costs, measured, options, calibration)});
  }
  for (const Storage& storage : options.storages) {
    ModelOptions model = Base(options, calibration);
    model.storage = storage;
    predictions.push_back({Describe(storage), Curve(costs, options, model), {}});
    const int readers = WorthwhileReaders(costs, options, model);
    if (readers == options.io_threads) continue;
    model.io_threads = readers;
    predictions.push_back(
        {fmt::format("{}, --io-threads {}", Describe(storage), readers), Curve(costs, options, model), {}});
  }
  return predictions;
}

}  // namespace tbbthumbs::bench
