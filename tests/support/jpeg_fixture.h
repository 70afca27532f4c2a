// JPEG files made by code, with every knob that libjpeg has.
#ifndef TBBTHUMBS_TESTS_SUPPORT_JPEG_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_JPEG_FIXTURE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "codecs/size.h"

namespace tbbthumbs::testing {

enum class JpegColor { kGray, kYcc, kRgb, kCmyk, kYcck };

// A scan of a progressive file, as libjpeg's jpeg_scan_info.
struct JpegScan {
  std::vector<int> components;
  int first = 0;  // zigzag indexes
  int last = 0;
  int high = 0;  // bits that are known before, and after it
  int low = 0;
};

struct JpegFixture {
  Size size{64, 48};
  JpegColor color = JpegColor::kYcc;
  std::array<int, 2> luma_sampling{2, 2};  // of the first component; the others are 1x1
  int quality = 95;
  bool progressive = false;
  std::vector<JpegScan> script{};  // progressive, in these scans
  bool arithmetic = false;
  bool several_scans = false;   // sequential, a scan for each component
  int restart_rows = 0;         // MCU rows between restart markers
  bool adobe_marker = true;     // for CMYK
  std::vector<std::byte> exif;  // TIFF block
  std::vector<std::byte> icc{};
  // Fills the samples of a pixel: gray, RGB or the four inks as stored in the file.
  std::function<void(int x, int y, uint8_t* sample)> paint{};
  std::vector<std::array<int, 2>> sampling{};  // of each component, instead of luma_sampling
  bool optimize = false;                       // Huffman codes made for this picture
  int restart_mcus = 0;                        // MCUs between restart markers
  bool wide_quantizers = false;                // over 255 where the quality is that low
};

// A smooth picture, other in each quarter, by default.
std::vector<std::byte> MakeJpeg(const JpegFixture& fixture);

// Horizontal and vertical sampling factors of Y, Cb and Cr.
using Samplings = std::array<std::array<int, 2>, 3>;

// A YCbCr file of quality 95 with any sampling, also such that libjpeg cannot convert: each plane's samples are
// `paint`ed from where their centres lie in the picture, 0 to 1 across and down.
std::vector<std::byte> MakePlanarJpeg(Size size, const Samplings& samplings,
                                      const std::function<double(int plane, double u, double v)>& paint);

// A TIFF block that holds an orientation and nothing else.
std::vector<std::byte> ExifWithOrientation(int orientation, bool big_endian = false);

// The offset of the first byte after the header of the first scan.
size_t ScanStart(const std::vector<std::byte>& jpeg);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_JPEG_FIXTURE_H_
