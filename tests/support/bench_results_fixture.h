// Results of a benchmark as it could have been, the same on every machine.
#ifndef TBBTHUMBS_TESTS_SUPPORT_BENCH_RESULTS_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_BENCH_RESULTS_FIXTURE_H_

#include "bench/results.h"

namespace tbbthumbs::testing {

struct FixtureSize {
  int workloads = 7;
  int rounds = 5;
  int timeline_pictures = 40;
};

// Twelve strategies on up to seven workloads with one and two threads, a sweep of tokens, two predictions, a timeline
// and a gap. tbb-pipeline is fastest everywhere; std-pipeline can't be told from it; sequential takes twice as long.
bench::Results RichResults(const FixtureSize& size = {});

// `rounds` runs of a strategy on the workload "photos" with 2 threads; each takes `wall_s`, the odd ones the 1 +
// `noise`-fold.
std::vector<bench::Run> RunsOf(const std::string& strategy, double wall_s, int rounds = 5, double noise = 0.01);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_BENCH_RESULTS_FIXTURE_H_
