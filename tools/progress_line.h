// The one line that shows how far a run is.
#ifndef TBBTHUMBS_TOOLS_PROGRESS_LINE_H_
#define TBBTHUMBS_TOOLS_PROGRESS_LINE_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "pipeline/job.h"

namespace tbbthumbs::tool {

struct Speed {
  double pictures_per_second = 0;
  double bytes_per_second = 0;
  std::optional<std::chrono::seconds> left;  // for what is known of, where something moves
};

// The speed of a run over its last seconds: steadier than from one look to the next, and soon right again after a run
// of thumbnails that were up to date. What is left is estimated from the last eighth of the run, 8 s to a minute: large
// pictures may come many at a time. Not thread-safe.
class SpeedMeter {
 public:
  Speed Update(const Progress& progress);

 private:
  struct Sample {
    std::chrono::nanoseconds elapsed;
    uint64_t done;
    uint64_t bytes_in;
  };
  std::deque<Sample> samples_{Sample{}};
};

struct LineStyle {
  int width = 80;  // columns of the terminal
  bool color = false;
  bool unicode = false;  // the bar in box-drawing characters
  bool stopping = false;
  std::optional<double> load;  // of other programs, where a pause is for its sake
};

// The line, at most width - 1 columns wide (a full line would make some terminals wrap). What does not fit is left out,
// the least telling first: the bar, bytes, percentage, time, rate, failures.
std::string RenderProgressLine(const Progress& progress, const Speed& speed, const LineStyle& style);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_PROGRESS_LINE_H_
