// libFuzzer's hooks for one target, the one that is named by FUZZ_TARGET.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/fuzz/target_list.h"

namespace {

const tbbthumbs::fuzz::Target* target = nullptr;
std::vector<unsigned long long> outcomes;

void PrintShare() {
  std::fprintf(stderr, "fuzz_%s:", FUZZ_TARGET);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const auto& words = target->outcomes[i];
    std::fprintf(stderr, "%s %llu %.*s", i == 0 ? "" : ",", outcomes[i], static_cast<int>(words.size()), words.data());
  }
  std::fprintf(stderr, "\n");
}

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  target = tbbthumbs::fuzz::FindTarget(FUZZ_TARGET);
  if (target == nullptr) std::abort();
  outcomes.resize(target->outcomes.size());
  std::atexit(&PrintShare);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  if (target->mutate == nullptr) return LLVMFuzzerMutate(data, size, max_size);
  std::vector<uint8_t> input(data, data + size);
  target->mutate(input, max_size, seed, &LLVMFuzzerMutate);
  std::copy(input.begin(), input.end(), data);
  return input.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++outcomes[target->run({reinterpret_cast<const std::byte*>(data), size})];
  return 0;
}
