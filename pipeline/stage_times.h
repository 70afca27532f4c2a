// When each stage worked on a picture.
#ifndef TBBTHUMBS_PIPELINE_STAGE_TIMES_H_
#define TBBTHUMBS_PIPELINE_STAGE_TIMES_H_

#include <array>
#include <chrono>
#include <cstddef>

namespace tbbthumbs {

enum class Stage {
  kLookUp,     // its size and date, and whether its thumbnails are there already
  kRead,       // its bytes into memory
  kThumbnail,  // from bytes to encoded thumbnails
  kWrite,      // temporary files
  kPublish,    // the final names
};
inline constexpr size_t kStageCount = 5;

// "look-up", "read", "thumbnail", "write", "publish".
const char* StageName(Stage stage);

// One stage's work on one picture, without waiting between stages. Default: the stage was not reached.
struct StageSpan {
  std::chrono::steady_clock::time_point begin{};
  std::chrono::steady_clock::time_point end{};
  int thread = 0;  // ThreadNumber() of who did it
};

using StageSpans = std::array<StageSpan, kStageCount>;

// A small number that tells threads apart: 1, 2, ... in the order in which threads of this process first ask.
int ThreadNumber();

// Measures from its construction to its destruction.
class StageTimer {
 public:
  StageTimer(StageSpans& spans, Stage stage) : span_(spans[static_cast<size_t>(stage)]) {
    span_.begin = std::chrono::steady_clock::now();
    span_.thread = ThreadNumber();
  }
  ~StageTimer() { span_.end = std::chrono::steady_clock::now(); }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  StageSpan& span_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_STAGE_TIMES_H_
