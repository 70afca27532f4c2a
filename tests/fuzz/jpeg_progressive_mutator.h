// Changes of progressive JPEG files, which know their scans.
#ifndef TBBTHUMBS_TESTS_FUZZ_JPEG_PROGRESSIVE_MUTATOR_H_
#define TBBTHUMBS_TESTS_FUZZ_JPEG_PROGRESSIVE_MUTATOR_H_

#include "tests/fuzz/jpeg_data_mutator.h"

namespace tbbthumbs::fuzz {

// Whether `jpeg` begins like a file with a SOF2 segment.
bool IsProgressive(const Bytes& jpeg);

// Drops, repeats, moves or cuts scans of `jpeg`, changes their headers, the segments between them or their data. Makes
// a new file where `jpeg` is none with scans, and often where it is one: a small picture in a script of its own.
void MutateProgressive(Bytes& jpeg, testing::SynthRandom& random, const MutateBytes& bytes);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_JPEG_PROGRESSIVE_MUTATOR_H_
