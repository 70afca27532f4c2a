// Files of pictures for tests that do not care what is in them.
#ifndef TBBTHUMBS_TESTS_SUPPORT_PICTURES_H_
#define TBBTHUMBS_TESTS_SUPPORT_PICTURES_H_

#include <cstddef>
#include <vector>

#include "codecs/size.h"

namespace tbbthumbs::testing {

// A gradient with some noise.
std::vector<std::byte> JpegFile(Size size);
std::vector<std::byte> PngFile(Size size, bool alpha = false);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_PICTURES_H_
