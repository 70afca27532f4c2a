#include "pipeline/stage_times.h"

#include <atomic>

namespace tbbthumbs {

const char* StageName(Stage stage) {
  switch (stage) {
    case Stage::kLookUp:
      return "look-up";
    case Stage::kRead:
      return "read";
    case Stage::kThumbnail:
      return "thumbnail";
    case Stage::kWrite:
      return "write";
    case Stage::kPublish:
      return "publish";
  }
  return "";
}

int ThreadNumber() {
  static std::atomic<int> next{1};
  thread_local const int number = next++;
  return number;
}

}  // namespace tbbthumbs
