// What fuzzers call with whatever bytes they come up with. The replay test calls the same.
#ifndef TBBTHUMBS_TESTS_FUZZ_TARGETS_H_
#define TBBTHUMBS_TESTS_FUZZ_TARGETS_H_

#include <cstddef>
#include <span>

namespace tbbthumbs::fuzz {

// A file through sniffing, decoding, resampling, colour and encoding. The first byte of `input` chooses strictness,
// sizes and output format. Returns whether thumbnails came of it.
bool Thumbnail(std::span<const std::byte> input);

// An EXIF block.
void Exif(std::span<const std::byte> input);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_TARGETS_H_
