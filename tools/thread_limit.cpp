#include "tools/thread_limit.h"

#include <tbb/global_control.h>

#include <cstddef>

namespace tbbthumbs::tool {

class ThreadLimit::Impl {
 public:
  explicit Impl(size_t threads) : control_(tbb::global_control::max_allowed_parallelism, threads) {}

 private:
  tbb::global_control control_;
};

ThreadLimit::ThreadLimit(int threads) {
  const auto wanted = static_cast<size_t>(threads);
  if (wanted > tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism)) {
    impl_ = std::make_unique<Impl>(wanted);
  }
}

ThreadLimit::~ThreadLimit() = default;

}  // namespace tbbthumbs::tool
