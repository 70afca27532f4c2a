// Changes of ICC profiles that get past their tables of tags.
#ifndef TBBTHUMBS_TESTS_FUZZ_ICC_MUTATOR_H_
#define TBBTHUMBS_TESTS_FUZZ_ICC_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/fuzz/jpeg_data_mutator.h"

namespace tbbthumbs::fuzz {

// Changes `input`, an ICC profile with the byte behind it that fuzz::Icc takes: a field of its header, the data of a
// tag, which tags there are and what they are called, where the table says that they lie; or makes another one of the
// whole. The header says the right size afterwards, mostly. The same seed makes the same change. At most `capacity`
// bytes result.
void MutateIcc(Bytes& input, size_t capacity, unsigned seed, const MutateBytes& bytes);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_ICC_MUTATOR_H_
