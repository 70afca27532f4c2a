// EXIF made by code.
#ifndef TBBTHUMBS_TESTS_SUPPORT_EXIF_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_EXIF_FIXTURE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace tbbthumbs::testing {

// Empty texts are left out.
struct ExifFixture {
  int orientation = 1;
  std::string date_time_original{};  // "2024:05:01 12:30:59"
  std::string date_time{};
  std::string make{};
  std::string model{};
  bool big_endian = false;
};

// A TIFF block.
std::vector<std::byte> MakeExif(const ExifFixture& fixture);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_EXIF_FIXTURE_H_
