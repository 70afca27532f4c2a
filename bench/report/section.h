// The parts of the report, the same for every form in which it is shown.
#ifndef TBBTHUMBS_BENCH_REPORT_SECTION_H_
#define TBBTHUMBS_BENCH_REPORT_SECTION_H_

#include <string>
#include <vector>

#include "bench/report/summary.h"
#include "bench/report/table.h"
#include "bench/results.h"

namespace tbbthumbs::bench {

// A table and, where `chart` is not empty, the picture of it (charts.h).
struct Figure {
  std::string workload;  // shown while that one is chosen; "": always
  std::string chart;
  Table table;
};

// Left out of the report where it has neither paragraphs nor figures.
struct Section {
  std::string id;  // of the page
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<Figure> figures;
};

// What all sections are made from.
struct Measured {
  struct View {
    std::string workload;
    int threads = 1;
    std::vector<Summary> strategies;  // side by side, fastest first
  };
  explicit Measured(const Results& all);

  const Results& results;
  std::vector<Summary> summaries;
  std::vector<View> views;  // one a workload that ran
};

// In the order of the report, without those that have nothing to show.
std::vector<Section> MakeSections(const Results& results);

// setting_sections.cpp
Section MachineSection(const Measured& measured);
Section PicturesSection(const Measured& measured);
Section MethodSection(const Measured& measured);
Section GapsSection(const Measured& measured);
// speed_sections.cpp
Section OverviewSection(const Measured& measured);
Section ThroughputSection(const Measured& measured);
Section CpuSection(const Measured& measured);
Section FirstSection(const Measured& measured);
// thread_sections.cpp
Section SpeedUpSection(const Measured& measured);
Section ScalingSection(const Measured& measured);
// latency_section.cpp
Section LatencySection(const Measured& measured);
// memory_section.cpp
Section MemorySection(const Measured& measured);
// stage_sections.cpp
Section StagesSection(const Measured& measured);
Section TimelineSection(const Measured& measured);
Section SwitchesSection(const Measured& measured);

// All figures of every configuration, a row each, in seconds and bytes: for spreadsheets and programs.
Table AllFigures(const Measured& measured);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_REPORT_SECTION_H_
