#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/fuzz/png_mutator.h"
#include "tests/fuzz/targets.h"

namespace {

std::array<uint64_t, 4> outcomes{};

void PrintShare() {
  const auto count = [](tbbthumbs::fuzz::PngFastOutcome outcome) {
    return static_cast<unsigned long long>(outcomes[static_cast<size_t>(outcome)]);
  };
  using enum tbbthumbs::fuzz::PngFastOutcome;
  std::fprintf(stderr,
               "fuzz_png_fast: of %llu inputs our reader took %llu, which were the same as libpng's, and %llu of "
               "incomplete codes; %llu were left to libpng\n",
               count(kRefused) + count(kLeft) + count(kSame) + count(kMoreLenient), count(kSame), count(kMoreLenient),
               count(kLeft));
}

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  std::atexit(&PrintShare);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  std::vector<uint8_t> input(data, data + size);
  tbbthumbs::fuzz::MutatePng(input, max_size, seed, &LLVMFuzzerMutate);
  std::copy(input.begin(), input.end(), data);
  return input.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++outcomes[static_cast<size_t>(tbbthumbs::fuzz::PngFast({reinterpret_cast<const std::byte*>(data), size}))];
  return 0;
}
