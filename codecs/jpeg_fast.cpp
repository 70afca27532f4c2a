#include "codecs/jpeg_fast.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_lane_reader.h"
#include "codecs/jpeg_lanes.h"
#include "codecs/jpeg_plane_writer.h"
#include "codecs/jpeg_progressive.h"
#include "codecs/jpeg_scale.h"
#include "codecs/jpeg_scan_bytes.h"
#include "codecs/jpeg_scan_reader.h"

namespace tbbthumbs {
namespace {

std::optional<JpegFrame> ReadFrame(const jpeg_decompress_struct& info) {
  if (info.jpeg_color_space != JCS_GRAYSCALE && info.jpeg_color_space != JCS_YCbCr) return std::nullopt;
  return info.progressive_mode ? ReadProgressiveFrame(info) : ReadBaselineFrame(info);
}

// For each component the side of the corner of a block's coefficients that it needs. Nothing where one needs more than
// we read.
std::optional<std::vector<int>> ChooseSides(const jpeg_decompress_struct& info, const DecodeRequest& request) {
  std::vector<int> sides;
  for (int c = 0; c < info.num_components; ++c) {
    const Size target = c == 0 ? request.at_least : request.chroma_at_least;
    const JpegSampling sampling = SamplingOf(info, c);
    const int side = ChooseComponentScale(SizeOf(info), sampling, target, request.fast);
    if (side <= 2) {
      sides.push_back(side);
      continue;
    }
    // Colour need not be finer than what is wanted: with it at that size, and brightness at twice that, mean SSIM of 29
    // photographs is .9985, and .9988 through libjpeg.
    const PlaneFormat plane = ComponentPlane(SizeOf(info), sampling, 2);
    if (c == 0 || plane.width < target.width || plane.height < target.height) return std::nullopt;
    sides.push_back(2);
  }
  return sides;
}

RowFormat FormatOf(const jpeg_decompress_struct& info, const std::vector<int>& sides) {
  RowFormat format;
  format.color = sides.size() == 1 ? ColorModel::kGray : ColorModel::kYcc;
  for (size_t c = 0; c < sides.size(); ++c) {
    format.planes.push_back(ComponentPlane(SizeOf(info), SamplingOf(info, c), sides[c]));
  }
  return format;
}

struct Delivery {
  const JpegFrame& frame;
  const std::vector<int>& sides;
  const RowFormat& format;
  const DecodeRequest& request;
  RowSink& sink;
  const Watch& watch;
};

// Gives all that `reader` reads to the sink. False: it gave up, or a strict reading has to look closer.
template <class Reader>
Result<bool> Deliver(Reader& reader, const Delivery& to) {
  const auto failed = [](Status& status) { return tl::unexpected<Error>(std::move(status.error())); };
  if (Status status = to.sink.Begin(to.format); !status) return failed(status);
  std::vector<PlaneWriter> writers;
  for (size_t c = 0; c < to.sides.size(); ++c) {
    writers.emplace_back(static_cast<int>(c), to.format.planes[c], to.frame.components[c], to.sides[c]);
  }
  for (int y = 0; y < to.frame.mcus.height; ++y) {
    auto read = reader.ReadRow();
    if (!read || !*read) return read;
    for (size_t c = 0; c < writers.size(); ++c) {
      if (Status status = writers[c].Add(reader.rows(static_cast<int>(c)), to.sink); !status) return failed(status);
    }
    if (Status status = to.watch.Poll(); !status) return failed(status);
  }
  if (to.request.strictness == Strictness::kStrict && !(reader.exact() && reader.end_marker() == JPEG_EOI)) {
    return false;
  }
  for (PlaneWriter& writer : writers) {
    if (Status status = writer.Flush(to.sink); !status) return failed(status);
  }
  if (Status status = to.sink.End(); !status) return failed(status);
  return true;
}

static_assert(LaneReader::kWindow == kMaxJpegFastWindow);
static_assert(LaneReader::kMaxValues * sizeof(int16_t) == kMaxJpegFastCoefficients);

// Reads a baseline file in lanes where that is worth it, else, or where they give up, one block after the other.
Result<std::optional<std::string>> DeliverBaseline(ByteSource& source, uint64_t scan_offset, Workspace& workspace,
                                                   const Delivery& to) {
  ScanBuffers& buffers = workspace.scan_buffers();
  HuffmanTableCache& tables = workspace.huffman_tables();
  const bool restarts = to.frame.restart_interval > 0;
  const std::string scale = DctScaleName(to.sides.front());
  const RunLanes run = to.request.decoder == DecoderChoice::kScalar ? nullptr : FindVectorLanes();
  const uint64_t size = source.size() - std::min(source.size(), scan_offset);
  if (run != nullptr && size >= LaneReader::kMinBytes) {
    buffers.clean.reserve(LaneReader::kWindow + 2 * ScanBytes::kMargin);  // once and for all
    ScanBytes bytes(source, scan_offset, restarts, buffers, std::min<uint64_t>(size, LaneReader::kWindow));
    auto reader = LaneReader::Open(to.frame, to.sides, std::move(bytes), tables, run, buffers.coefficients);
    if (!reader) return std::nullopt;
    auto delivered = Deliver(*reader, to);
    if (!delivered) return tl::unexpected<Error>(std::move(delivered.error()));
    if (*delivered) return "lanes " + scale;
  }
  ScanBytes bytes(source, scan_offset, restarts, buffers);
  auto reader = ScanReader::Open(to.frame, to.sides, std::move(bytes), tables);
  if (!reader) return std::nullopt;
  auto delivered = Deliver(*reader, to);
  if (!delivered) return tl::unexpected<Error>(std::move(delivered.error()));
  if (!*delivered) return std::nullopt;
  return "fast " + scale;
}

}  // namespace

bool CanReadJpegFast(const jpeg_decompress_struct& info) { return ReadFrame(info).has_value(); }

Result<std::optional<std::string>> DecodeJpegFast(const jpeg_decompress_struct& info, ByteSource& source,
                                                  uint64_t scan_offset, const DecodeRequest& request, RowSink& sink,
                                                  Workspace& workspace, const DecodeLimits& limits,
                                                  const Watch& watch) {
  if (info.jpeg_color_space == JCS_YCbCr && request.chroma_at_least == Size{}) return std::nullopt;
  const bool progressive = info.progressive_mode != 0;
  if (progressive && request.strictness == Strictness::kStrict) return std::nullopt;  // it wants all scans read
  std::optional<JpegFrame> frame = ReadFrame(info);
  if (!frame) return std::nullopt;
  const std::optional<std::vector<int>> sides = ChooseSides(info, request);
  if (!sides) return std::nullopt;
  const RowFormat format = FormatOf(info, *sides);
  const Delivery delivery{*frame, *sides, format, request, sink, watch};
  if (!progressive) return DeliverBaseline(source, scan_offset, workspace, delivery);
  auto reader =
      ProgressiveReader::Open(info, *frame, *sides, source, scan_offset, workspace.scan_buffers(), limits, watch);
  if (!reader) return tl::unexpected<Error>(std::move(reader.error()));
  if (!*reader) return std::nullopt;
  auto delivered = Deliver(**reader, delivery);
  if (!delivered) return tl::unexpected<Error>(std::move(delivered.error()));
  return "fast progressive " + DctScaleName(sides->front());
}

}  // namespace tbbthumbs
