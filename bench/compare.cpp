#include "bench/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "tools/escape.h"

namespace tbbthumbs::bench {
namespace {

constexpr size_t kFewestRepetitions = 2;

bool AllPositive(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value > 0; });
}

// The times of one metric in both files, and where their ratio goes.
struct Pair {
  const std::vector<double>* before;
  const std::vector<double>* after;
  size_t row;
  CompareRow::Ratio CompareRow::*ratio;
};

std::vector<Pair> PairUp(const std::vector<Repetitions>& before, const std::vector<Repetitions>& after,
                         std::vector<CompareRow>& rows) {
  std::map<std::string, const Repetitions*> news;
  for (const Repetitions& repetitions : after) news[repetitions.name] = &repetitions;
  std::vector<Pair> pairs;
  for (const Repetitions& old : before) {
    CompareRow row{.name = old.name, .old_repetitions = old.real_s.size(), .verdict = Change::kOnlyInOld};
    if (const auto found = news.find(old.name); found != news.end()) {
      const Repetitions& match = *found->second;
      row.new_repetitions = match.real_s.size();
      const bool enough = std::min(row.old_repetitions, row.new_repetitions) >= kFewestRepetitions;
      row.verdict = enough ? Change::kNoDifference : Change::kTooFew;
      pairs.push_back({&old.real_s, &match.real_s, rows.size(), &CompareRow::real});
      pairs.push_back({&old.cpu_s, &match.cpu_s, rows.size(), &CompareRow::cpu});
      news.erase(found);
    }
    rows.push_back(std::move(row));
  }
  for (const Repetitions& repetitions : after) {
    if (!news.contains(repetitions.name)) continue;
    rows.push_back(
        {.name = repetitions.name, .new_repetitions = repetitions.real_s.size(), .verdict = Change::kOnlyInNew});
  }
  return pairs;
}

bool IsJudged(const Pair& pair, const CompareRow& row, Metric metric) {
  const bool wanted = metric == Metric::kBoth || (metric == Metric::kReal) == (pair.ratio == &CompareRow::real);
  return wanted && row.verdict == Change::kNoDifference && AllPositive(*pair.before) && AllPositive(*pair.after);
}

void Judge(CompareRow& row, double threshold) {
  if (row.verdict != Change::kNoDifference) return;
  bool slower = false;
  bool faster = false;
  for (const CompareRow::Ratio* ratio : {&row.real, &row.cpu}) {
    if (!ratio->judged) continue;
    slower |= ratio->ratio.low > 1;
    faster |= ratio->ratio.high < 1;
    row.regression |= ratio->ratio.low > 1 + threshold;
  }
  if (slower || faster) row.verdict = slower ? Change::kSlower : Change::kFaster;
}

}  // namespace

std::optional<Metric> ParseMetric(std::string_view text) {
  if (text == "real") return Metric::kReal;
  if (text == "cpu") return Metric::kCpu;
  if (text == "both") return Metric::kBoth;
  return std::nullopt;
}

const char* ChangeText(Change verdict) {
  switch (verdict) {
    case Change::kSlower:
      return "slower";
    case Change::kFaster:
      return "faster";
    case Change::kNoDifference:
      return "no difference can be told";
    case Change::kOnlyInOld:
      return "only in OLD";
    case Change::kOnlyInNew:
      return "only in NEW";
    case Change::kTooFew:
      return "too few repetitions";
  }
  return "";
}

Comparison Compare(const std::vector<Repetitions>& before, const std::vector<Repetitions>& after,
                   const CompareOptions& options) {
  Comparison comparison{.options = options};
  std::vector<CompareRow>& rows = comparison.rows;
  const std::vector<Pair> pairs = PairUp(before, after, rows);
  for (const Pair& pair : pairs) {
    if (IsJudged(pair, rows[pair.row], options.metric)) ++comparison.judged;
  }
  const auto judged = static_cast<double>(std::max<size_t>(1, comparison.judged));
  comparison.confidence_each = 1 - (1 - options.confidence) / judged;
  for (const Pair& pair : pairs) {
    CompareRow::Ratio& ratio = rows[pair.row].*pair.ratio;
    ratio.old_s = MeanOf(*pair.before).value;
    ratio.new_s = MeanOf(*pair.after).value;
    ratio.ratio = UnpairedRatio(*pair.after, *pair.before, comparison.confidence_each);
    ratio.judged = IsJudged(pair, rows[pair.row], options.metric);
  }
  for (CompareRow& row : rows) {
    Judge(row, options.threshold);
    if (row.regression) ++comparison.regressions;
  }
  return comparison;
}

tl::expected<Comparison, std::string> CompareFiles(const std::filesystem::path& before,
                                                   const std::filesystem::path& after, const CompareOptions& options) {
  if (!(options.threshold >= 0 && std::isfinite(options.threshold))) {
    return tl::unexpected<std::string>("the threshold must be 0 or more");
  }
  if (!(options.confidence > 0 && options.confidence < 1)) {
    return tl::unexpected<std::string>("the confidence must be between 0 and 1");
  }
  const auto old_repetitions = ReadRepetitions(before);
  if (!old_repetitions) return tl::unexpected(old_repetitions.error());
  const auto new_repetitions = ReadRepetitions(after);
  if (!new_repetitions) return tl::unexpected(new_repetitions.error());
  Comparison comparison = Compare(*old_repetitions, *new_repetitions, options);
  const bool common = std::any_of(comparison.rows.begin(), comparison.rows.end(), [](const CompareRow& row) {
    return row.old_repetitions > 0 && row.new_repetitions > 0;
  });
  if (!common) {
    return tl::unexpected(fmt::format("{} and {} have no benchmark in common", tool::EscapeForTerminal(before.native()),
                                      tool::EscapeForTerminal(after.native())));
  }
  return comparison;
}

}  // namespace tbbthumbs::bench
