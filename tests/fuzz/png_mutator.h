// Changes of PNG files that get past their checksums.
#ifndef TBBTHUMBS_TESTS_FUZZ_PNG_MUTATOR_H_
#define TBBTHUMBS_TESTS_FUZZ_PNG_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace tbbthumbs::fuzz {

// Changes `input`, a PNG with the byte behind it that fuzz::PngFast takes: its rows before they are compressed, the
// compressed stream, how that is cut into chunks and what stands between them, its header, palette and transparency; or
// makes another one of the whole. Checksums are right afterwards, but for a few. `bytes` changes bytes without knowing
// what they are, in place, and returns how many they are then, at most `capacity`. The same seed makes the same change.
// At most `capacity` bytes result.
void MutatePng(std::vector<uint8_t>& input, size_t capacity, unsigned seed,
               const std::function<size_t(uint8_t* bytes, size_t size, size_t capacity)>& bytes);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_PNG_MUTATOR_H_
