// All targets by their names, as targets.def lists them.
#ifndef TBBTHUMBS_TESTS_FUZZ_TARGET_LIST_H_
#define TBBTHUMBS_TESTS_FUZZ_TARGET_LIST_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "tests/fuzz/jpeg_data_mutator.h"

namespace tbbthumbs::fuzz {

struct Target {
  std::string_view name;  // as in fuzz_NAME, NAME.dict and regressions/NAME
  // Returns which of the outcomes it was.
  size_t (*run)(std::span<const std::byte> input);
  std::span<const std::string_view> outcomes;  // for people
  // Null: inputs are changed without knowing what they are. The same seed makes the same change.
  void (*mutate)(Bytes& input, size_t capacity, unsigned seed, const MutateBytes& bytes) = nullptr;
};

std::span<const Target> AllTargets();

// Null where there is none.
const Target* FindTarget(std::string_view name);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_TARGET_LIST_H_
