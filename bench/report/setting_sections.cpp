// What the figures were made with, of what, and how.
#include <fmt/format.h>

#include <algorithm>

#include "bench/report/numbers.h"
#include "bench/report/section.h"
#include "bench/report/words.h"
#include "bench/strategy.h"
#include "bench/workloads.h"
#include "tools/units.h"

namespace tbbthumbs::bench {

Section MachineSection(const Measured& measured) {
  const Machine& machine = measured.results.machine;
  Table table{.title = "Machine", .note = "", .columns = {{"What"}, {"Here"}}, .rows = {}};
  const auto add = [&](const char* what, const std::string& here) {
    if (!here.empty()) table.rows.push_back({what, here});
  };
  add("Processor", machine.cpu);
  add("CPUs it may use", machine.cpu.empty() ? "" : std::to_string(machine.cpus));
  add("Memory", machine.memory_bytes > 0 ? tool::FormatBytes(machine.memory_bytes) : "");
  add("System", machine.kernel);
  add("File system", machine.filesystem);
  add("tbbthumbs", machine.version);
  add("Built with", machine.build);
  add("Date", machine.date);
  add("Directory", measured.results.directory);
  add("Command", measured.results.command);
  Section section{.id = "machine", .title = "Machine", .paragraphs = {}, .figures = {}};
  if (!table.rows.empty()) section.figures.push_back({.workload = "", .chart = "", .table = table});
  return section;
}

Section PicturesSection(const Measured& measured) {
  Section section{.id = "pictures", .title = "Pictures", .paragraphs = {}, .figures = {}};
  if (measured.results.workloads.empty()) return section;
  Table table{.title = "Workloads",
              .note = "",
              .columns = {{"Workload"},
                          {"Pictures", true},
                          {"Bytes", true},
                          {"Largest file", true},
                          {"Megapixels", true},
                          {"What it is"},
                          {"Decoded by"}},
              .rows = {}};
  for (const Workload& workload : measured.results.workloads) {
    table.rows.push_back({workload.name, tool::FormatCount(workload.pictures), tool::FormatBytes(workload.bytes),
                          tool::FormatBytes(workload.largest_bytes),
                          workload.megapixels > 0 ? tool::FormatRate(workload.megapixels) : "", workload.description,
                          workload.decoders});
  }
  section.figures.push_back({.workload = "", .chart = "", .table = table});
  return section;
}

Section MethodSection(const Measured& measured) {
  Section section{.id = "method", .title = "How the figures were made", .paragraphs = {}, .figures = {}};
  if (measured.views.empty()) return section;
  section.paragraphs = {
      "Every strategy drives the same three stages of tbbthumbs: read, thumbnail, publish. Each run is a process of "
      "its "
      "own with an empty output directory, so that peak memory is the run's. In each round every configuration runs "
      "once, in random order: the runs of one round form pairs, which cancels what disturbs a whole round.",
      "Figures are geometric means over the rounds; peaks are the largest of them. Intervals hold the true mean with "
      "95 % confidence (Student's t on logarithms); from one round there is none. Two strategies are called different "
      "only where the interval of the paired ratio of their times excludes 1, at a confidence that makes it 95 % for "
      "all comparisons on one workload together (Bonferroni): of twenty equals one would seem different by chance.",
      "Latency is from opening a picture's file, or taking up its address, to its thumbnail's name, so it includes "
      "waiting between stages. Held bytes are files in memory and thumbnails not yet written. Lines drawn dashed are "
      "predictions: a model of the pipeline, fed with the time of each stage as measured here, that runs no picture.",
  };
  const auto from_server = [](const Measured::View& view) { return view.workload == kUrl; };
  if (std::any_of(measured.views.begin(), measured.views.end(), from_server)) {
    section.paragraphs.emplace_back(
        "The pictures of url come from a web server on this machine that answers late. A thread that fetches a picture "
        "and then works on it waits in between, so such strategies fetch as many at once as they have threads, "
        "process-pool as it has processes; std-pipeline and priority-queue as they have I/O threads. tbb-pipeline, "
        "tbb-flow-graph and async-io fetch in the background, many at once. What thread-per-picture gains by more "
        "threads stands under Scaling. CPU time and memory are without the server's, which ran on the same CPUs.");
  }
  if (!measured.results.long_run) {
    section.paragraphs.emplace_back("This is a short run. With --long more rounds settle smaller differences.");
  }
  Table table{.title = "Strategies",
              .note = "",
              .columns = {{"Strategy"}, {"Threads", true}, {"Tokens", true}, {"I/O threads", true}, {"What it does"}},
              .rows = {}};
  const auto knob = [](bool used, int value) { return used ? std::to_string(value) : std::string("–"); };
  for (const Summary& summary : measured.views.front().strategies) {
    const Config& config = summary.config;
    const Strategy* strategy = FindStrategy(config.strategy);
    table.rows.push_back({config.strategy, std::to_string(config.threads), knob(config.tokens > 0, config.tokens),
                          knob(config.io_threads > 0, config.io_threads),
                          strategy == nullptr ? "" : std::string(strategy->description)});
  }
  section.figures.push_back({.workload = "", .chart = "", .table = table});
  return section;
}

Section GapsSection(const Measured& measured) {
  Section section{.id = "gaps", .title = "Not measured", .paragraphs = {}, .figures = {}};
  if (measured.results.gaps.empty()) return section;
  Table table{.title = "Not measured here", .note = "", .columns = {{"What"}, {"Why"}}, .rows = {}};
  for (const Gap& gap : measured.results.gaps) table.rows.push_back({gap.what, gap.reason});
  section.figures.push_back({.workload = "", .chart = "", .table = table});
  return section;
}

}  // namespace tbbthumbs::bench
