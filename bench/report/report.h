// The report of a benchmark, for people.
#ifndef TBBTHUMBS_BENCH_REPORT_REPORT_H_
#define TBBTHUMBS_BENCH_REPORT_REPORT_H_

#include <string>

#include "bench/results.h"

namespace tbbthumbs::bench {

// One page that opens without a network: charts, tables, style and script are all in it. Results may lack anything:
// what was not measured is not shown.
std::string HtmlReport(const Results& results);

// The verdict and all tables.
std::string MarkdownReport(const Results& results);

// A row for each configuration with all its figures, in seconds and bytes; empty where one was not measured.
std::string CsvReport(const Results& results);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_REPORT_REPORT_H_
