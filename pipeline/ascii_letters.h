// Letters of other alphabets in ASCII.
#ifndef TBBTHUMBS_PIPELINE_ASCII_LETTERS_H_
#define TBBTHUMBS_PIPELINE_ASCII_LETTERS_H_

#include <cstdint>
#include <string_view>

namespace tbbthumbs {

// What is written for the small letter or sign `code` (a composed character) where only ASCII may stand; "" where the
// table has nothing: letters with marks that Unicode can take apart are not in it. Latin as usual, Cyrillic and Greek
// in the simple forms of passports (ICAO Doc 9303, ISO 843).
std::string_view AsciiForLetter(int32_t code);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_ASCII_LETTERS_H_
