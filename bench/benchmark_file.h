// The repetitions in a JSON file of Google Benchmark, of tbbthumbs-bench or of any other program.
#ifndef TBBTHUMBS_BENCH_BENCHMARK_FILE_H_
#define TBBTHUMBS_BENCH_BENCHMARK_FILE_H_

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace tbbthumbs::bench {

// Of one benchmark, all of its repetitions in the file's order; times of one iteration each. 0: too short for the
// clock.
struct Repetitions {
  std::string name;
  std::vector<double> real_s;
  std::vector<double> cpu_s;
};

// In the order in which the names first occur; repetitions of one name (run_name, or name where a file has none) need
// not stand together. Aggregates are left out, and repetitions that failed. Errors: one sentence that starts with the
// file's name; also where there is not one repetition, and for times that are negative or no numbers.
[[nodiscard]] tl::expected<std::vector<Repetitions>, std::string> ReadRepetitions(const std::filesystem::path& file);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_BENCHMARK_FILE_H_
