// What the figures say, in words, and no more than they say.
#ifndef TBBTHUMBS_BENCH_REPORT_VERDICT_H_
#define TBBTHUMBS_BENCH_REPORT_VERDICT_H_

#include <string>
#include <vector>

#include "bench/report/summary.h"
#include "bench/results.h"

namespace tbbthumbs::bench {

// How the strategies of one workload stand to tbb-pipeline.
struct Standing {
  struct Rival {
    Summary summary;
    SpeedRatio speed;  // of the rival: above 1 where it is faster
    Judgement judgement = Judgement::kUndecided;
  };
  std::string workload;
  int threads = 1;
  Summary product;
  std::vector<Rival> rivals;  // fastest first
  // Of those with this judgement, fastest first.
  std::vector<const Rival*> Judged(Judgement judgement) const;
};

// For each workload on which tbb-pipeline ran with a rival, in the order of WorkloadNames.
std::vector<Standing> Standings(const Results& results);

// One thing that is said. The topics: "Fastest", "Other workloads", "Threads", "Memory", "Order", "More threads",
// "Outputs", "Not measured".
struct Statement {
  std::string topic;
  std::string text;
};

struct Verdict {
  std::string headline;
  std::vector<Statement> statements;  // only on what was measured
};

Verdict MakeVerdict(const Results& results);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_REPORT_VERDICT_H_
