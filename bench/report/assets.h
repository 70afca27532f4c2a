// The files that every page contains, put into the program when it is built.
#ifndef TBBTHUMBS_BENCH_REPORT_ASSETS_H_
#define TBBTHUMBS_BENCH_REPORT_ASSETS_H_

#include <string_view>

namespace tbbthumbs::bench {

std::string_view PageTemplate();  // page.html
std::string_view PageStyle();     // report.css
std::string_view PageScript();    // report.js
std::string_view ChartLibrary();  // Chart.js

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_REPORT_ASSETS_H_
