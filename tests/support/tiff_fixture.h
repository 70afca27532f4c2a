// TIFF blocks made field by field, right or wrong.
#ifndef TBBTHUMBS_TESTS_SUPPORT_TIFF_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_TIFF_FIXTURE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tbbthumbs::testing {

struct TiffField {
  uint32_t tag = 0;
  uint32_t type = 0;
  uint32_t count = 0;
  std::vector<uint32_t> numbers{};  // each of the type's size; of text and UNDEFINED a byte each
};

TiffField TextField(uint32_t tag, const std::string& text);
TiffField NumberField(uint32_t tag, uint32_t type, const std::vector<uint32_t>& numbers);

struct TiffFixture {
  std::vector<TiffField> picture{};    // IFD0, as they come
  std::vector<TiffField> exif{};       // pointed to where there are any
  std::vector<TiffField> gps{};        // likewise
  std::vector<TiffField> thumbnail{};  // IFD1
  bool big_endian = false;
};

std::vector<std::byte> MakeTiff(const TiffFixture& fixture);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_TIFF_FIXTURE_H_
