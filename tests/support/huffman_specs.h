// Huffman codes to make tables of.
#ifndef TBBTHUMBS_TESTS_SUPPORT_HUFFMAN_SPECS_H_
#define TBBTHUMBS_TESTS_SUPPORT_HUFFMAN_SPECS_H_

#include <vector>

#include "codecs/jpeg_huffman.h"

namespace tbbthumbs::testing {

// One code of each length up to `longest`, at most 16: 0, 10, 110, ...
HuffmanSpec Staircase(int longest);

// The codes that libjpeg makes for a picture of its own, for Y and for Cb and Cr.
std::vector<HuffmanSpec> OptimisedCodes(bool ac);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_HUFFMAN_SPECS_H_
