// Changes of the entropy-coded data of a JPEG's scan.
#ifndef TBBTHUMBS_TESTS_FUZZ_JPEG_DATA_MUTATOR_H_
#define TBBTHUMBS_TESTS_FUZZ_JPEG_DATA_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs::fuzz {

using Bytes = std::vector<uint8_t>;

// Changes bytes in place; returns how many they are now, at most `capacity`.
using MutateBytes = std::function<size_t(uint8_t* bytes, size_t size, size_t capacity)>;

inline bool IsRestart(uint8_t marker) { return marker >= 0xD0 && marker <= 0xD7; }

// Random data as an encoder would write them.
Bytes Noise(testing::SynthRandom& random, size_t count);

// Changes some bytes or bits, cuts or repeats a part, adds or takes out a marker.
void ChangeScanData(Bytes& scan, testing::SynthRandom& random, const MutateBytes& bytes);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_JPEG_DATA_MUTATOR_H_
