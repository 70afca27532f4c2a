#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/targets.h"

namespace {

std::array<uint64_t, 4> outcomes{};

void PrintShare() {
  const auto count = [](tbbthumbs::fuzz::JpegFastOutcome outcome) {
    return static_cast<unsigned long long>(outcomes[static_cast<size_t>(outcome)]);
  };
  using enum tbbthumbs::fuzz::JpegFastOutcome;
  std::fprintf(stderr,
               "fuzz_jpeg_fast: of %llu inputs our reader took %llu baseline and %llu progressive ones that were the "
               "same as libjpeg's, and %llu that could not be compared\n",
               count(kLeft) + count(kDelivered) + count(kSame) + count(kSameProgressive), count(kSame),
               count(kSameProgressive), count(kDelivered));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  std::atexit(&PrintShare);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++outcomes[static_cast<size_t>(tbbthumbs::fuzz::JpegFast({reinterpret_cast<const std::byte*>(data), size}))];
  return 0;
}
