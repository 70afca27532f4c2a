// Figures of the benchmark as people read them; beside those of tools/units.h.
#ifndef TBBTHUMBS_BENCH_REPORT_NUMBERS_H_
#define TBBTHUMBS_BENCH_REPORT_NUMBERS_H_

#include <string>

#include "bench/statistics.h"

namespace tbbthumbs::bench {

// Three figures: "870 ns", "15.4 µs", "2.31 ms", "1.05 s", "1,523 s". 0 is "0 s".
std::string FormatSeconds(double seconds);

// Whole bytes through tool::FormatBytes.
std::string FormatByteCount(double bytes);

// "97 %", "0.42 %": two figures, of a share of 1.
std::string FormatPercent(double share);

// A ratio as a difference: 1.032 is "+3.2 %", 0.52 "−48 %", beyond threefold "×12.5".
std::string FormatDifference(double ratio);

// Whether the interval holds more than "anything".
bool HasInterval(const Estimate& estimate);

// Through `format`: "53.2 to 55.0", or "" where there is no interval.
std::string FormatInterval(const Estimate& estimate, std::string (*format)(double));

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_REPORT_NUMBERS_H_
