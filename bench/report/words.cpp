#include "bench/report/words.h"

#include <fmt/format.h>

#include "bench/report/numbers.h"
#include "tools/units.h"

namespace tbbthumbs::bench {
namespace {

// "3.1 %" of 1.031, "×12.5" of 12.5.
std::string Gain(double ratio) { return ratio < 3 ? FormatPercent(ratio - 1) : FormatDifference(ratio); }

}  // namespace

std::string JoinWords(const std::vector<std::string>& words) {
  std::string joined;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) joined += i + 1 == words.size() ? " and " : ", ";
    joined += words[i];
  }
  return joined;
}

std::string OnWorkload(const std::string& workload) {
  return workload == "photos" ? "your pictures" : "the workload " + workload;
}

std::string ThreadWords(int threads) { return fmt::format("{} {}", threads, threads == 1 ? "thread" : "threads"); }

std::string GainText(const SpeedRatio& speed) {
  return fmt::format("{} (95 % interval {}, {})", Gain(speed.ratio.value), FormatInterval(speed.ratio, Gain),
                     tool::FormatCountOf(speed.pairs, "round"));
}

SpeedRatio Inverse(const SpeedRatio& speed) {
  const auto inverse = [](const Estimate& one) { return Estimate{1 / one.value, 1 / one.high, 1 / one.low}; };
  return {inverse(speed.ratio), speed.pairs, inverse(speed.judged)};
}

}  // namespace tbbthumbs::bench
