#include "bench/report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "bench/report/numbers.h"
#include "bench/report/words.h"
#include "bench/strategy.h"
#include "tools/units.h"

namespace tbbthumbs::bench {
namespace {

constexpr const char* kByHand = "std-pipeline";

using Rivals = std::vector<const Standing::Rival*>;

// What is gained beyond that is not gained by threads that compute.
constexpr double kMostByThreads = 1.25;

// More than these are counted instead of named.
constexpr size_t kNamed = 3;

std::string Names(const Standing& standing, const Rivals& rivals) {
  if (rivals.size() > kNamed) return fmt::format("{} other ways", rivals.size());
  std::vector<std::string> names;
  for (const Standing::Rival* rival : rivals) names.push_back(Label(rival->summary.config, standing.threads));
  return JoinWords(names);
}

// The fewest rounds that a comparison of this workload rests on.
size_t Rounds(const Standing& standing) {
  size_t rounds = standing.rivals.front().speed.pairs;
  for (const Standing::Rival& rival : standing.rivals) rounds = std::min(rounds, rival.speed.pairs);
  return rounds;
}

std::string Rate(const Summary& summary) { return tool::FormatRate(summary.pictures_per_s.value) + " pictures/s"; }

// Of those faster than tbb-pipeline: "async-io by 3.1 % (...)".
std::string FasterText(const Standing& standing, const Rivals& faster) {
  std::vector<std::string> parts;
  for (const Standing::Rival* rival : faster) {
    parts.push_back(Label(rival->summary.config, standing.threads) + " by " + GainText(rival->speed));
  }
  return JoinWords(parts);
}

std::string Headline(const Standing& standing) {
  const std::string where = OnWorkload(standing.workload);
  const Rivals faster = standing.Judged(Judgement::kFaster);
  const Rivals undecided = standing.Judged(Judgement::kUndecided);
  const Rivals slower = standing.Judged(Judgement::kSlower);
  if (!faster.empty()) {
    return fmt::format("Faster than {} on {}: {}.", kProduct, where, FasterText(standing, faster));
  }
  if (Rounds(standing) < 2) {
    return fmt::format("{} made {} on {}. From one round no difference can be told.", kProduct, Rate(standing.product),
                       where);
  }
  if (undecided.empty()) {
    const Standing::Rival& next = *slower.front();
    return fmt::format("{} is the fastest of {} ways on {}: {}, ahead of {}, the next, by {}.", kProduct,
                       standing.rivals.size() + 1, where, Rate(standing.product),
                       Label(next.summary.config, standing.threads), GainText(Inverse(next.speed)));
  }
  return fmt::format(
      "Nothing beats {} on {}: {}. No difference from {} can be told from {}{}.", kProduct, where,
      Rate(standing.product), Names(standing, undecided), tool::FormatCountOf(Rounds(standing), "round"),
      slower.empty()
          ? ""
          : fmt::format("; {} is slower", slower.size() == 1 ? Names(standing, slower)
                                                             : fmt::format("each of the other {}", slower.size())));
}

// oneTBB beside what is written without a library.
std::string ByHandText(const Standing& standing) {
  const auto rival = std::find_if(standing.rivals.begin(), standing.rivals.end(),
                                  [](const Standing::Rival& one) { return one.summary.config.strategy == kByHand; });
  if (rival == standing.rivals.end() || rival->speed.pairs < 2) return "";
  switch (rival->judgement) {
    case Judgement::kFaster:
      return fmt::format("{}, written by hand with std::thread, is faster than {} by {}.", kByHand, kProduct,
                         GainText(rival->speed));
    case Judgement::kSlower:
      return fmt::format("{} is faster than {}, written by hand with std::thread, by {}.", kProduct, kByHand,
                         GainText(Inverse(rival->speed)));
    case Judgement::kUndecided:
      break;
  }
  return fmt::format(
      "Between {} and {}, written by hand with std::thread, no difference can be told from {}: the 95 % "
      "interval of its speed beside {}'s, taken alone, is {}.",
      kProduct, kByHand, tool::FormatCountOf(rival->speed.pairs, "round"), kProduct,
      FormatInterval(rival->speed.ratio, FormatDifference));
}

std::string OtherWorkloadsText(const std::vector<Standing>& standings) {
  std::vector<std::string> unbeaten;
  std::vector<std::string> untold;
  std::string text;
  for (size_t i = 1; i < standings.size(); ++i) {
    const Rivals faster = standings[i].Judged(Judgement::kFaster);
    if (!faster.empty()) {
      text += fmt::format(" On {} is faster: {}.", standings[i].workload, FasterText(standings[i], faster));
    } else {
      (Rounds(standings[i]) < 2 ? untold : unbeaten).push_back(standings[i].workload);
    }
  }
  if (!unbeaten.empty()) {
    text = fmt::format("On {} nothing is seen to be faster than {}.", JoinWords(unbeaten), kProduct) + text;
  }
  if (!untold.empty()) text += fmt::format(" On {} one round tells no difference.", JoinWords(untold));
  return text.starts_with(' ') ? text.substr(1) : text;
}

std::string ThreadsText(const Results& results, const Standing& standing) {
  const Config& product = standing.product.config;
  const auto rival = std::find_if(standing.rivals.begin(), standing.rivals.end(),
                                  [](const Standing::Rival& one) { return one.summary.config.strategy == kBaseline; });
  if (rival == standing.rivals.end() || rival->summary.config.threads != 1 || product.threads < 2) return "";
  const SpeedRatio speed = CompareSpeed(results.runs, product, rival->summary.config);
  if (speed.pairs == 0) return "";
  const std::string interval = FormatInterval(speed.ratio, tool::FormatRate);
  const double efficiency = speed.ratio.value / product.threads;
  return fmt::format("{} with {} is {} times as fast as {} on one{}{}.", kProduct, ThreadWords(product.threads),
                     tool::FormatRate(speed.ratio.value), kBaseline,
                     interval.empty() ? ", by a single round" : " (95 % interval " + interval + ")",
                     efficiency > kMostByThreads ? ", which waits for storage or servers"
                                                 : ": an efficiency of " + FormatPercent(efficiency));
}

std::string MemoryText(const Results& results, const Standing& standing) {
  const Summary& product = standing.product;
  if (product.peak_rss_bytes <= 0) return "";
  std::string text =
      fmt::format("{} took at most {} (peak resident memory)", kProduct, FormatByteCount(product.peak_rss_bytes));
  if (product.peak_held_bytes > 0) {
    text += fmt::format(", of that {} for files and unwritten thumbnails", FormatByteCount(product.peak_held_bytes));
  }
  for (const Workload& workload : results.workloads) {
    if (workload.name != standing.workload || workload.largest_bytes == 0) continue;
    text += fmt::format("; the largest file has {}", FormatByteCount(static_cast<double>(workload.largest_bytes)));
  }
  const auto [least, most] = std::minmax_element(standing.rivals.begin(), standing.rivals.end(),
                                                 [](const Standing::Rival& a, const Standing::Rival& b) {
                                                   return a.summary.peak_rss_bytes < b.summary.peak_rss_bytes;
                                                 });
  if (least == most || least->summary.peak_rss_bytes <= 0) return text + ".";
  return text + fmt::format(". The others: from {} ({}) to {} ({}).", FormatByteCount(least->summary.peak_rss_bytes),
                            least->summary.config.strategy, FormatByteCount(most->summary.peak_rss_bytes),
                            most->summary.config.strategy);
}

std::string OrderText(const Standing& standing) {
  std::vector<std::string> in_order;
  std::vector<std::string> as_done;
  const auto add = [&](const std::string& name) {
    if (const Strategy* strategy = FindStrategy(name)) (strategy->in_order ? in_order : as_done).push_back(name);
  };
  add(standing.product.config.strategy);
  for (const Standing::Rival& rival : standing.rivals) add(rival.summary.config.strategy);
  if (in_order.empty()) return "";
  std::string text = fmt::format("{} {} in the order of the input", JoinWords(in_order),
                                 in_order.size() == 1 ? "publishes" : "publish");
  if (!as_done.empty()) text += fmt::format("; {} as pictures are done", JoinWords(as_done));
  return text + ".";
}

// Where more threads stop to help, by the model.
std::string LimitText(const Prediction& prediction) {
  if (prediction.points.empty()) return "";
  const Prediction::Point& last = prediction.points.back();
  const auto enough =
      std::find_if(prediction.points.begin(), prediction.points.end(),
                   [&](const Prediction::Point& point) { return point.pictures_per_s >= 0.98 * last.pictures_per_s; });
  if (std::next(enough) == prediction.points.end()) {
    return fmt::format("{}: {} pictures/s with {}, limited by {}", prediction.storage,
                       tool::FormatRate(last.pictures_per_s), ThreadWords(last.threads), last.limit);
  }
  return fmt::format("{}: {} pictures/s at most, with {} or more, limited by {}", prediction.storage,
                     tool::FormatRate(last.pictures_per_s), ThreadWords(enough->threads), last.limit);
}

// The best that the storages after the first could give.
std::string OtherStorageText(const std::vector<Prediction>& predictions) {
  double least = 0;
  double most = 0;
  for (size_t i = 1; i < predictions.size(); ++i) {
    // What is checked is the storage as measured, once more.
    if (!predictions[i].checks.empty() || predictions[i].points.empty()) continue;
    const double best = predictions[i].points.back().pictures_per_s;
    least = least == 0 ? best : std::min(least, best);
    most = std::max(most, best);
  }
  if (most == 0) return "";
  return fmt::format("; for other storage {} to {} pictures/s", tool::FormatRate(least), tool::FormatRate(most));
}

// The checks of the first prediction alone: those of others may have been fitted to what was measured.
std::string PredictionText(const Results& results) {
  if (results.predictions.empty()) return "";
  const Prediction& first = results.predictions.front();
  const std::string limit = LimitText(first);
  if (limit.empty()) return "";
  double error = 0;
  std::vector<std::string> checked;
  for (const Prediction::Check& check : first.checks) {
    if (!(check.measured > 0)) continue;
    error = std::max(error, std::abs(check.predicted / check.measured - 1));
    checked.push_back(std::to_string(check.threads));
  }
  const std::string text = "The model predicts, for storage " + limit + OtherStorageText(results.predictions);
  if (checked.empty()) return text + ". It was not checked against measurements.";
  return text + fmt::format(". With {} {}, where it could be checked, it is off by {} at most.", JoinWords(checked),
                            checked.size() == 1 && checked[0] == "1" ? "thread" : "threads", FormatPercent(error));
}

std::string OutputsText(const Results& results) {
  std::vector<std::string> different;
  for (const Workload& workload : results.workloads) {
    if (!workload.identical) different.push_back(workload.name);
  }
  if (!different.empty()) {
    return fmt::format("On {} the strategies made different thumbnails: their times cannot be compared.",
                       JoinWords(different));
  }
  if (results.workloads.empty()) return "";
  return "All strategies made the same thumbnails, byte for byte, and the same counts.";
}

std::string GapsText(const Results& results) {
  std::string text;
  for (const Gap& gap : results.gaps) text += (text.empty() ? "" : "; ") + gap.what + " (" + gap.reason + ")";
  return text.empty() ? "" : text + ".";
}

std::string HeadlineWithoutStanding(const Results& results) {
  const std::vector<std::string> workloads = WorkloadNames(results);
  const std::vector<Summary> side_by_side =
      workloads.empty() ? std::vector<Summary>() : SideBySide(Summarize(results.runs), workloads.front());
  if (side_by_side.empty()) return "Nothing was measured.";
  const Summary& first = side_by_side.front();
  return fmt::format("{} made {} on {}; there is nothing to compare {} with.", first.config.strategy, Rate(first),
                     OnWorkload(first.config.workload),
                     first.config.strategy == kProduct ? "it" : std::string(kProduct));
}

}  // namespace

std::vector<const Standing::Rival*> Standing::Judged(Judgement judgement) const {
  Rivals judged;
  for (const Rival& rival : rivals) {
    if (rival.judgement == judgement) judged.push_back(&rival);
  }
  return judged;
}

std::vector<Standing> Standings(const Results& results) {
  std::vector<Standing> standings;
  const std::vector<Summary> summaries = Summarize(results.runs);
  for (const std::string& workload : WorkloadNames(results)) {
    const std::vector<Summary> side_by_side = SideBySide(summaries, workload);
    const Summary* product = FindSummary(side_by_side, kProduct);
    if (product == nullptr || side_by_side.size() < 2) continue;
    Standing standing{.workload = workload, .threads = MostThreads(side_by_side), .product = *product};
    for (const Summary& summary : side_by_side) {
      if (summary.config.strategy == kProduct) continue;
      const SpeedRatio speed = CompareSpeed(results.runs, summary.config, product->config, side_by_side.size() - 1);
      standing.rivals.push_back({summary, speed, Judge(speed)});
    }
    standings.push_back(std::move(standing));
  }
  return standings;
}

Verdict MakeVerdict(const Results& results) {
  const std::vector<Standing> standings = Standings(results);
  Verdict verdict;
  const auto add = [&](const char* topic, const std::string& text) {
    if (!text.empty()) verdict.statements.push_back({topic, text});
  };
  if (standings.empty()) {
    verdict.headline = HeadlineWithoutStanding(results);
  } else {
    const Standing& first = standings.front();
    verdict.headline = Headline(first);
    add("By hand", ByHandText(first));
    add("Other workloads", OtherWorkloadsText(standings));
    add("Threads", ThreadsText(results, first));
    add("Memory", MemoryText(results, first));
    add("Order", OrderText(first));
    add("Outputs", OutputsText(results));
  }
  add("More threads", PredictionText(results));
  add("Not measured", GapsText(results));
  return verdict;
}

}  // namespace tbbthumbs::bench
