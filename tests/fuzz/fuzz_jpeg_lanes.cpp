#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/targets.h"

namespace {

uint64_t runs = 0;
uint64_t taken = 0;
uint64_t in_lanes = 0;

void PrintShare() {
  std::fprintf(stderr,
               "fuzz_jpeg_lanes: of %llu inputs our readers took %llu, and lanes read blocks of %llu of those\n",
               static_cast<unsigned long long>(runs), static_cast<unsigned long long>(taken),
               static_cast<unsigned long long>(in_lanes));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  std::atexit(&PrintShare);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++runs;
  const auto blocks = tbbthumbs::fuzz::JpegLanes({reinterpret_cast<const std::byte*>(data), size});
  if (blocks) ++taken;
  if (blocks && *blocks > 0) ++in_lanes;
  return 0;
}
