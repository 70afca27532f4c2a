// What oneTBB and the standard's parallel algorithms (which libstdc++ builds on oneTBB) offer.
#include <tbb/flow_graph.h>
#include <tbb/parallel_for_each.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cstddef>
#include <execution>
#include <memory>
#include <utility>
#include <vector>

#include "bench/strategies/driving.h"
#include "bench/strategies/strategies.h"
#include "pipeline/source.h"
#include "pipeline/task_graph.h"

namespace tbbthumbs::bench {
namespace {

// Lists all, then calls `for_each(items, f)` in an arena of so many threads.
template <class ForEach>
Status RunForEach(Stages& stages, const Knobs& knobs, ForEach for_each) {
  return Guarded([&] {
    std::vector<std::unique_ptr<Item>> items = ListAll(stages);
    Committer committer(stages);
    tbb::task_arena arena(knobs.threads);
    arena.execute([&] {
      for_each(items, [&](std::unique_ptr<Item>& item) {
        ReadHere(stages, *item);
        Work(stages, *item);
        committer.Commit(*item);
      });
    });
  });
}

}  // namespace

Status RunStdPar(Stages& stages, const Knobs& knobs, Usage&) {
  return RunForEach(stages, knobs,
                    [](auto& items, auto f) { std::for_each(std::execution::par, items.begin(), items.end(), f); });
}

Status RunTbbForEach(Stages& stages, const Knobs& knobs, Usage&) {
  return RunForEach(stages, knobs, [](auto& items, auto f) { tbb::parallel_for_each(items.begin(), items.end(), f); });
}

Status RunTbbFlowGraph(Stages& stages, const Knobs& knobs, Usage&) {
  return Guarded([&] {
    // Messages of a flow graph are copied.
    using Token = std::shared_ptr<ItemGroup>;
    Source source(stages, knobs.io_threads);
    tbb::task_arena arena(knobs.threads);
    arena.execute([&] {
      tbb::flow::graph graph;
      tbb::flow::input_node<Token> input(graph, [&](tbb::flow_control& control) {
        Token group = source.Next();
        if (group == nullptr) control.stop();
        return group;
      });
      tbb::flow::limiter_node<Token> limiter(graph, static_cast<size_t>(knobs.tokens));
      tbb::flow::function_node<Token, Token> work(graph, tbb::flow::unlimited, [&](Token group) {
        stages.Process(*group);
        stages.Stage(*group);
        return group;
      });
      tbb::flow::sequencer_node<Token> sequencer(graph, [](const Token& group) { return group->number; });
      tbb::flow::function_node<Token, tbb::flow::continue_msg> publish(graph, tbb::flow::serial,
                                                                       [&](const Token& group) {
                                                                         stages.Commit(*group);
                                                                         return tbb::flow::continue_msg();
                                                                       });
      tbb::flow::make_edge(input, limiter);
      tbb::flow::make_edge(limiter, work);
      tbb::flow::make_edge(work, sequencer);
      tbb::flow::make_edge(sequencer, publish);
      tbb::flow::make_edge(publish, limiter.decrementer());
      input.activate();
      graph.wait_for_all();
    });
  });
}

Status RunTbbPipeline(Stages& stages, const Knobs& knobs, Usage&) {
  Status status;
  const Status started = Guarded([&] {
    Source source(stages, knobs.io_threads);
    status = RunTaskGraph(source, stages, {knobs.threads, knobs.tokens, WritersFor(knobs.io_threads)}).status;
  });
  return started ? status : started;
}

}  // namespace tbbthumbs::bench
