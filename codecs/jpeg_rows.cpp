#include "codecs/jpeg_rows.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_scale.h"

namespace tbbthumbs {
namespace {

// About how many pixels are decoded between two looks at the clock and the stop flag, and handed on at once.
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

// The rows of one component that some rows of MCUs hold, as libjpeg writes them: whole blocks, of which those of the
// last column and row reach past the picture.
class ComponentBand {
 public:
  ComponentBand(const jpeg_component_info& component, size_t mcu_rows)
      : stride_(RoundedUp(component.width_in_blocks, component.h_samp_factor) * component.DCT_scaled_size),
        mcu_height_(static_cast<size_t>(component.v_samp_factor * component.DCT_scaled_size)),
        row_bytes_(component.downsampled_width),
        rows_left_(component.downsampled_height),
        rows_(mcu_height_ * mcu_rows) {}

  size_t bytes() const { return stride_ * rows_.size(); }

  void UseMemory(std::byte* samples) {
    for (JSAMPROW& row : rows_) {
      row = reinterpret_cast<JSAMPROW>(samples);
      samples += stride_;
    }
  }

  // Where libjpeg is to write the rows of that row of MCUs.
  JSAMPARRAY McuRow(size_t index) { return rows_.data() + index * mcu_height_; }

  // Delivers what `mcu_rows` rows of MCUs hold of the picture.
  Status Deliver(int plane, size_t mcu_rows, RowSink& sink) {
    const size_t count = std::min(mcu_height_ * mcu_rows, rows_left_);
    rows_left_ -= count;
    for (size_t y = 0; y < count; ++y) {
      const auto* row = reinterpret_cast<const std::byte*>(rows_[y]);
      if (Status status = sink.Row(plane, {row, row_bytes_}); !status) return status;
    }
    return {};
  }

 private:
  static size_t RoundedUp(size_t value, int step) {
    return (value + static_cast<size_t>(step) - 1) / static_cast<size_t>(step) * static_cast<size_t>(step);
  }

  size_t stride_;
  size_t mcu_height_;
  size_t row_bytes_;  // of the picture
  size_t rows_left_;  // of the picture
  std::vector<JSAMPROW> rows_;
};

// The rows of three components, some rows of MCUs at a time: the decoder's tables and the resampler's rows then take
// turns in the caches less often, which is 5 % of the time of a large picture.
Result<bool> PumpPlanes(JpegDecompressor& session, RowSink& sink, Workspace& workspace, const Watch& watch) {
  jpeg_decompress_struct& jpeg = session.info();
  const auto mcu_height = static_cast<JDIMENSION>(jpeg.max_v_samp_factor * jpeg.min_DCT_scaled_size);
  const size_t mcu_rows = std::clamp<size_t>(kBandPixels / jpeg.output_width, mcu_height, 64) / mcu_height;
  std::vector<ComponentBand> bands;
  size_t bytes = 0;
  for (int c = 0; c < 3; ++c) bytes += bands.emplace_back(jpeg.comp_info[c], mcu_rows).bytes();
  std::vector<std::byte>& samples = workspace.decode_rows();
  samples.resize(bytes);
  std::byte* next = samples.data();
  for (ComponentBand& band : bands) {
    band.UseMemory(next);
    next += band.bytes();
  }
  while (jpeg.output_scanline < jpeg.output_height) {
    size_t got = 0;
    const bool ok = session.trap().Guarded([&] {
      while (got < mcu_rows && jpeg.output_scanline < jpeg.output_height) {
        JSAMPARRAY planes[] = {bands[0].McuRow(got), bands[1].McuRow(got), bands[2].McuRow(got)};
        jpeg_read_raw_data(&jpeg, planes, mcu_height);
        ++got;
      }
    });
    if (!ok) return false;
    for (int c = 0; c < 3; ++c) {
      if (Status status = bands[c].Deliver(c, got, sink); !status) {
        return tl::unexpected<Error>(std::move(status.error()));
      }
    }
    if (Status status = watch.Poll(); !status) return tl::unexpected<Error>(std::move(status.error()));
  }
  return true;
}

}  // namespace

RowFormat JpegRowFormat(const jpeg_decompress_struct& jpeg, JpegOutput output, int scale) {
  const Size size = SizeOf(jpeg);
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
