#include "tests/support/jpeg_oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "codecs/byte_source.h"
#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_reduction.h"
#include "codecs/jpeg_session.h"

namespace tbbthumbs::testing {
namespace {

int RoundUp(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

OracleComponent MakeComponent(const jpeg_decompress_struct& info, const jpeg_component_info& from) {
  OracleComponent component;
  const bool alone = info.num_components == 1;
  const int h = alone ? 1 : from.h_samp_factor;
  const int v = alone ? 1 : from.v_samp_factor;
  component.columns = RoundUp(static_cast<int>(from.width_in_blocks), h);
  component.rows = RoundUp(static_cast<int>(from.height_in_blocks), v);
  component.extent_width = static_cast<double>(info.image_width) * h / (alone ? 1 : info.max_h_samp_factor);
  component.extent_height = static_cast<double>(info.image_height) * v / (alone ? 1 : info.max_v_samp_factor);
  component.coefficients.resize(static_cast<size_t>(component.columns) * static_cast<size_t>(component.rows) * 64);
  return component;
}

// Coefficients that have been sent, by component, and the bits that their first scan left open.
struct Sent {
  bool was[MAX_COMPONENTS][DCTSIZE2];
  uint8_t open[MAX_COMPONENTS][DCTSIZE2];
};

// True where the scan that begins now sends some of them as if for the first time.
bool SendsAgain(const jpeg_decompress_struct& info, Sent& sent) {
  bool again = false;
  for (int i = 0; i < info.comps_in_scan && info.progressive_mode && info.Ah == 0; ++i) {
    for (int k = info.Ss; k <= info.Se && k < DCTSIZE2; ++k) {
      const int component = info.cur_comp_info[i]->component_index;
      if (!sent.was[component][k]) sent.open[component][k] = static_cast<uint8_t>(info.Al);
      again |= sent.was[component][k];
      sent.was[component][k] = true;
    }
  }
  return again;
}

// One scan, or all of them where there are several: those may refine each other. `sent` is the caller's, as libjpeg may
// leave this by a jump.
void ReadScans(jpeg_decompress_struct& info, Sent& sent, bool& sent_again) {
  // Buffered: all coefficients are kept, and reading may stop after a scan. Raw: no upsampling, which does not know all
  // sampling factors.
  info.buffered_image = TRUE;
  info.raw_data_out = TRUE;
  jpeg_start_decompress(&info);
  const bool several = jpeg_has_multiple_scans(&info) != 0;
  sent_again |= SendsAgain(info, sent);
  for (;;) {
    const int reached = jpeg_consume_input(&info);
    if (reached == JPEG_REACHED_SOS) sent_again |= SendsAgain(info, sent);
    if (reached == JPEG_REACHED_EOI || (reached == JPEG_SCAN_COMPLETED && !several)) return;
  }
}

// All coefficients that were read, into components of the right sizes.
void CopyCoefficients(jpeg_decompress_struct& info, OracleComponent* components) {
  jvirt_barray_ptr* const arrays = jpeg_read_coefficients(&info);
  for (int c = 0; c < info.num_components; ++c) {
    OracleComponent& component = components[c];
    int16_t* to = component.coefficients.data();
    const JQUANT_TBL* const quant = info.comp_info[c].quant_table;
    if (quant != nullptr) std::copy(quant->quantval, quant->quantval + 64, component.quant.begin());
    for (int y = 0; y < component.rows; ++y) {
      JBLOCKARRAY rows = info.mem->access_virt_barray(reinterpret_cast<j_common_ptr>(&info), arrays[c],
                                                      static_cast<JDIMENSION>(y), 1, FALSE);
      std::memcpy(to, rows[0], static_cast<size_t>(component.columns) * sizeof(JBLOCK));
      to += static_cast<size_t>(component.columns) * 64;
    }
  }
}

OraclePlane ReduceComponent(const OracleComponent& component, int side) {
  const std::array<int, 4> corner = {0, side == 1 ? 0 : 1, 8, 9};
  std::array<int, 4> quant{};
  for (size_t i = 0; i < corner.size(); ++i) quant[i] = component.quant[static_cast<size_t>(corner[i])];
  OraclePlane plane;
  plane.width = static_cast<int>(std::ceil(component.extent_width * side / 8));
  plane.height = static_cast<int>(std::ceil(component.extent_height * side / 8));
  const auto columns = static_cast<size_t>(component.columns);
  std::vector<int16_t> kept(columns * static_cast<size_t>(side * side));
  std::vector<uint8_t> rows[2];
  for (auto& row : rows) row.resize(columns * static_cast<size_t>(side));
  int left = plane.height;
  for (int y = 0; y < component.rows; ++y) {
    size_t next = 0;
    for (int x = 0; x < component.columns; ++x) {
      for (int i = 0; i < side * side; ++i) kept[next++] = component.at(x, y, corner[static_cast<size_t>(i)]);
    }
    if (side == 1) {
      ReduceTo1(kept, quant[0], rows[0].data());
    } else {
      ReduceTo2(kept, quant, rows[0].data(), rows[1].data());
    }
    for (int i = 0; i < side && left > 0; ++i, --left) {
      plane.samples.insert(plane.samples.end(), rows[i].begin(), rows[i].begin() + plane.width);
    }
  }
  return plane;
}

}  // namespace

std::optional<OracleCoefficients> ReadCoefficients(std::span<const std::byte> bytes) {
  MemorySource source(bytes);
  JpegDecompressor jpeg(source);
  if (!jpeg.ReadHeader()) return std::nullopt;
  jpeg_decompress_struct& info = jpeg.info();
  OracleCoefficients read;
  for (int c = 0; c < info.num_components; ++c) read.components.push_back(MakeComponent(info, info.comp_info[c]));
  int warnings = 0;
  jpeg.trap().on_warning = [&warnings](int) {
    ++warnings;
    return std::nullopt;
  };
  OracleComponent* const components = read.components.data();
  Sent sent{};
  const bool ok = jpeg.trap().Guarded([&] {
    ReadScans(info, sent, read.sent_again);
    CopyCoefficients(info, components);
  });
  if (!ok || warnings > 0) return std::nullopt;
  for (size_t c = 0; c < read.components.size(); ++c) std::ranges::copy(sent.open[c], read.components[c].open.begin());
  const bool to_the_end = jpeg.trap().Guarded([&] {
    while (jpeg_consume_input(&info) != JPEG_REACHED_EOI) {
    }
  });
  read.clean_to_the_end = to_the_end && warnings == 0 && !jpeg.hit_end();
  return read;
}

void LeaveOpen(OracleCoefficients& coefficients) {
  for (OracleComponent& component : coefficients.components) {
    for (size_t k = 1; k < 64; ++k) {
      const int open = component.open[k];
      for (size_t i = kZigzag[k]; i < component.coefficients.size(); i += 64) {
        int16_t& value = component.coefficients[i];
        const int known = std::abs(value) >> open << open;
        const int taken = known == 0 ? 0 : known + ((1 << open) - 1) / 2;
        value = static_cast<int16_t>(value < 0 ? -taken : taken);
      }
    }
  }
}

OraclePlanes Reduce(const OracleCoefficients& coefficients, const std::vector<int>& sides) {
  OraclePlanes reduced;
  reduced.clean_to_the_end = coefficients.clean_to_the_end;
  reduced.sent_again = coefficients.sent_again;
  for (size_t c = 0; c < sides.size(); ++c) {
    reduced.planes.push_back(ReduceComponent(coefficients.components[c], sides[c]));
  }
  return reduced;
}

std::optional<OraclePlanes> ReduceWithLibjpeg(std::span<const std::byte> jpeg, const std::vector<int>& sides) {
  const std::optional<OracleCoefficients> read = ReadCoefficients(jpeg);
  if (!read || read->components.size() != sides.size()) return std::nullopt;
  return Reduce(*read, sides);
}

OraclePlane LibjpegsLuma(std::span<const std::byte> bytes, int eighths) {
  MemorySource source(bytes);
  JpegDecompressor jpeg(source);
  if (!jpeg.ReadHeader()) return {};
  jpeg_decompress_struct& info = jpeg.info();
  info.scale_num = static_cast<unsigned>(eighths);
  info.scale_denom = 8;
  info.out_color_space = JCS_GRAYSCALE;
  if (!jpeg.Start([]() -> std::optional<Error> { return std::nullopt; })) return {};
  OraclePlane plane{static_cast<int>(info.output_width), static_cast<int>(info.output_height), {}};
  plane.samples.resize(static_cast<size_t>(plane.width) * static_cast<size_t>(plane.height));
  uint8_t* row = plane.samples.data();
  const bool ok = jpeg.trap().Guarded([&] {
    while (info.output_scanline < info.output_height) {
      JSAMPROW rows[1] = {row};
      jpeg_read_scanlines(&info, rows, 1);
      row += info.output_width;
    }
  });
  return ok ? plane : OraclePlane();
}

}  // namespace tbbthumbs::testing
