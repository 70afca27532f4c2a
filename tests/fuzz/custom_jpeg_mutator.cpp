// libFuzzer's hook for mutators of one's own, in the programs whose inputs are JPEGs.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/fuzz/jpeg_mutator.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  std::vector<uint8_t> input(data, data + size);
  tbbthumbs::fuzz::MutateJpeg(input, max_size, seed, &LLVMFuzzerMutate);
  std::copy(input.begin(), input.end(), data);
  return input.size();
}
