// What `tbbthumbs-bench scale` says.
#ifndef TBBTHUMBS_BENCH_PREDICTION_H_
#define TBBTHUMBS_BENCH_PREDICTION_H_

#include <cstdint>
#include <vector>

#include "bench/model.h"
#include "bench/results.h"
#include "bench/storage.h"

namespace tbbthumbs::bench {

// The product's throughput as measured here with files in the cache; of several runs their mean.
struct MeasuredPoint {
  int threads = 1;
  double pictures_per_s = 0;
  double cpu_s_per_picture = 0;  // of all its threads; 0: not measured
  double peak_rss_bytes = 0;     // 0: not measured
};

struct PredictOptions {
  int cpus = 1;  // of this machine
  // As the measured runs had them.
  int io_threads = 2;
  int tokens = 0;  // 0: the product's default for each number of threads
  uint64_t read_ahead_bytes = uint64_t{16} << 20;
  // Besides "as measured".
  std::vector<Storage> storages = CommonStorages();
  int max_threads = 256;
};

// What the measured points tell beyond the costs.
struct Calibration {
  double contention = 0;        // ModelOptions::contention
  double fixed_bytes = 0;       // ModelOptions::fixed_bytes
  double bytes_per_worker = 0;  // ModelOptions::bytes_per_worker
};

// The contention is what a picture's CPU time grew by from 1 thread to 2: other programs that take CPUs away while the
// runs are measured make those slower, but are not taken for it. 0 where it was not measured, did not grow, or there is
// one CPU. Memory is the peak RSS of 1 and 2 threads, less the files that the model holds then.
Calibration Calibrate(const std::vector<PictureCost>& costs, const std::vector<MeasuredPoint>& measured,
                      const PredictOptions& options);

// `costs` are stage times of a run with 1 thread, files in the cache; of several rounds the least for each stage, since
// what disturbs a run only adds.
//
// No throughput is fed back: the checks compare true predictions with what was measured, and their error is that of the
// model and of the measuring together. The first prediction, "as measured", knows nothing but the costs. Where CPU time
// grew from 1 thread to 2 a second one, and all for other storage, take that into account; the figure at 2 threads then
// knows the CPU time of that run, but not its duration. Two points cannot tell how the loss goes on: with more threads
// each is assumed to be slowed as much as one of two is, which is too good where memory bandwidth is the cause and too
// bad where two threads here share a core. Memory continues in a straight line.
//
// Each is for 1, 2, 4, ... max_threads threads, and 3 * 2^k where the limit changes in between; with as many CPUs as
// threads, at least those of this machine. The checks are with this machine's CPUs and as many pictures as there are
// costs. Storage for which the readers are the limit with up to 16 threads has a second prediction, with as many
// readers as are worth having there.
std::vector<Prediction> Predict(const std::vector<PictureCost>& costs, const std::vector<MeasuredPoint>& measured,
                                const PredictOptions& options);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_PREDICTION_H_
