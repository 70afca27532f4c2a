// Changes of JPEG files that often leave a file which decodes.
#ifndef TBBTHUMBS_TESTS_FUZZ_JPEG_MUTATOR_H_
#define TBBTHUMBS_TESTS_FUZZ_JPEG_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/fuzz/jpeg_data_mutator.h"

namespace tbbthumbs::fuzz {

// Changes `input`, a JPEG with the byte behind it that fuzz::JpegFast takes: its scan's data, restart markers, Huffman
// tables, quantizers, sampling or size, the scans of a progressive file (jpeg_progressive_mutator.h), or makes another
// one of the whole; with `bytes` where bytes are changed without
// knowing what they are. The same seed makes the same change. At most `capacity` bytes result.
void MutateJpeg(std::vector<uint8_t>& input, size_t capacity, unsigned seed, const MutateBytes& bytes);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_JPEG_MUTATOR_H_
