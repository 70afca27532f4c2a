// Pieces of sentences.
#ifndef TBBTHUMBS_BENCH_REPORT_WORDS_H_
#define TBBTHUMBS_BENCH_REPORT_WORDS_H_

#include <string>
#include <vector>

#include "bench/report/summary.h"

namespace tbbthumbs::bench {

// "a", "a and b", "a, b and c".
std::string JoinWords(const std::vector<std::string>& words);

// "your pictures" or "the workload uniform".
std::string OnWorkload(const std::string& workload);

// "1 thread", "2 threads".
std::string ThreadWords(int threads);

// Of a speed ratio above 1, or its inverse: "3.1 % (95 % interval 1.2 % to 5.0 %, 5 rounds)".
std::string GainText(const SpeedRatio& speed);

// a/b of b/a.
SpeedRatio Inverse(const SpeedRatio& speed);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_REPORT_WORDS_H_
