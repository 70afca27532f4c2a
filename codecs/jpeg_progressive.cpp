#include "codecs/jpeg_progressive.h"

#include <algorithm>
#include <utility>

#include "codecs/jpeg_progressive_script.h"

namespace tbbthumbs {
namespace {

// The quantizers of a component are those that its slot holds when its first scan comes (jdinput.c,
// latch_quant_tables).
bool LatchQuant(const ProgressiveScan& scan, const ProgressiveScript& script, JpegFrame& frame) {
  for (const ProgressiveScan::Part& part : scan.parts) {
    const auto& table = script.quant_table(part.component);
    if (!table || !CanDequantize(*table)) return false;
    frame.components[part.component].quant = *table;
  }
  return true;
}

}  // namespace

ProgressiveReader::ProgressiveReader(const JpegFrame& frame, const std::vector<int>& sides)
    : progression_(frame.components.size()), rows_(frame, sides) {
  for (size_t c = 0; c < sides.size(); ++c) {
    CoefficientPlane plane;
    plane.side = sides[c];
    plane.blocks = frame.components[c].coded_blocks;
    plane.coefficients.resize(static_cast<size_t>(plane.blocks.width) * plane.blocks.height * plane.kept());
    planes_.push_back(std::move(plane));
  }
}

// Nothing is known of a coefficient before, or the scan would be refused.
bool ProgressiveReader::Needs(const ProgressiveScan& scan) const {
  if (scan.is_dc()) return true;
  if (planes_[scan.parts[0].component].side == 1 || scan.high > 0) return false;
  return std::ranges::any_of(kCorner2Indexes, [&](int k) { return k >= scan.first && k <= scan.last; });
}

// Of what is needed of AC, this scan leaves no more open than the corner may lack.
bool ProgressiveReader::IsFine(const ProgressiveScan& scan, const JpegFrame& frame) const {
  if (scan.is_dc() || scan.low == 0) return true;
  if (scan.low > kMaxOpenBits) return false;
  const auto& quant = frame.components[scan.parts[0].component].quant;
  return std::ranges::all_of(kCorner2Indexes, [&](int k) {
    return k < scan.first || k > scan.last || quant[kZigzag[k]] << scan.low <= kMaxOpenValue;
  });
}

bool ProgressiveReader::IsComplete() const {
  for (size_t c = 0; c < planes_.size(); ++c) {
    const auto is_known = [&](int k) { return progression_.low_bit(static_cast<int>(c), k) != Progression::kUnknown; };
    if (progression_.low_bit(static_cast<int>(c), 0) != 0) return false;
    if (planes_[c].side > 1 && !std::ranges::all_of(kCorner2Indexes, is_known)) return false;
  }
  return true;
}

Result<std::optional<ProgressiveReader>> ProgressiveReader::Open(const jpeg_decompress_struct& info, JpegFrame& frame,
                                                                 const std::vector<int>& sides, ByteSource& source,
                                                                 uint64_t data_offset, ScanBuffers& buffers,
                                                                 const DecodeLimits& limits, const Watch& watch) {
  using Reader = std::optional<ProgressiveReader>;
  const auto failed = [](Error& error) { return tl::unexpected<Error>(std::move(error)); };
  // A block takes a bit at least in the scan that brings its DC coefficient.
  uint64_t blocks = 0;
  for (const JpegComponent& component : frame.components) blocks += component.blocks.pixels();
  if (blocks / 8 > source.size()) return Reader();
  ProgressiveScript script(info, data_offset, source, watch, limits);
  if (!script.scan()) return Reader();
  ProgressiveReader reader(frame, sides);
  for (;;) {
    if (!script.scan() || !reader.progression_.Accept(*script.scan())) return Reader();
    const ProgressiveScan& scan = *script.scan();
    uint64_t end = 0;
    if (reader.Needs(scan)) {
      if (scan.is_dc() && scan.high == 0 && !LatchQuant(scan, script, frame)) return Reader();
      if (!reader.IsFine(scan, frame)) return Reader();
      ScanBytes bytes(source, scan.data_offset, scan.restart_interval > 0, buffers);
      auto decoded = DecodeProgressiveScan(frame, scan, script, std::move(bytes), watch, reader.planes_);
      if (!decoded) return failed(decoded.error());
      if (!*decoded) return Reader();
      if (reader.IsComplete()) return Reader(std::move(reader));
      end = **decoded;
    } else {
      auto found = script.FindScanEnd();
      if (!found) return failed(found.error());
      end = *found;
    }
    if (Status status = script.ToNextScan(end); !status) return failed(status.error());
  }
}

Result<bool> ProgressiveReader::ReadRow() {
  for (size_t c = 0; c < planes_.size(); ++c) {
    CoefficientRows& rows = rows_.component(static_cast<int>(c));
    std::copy_n(planes_[c].block(0, rows_read_ * rows.rows), rows.coefficients.size(), rows.coefficients.begin());
  }
  ++rows_read_;
  return true;
}

}  // namespace tbbthumbs
