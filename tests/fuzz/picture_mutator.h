// Changes of pictures, and of what their files say beside the pixels.
#ifndef TBBTHUMBS_TESTS_FUZZ_PICTURE_MUTATOR_H_
#define TBBTHUMBS_TESTS_FUZZ_PICTURE_MUTATOR_H_

#include <cstddef>

#include "tests/fuzz/jpeg_data_mutator.h"

namespace tbbthumbs::fuzz {

// Changes `input`, a picture with the byte in front of it that fuzz::Thumbnail takes: its pixels (jpeg_mutator.h,
// png_mutator.h), or the data of one of its segments of metadata, or of one of its chunks, with lengths and checksums
// that are right; puts an EXIF block, an XMP packet or an ICC profile into it; or makes a new one. The same seed makes
// the same change. At most `capacity` bytes result.
void MutatePicture(Bytes& input, size_t capacity, unsigned seed, const MutateBytes& bytes);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_PICTURE_MUTATOR_H_
