// What the micro-benchmarks share.
#ifndef TBBTHUMBS_BENCH_MICRO_SUPPORT_H_
#define TBBTHUMBS_BENCH_MICRO_SUPPORT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codecs/error.h"

namespace tbbthumbs::bench {

// Ends the program: a benchmark has no meaning then.
[[noreturn]] void Exit(const std::string& reason);

template <class T>
T OrExit(Result<T> result) {
  if (!result) Exit(result.error().message);
  return std::move(*result);
}

// The bytes of the file that the environment variable names; nothing where it is not set.
std::optional<std::vector<std::byte>> ReadNamedFile(const char* variable);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_MICRO_SUPPORT_H_
