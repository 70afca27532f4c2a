// Encoding a picture so that its file stays below a limit. Private to codecs/thumbnail*.cpp.
#ifndef TBBTHUMBS_CODECS_SIZE_SEARCH_H_
#define TBBTHUMBS_CODECS_SIZE_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "codecs/error.h"

namespace tbbthumbs {

using EncodedBytes = std::vector<std::byte>;

// A file of at most so many bytes, and the smallest that was seen where there is none.
struct Fitted {
  EncodedBytes bytes;
  bool fits = false;
};

// The file of the highest JPEG quality from 1 to `wanted` that fits: the next higher one does not (sizes grow with the
// quality but for a few bytes). 4 encodings on average where `wanted` does not fit, 3 to 8. Errors: those of `encode`.
Result<Fitted> FitQuality(int wanted, uint64_t max_bytes,
                          const std::function<Result<EncodedBytes>(int quality)>& encode);

// The same of the last of `steps`, numbers in order, whose file fits.
Result<Fitted> FitStep(std::span<const int> steps, uint64_t max_bytes,
                       const std::function<Result<EncodedBytes>(int step)>& encode);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_SIZE_SEARCH_H_
