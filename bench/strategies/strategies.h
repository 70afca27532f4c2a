// Each strategy, as Strategy::run.
#ifndef TBBTHUMBS_BENCH_STRATEGIES_STRATEGIES_H_
#define TBBTHUMBS_BENCH_STRATEGIES_STRATEGIES_H_

#include "bench/strategy.h"

namespace tbbthumbs::bench {

Status RunSequential(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunThreadPerPicture(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunStaticSplit(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunAsyncFutures(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunStdPipeline(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunPriorityQueue(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunStdPar(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunTbbForEach(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunTbbFlowGraph(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunTbbPipeline(Stages& stages, const Knobs& knobs, Usage& usage);
Status RunProcessPool(Stages& stages, const Knobs& knobs, Usage& usage);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_STRATEGIES_STRATEGIES_H_
