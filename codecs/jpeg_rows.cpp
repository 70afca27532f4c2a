#include "codecs/jpeg_rows.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace tbbthumbs {
namespace {

// About how many pixels are decoded between two looks at the clock and the stop flag.
constexpr size_t kBandPixels = size_t{64} << 10;

// Rows of interleaved pixels, a band of them at a time.
Result<bool> PumpPixels(JpegDecompressor& session, RowSink& sink, Workspace& workspace, const Watch& watch) {
  jpeg_decompress_struct& jpeg = session.info();
  const size_t row_bytes = size_t{jpeg.output_width} * static_cast<size_t>(jpeg.output_components);
  const size_t band = std::clamp<size_t>(kBandPixels / jpeg.output_width, 1, 64);
  std::vector<std::byte>& rows = workspace.decode_rows();
  rows.resize(band * row_bytes);
  // Adobe's files hold 255 - ink.
  const bool inverted = jpeg.out_color_space == JCS_CMYK && jpeg.saw_Adobe_marker;
  while (jpeg.output_scanline < jpeg.output_height) {
    size_t got = 0;
    const bool ok = session.trap().Guarded([&] {
      while (got < band && jpeg.output_scanline < jpeg.output_height) {
        auto* row = reinterpret_cast<JSAMPROW>(rows.data() + got * row_bytes);
        got += jpeg_read_scanlines(&jpeg, &row, 1);
      }
    });
    if (!ok) return false;
    if (inverted) {
      for (size_t i = 0; i < got * row_bytes; ++i) rows[i] = ~rows[i];
    }
    for (size_t y = 0; y < got; ++y) {
      if (Status status = sink.Row(0, {rows.data() + y * row_bytes, row_bytes}); !status) {
        return tl::unexpected<Error>(std::move(status.error()));
      }
    }
    if (Status status = watch.Poll(); !status) return tl::unexpected<Error>(std::move(status.error()));
  }
  return true;
}

// One component of a row of MCUs, as libjpeg writes it: whole blocks, of which those of the last column and row reach
// past the picture.
struct ComponentBand {
  size_t offset = 0;  // of its first row, in bytes
  size_t stride = 0;  // from row to row
  int rows = 0;
  size_t row_bytes = 0;  // of the picture
  int rows_left = 0;     // of the picture
};

ComponentBand BandOf(const jpeg_component_info& component, size_t offset) {
  const auto side = static_cast<size_t>(component.DCT_scaled_size);
  const auto across = static_cast<size_t>(component.h_samp_factor);
  const size_t blocks = (component.width_in_blocks + across - 1) / across * across;
  return {offset, blocks * side, component.v_samp_factor * component.DCT_scaled_size, component.downsampled_width,
          static_cast<int>(component.downsampled_height)};
}

// The rows of three components, a row of MCUs at a time.
Result<bool> PumpPlanes(JpegDecompressor& session, RowSink& sink, Workspace& workspace, const Watch& watch) {
  constexpr size_t kPlanes = 3;
  constexpr size_t kMaxRows = MAX_SAMP_FACTOR * DCTSIZE;
  jpeg_decompress_struct& jpeg = session.info();
  std::array<ComponentBand, kPlanes> bands;
  size_t bytes = 0;
  for (size_t c = 0; c < kPlanes; ++c) {
    bands[c] = BandOf(jpeg.comp_info[c], bytes);
    bytes += bands[c].stride * static_cast<size_t>(bands[c].rows);
  }
  std::vector<std::byte>& samples = workspace.decode_rows();
  samples.resize(bytes);
  std::array<std::array<JSAMPROW, kMaxRows>, kPlanes> rows{};
  std::array<JSAMPARRAY, kPlanes> planes{};
  for (size_t c = 0; c < kPlanes; ++c) {
    planes[c] = rows[c].data();
    for (int y = 0; y < bands[c].rows; ++y) {
      rows[c][y] = reinterpret_cast<JSAMPROW>(samples.data() + bands[c].offset + y * bands[c].stride);
    }
  }
  const auto mcu_rows = static_cast<JDIMENSION>(jpeg.max_v_samp_factor * jpeg.min_DCT_scaled_size);
  size_t pixels = 0;  // since the last look at the clock
  while (jpeg.output_scanline < jpeg.output_height) {
    if (!session.trap().Guarded([&] { jpeg_read_raw_data(&jpeg, planes.data(), mcu_rows); })) return false;
    for (size_t c = 0; c < kPlanes; ++c) {
      ComponentBand& band = bands[c];
      const int count = std::min(band.rows, band.rows_left);
      for (int y = 0; y < count; ++y) {
        const std::byte* row = samples.data() + band.offset + y * band.stride;
        if (Status status = sink.Row(static_cast<int>(c), {row, band.row_bytes}); !status) {
          return tl::unexpected<Error>(std::move(status.error()));
        }
      }
      band.rows_left -= count;
    }
    pixels += size_t{mcu_rows} * jpeg.output_width;
    if (pixels < kBandPixels && jpeg.output_scanline < jpeg.output_height) continue;
    pixels = 0;
    if (Status status = watch.Poll(); !status) return tl::unexpected<Error>(std::move(status.error()));
  }
  return true;
}

}  // namespace

JpegSampling SamplingOf(const jpeg_decompress_struct& jpeg, int component) {
  const jpeg_component_info& info = jpeg.comp_info[component];
  return {info.h_samp_factor, info.v_samp_factor, jpeg.max_h_samp_factor, jpeg.max_v_samp_factor};
}

RowFormat JpegRowFormat(const jpeg_decompress_struct& jpeg, JpegOutput output, int scale) {
  const Size size{static_cast<int>(jpeg.image_width), static_cast<int>(jpeg.image_height)};
  RowFormat format;
  if (output == JpegOutput::kPlanes) {
    format.color = ColorModel::kYcc;
    for (int c = 0; c < jpeg.num_components; ++c) {
      // libjpeg chooses for each component: 4:2:0 at 1/8 comes with chroma at 1/4, on a grid as fine as the luma's.
      format.planes.push_back(ComponentPlane(size, SamplingOf(jpeg, c), jpeg.comp_info[c].DCT_scaled_size));
    }
    return format;
  }
  format.color = jpeg.out_color_space == JCS_GRAYSCALE ? ColorModel::kGray
                 : jpeg.out_color_space == JCS_RGB     ? ColorModel::kRgb
                                                       : ColorModel::kCmyk;
  PlaneFormat plane = ComponentPlane(size, {}, scale);
  plane.channels = ColorChannels(format.color);
  format.planes = {plane};
  return format;
}

Result<bool> PumpJpegRows(JpegDecompressor& jpeg, JpegOutput output, RowSink& sink, Workspace& workspace,
                          const Watch& watch) {
  return output == JpegOutput::kPlanes ? PumpPlanes(jpeg, sink, workspace, watch)
                                       : PumpPixels(jpeg, sink, workspace, watch);
}

}  // namespace tbbthumbs
