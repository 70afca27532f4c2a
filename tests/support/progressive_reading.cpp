#include "tests/support/progressive_reading.h"

#include <algorithm>

#include "codecs/jpeg_fast.h"
#include "codecs/jpeg_session.h"

namespace tbbthumbs::testing {
namespace {

constexpr int kStartOfScan = 0xDA;

// The largest size for which `side` eighths are enough.
Size Wanted(double width, double height, int side) {
  return {std::max(1, static_cast<int>(width) * side / 16), std::max(1, static_cast<int>(height) * side / 16)};
}

}  // namespace

ProgressiveReading ReadProgressive(ByteSource& source, const ProgressiveOptions& options) {
  ProgressiveReading reading;
  JpegDecompressor jpeg(source);
  if (!jpeg.ReadHeader()) return reading;
  const jpeg_decompress_struct& info = jpeg.info();
  reading.progressive = info.progressive_mode != 0;
  const auto extent = [&](int component) {
    const jpeg_component_info& of = info.comp_info[component];
    const bool alone = info.num_components == 1;
    return std::pair(
        static_cast<double>(info.image_width) * of.h_samp_factor / (alone ? of.h_samp_factor : info.max_h_samp_factor),
        static_cast<double>(info.image_height) * of.v_samp_factor /
            (alone ? of.v_samp_factor : info.max_v_samp_factor));
  };
  DecodeRequest request;
  request.at_least = Wanted(extent(0).first, extent(0).second, options.luma_side);
  const auto chroma = extent(info.num_components - 1);
  request.chroma_at_least = Wanted(chroma.first, chroma.second, options.chroma_side);
  request.strictness = options.strictness;
  Workspace workspace;
  const Watch watch(options.limits, options.stop);
  reading.path = DecodeJpegFast(info, source, jpeg.offset(), request, reading.sink, workspace, options.limits, watch);
  for (size_t c = 0; c < reading.sink.planes.size(); ++c) {
    const double eighths = reading.sink.format.planes[c].extent_width * 8 / extent(static_cast<int>(c)).first;
    reading.sides.push_back(eighths > 1.5 ? 2 : 1);
  }
  return reading;
}

ProgressiveReading ReadProgressive(std::span<const std::byte> jpeg, const ProgressiveOptions& options) {
  MemorySource source(jpeg);
  return ReadProgressive(source, options);
}

std::vector<JpegSegment> ListSegments(std::span<const std::byte> jpeg) {
  const auto byte = [&](size_t i) { return i < jpeg.size() ? static_cast<int>(jpeg[i]) : 0; };
  std::vector<JpegSegment> segments;
  for (size_t i = 2; i + 1 < jpeg.size();) {
    JpegSegment segment{byte(i + 1), i, i + 2, i + 2};
    if (segment.marker == 0xD9) return segments;
    segment.end = i + 2 + static_cast<size_t>(byte(i + 2) << 8 | byte(i + 3));
    segment.data_end = segment.end;
    const auto ends = [&](size_t at) { return byte(at) == 0xFF && byte(at + 1) != 0 && (byte(at + 1) & 0xF8) != 0xD0; };
    if (segment.marker == kStartOfScan) {
      while (segment.data_end < jpeg.size() && !ends(segment.data_end)) ++segment.data_end;
    }
    segments.push_back(segment);
    i = segment.data_end;
  }
  return segments;
}

std::vector<JpegSegment> ListScans(std::span<const std::byte> jpeg) {
  std::vector<JpegSegment> scans = ListSegments(jpeg);
  std::erase_if(scans, [](const JpegSegment& segment) { return segment.marker != kStartOfScan; });
  return scans;
}

JpegFixture BusyPicture(Size size) {
  JpegFixture fixture{.size = size, .progressive = true};
  fixture.paint = [](int x, int y, uint8_t* sample) {
    for (int c = 0; c < 3; ++c) {
      const int wave = (x * x + y * y * (c + 2) + x * y) / (24 + 8 * c);
      sample[c] = static_cast<uint8_t>(((wave & 127) + x + y * 2 * c / 3) & 255);
    }
  };
  return fixture;
}

std::vector<JpegScan> SpectralScript() { return {{{0, 1, 2}}, {{0}, 1, 5}, {{2}, 1, 63}, {{1}, 1, 63}, {{0}, 6, 63}}; }

}  // namespace tbbthumbs::testing
