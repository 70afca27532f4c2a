#include "tests/support/jpeg_fixture.h"

#include <algorithm>

// clang-format off
#include <cstdio>
#include <cstdlib>
#include <jpeglib.h>
// clang-format on

namespace tbbthumbs::testing {
namespace {

void PaintDefault(int channels, Size size, int x, int y, uint8_t* sample) {
  const int fx = x * 255 / std::max(1, size.width - 1);
  const int fy = y * 255 / std::max(1, size.height - 1);
  const int values[4] = {fx, fy, 255 - (fx + fy) / 2, fx / 2};
  for (int c = 0; c < channels; ++c) sample[c] = static_cast<uint8_t>(values[c]);
}

void WriteIcc(jpeg_compress_struct& jpeg, const std::vector<std::byte>& icc) {
  if (!icc.empty()) {
    jpeg_write_icc_profile(&jpeg, reinterpret_cast<const JOCTET*>(icc.data()), static_cast<unsigned>(icc.size()));
  }
}

}  // namespace

std::vector<std::byte> MakeJpeg(const JpegFixture& fixture) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  errors.emit_message = [](j_common_ptr, int) {};
  jpeg_create_compress(&jpeg);
  unsigned char* buffer = nullptr;
  unsigned long bytes = 0;
  jpeg_mem_dest(&jpeg, &buffer, &bytes);
  const bool four = fixture.color == JpegColor::kCmyk || fixture.color == JpegColor::kYcck;
  const int channels = fixture.color == JpegColor::kGray ? 1 : four ? 4 : 3;
  jpeg.image_width = static_cast<JDIMENSION>(fixture.size.width);
  jpeg.image_height = static_cast<JDIMENSION>(fixture.size.height);
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  constexpr J_COLOR_SPACE kSpaces[] = {JCS_GRAYSCALE, JCS_YCbCr, JCS_RGB, JCS_CMYK, JCS_YCCK};
  jpeg_set_colorspace(&jpeg, kSpaces[static_cast<int>(fixture.color)]);
  jpeg_set_quality(&jpeg, fixture.quality, fixture.wide_quantizers ? FALSE : TRUE);
  jpeg.comp_info[0].h_samp_factor = fixture.luma_sampling[0];
  jpeg.comp_info[0].v_samp_factor = fixture.luma_sampling[1];
  if (fixture.color == JpegColor::kYcck) {
    jpeg.comp_info[3].h_samp_factor = fixture.luma_sampling[0];
    jpeg.comp_info[3].v_samp_factor = fixture.luma_sampling[1];
  }
  if (four) jpeg.write_Adobe_marker = fixture.adobe_marker ? TRUE : FALSE;
  jpeg.arith_code = fixture.arithmetic ? TRUE : FALSE;
  jpeg.restart_in_rows = fixture.restart_rows;
  jpeg.restart_interval = static_cast<unsigned>(fixture.restart_mcus);
  jpeg.optimize_coding = fixture.optimize ? TRUE : FALSE;
  for (size_t c = 0; c < fixture.sampling.size(); ++c) {
    jpeg.comp_info[c].h_samp_factor = fixture.sampling[c][0];
    jpeg.comp_info[c].v_samp_factor = fixture.sampling[c][1];
  }
  if (fixture.progressive) jpeg_simple_progression(&jpeg);
  std::vector<jpeg_scan_info> scans;
  if (fixture.several_scans) {
    for (int c = 0; c < channels; ++c) scans.push_back({1, {c, 0, 0, 0}, 0, 63, 0, 0});
    jpeg.scan_info = scans.data();
    jpeg.num_scans = static_cast<int>(scans.size());
  }
  for (const JpegScan& scan : fixture.script) {
    jpeg_scan_info& to = scans.emplace_back();
    to = {static_cast<int>(scan.components.size()), {}, scan.first, scan.last, scan.high, scan.low};
    std::copy(scan.components.begin(), scan.components.end(), to.component_index);
  }
  if (!fixture.script.empty()) {
    jpeg.scan_info = scans.data();
    jpeg.num_scans = static_cast<int>(scans.size());
  }
  jpeg_start_compress(&jpeg, TRUE);
  if (!fixture.exif.empty()) {
    std::vector<std::byte> segment;
    for (const char c : {'E', 'x', 'i', 'f', '\0', '\0'}) segment.push_back(static_cast<std::byte>(c));
    segment.insert(segment.end(), fixture.exif.begin(), fixture.exif.end());
    jpeg_write_marker(&jpeg, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(segment.data()),
                      static_cast<unsigned>(segment.size()));
  }
  WriteIcc(jpeg, fixture.icc);
  std::vector<uint8_t> row(static_cast<size_t>(fixture.size.width) * static_cast<size_t>(channels));
  for (int y = 0; y < fixture.size.height; ++y) {
    for (int x = 0; x < fixture.size.width; ++x) {
      uint8_t* sample = &row[static_cast<size_t>(x) * static_cast<size_t>(channels)];
      if (fixture.paint) {
        fixture.paint(x, y, sample);
      } else {
        PaintDefault(channels, fixture.size, x, y, sample);
      }
    }
    JSAMPROW rows[1] = {row.data()};
    jpeg_write_scanlines(&jpeg, rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const auto* begin = reinterpret_cast<const std::byte*>(buffer);
  std::vector<std::byte> result(begin, begin + bytes);
  std::free(buffer);
  return result;
}

std::vector<std::byte> MakePlanarJpeg(Size size, const Samplings& samplings,
                                      const std::function<double(int plane, double u, double v)>& paint) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* buffer = nullptr;
  unsigned long bytes = 0;
  jpeg_mem_dest(&jpeg, &buffer, &bytes);
  jpeg.image_width = static_cast<JDIMENSION>(size.width);
  jpeg.image_height = static_cast<JDIMENSION>(size.height);
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_YCbCr;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 95, TRUE);
  jpeg.raw_data_in = TRUE;
  for (size_t c = 0; c < 3; ++c) {
    jpeg.comp_info[c].h_samp_factor = samplings[c][0];
    jpeg.comp_info[c].v_samp_factor = samplings[c][1];
  }
  jpeg_start_compress(&jpeg, TRUE);
  const int mcu_rows = jpeg.max_v_samp_factor * DCTSIZE;
  std::array<std::vector<std::vector<JSAMPLE>>, 3> rows;
  std::array<std::vector<JSAMPROW>, 3> pointers;
  std::array<JSAMPARRAY, 3> planes{};
  for (size_t c = 0; c < 3; ++c) {
    const jpeg_component_info& component = jpeg.comp_info[c];
    rows[c].resize(static_cast<size_t>(component.v_samp_factor) * DCTSIZE);
    for (auto& row : rows[c]) {
      row.resize(size_t{component.width_in_blocks} * DCTSIZE);
      pointers[c].push_back(row.data());
    }
    planes[c] = pointers[c].data();
  }
  while (jpeg.next_scanline < jpeg.image_height) {
    for (size_t c = 0; c < 3; ++c) {
      const double columns = 1.0 * size.width * samplings[c][0] / jpeg.max_h_samp_factor;
      const double lines = 1.0 * size.height * samplings[c][1] / jpeg.max_v_samp_factor;
      const double first = 1.0 * jpeg.next_scanline * samplings[c][1] / jpeg.max_v_samp_factor;
      for (size_t y = 0; y < rows[c].size(); ++y) {
        for (size_t x = 0; x < rows[c][y].size(); ++x) {
          const double u = std::min(1.0, (static_cast<double>(x) + 0.5) / columns);
          const double v = std::min(1.0, (first + static_cast<double>(y) + 0.5) / lines);
          rows[c][y][x] = static_cast<JSAMPLE>(paint(static_cast<int>(c), u, v) + 0.5);
        }
      }
    }
    jpeg_write_raw_data(&jpeg, planes.data(), static_cast<JDIMENSION>(mcu_rows));
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const auto* begin = reinterpret_cast<const std::byte*>(buffer);
  std::vector<std::byte> result(begin, begin + bytes);
  std::free(buffer);
  return result;
}

std::vector<std::byte> ExifWithOrientation(int orientation, bool big_endian) {
  std::vector<std::byte> tiff;
  const auto put = [&](unsigned value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      const int shift = 8 * (big_endian ? bytes - 1 - i : i);
      tiff.push_back(static_cast<std::byte>(value >> shift & 0xFF));
    }
  };
  const char order = big_endian ? 'M' : 'I';
  tiff.push_back(static_cast<std::byte>(order));
  tiff.push_back(static_cast<std::byte>(order));
  put(42, 2);
  put(8, 4);       // offset of the first directory
  put(1, 2);       // one entry
  put(0x0112, 2);  // Orientation
  put(3, 2);       // SHORT
  put(1, 4);       // one value
  put(static_cast<unsigned>(orientation), 2);
  put(0, 2);
  put(0, 4);  // no next directory
  return tiff;
}

size_t ScanStart(const std::vector<std::byte>& jpeg) {
  for (size_t i = 2; i + 4 < jpeg.size();) {
    const auto marker = static_cast<int>(jpeg[i + 1]);
    const size_t length = static_cast<size_t>(jpeg[i + 2]) << 8 | static_cast<size_t>(jpeg[i + 3]);
    i += 2 + length;
    if (marker == 0xDA) return i;
  }
  return jpeg.size();
}

}  // namespace tbbthumbs::testing
