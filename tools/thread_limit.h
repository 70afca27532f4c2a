#ifndef TBBTHUMBS_TOOLS_THREAD_LIMIT_H_
#define TBBTHUMBS_TOOLS_THREAD_LIMIT_H_

#include <memory>

namespace tbbthumbs::tool {

// Lets oneTBB run `threads` threads for as long as it lives, where that is more than the CPUs it would use by itself.
// Process-wide; made before the job starts. 0: nothing is changed.
class ThreadLimit {
 public:
  explicit ThreadLimit(int threads);
  ~ThreadLimit();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_THREAD_LIMIT_H_
